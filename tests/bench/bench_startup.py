"""How long the quick commands take: `python tests/bench/bench_startup.py [TIMES]`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.system.test_startup import QUICK, arguments

TIMES = 20

if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coach.toml"
        file.write_text("")
        for name in QUICK:
            command = [sys.executable, "-m", "firmware", *arguments(name, file)]
            taken = []
            for _ in range(times):
                began = time.perf_counter()
                subprocess.run(command, check=False, capture_output=True)
                taken.append(time.perf_counter() - began)
            middle, worst = statistics.median(taken), max(taken)
            print(f"{name:10} median {middle:.3f} s, worst {worst:.3f} s of {times}")
