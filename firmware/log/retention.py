"""What the log forgets when it grows too large or too old: the bulky first, the figures never.

A session has three layers: raw samples (three quarters of the bytes, needed for a replay), the
seconds and events (needed for its chart), and its row with the summary and the notes. Age takes
the raw samples; size takes raw samples, oldest session first, then seconds and events. The last
layer stays until a person deletes the session.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from coach.frozen import frozen
from firmware.errors import DeviceError
from firmware.log import schema

MB = 1_000_000
DAY_S = 86_400.0

KEEP_FREE_MB = 50.0
"""With less room on its disk the log stops: the system needs some for its own writes."""

KEEP_FREE = 0.05
"""Of a disk so small that this is less."""

PAGES_AT_ONCE = 1000
"""Given back to the disk in one transaction: 4 MB, so that its write-ahead log stays small."""

DETAILS_KEPT = 20
"""The seconds and events of this many latest sessions stay, whatever the size: what is shown."""


class NoRoomError(DeviceError):
    """The disk is so short of room that the log leaves the rest to the system."""


@frozen
class Limits:
    """How large and how old the log's bulk may get."""

    max_mb: float = 500.0
    max_days: float = 730.0


@frozen
class Pruned:
    """What was forgotten: how many sessions lost their samples, how many their details."""

    raw: int = 0
    details: int = 0


def size_mb(db: sqlite3.Connection) -> float:
    """What the log's rows take; pages that wait to be used again do not count."""
    pages = _pragma(db, "page_count") - _pragma(db, "freelist_count")
    return pages * _pragma(db, "page_size") / MB


def prune(db: sqlite3.Connection, limits: Limits, *, now: float | None = None) -> Pruned:
    """Forget what is over the limits; a running session is left alone. Commits.

    What others have put on the disk makes nothing too much: `check_room` stops the log instead.

    `now` (seconds since 1970) is given where the clock has been set; without it nothing is old.
    Age counts back from the newest session that is not to come: a clock that is years ahead, or a
    session that is, makes nothing old.
    """
    raw = details = 0
    with db:
        if now is not None:
            dates = "SELECT max(wall_start) FROM session WHERE wall_sure AND wall_start <= ?"
            newest = db.execute(dates, (now + DAY_S,)).fetchone()[0] or 0.0
            old = min(now, newest) - limits.max_days * DAY_S
            raw += _drop(db, "raw", [s.id for s in _with(db, "raw") if s.sure and s.wall < old])
    if size_mb(db) > limits.max_mb:
        for session in _with(db, "raw"):
            if size_mb(db) <= limits.max_mb:
                break
            with db:
                raw += _drop(db, "raw", [session.id])
        for session in _with(db, "event")[:-DETAILS_KEPT]:
            if size_mb(db) <= limits.max_mb:
                break
            with db:
                details += _drop(db, "event", [session.id])
                _drop(db, "second", [session.id])
    if raw or details:
        _give_back(db)
    return Pruned(raw, details)


def check_room(path: Path) -> None:
    """Raise `NoRoomError` where the log's disk is short of room."""
    disk = os.statvfs(path.parent)
    least_mb = min(KEEP_FREE_MB, KEEP_FREE * disk.f_blocks * disk.f_frsize / MB)
    if free_mb(path) < least_mb:
        raise NoRoomError(
            f"{path}: less than {least_mb:.2g} MB are free on its disk; nothing is recorded, and"
            " nothing deleted, until there is more; free some"
        )


def empty_wal(db: sqlite3.Connection) -> None:
    """Put the write-ahead log into the database, as far as nobody reads what stands there.

    Nobody is waited for: with a reader in the way it stays as long as it is, until the next time.
    """
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.execute(f"PRAGMA busy_timeout = {1000 * schema.BUSY_WAIT_S:.0f}")


def _give_back(db: sqlite3.Connection) -> None:
    """Make the file smaller by what is free in it."""
    while free := _pragma(db, "freelist_count"):
        # `execute` takes one step, which gives one page back; a script runs to its end.
        db.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
        empty_wal(db)
        if _pragma(db, "freelist_count") >= free:
            return  # a log of before there was `auto_vacuum`


class _Dated(NamedTuple):
    id: int
    wall: float
    sure: bool


def _with(db: sqlite3.Connection, table: str) -> list[_Dated]:
    """The ended sessions that have rows in `table`, oldest first: their order is their number."""
    rows = db.execute(
        "SELECT id, wall_start, wall_sure FROM session WHERE ended IS NOT NULL"  # noqa: S608 - ours
        f" AND EXISTS (SELECT 1 FROM {table} WHERE session = session.id) ORDER BY id"
    )  # one look into the index a session, not one a row
    return [_Dated(row[0], row[1], bool(row[2])) for row in rows]


def _drop(db: sqlite3.Connection, table: str, numbers: list[int]) -> int:
    for number in numbers:
        db.execute(f"DELETE FROM {table} WHERE session = ?", (number,))  # noqa: S608 - our names
    return len(numbers)


def free_mb(path: Path) -> float:
    """The room on the log's card."""
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize / MB


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
