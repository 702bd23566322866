"""Stumble to buzzer: how long it takes in real time, on the simulated chip.

Run it: `python -m tests.bench.bench_latency [STUMBLES]` (default 100; about four minutes). Several
walkers walk side by side in processes of their own, each with the whole daemon on the machine's
clock; what counts is the instant at which the buzzer's pin is high.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hardware.clock import SystemClock
from hardware.simulated.plan import Stand, Stumble, Walk
from tests.system.device import Device

WALKERS = 5
FIRST_S, EVERY_S = 12.0, 10.0
CAUGHT_WITHIN_S = 2.0


def walk(seed: int, stumbles: int) -> list[tuple[float, float] | None]:
    """One walker: for each stumble, pin high after its onset and after its peak; None: missed."""
    plan = (
        Stand(3.0),
        Walk(
            FIRST_S + EVERY_S * stumbles,
            spm=60.0 + 8.0 * seed,
            amplitude_g=0.2,
            events=tuple(Stumble(FIRST_S + EVERY_S * i, size_g=1.0) for i in range(stumbles)),
        ),
    )
    high: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        device = Device(plan, Path(folder), seed=seed, clock=clock)

        def note(record: dict[str, object]) -> None:
            is_alarm = record["type"] == "cue" and record["cue"] in ("stumble", "fall")
            if is_alarm and record["state"] == "on" and device.simulation.buzzer_on:
                high.append(clock.now() - device.simulation.start)

        device.on_record = note
        device.run()
        clock.close()
    found: list[tuple[float, float] | None] = []
    for s in device.simulation.walker.truth.stumbles:
        t = next((t for t in high if s.onset <= t <= s.onset + CAUGHT_WITHIN_S), None)
        found.append(None if t is None else (t - s.onset, t - s.peak))
    return found


def main() -> None:
    """Print the table."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    each = -(-wanted // WALKERS)
    with ProcessPoolExecutor(WALKERS) as pool:
        found = [f for some in pool.map(walk, range(WALKERS), [each] * WALKERS) for f in some]
    caught = [f for f in found if f is not None]
    table = Table("to buzzer pin high", "median", "95th percentile", "worst")
    for name, column in (("after the onset", 0), ("after the peak", 1)):
        values = sorted(f[column] for f in caught)
        p95 = values[int(0.95 * (len(values) - 1))]
        figures = (statistics.median(values), p95, values[-1])
        table.add_row(name, *(f"{1000 * v:.0f} ms" for v in figures))
    Console().print(table)
    print(f"{len(caught)} of {len(found)} stumbles caught")


if __name__ == "__main__":
    main()
