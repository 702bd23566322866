"""A damaged log is kept aside, never thrown away: somebody may still read from it."""

from __future__ import annotations

import itertools
from pathlib import Path

PARTS = ("", "-wal", "-shm")
"""What SQLite keeps beside a database; they belong together."""


def keep(path: Path) -> Path:
    """Rename the log out of the way, with what belongs to it; returns its new name.

    Raises `OSError`.
    """
    names = (path.with_name(f"{path.name}.damaged-{n}") for n in itertools.count(1))
    kept = next(name for name in names if not name.exists())
    for part in PARTS:
        old = path.with_name(path.name + part)
        if old.exists():
            old.rename(kept.with_name(kept.name + part))
    return kept
