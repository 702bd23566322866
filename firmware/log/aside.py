"""A damaged log is kept aside, never thrown away: somebody may still read from it."""

from __future__ import annotations

import itertools
from pathlib import Path

from firmware.files import Folder

PARTS = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; they belong together."""


def keep(path: Path) -> Path:
    """Rename the log out of the way, with what belongs to it; returns its new name.

    Raises `OSError`.
    """
    with Folder.open(path.parent) as folder:
        taken = set(folder.names())
        names = (f"{path.name}.damaged-{n}" for n in itertools.count(1))
        kept = next(name for name in names if not any(name + part in taken for part in PARTS))
        for part in PARTS:
            if path.name + part in taken:
                folder.rename(path.name + part, kept + part)
    return path.with_name(kept)
