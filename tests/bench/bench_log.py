"""The onboard log under kills, and how fast it is reviewed.

Run it: `python tests/bench/bench_log.py [KILLS]` (default 200; about four minutes).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.logbook import Walk, write
from tests.support.powercut import CutError, Left, cut_power_once, kill_once

KILLS = 200
CUTS = 20
AT_ONCE = 4
SESSIONS = 500
REPEAT = 7


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


def answers() -> Table:
    """How long the commands take on a log of many sessions, against `coach --version`."""
    table = Table(f"{SESSIONS} sessions in the log", f"median of {REPEAT}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, *(Walk(900, mono_start_us=k, raw=False) for k in range(SESSIONS)))
        where = ("--log", name)
        page = str(folder / "report.html")
        for command in (
            ("--version",),
            ("log", "list", *where),
            ("log", "show", *where),
            ("log", "report", *where, "-o", page),
        ):
            table.add_row("coach " + " ".join(command[:2]), f"{_seconds(command):.2f} s")
        table.add_row("size of the report", f"{Path(page).stat().st_size / 1e6:.2f} MB")
        size = (folder / "coach.db").stat().st_size / SESSIONS * 4 / 1e6
        table.add_row("an hour without its samples", f"{size:.2f} MB")
    return table


def _seconds(arguments: tuple[str, ...]) -> float:
    taken = []
    for _ in range(REPEAT):
        begun = time.monotonic()
        command = [sys.executable, "-m", "firmware", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def main() -> None:
    """Print the tables."""
    out = Console()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    out.print(cuts("SIGKILL under load", kill_once, count))
    out.print(cuts("ext4 on a loop device cut off under load", cut_power_once, CUTS))
    out.print(answers())


if __name__ == "__main__":
    main()
