"""Sessions as they stand in the log, read back for review, export and replay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware import rawcodec, schema
from firmware.errors import UserError

Record = dict[str, Any]


@dataclass(frozen=True)
class StoredSession:
    """One session: what was known at its start, every second's cadence, every event."""

    id: int
    mono_start_us: int
    wall_start: float
    ended: str | None
    settings: dict[str, Any]
    seconds: list[tuple[float, float | None, float]]
    events: list[Record] = field(default_factory=list)

    def of_type(self, *types: str) -> list[Record]:
        """The events of these types, in order."""
        return [e for e in self.events if e["type"] in types]

    def records(self) -> list[Record]:
        """Seconds and events in one list, in order of time, as the daemon told them."""
        seconds = (
            {"t": t, "type": "cadence", "spm": spm, "confidence": confidence}
            for t, spm, confidence in self.seconds
        )
        return sorted([*seconds, *self.events], key=lambda r: r["t"])


def read_all(path: Path) -> list[StoredSession]:
    """Every session of the log, oldest first. Raises `UserError`."""
    with closing(schema.open_for_reading(path)) as db:
        ids = [row["id"] for row in db.execute("SELECT id FROM session ORDER BY id")]
        return [_read(db, number) for number in ids]


def read_one(path: Path, wanted: str) -> StoredSession:
    """The session with this number, or `last`. Raises `UserError`."""
    with closing(schema.open_for_reading(path)) as db:
        return _read(db, _find(db, path, wanted))


def read_raw(path: Path, wanted: str) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """A session's samples: t_us (n,) from its first sample, raw counts (n, 6)."""
    with closing(schema.open_for_reading(path)) as db:
        number = _find(db, path, wanted)
        chunks = list(_chunks(db, path, number))
    if not chunks:
        raise UserError(f"{path}: session {number} holds no raw samples (setting log.raw)")
    return np.concatenate([t for t, _ in chunks]), np.concatenate([x for _, x in chunks])


def _chunks(
    db: sqlite3.Connection, path: Path, number: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int16]]]:
    rows = db.execute("SELECT n, packed FROM raw WHERE session = ? ORDER BY t_us", (number,))
    for row in rows:
        try:
            yield rawcodec.unpack(row["packed"], row["n"])
        except ValueError as e:
            raise UserError(f"{path}: session {number}: {e}") from e


def _find(db: sqlite3.Connection, path: Path, wanted: str) -> int:
    if wanted == "last":
        row = db.execute("SELECT max(id) AS id FROM session").fetchone()
    elif wanted.isdecimal():
        row = db.execute("SELECT id FROM session WHERE id = ?", (int(wanted),)).fetchone()
    else:
        raise UserError(f"'{wanted}' is no session: expected a number or last")
    if row is None or row["id"] is None:
        raise UserError(f"{path}: there is no session {wanted}; `coach log list` shows what is")
    return int(row["id"])


def _read(db: sqlite3.Connection, number: int) -> StoredSession:
    row = db.execute("SELECT * FROM session WHERE id = ?", (number,)).fetchone()
    seconds = db.execute(
        "SELECT t, spm, confidence FROM second WHERE session = ? ORDER BY t", (number,)
    )
    events = db.execute(
        "SELECT t, type, detail FROM event WHERE session = ? ORDER BY t, id", (number,)
    )
    return StoredSession(
        id=number,
        mono_start_us=row["mono_start_us"],
        wall_start=row["wall_start"],
        ended=row["ended"],
        settings=json.loads(row["settings"]),
        seconds=[tuple(s) for s in seconds],
        events=[{"t": e["t"], "type": e["type"], **json.loads(e["detail"])} for e in events],
    )
