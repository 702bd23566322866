"""Kill a writer of the settings file at random moments: `python -m tests.bench.bench_kills [N]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.unit.firmware.test_settingsstore import kill

KILLS = 1000

if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with tempfile.TemporaryDirectory() as folder:
        old, new = kill(Path(folder), times)
    print(f"{times} kills of `config set`: {old} left the old file, {new} the new one, 0 another")
