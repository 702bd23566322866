"""Fifty hostile clients on the control socket: does the coach speak any later?

Run it: `python -m tests.bench.bench_hostile [SECONDS]` (default 60, twice: without and with them).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.support.hostile import measure

SECONDS = 60.0


def main() -> None:
    """Print how late the decisions come."""
    with tempfile.TemporaryDirectory() as made:
        times = measure(Path(made), float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    for name, ms in times.items():
        shown = ", ".join(f"{q} % {np.percentile(ms, q):.1f}" for q in (50, 95, 99, 100))
        print(f"decisions {name} them: {len(ms)}, later than the quickest by ms: {shown}")


if __name__ == "__main__":
    main()
