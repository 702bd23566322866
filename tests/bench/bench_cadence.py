"""What the gait tracker costs: an hour of walking, hop by hop and in one piece, and its memory.

The grid before it is shown too, fed with blocks of five samples from a chip that is not quite at
its rate, as the daemon feeds it.

Run it: `python -m tests.bench.bench_cadence`. Seconds of one core (the best of five), then where
they go.
"""

from __future__ import annotations

import cProfile
import pstats
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from coach.gait import GaitTracker
from coach.samples import GRID_HZ, HOP, Block, Grid, Hop
from hardware.simulated.walker import Stand, Walk
from tests.support.gait import worn

MINUTES = 10
CHIP_HZ = 100.8


def best_hour_s(run: Callable[[], None], repeats: int = 5) -> float:
    """Least processor time of `run`, made an hour's."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        run()
        least = min(least, time.process_time() - start)
    return least * 60 / MINUTES


def main() -> None:
    x, _ = worn((Stand(5.0), Walk(60.0 * MINUTES - 5.0, spm=85.0, amplitude_g=0.2)), seed=1)
    x = x[: len(x) // GRID_HZ * GRID_HZ + 1 - HOP]
    hops = [Hop(end, x[end - HOP + 1 : end + 1].tolist()) for end in range(HOP, len(x), HOP)]
    whole = Hop(hops[-1].end, [row for h in hops for row in h.rows])

    def hop_by_hop() -> None:
        tracker = GaitTracker()
        for hop in hops:
            tracker.feed(hop)

    def in_one() -> None:
        GaitTracker().feed(whole)

    t = np.arange(len(x)) / CHIP_HZ
    cuts = [slice(i, i + HOP) for i in range(0, len(x), HOP)]
    blocks = [Block(t[cut], x[cut, :3], x[cut, 3:]) for cut in cuts]

    def on_the_grid() -> None:
        grid = Grid()
        for block in blocks:
            for _ in grid.feed(block):
                pass

    print(f"an hour onto the grid, in blocks of {HOP}: {best_hour_s(on_the_grid):.2f} s")
    print(f"an hour hop by hop: {best_hour_s(hop_by_hop):.2f} s")
    print(f"an hour in one piece: {best_hour_s(in_one):.2f} s")
    tracemalloc.start()
    hop_by_hop()
    print(f"most memory hop by hop: {tracemalloc.get_traced_memory()[1] / 1e6:.2f} MB")
    tracemalloc.reset_peak()
    in_one()
    print(f"most memory in one piece: {tracemalloc.get_traced_memory()[1] / 1e6:.2f} MB")
    tracemalloc.stop()
    for run in (on_the_grid, hop_by_hop, in_one):
        print(f"\n{run.__name__}:")
        profile = cProfile.Profile()
        profile.runcall(run)
        pstats.Stats(profile).sort_stats("tottime").print_stats(16)


if __name__ == "__main__":
    main()
