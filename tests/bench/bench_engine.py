"""What the engine alone costs: `python -m tests.bench.bench_engine`.

Simulated walkers, cut into blocks as the daemon reads them, whenever a decision falls due: one
walks, one sits still. With valgrind on this machine instructions are counted, which no load
disturbs; processor time is printed in any case. What making the samples, cutting them and loading
the modules costs is taken off.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from coach.engine import Engine
from coach.samples import Block, Floats, Resampler
from coach.settings import CoachSettings
from hardware.simulated.walker import Segment, Sit, Walk, Walker
from tests.bench.bench_startup import ROOT, instructions

SECONDS = 100
AN_HOUR = 3600 / SECONDS
LATE_S = 0.011
"""The daemon comes a sample period and a little later than a decision falls due."""

WALKS: dict[str, Segment] = {
    "walking": Walk(SECONDS, spm=80.0, amplitude_g=0.25),
    "at rest": Sit(SECONDS),
}
FED = ("nothing", "raster", "engine")


def blocks(what: str) -> list[Block]:
    """The samples of so many seconds, with the chip's noise, as the daemon reads them."""
    t: Floats = np.arange(0.0, SECONDS, 0.01)
    x = Walker((WALKS[what],), seed=1).signal(t)
    x = x + np.random.default_rng(1).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    engine, read, first = Engine(CoachSettings()), list[Block](), 0
    while first < len(t):
        end = max(int(np.searchsorted(t, engine.due_t + LATE_S)), first + 1)
        read.append(Block(t[first:end], x[first:end, :3], x[first:end, 3:]))
        engine.feed(read[-1])
        first = end
    return read


def fed(what: str, into: str) -> float:
    """Processor seconds that it took to take in all of the samples."""
    engine, resampler = Engine(CoachSettings()), Resampler()
    samples = blocks(what)
    began = time.process_time()
    for block in samples:
        if into == "engine":
            engine.feed(block)
        elif into == "raster":
            list(resampler.resample(block))
    return time.process_time() - began


def counted(what: str, into: str) -> int | None:
    """Instructions of a process of its own; None without valgrind."""
    return instructions(["-m", "tests.bench.bench_engine", what, into], ROOT)


def main() -> None:
    """Print the table, or be the process whose instructions are counted."""
    if len(sys.argv) > 1:
        fed(sys.argv[1], sys.argv[2])
        return
    table = Table(
        "an hour of", "processor s", "1e9 instructions", "of them the raster", "of a walk"
    )
    walk = 0.0
    for what in WALKS:
        seconds = AN_HOUR * min(fed(what, "engine") for _ in range(3))
        walk = walk or seconds
        row, ratio = ["", ""], seconds / walk
        counts = [n / 1e9 for n in (counted(what, into) for into in FED) if n is not None]
        if counts:
            nothing, raster, engine = counts
            row = [f"{AN_HOUR * (n - nothing):.1f}" for n in (engine, raster)]
        table.add_row(what, f"{seconds:.1f}", *row, f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
