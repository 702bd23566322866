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


def main() -> int:
    """Print what was told and what went wrong."""
    flips, cuts = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (FLIPS, CUTS)
    with tempfile.TemporaryDirectory() as made:
        found = sweep(Path(made), flips, cuts)
    print(f"{flips} flips, {cuts} cuts; told: {dict(Counter(', '.join(f.told) for f in found))}")
    wrong = [f for f in found if f.wrong]
    for each in wrong:
        print(f"{each.damage}: {'; '.join(each.wrong)}")
    print(f"{len(wrong)} went wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
