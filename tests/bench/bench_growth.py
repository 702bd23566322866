"""What grows with the log, and how: `python -m tests.bench.bench_growth [OTHER CHECKOUT]`.

`list`, `show` and `report` with 1, 100 and 2000 sessions; a start after a kill with 50 and 500 MB;
each write of the log, and what it forgets, among 2000 sessions; and what takes long at a time: a
session of twelve hours as a page, 15 minutes decided again, a recording of two hours, everything
as JSON, many devices as one dataset. Processor seconds, the least of three, and the most memory; in
the last column how many times a Python that loads numpy. Those of another checkout come first,
from the same minutes and the same files.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from firmware.log import rawcodec, schema
from firmware.log.journal import WRITE_EVERY_S
from firmware.log.samples import pieces
from firmware.recordings import write as write_csv
from hardware.mpu6050 import Burst
from tests.support.logbook import RATE_HZ, Walk, multiply, samples, write

ROOT = Path(__file__).parents[2]
TIMES = 3
MB = 1e6
DEVICES = 20

OPEN = """
from pathlib import Path
from firmware.log.retention import Limits
from firmware.log.writer import LogWriter
LogWriter(Path({path!r}), Limits(max_mb=100_000.0), print).close()
"""
"""A start after a kill: what was written is taken in, the open session closed."""

WRITES = """
import time
from pathlib import Path
from firmware.log import clocks, retention
from firmware.log.writer import LogWriter
clocks.is_set = lambda: True
writer = LogWriter(Path({path!r}), retention.Limits(), print)
began = time.process_time()
for _ in range(100):
    writer.write([])
    writer.tidy(ended=False)
print("a write of the log: %.3f ms" % (10 * (time.process_time() - began)))
began = time.process_time()
retention.prune(writer._db, retention.Limits())
print("forgetting what is old: %.1f ms" % (1e3 * (time.process_time() - began)))
"""


LAUNCHED = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-S", *sys.argv[1:]])
_, _, used = os.wait4(child, 0)
sys.stderr.write(f"\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
"""
"""The kernel counts a child's memory from that of its parent on: this one is small, we are not."""


def surroundings(root: Path) -> dict[str, str]:
    """Of a Python that runs a checkout."""
    path = os.pathsep.join([str(root), *sys.path[1:]])
    return {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}


def cost(arguments: list[str], root: Path, times: int = TIMES) -> tuple[float, float, str]:
    """Least processor time (s), most resident memory (MB), and what was said."""
    seconds, memory, said = float("inf"), 0.0, ""
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-S", "-c", LAUNCHED, *arguments], cwd=root, check=True,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            env=surroundings(root),
        )  # fmt: skip
        took, kilobytes = done.stderr.split()[-2:]
        seconds, memory = min(seconds, float(took)), max(memory, float(kilobytes) * 1024 / MB)
        said = done.stdout[:2000]
    return seconds, memory, said


def coach(*arguments: str | Path) -> list[str]:
    """The arguments of Python for a command."""
    return ["-m", "firmware", *map(str, arguments)]


class Teller:
    """Prints a line for each thing that is measured, in each checkout."""

    def __init__(self, roots: list[Path]) -> None:
        self._roots = roots
        self._numpy_s = cost(["-c", "import numpy"], ROOT)[0]

    def __call__(
        self, name: str, arguments: list[str], *, show: bool = False, times: int = TIMES
    ) -> None:
        found = [cost(arguments, root, times) for root in self._roots]
        columns = (f"{s:7.2f} s {mb:5.0f} MB {s / self._numpy_s:6.1f}" for s, mb, _ in found)
        print(f"{name:44}{'   |'.join(columns)}", flush=True)
        for _, _, text in found if show else ():
            print("   " + "; ".join(text.splitlines()), flush=True)


def growth(folder: Path, tell: Teller) -> None:
    """Of list, show and report, of writing and forgetting, of a start after a kill."""
    page = folder / "page.html"
    for count in (1, 100, 2000):
        place = folder / str(count)
        place.mkdir()
        path = write(place, Walk(900, raw=count == 2000))
        if count > 1:
            multiply(path, count)
        for what in (["list"], ["show"], ["report", "-o", str(page)]):
            tell(f"log {what[0]}, {count} sessions", coach("log", *what, "--log", place))
    tell("among 2000 sessions", ["-c", WRITES.format(path=str(path))], show=True)
    for megabytes in (50, 500):
        place = folder / f"killed-{megabytes}"
        place.mkdir()
        path = write(place, Walk(900, raw=True))
        multiply(path, round(megabytes * MB / path.stat().st_size))
        write(place, Walk(900, boot="the last", reason=None))
        size = path.stat().st_size / MB
        tell(f"start after a kill, {size:.0f} MB", ["-c", OPEN.format(path=str(path))], times=1)
        shutil.rmtree(place)


def put_samples(log: Path, seconds: int) -> None:
    """The samples of the log's first session, in rows as the device writes them."""
    t_us, raw = samples(seconds)
    step = round(RATE_HZ * WRITE_EVERY_S)
    with closing(sqlite3.connect(log)) as db, db:
        for at in range(0, len(t_us), step):
            part = t_us[at : at + step], raw[at : at + step]
            row = (1, int(part[0][0]), len(part[0]), rawcodec.pack(*part))
            db.execute(schema.INSERT_RAW, row)


def long_work(folder: Path, tell: Teller) -> None:
    """Of one session that is long, and of many."""

    def logged(name: str, *walks: Walk) -> Path:
        place = folder / name
        place.mkdir(parents=True)
        return write(place, *walks)

    page = folder / "page.html"
    log = logged("long", Walk(12 * 3600))
    tell("report of 12 h", coach("log", "report", "--log", log.parent, "-o", page))
    log = logged("hours", Walk(7200))
    put_samples(log, 7200)
    raw = ["--format", "raw-csv", "-o", str(folder / "raw.csv")]
    tell("raw CSV of 2 h", coach("log", "export", "last", "--log", log.parent, *raw))
    recording = folder / "two-hours.csv"
    with recording.open("w") as file:
        bursts = (Burst(*piece) for piece in pieces(log, "1"))
        write_csv(file, ((b.t_us, np.column_stack(b.measured)) for b in bursts))
    tell("replay of a recording of 2 h", coach("replay", recording), times=1)
    log = logged("quarter", Walk(900))
    put_samples(log, 900)
    tell("log replay of 15 min", coach("log", "replay", "last", "--log", log.parent))
    log = logged("many", Walk(900))
    multiply(log, 500)
    lines = ["--format", "jsonl", "-o", str(folder / "all.jsonl")]
    tell("export all of 500 sessions", coach("log", "export", "all", "--log", log.parent, *lines),
         times=1)  # fmt: skip


def merging(folder: Path, tell: Teller) -> None:
    """Twenty devices' logs as one dataset: the memory, where each has more and more sessions."""
    for sessions in (10, 50, 200):
        collected = folder / f"collected-{sessions}"
        (collected / "0").mkdir(parents=True)
        multiply(write(collected / "0", Walk(900, boot="boot-0")), sessions)
        for k in range(1, DEVICES):
            shutil.copytree(collected / "0", collected / str(k))
            with closing(sqlite3.connect(collected / str(k) / schema.FILE_NAME)) as db, db:
                db.execute("UPDATE session SET boot_id = ?", (f"boot-{k}",))
        dataset = folder / "dataset"
        tell(f"merge of {DEVICES} devices, {sessions} sessions each",
             coach("log", "merge", collected, "-o", dataset, "--format", "parquet"),
             times=1)  # fmt: skip
        said = [f"{file.name} {file.stat().st_size / MB:.1f} MB" for file in dataset.iterdir()]
        print(f"   {', '.join(sorted(said))}", flush=True)
        shutil.rmtree(collected)


def main() -> None:
    """Print the tables."""
    tell = Teller([*(Path(name).resolve() for name in sys.argv[1:2]), ROOT])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell("python, numpy", ["-c", "import numpy"])
        growth(folder, tell)
        long_work(folder, tell)
        merging(folder, tell)


if __name__ == "__main__":
    main()
