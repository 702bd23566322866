"""Bits that flip in a log, and logs that are cut: `python -m tests.bench.bench_flips [FLIPS CUTS]`.

The night's size by default: some ten minutes.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.flips import sweep

FLIPS, CUTS = 1200, 300
EVERY = 100


def main() -> int:
    """Print what was told and what went wrong."""
    flips, cuts = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (FLIPS, CUTS)
    told, tried, wrong = Counter[str](), 0, 0
    with tempfile.TemporaryDirectory() as made:
        for tried, found in enumerate(sweep(Path(made), flips, cuts), start=1):
            told[", ".join(found.told) or "nothing"] += 1
            if found.wrong:
                wrong += 1
                print(f"{found.damage}: {'; '.join(found.wrong)}", flush=True)
            if tried % EVERY == 0:
                print(f"{tried} tried", flush=True)
    print(f"{flips} flips, {cuts} cuts: {wrong} of {tried} went wrong; told: {dict(told)}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
