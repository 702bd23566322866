"""Stumbles and falls: the two error rates on the real recordings and on simulated walkers.

Run it: `python -m tests.bench.bench_stumble [SENSITIVITY ...]` (default 0.5 0.7 1 1.4 2; about a
minute each, and two for the simulated hours). `COACH_DATA` names the recordings' folder.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.support.stumbles import calm_alarms, small_stumbles, tally

DATA = Path(__file__).parents[3] / "shared" / "data"


def main() -> None:
    """Print the tables."""
    data = Path(os.environ.get("COACH_DATA", DATA))
    levels = [float(arg) for arg in sys.argv[1:]] or [0.5, 0.7, 1.0, 1.4, 2.0]
    table = Table(title="sensitivity, and what it does")
    for title in (
        "sensitivity", "D18", "trip, slip", "falls", "as fall", "walking/h", "stairs/h",
        "jogging/h", "other", "latency, median", "95 %", "0.2 g caught", "false in 10 h",
        "us/frame",
    ):  # fmt: skip
        table.add_column(title)
    for level in levels:
        start = time.perf_counter()
        t = tally(data, lambda _i, _row: True, level)
        us = (time.perf_counter() - start) / sum(r.hours for r in t.values()) / 72000 * 1e6
        there, caught, _ = small_stumbles(60, level)
        hours, false = calm_alarms(40, level)
        latency = t["D18"].latency + t["trip, slip"].latency
        figures = [
            t["D18"].share, t["trip, slip"].share, t["fall"].share, np.mean(t["fall"].falls),
            t["walking"].per_hour, t["stairs"].per_hour, t["jogging"].per_hour,
            t["other"].share, np.median(latency), np.percentile(latency, 95),
            caught / there, false / hours * 10, us,
        ]  # fmt: skip
        table.add_row(f"{level:g}", *(f"{x:.3g}" for x in figures))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
