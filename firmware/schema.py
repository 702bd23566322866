"""The tables of the onboard log, and how the file is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from firmware.errors import DeviceError

VERSION = 1
"""Kept in SQLite's own `user_version`; a file from a newer version is refused, not guessed at."""

FILE_NAME = "coach.db"

_TABLES = """
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL,            -- which run of the machine mono_start_us counts in
    mono_start_us INTEGER NOT NULL,   -- of the first sample, on the monotonic clock
    wall_start REAL NOT NULL,         -- what the wall clock said then: seconds since 1970, UTC
    settings TEXT NOT NULL,           -- JSON: every key in force
    ended TEXT                        -- why it ended; NULL while it runs or when power failed
);
CREATE TABLE second (
    session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    t REAL NOT NULL, spm REAL, confidence REAL NOT NULL,
    PRIMARY KEY (session, t)
) WITHOUT ROWID;
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    t REAL NOT NULL, type TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX event_session ON event(session, t);
CREATE TABLE raw (
    session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    t_us INTEGER NOT NULL, n INTEGER NOT NULL, packed BLOB NOT NULL,
    PRIMARY KEY (session, t_us)
);
"""

INSERT_SESSION = (
    "INSERT INTO session (boot_id, mono_start_us, wall_start, settings) VALUES (?, ?, ?, ?)"
)
END_SESSION = "UPDATE session SET ended = ? WHERE id = ?"
INSERT_SECOND = "INSERT INTO second VALUES (?, ?, ?, ?)"
INSERT_EVENT = "INSERT INTO event (session, t, type, detail) VALUES (?, ?, ?, ?)"
INSERT_RAW = "INSERT INTO raw VALUES (?, ?, ?, ?)"
CLOSE_CUT_SHORT = "UPDATE session SET ended = 'cut short' WHERE ended IS NULL"


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the log, make it if there is none, and close the sessions that a power cut left open.

    Raises `DeviceError`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # a commit is on the card when it returns
        db.execute("PRAGMA foreign_keys = ON")
        if _version(db, path) == 0:
            db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        with db:
            db.execute(CLOSE_CUT_SHORT)
    except (OSError, sqlite3.Error) as e:
        raise _cannot_open(path, e) from e
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the log of a running or stopped coach without changing it. Raises `DeviceError`."""
    if not path.exists():
        raise DeviceError(f"{path}: there is no log here yet; it begins with the first session")
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        if _version(db, path) == 0:
            raise DeviceError(f"{path}: is no log of this coach")
    except sqlite3.Error as e:
        raise _cannot_open(path, e) from e
    db.row_factory = sqlite3.Row
    return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise DeviceError(
            f"{path}: was written by a newer coach (log version {found}, this one knows {VERSION});"
            " update this coach"
        )
    return found


def _cannot_open(path: Path, error: Exception) -> DeviceError:
    return DeviceError(
        f"{path}: the log cannot be opened: {error}; check that the folder exists, that this user"
        " may write to it and that the disk is not full"
    )
