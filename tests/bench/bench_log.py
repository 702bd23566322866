"""The onboard log under kills and power cuts: `python -m tests.bench.bench_log [KILLS]`.

200 kills by default, in about four minutes. How fast a log is reviewed: `bench_growth`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.powercut import CutError, Left, cut_power_once, kill_once

KILLS = 200
CUTS = 20
AT_ONCE = 4


def cuts(title: str, cut: Callable[[Path, int], Left], count: int) -> Table:
    """What is left after so many cuts at random moments under load."""
    table = Table(title, "")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(k) for k in range(count)]
        for folder in folders:
            folder.mkdir()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                left = list(pool.map(cut, folders, range(count)))
        except CutError as e:
            table.add_row("not done on this machine", str(e))
            return table
    lost = [one.lost_s for one in left]
    table.add_row("how often", str(count))
    table.add_row("logs damaged", str(sum(not one.sound for one in left)))
    table.add_row("sessions closed as cut short", str(sum(one.ended is not None for one in left)))
    table.add_row("cut before the first write", str(sum(one.ended is None for one in left)))
    table.add_row("lost, median", f"{statistics.median(lost):.2f} s")
    table.add_row("lost, most", f"{max(lost):.2f} s")
    return table


def main() -> None:
    """Print the tables."""
    out = Console()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    out.print(cuts("SIGKILL under load", kill_once, count))
    out.print(cuts("ext4 on a loop device cut off under load", cut_power_once, CUTS))


if __name__ == "__main__":
    main()
