"""What the log forgets when it grows too large or too old: the bulky first, the figures never.

A session has three layers: raw samples (three quarters of the bytes, needed for a replay), the
seconds and events (needed for its chart), and its row with the summary and the notes. Age takes
the raw samples; size takes raw samples, oldest session first, then seconds and events. The last
layer stays until a person deletes the session.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MB = 1_000_000
DAY_S = 86_400.0

KEEP_FREE_MB = 50.0
"""The log gives way before the card is full: the system needs room for its own writes."""

DETAILS_KEPT = 20
"""The seconds and events of this many latest sessions stay, whatever the size: what is shown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large and how old the log's bulk may get."""

    max_mb: float = 500.0
    max_days: float = 730.0


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten: how many sessions lost their samples, how many their details."""

    raw: int = 0
    details: int = 0


def size_mb(db: sqlite3.Connection) -> float:
    """What the log's rows take; pages that wait to be used again do not count."""
    pages = _pragma(db, "page_count") - _pragma(db, "freelist_count")
    return pages * _pragma(db, "page_size") / MB


def prune(
    db: sqlite3.Connection, path: Path, limits: Limits, *, now: float | None = None
) -> Pruned:
    """Forget what is over the limits; a running session is left alone. Commits.

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
    most = min(limits.max_mb, size_mb(db) + free_mb(path) - KEEP_FREE_MB)
    for session in _with(db, "raw"):
        if size_mb(db) <= most:
            break
        with db:
            raw += _drop(db, "raw", [session.id])
    for session in _with(db, "event")[:-DETAILS_KEPT]:
        if size_mb(db) <= most:
            break
        with db:
            details += _drop(db, "event", [session.id])
            _drop(db, "second", [session.id])
    if raw or details:
        db.execute("PRAGMA incremental_vacuum").fetchall()
    return Pruned(raw, details)


_HOLDING = {
    "raw": "SELECT DISTINCT session FROM raw",
    "event": "SELECT DISTINCT session FROM event",
}
_DROP = {
    "raw": "DELETE FROM raw WHERE session = ?",
    "event": "DELETE FROM event WHERE session = ?",
    "second": "DELETE FROM second WHERE session = ?",
}


class _Dated(NamedTuple):
    id: int
    wall: float
    sure: bool


def _with(db: sqlite3.Connection, table: str) -> list[_Dated]:
    """The ended sessions that have rows in `table`, oldest first: their order is their number."""
    holding = {row[0] for row in db.execute(_HOLDING[table])}
    rows = db.execute(
        "SELECT id, wall_start, wall_sure FROM session WHERE ended IS NOT NULL ORDER BY id"
    )
    return [_Dated(row[0], row[1], bool(row[2])) for row in rows if row[0] in holding]


def _drop(db: sqlite3.Connection, table: str, numbers: list[int]) -> int:
    for number in numbers:
        db.execute(_DROP[table], (number,))
    return len(numbers)


def free_mb(path: Path) -> float:
    """The room on the log's card."""
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize / MB


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
