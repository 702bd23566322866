"""The tables of the onboard log, how they grew, and how the file is opened.

A new table or column is a new entry in `MIGRATIONS`, never a change of an old one: every log that
was ever written is brought up to date, step by step and in one transaction, when the coach next
opens it for writing.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from firmware.errors import DeviceError, why
from firmware.files import Folder, NotOrdinaryError, followed, may_not
from firmware.log import aside, failures, stray
from firmware.log.failures import FAILURES, DamagedLogError
from firmware.log.lock import is_written

FILE_NAME = "coach.db"

PAGE_BYTES = 512
"""Of a new log. A write of some seconds changes a page or two of each table and index, and each
goes whole to the card, twice: with 1024 a seventh more would be written, with SQLite's usual 4096
2.4 times as much. Reading takes the same."""

BUSY_WAIT_S = 10.0
"""How long one program waits for another that writes; each holds the log for milliseconds."""

_WAL_MODE = bytes((2, 2))
"""Bytes 18 and 19 of a database that is written by way of a log (SQLite file format, 1.3.3)."""

NO_LOG_YET = "there is no log here yet; it begins with the first session"
"""What is said of a folder without a log."""

CUT_SHORT = "cut short"
"""Why a session ended whose end was never written: the power failed, or the process was killed."""

LARGEST_VALUE = 1 << 25
"""Bytes of a row: what waits for a card that hangs, an hour's samples, takes less than half."""

Second = tuple[float, float | None, float]
"""t (s), cadence (steps/min; None: nobody walks), confidence."""

NOTE_KEYS = {
    "speed": ("belt speed", "km/h", 0.0, 25.0),
    "incline": ("incline", "%", -20.0, 40.0),
    "pain_before": ("pain before", "of 10", 0.0, 10.0),
    "pain_after": ("pain after", "of 10", 0.0, 10.0),
}
"""Notes that are numbers: what they are called, their unit, lowest and highest."""

_FIRST = """
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

# AUTOINCREMENT: the number of a deleted session is never given to another one.
_REVIEWED = """
CREATE TABLE session_2 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id TEXT NOT NULL,
    mono_start_us INTEGER NOT NULL,
    wall_start REAL NOT NULL,         -- corrected when the wall clock is set later in this boot
    wall_sure INTEGER NOT NULL DEFAULT 0,  -- 1: from a clock that the network had set
    settings TEXT NOT NULL,
    ended TEXT,
    summary TEXT                      -- JSON: the figures, worked out once when it ended
);
INSERT INTO session_2 (id, boot_id, mono_start_us, wall_start, settings, ended)
    SELECT id, boot_id, mono_start_us, wall_start, settings, ended FROM session;
DROP TABLE session;
ALTER TABLE session_2 RENAME TO session;
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL
);
CREATE INDEX note_session ON note(session);
"""

MIGRATIONS = (_FIRST, _REVIEWED)

VERSION = len(MIGRATIONS)
"""Kept in SQLite's own `user_version`; a file from a newer version is refused, not guessed at."""

TABLES = ("session", "second", "event", "raw", "note")
"""All of them; those that a row of another table refers to come first."""

INSERT_SESSION = (
    "INSERT INTO session (boot_id, mono_start_us, wall_start, wall_sure, settings)"
    " VALUES (?, ?, ?, ?, ?)"
)
FIND_SESSION = (
    "SELECT max(id) FROM session WHERE boot_id = ? AND mono_start_us = ? AND (? OR wall_start = ?)"
)
REOPEN_SESSION = "UPDATE session SET ended = NULL, summary = NULL WHERE id = ?"
END_SESSION = "UPDATE session SET ended = ? WHERE id = ?"
AHEAD_IN_THE_RUN = (  # what is sure of one session of a run tells when all else in it was
    "SELECT wall_start - mono_start_us / 1e6 AS ahead FROM session"
    " WHERE boot_id = ?1 AND wall_sure ORDER BY id DESC LIMIT 1"
)
DATE_LIKE_THE_RUN = (
    "UPDATE session SET wall_start = mono_start_us / 1e6 + known.ahead, wall_sure = 1"  # noqa: S608 - our own
    f" FROM ({AHEAD_IN_THE_RUN}) AS known WHERE boot_id = ?1 AND NOT wall_sure"
)
INSERT_SECOND = "INSERT OR REPLACE INTO second VALUES (?, ?, ?, ?)"
INSERT_EVENT = "INSERT INTO event (session, t, type, detail) VALUES (?, ?, ?, ?)"
COUNT_STEPS = "SELECT COUNT(*) FROM event WHERE session = ? AND type = 'step'"
INSERT_RAW = "INSERT OR REPLACE INTO raw VALUES (?, ?, ?, ?)"
INSERT_NOTE = "INSERT INTO note (session, key, value) VALUES (?, ?, ?)"


def connected(file: Path | str) -> sqlite3.Connection:
    """A connection (to a file, or by its `file:` name) on which the file alone decides nothing.

    Whoever may write to a log could lay a view in a table's place, or a trigger on one, that never
    ends or that takes all memory: neither is run, and no value is larger than the coach's own.
    """
    db = sqlite3.connect(file, timeout=BUSY_WAIT_S, uri=isinstance(file, str))
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    db.set_authorizer(_is_ours)
    return db


def _is_ours(_action: int, _1: str | None, _2: str | None, _3: str | None, by: str | None) -> int:
    """sqlite3_set_authorizer(): `by` is the view or the trigger that wants to do it."""
    return sqlite3.SQLITE_OK if by is None else sqlite3.SQLITE_DENY


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the log, make it if there is none, bring an older one up to date.

    Raises `DeviceError`, and `DamagedLogError` where the file has to be kept aside.
    """
    with explaining(path, (OSError, *FAILURES)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path = followed(path)
        _checked(path, make=True)
        db = connected(path)
    with _closed_where_it_fails(db, path):
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a new file; an older one keeps its own
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # likewise: pruning gives space back
        _write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")  # a commit is on the card when it returns
        _migrate(db, _version(db, path))
        if _tables(db) != _own_tables():
            raise DamagedLogError(f"{path}: the log is damaged: its tables are not those of a log")
        db.execute("PRAGMA foreign_keys = ON")
    return db


def _write_ahead(db: sqlite3.Connection) -> None:
    """Where two programs want that of a new file at once, SQLite refuses one and does not wait."""
    until = time.monotonic() + BUSY_WAIT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as e:
            if not failures.is_busy(e) or time.monotonic() > until:
                raise
            time.sleep(LOOK_S)


@contextmanager
def explaining(path: Path, kinds: tuple[type[Exception], ...] = FAILURES) -> Iterator[None]:
    """What these errors say of the log becomes a sentence. Raises `DeviceError`."""
    try:
        yield
    except kinds as e:
        raise cannot_open(path, e) from e


@contextmanager
def _closed_where_it_fails(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        with explaining(path):
            yield
    except DeviceError:
        db.close()
        raise


def _checked(path: Path, *, make: bool) -> None:
    """See that SQLite will find files, where its files are; make an empty one for it to fill.

    SQLite opens by name, follows a link and waits for a pipe, and would make a log that its owner
    alone can write: the service's is for the notes of whoever is in the service's group. A file
    that is there is not even opened: closing it again would drop the locks of this process on it.
    Raises `OSError`.
    """
    with Folder.open(path.parent) as folder:
        there = [folder.ordinary(path.name + part) for part in aside.PARTS]
        if make and not there[0]:
            os.close(folder.edit(path.name))


LOOK_S, LOOKS = 0.05, 60
"""A coach that has just started makes an empty file its log within three seconds, on a slow card
too."""


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the log of a running or stopped coach; only an older one is changed: brought up to date.

    Raises `DeviceError`.
    """
    if not is_written(path) and stray.lies_beside(path, connected):
        raise DeviceError(
            f"{path}: the {path.name}-wal that lies there is not its own: it holds the newest rows"
            " of a log that was moved away or replaced without it; put it beside that one, under"
            " its name, or start the coach, which puts it by"
        )
    if not exists(path):
        raise DeviceError(f"{path}: {NO_LOG_YET}")
    alone = _lacks_its_wal(path)  # before it is opened: that makes one
    db, found = _version_once_made(path)
    if 0 < found < VERSION:
        db.close()
        open_for_writing(path).close()
        db, found = _version_of(path)
    if found == 0:
        db.close()
        if alone and path.stat().st_size:
            raise DeviceError(
                f"{path}: lacks {path.name}-wal, which belongs to it: it was copied while the coach"
                " wrote; copy it whole with: coach backup"
            )
        raise DeviceError(
            f"{path}: is empty: the disk was full when it was made, or it was copied without"
            f" {path.name}-wal while the coach wrote (copy it whole with: coach backup)"
        )
    db.row_factory = sqlite3.Row
    return db


def _lacks_its_wal(path: Path) -> bool:
    """Whether all that was written is in a write-ahead log, and none is there."""
    with explaining(path, (OSError,)):
        path = followed(path)
        with Folder.open(path.parent) as folder:
            head = folder.read(path.name, 20)
    in_wal = not head or head[18:20] == _WAL_MODE
    return in_wal and not path.with_name(path.name + "-wal").exists()


def exists(path: Path) -> bool:
    """Whether there is a log. Raises `DeviceError` where nobody may look."""
    with explaining(path, (OSError,)):
        return path.exists()


def _version_once_made(path: Path) -> tuple[sqlite3.Connection, int]:
    """0 only of a file that no coach is making a log of."""
    db, found = _version_of(path)
    for _ in range(LOOKS):
        if found or not is_written(path):
            break
        db.close()
        time.sleep(LOOK_S)
        db, found = _version_of(path)
    return db, found


def _version_of(path: Path) -> tuple[sqlite3.Connection, int]:
    with explaining(path, (OSError, *FAILURES)):
        db = _connect_to_read(path)
    with _closed_where_it_fails(db, path):
        return db, _version(db, path)


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """A reader who may not write in the folder needs the file as it stands: nobody writes then."""
    path = followed(path)
    _checked(path, make=False)
    name = path.as_uri()
    db = connected(f"{name}?mode=ro")
    try:
        db.execute("SELECT count(*) FROM sqlite_master")
    except FAILURES as e:
        db.close()
        wal = path.with_name(path.name + "-wal")
        unfinished = wal.exists() and wal.stat().st_size  # on a full disk SQLite makes one, empty
        if unfinished or not isinstance(e, sqlite3.OperationalError):
            raise
        db = connected(f"{name}?mode=ro&immutable=1")
    return db


def _migrate(db: sqlite3.Connection, found: int) -> None:
    """Every step in one transaction of its own: a power cut leaves the old version or the new."""
    for number, script in enumerate(MIGRATIONS[found:], start=found + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
        except FAILURES:
            db.rollback()
            if db.execute("PRAGMA user_version").fetchone()[0] < number:  # else another has done it
                raise


def _version(db: sqlite3.Connection, path: Path) -> int:
    db.execute("BEGIN")  # number and tables of one moment: a coach may be making them just now
    try:
        found = int(db.execute("PRAGMA user_version").fetchone()[0])
        if 0 < found <= VERSION:
            return found
        tables = _tables(db)
        is_empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    finally:
        db.rollback()
    if tables == _own_tables():
        return VERSION  # the tables are these: a bit of the number has flipped
    if found > VERSION:
        raise DeviceError(
            f"{path}: was written by a newer coach (log version {found}, this one knows {VERSION});"
            " update this coach"
        )
    if found == 0 and not is_empty:
        raise DeviceError(f"{path}: is a database, but no log of this coach; choose another folder")
    return found


def _tables(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The columns of each table, by their names."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    columns = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
    names = [row[0] for row in db.execute(named)]
    return {name: [row[0] for row in db.execute(columns, (name,))] for name in names}


def _own_tables() -> dict[str, list[str]]:
    with closing(sqlite3.connect(":memory:")) as fresh:
        _migrate(fresh, 0)
        return _tables(fresh)


def is_spoilt(db: sqlite3.Connection, error: BaseException) -> bool:
    """Whether an error came of damage to this file: where it is not sure, all of it is read."""
    if failures.code_of(error) in failures.DAMAGED:
        return True
    if not failures.is_damage(error):
        return False
    try:
        sound = db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        return not sound or _tables(db) != _own_tables()
    except FAILURES as e:
        return failures.is_damage(e)


def _is_full(folder: Path) -> bool:
    """Whether there is no room even for what SQLite lays beside a log to read it."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < 1 << 16


def cannot_open(path: Path, error: Exception) -> DeviceError:
    """The error that says in one sentence why the log at `path` cannot be used."""
    if failures.is_damage(error):
        return DamagedLogError(
            f"{path}: the log is damaged ({error}); `coach log verify --recover` keeps it aside and"
            " saves what can be read"
        )
    if isinstance(error, NotOrdinaryError):
        return DeviceError(f"{error.filename}: the log cannot be opened: {error.strerror}")
    if os.access(path, os.F_OK) and not os.access(path, os.W_OK):
        return DeviceError(f"{path}: {may_not('write to this log', path.parent)}")
    if isinstance(error, PermissionError):  # of the folder, which hides whether there is one
        return DeviceError(f"{path}: {may_not('use this log', path.parent)}")
    if _is_full(path.parent):
        return DeviceError(
            f"{path}: the log cannot be opened, for the disk is full; free some space"
        )
    wrong = (
        "somebody else holds the log; try again"
        if failures.is_busy(error)
        else f"the log cannot be opened: {why(error)}; check that the folder exists, that this user"
        " may write to it and that the disk is not full"
    )
    return DeviceError(f"{path}: {wrong}")
