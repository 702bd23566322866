"""A day of the daemon: `python -m tests.bench.bench_endurance [HOURS] [--real-time MINUTES]`.

24 hours by default, on virtual time (7 to 45 minutes); `--real-time 30` is
half an hour on the machine's own clock, with a fault every two minutes. `--trace` names the places
whose memory has grown most (tracemalloc; several times slower).
"""

from __future__ import annotations

import argparse
import logging
import time
import tracemalloc
from collections.abc import Iterable

import numpy as np
from rich.console import Console
from rich.table import Table

from hardware import SystemClock
from tests.support.endurance import Endurance, Mark

FAULT_EVERY_S, REAL_FAULT_EVERY_S = 900.0, 120.0
GROWN = 8  # places that are named


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("hours", nargs="?", type=float, default=24.0)
    asked.add_argument("--real-time", type=float, metavar="MINUTES")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--trace", action="store_true")
    args = asked.parse_args()
    logging.disable()
    if args.real_time:
        seconds = 60 * args.real_time
        clock = SystemClock()
        day = Endurance(
            seconds, seconds / 30, seed=args.seed, clock=clock, fault_every_s=REAL_FAULT_EVERY_S
        )
    else:
        seconds = 3600 * args.hours
        day = Endurance(seconds, min(3600.0, seconds / 24), seed=args.seed,
                        fault_every_s=FAULT_EVERY_S)  # fmt: skip
    if args.trace:
        grown = _Grown(day)
    began = time.monotonic()
    seen = day.run()
    out = Console()
    out.print(marks_table(seen.marks))
    off = day.errors_s[np.isfinite(day.errors_s)] * 1e3
    slopes = day.drift_ms_per_h()
    first = seen.marks[0] if args.real_time is None else seen.marks[len(seen.marks) // 4]
    there = np.flatnonzero(np.isfinite(day.errors_s))
    whole = np.polyfit(there / 3600, day.errors_s[there] * 1e3, 1)[0]
    found = Table(f"{seconds / 3600:g} h in {(time.monotonic() - began) / 60:.0f} min", "", "bar")
    middle, high, most = np.median(off), np.percentile(abs(off), 99.9), abs(off).max()
    rows = (
        ("memory since the first hour", f"{seen.marks[-1].rss_mb - first.rss_mb:+.2f} MB", "2 MB"),
        ("threads", _range(m.threads for m in seen.marks), "constant"),
        ("open files", _range(m.files for m in seen.marks), "constant"),
        ("log and its write-ahead log, most", f"{max(m.log_mb for m in seen.marks):.1f} MB",
         "10 MB, the running session, 4 MB of write-ahead log"),
        ("drift of sample time, all of it", f"{whole:+.3f} ms/h", "1 ms/h"),
        ("worst hour", f"{max(slopes, key=abs):+.2f} ms/h", "1 ms/h"),
        ("error of sample time, median, 99.9 %, most",
         f"{middle:+.2f}, {high:.2f}, {most:.2f} ms", ""),
        ("faults", f"{seen.faults}, recoveries told {seen.recovered}", ""),
        ("sessions, stumbles alarmed", f"{seen.sessions}, {seen.stumbles}", ""),
        ("too fast, undisturbed by a fault", str(seen.too_fast), ""),
        ("of it without a cue", f"{len(seen.unheard)} {seen.unheard[:9]}", "0"),
        ("cues", f"{seen.cues}, slowest at the pin {seen.slowest_s:.2f} s", ""),
        ("cues that did not reach the pin", f"{len(seen.lost)} {seen.lost[:9]}", "0"),
        ("gave way to a more urgent one", str(seen.gave_way), ""),
    )  # fmt: skip
    for row in rows:
        found.add_row(*row)
    out.print(found)
    if args.trace:
        out.print("\n".join(grown.lines()))


def marks_table(marks: Iterable[Mark]) -> Table:
    """What was resident, open and written, mark by mark."""
    table = Table("at, h", "resident, MB", "threads", "files", "log, MB")
    for m in marks:
        table.add_row(f"{m.at_s / 3600:.2f}", f"{m.rss_mb:.2f}", str(m.threads), str(m.files),
                      f"{m.log_mb:.2f}")  # fmt: skip
    return table


def _range(values) -> str:
    found = sorted(set(values))
    return f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}"


class _Grown:
    """Where memory has gone since the first mark."""

    def __init__(self, day: Endurance) -> None:
        tracemalloc.start()
        self._first: tracemalloc.Snapshot | None = None
        mark = day.mark

        def marking() -> None:
            mark()
            self._first = self._first or tracemalloc.take_snapshot()

        day.mark = marking

    def lines(self) -> list[str]:
        assert self._first is not None
        grown = tracemalloc.take_snapshot().compare_to(self._first, "lineno")
        return [str(g) for g in grown[:GROWN]]


if __name__ == "__main__":
    main()
