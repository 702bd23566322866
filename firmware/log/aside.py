"""A log that is damaged or replaced is kept aside, never thrown away: it may still be read."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from pathlib import Path

from firmware.files import Folder

PARTS = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; they belong together."""

BY = ".put-by"


def keep(path: Path, why: str = "damaged", parts: tuple[str, ...] = PARTS) -> Path:
    """Rename the log out of the way, with what belongs to it, or these parts; its new name.

    `why` is in that name. Raises `OSError`.
    """
    with Folder.open(path.parent) as folder:
        taken = set(folder.names())
        names = (f"{path.name}.{why}-{n}" for n in itertools.count(1))
        kept = next(name for name in names if not any(name + part in taken for part in PARTS))
        for part in parts:
            if path.name + part in taken:
                folder.rename(path.name + part, kept + part)
    return path.with_name(kept)


def put_back(kept: Path, path: Path) -> None:
    """A log that was kept aside takes the place of the one that was begun instead of it."""
    with Folder.open(path.parent) as folder:
        for part in PARTS:
            folder.remove(path.name + part)
            if folder.look(kept.name + part) is not None:
                folder.rename(kept.name + part, path.name + part)


def close_displaced(path: Path, db: sqlite3.Connection, file: tuple[int, int] | None) -> None:
    """Close a log, `file` by device and inode, under whose name no file or another stands by now.

    SQLite names its parts by the path, and keeps the newest rows in one of them: ours goes where
    the file went, or away with it; another's, which closing would take away, is put by meanwhile.
    """
    held = _held()
    with contextlib.suppress(OSError), Folder.open(path.parent) as folder:
        for part in PARTS[1:]:
            found = folder.look(path.name + part)
            if found is None:
                continue
            folder.rename(path.name + part, path.name + part + BY)
            if (found.st_dev, found.st_ino) in held:
                _follow(path.with_name(path.name + part + BY), held.get(file), part)
        db.close()
        for part in PARTS[1:]:
            if folder.look(path.name + part + BY):
                folder.rename(path.name + part + BY, path.name + part)
    db.close()  # also where the folder itself is gone


def _follow(part: Path, moved: Path | None, ending: str) -> None:
    """Put a part of the log beside the file that it belongs to; away, where that is deleted."""
    if moved is not None and moved.exists():
        part.rename(moved.with_name(moved.name + ending))
    else:
        part.unlink()


def _held() -> dict[tuple[int, int] | None, Path]:
    """The files that this process has open, by device and inode, with the paths they have now."""
    held: dict[tuple[int, int] | None, Path] = {}
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed by now
            found = link.stat()
            held[found.st_dev, found.st_ino] = link.readlink()
    return held
