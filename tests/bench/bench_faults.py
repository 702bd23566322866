"""Each fault many times at random moments: `python -m tests.bench.bench_faults [TIMES] [NAME ...]`.

20 times each by default, which takes five to fifteen minutes; names pick rows by a part of them.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.faulty import FAULTS, Once
from tests.support.walkthrough import SHOWN_WITHIN_S, CannotError, Outcome

TIMES = 20


def repeat(once: Once, times: int) -> list[Outcome] | str:
    """So many times, each with a seed of its own; a sentence where this machine cannot."""
    found = []
    for seed in range(1, times + 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found.append(once(Path(folder), seed))
            except CannotError as e:
                return str(e)
    return found


def worst(values: list[float | None]) -> str:
    """The largest, where there is one."""
    there = [v for v in values if v is not None]
    return f"{max(there):.2f}" if there else "-"


def main() -> None:
    """Print the table."""
    logging.disable()
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    picked = sys.argv[2:]
    table = Table(
        "fault", "times", "all well", "shown, worst, s", "back, worst, s", "lost, worst, s", "bound"
    )
    wrong: Counter[str] = Counter()
    for name, (once, bound) in FAULTS.items():
        if picked and not any(part in name for part in picked):
            continue
        found = repeat(once, times)
        if isinstance(found, str):
            table.add_row(name, "0", f"not possible here: {found}")
            continue
        well = [o for o in found if not o.wrong]
        wrong.update(f"{name}: {o.wrong.strip(', ')}" for o in found if o.wrong)
        table.add_row(
            name,
            str(len(found)),
            str(len(well)),
            worst([o.shown_s for o in found]),
            worst([o.back_s for o in found]),
            worst([o.lost_s for o in found]),
            bound,
            style="" if len(well) == len(found) else "bold red",
        )
        print(f"{name}: {len(well)} of {len(found)}", file=sys.stderr)
    out = Console(width=140)
    out.print(table)
    print(
        f"Shown within {SHOWN_WITHIN_S:g} s, the cue at the end of the walk heard, no false alarm,"
    )
    print("one session; seconds lost are beside the fault's own time.")
    for sentence, count in wrong.items():
        print(f"{count} x {sentence}")


if __name__ == "__main__":
    main()
