"""Puts batches of what was said and measured into the log, each batch whole or not at all.

What can go wrong with a file goes wrong here: a damaged log is kept aside and a new one begun, a
session that was never ended is closed when the log is next opened, and a wall clock that was set
late dates the sessions of this boot anew.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coach.events import Cadence
from coach.frozen import frozen
from firmware.errors import DeviceError
from firmware.files import followed
from firmware.log import (
    aside,
    clocks,
    failures,
    figures,
    rawcodec,
    retention,
    schema,
    stray,
)
from firmware.log.lock import LogLock
from firmware.log.soundness import DamagedSessionError
from firmware.records import Record, encode

CHECKPOINT_BYTES = 4_000_000
"""The write-ahead log goes into the database when it is this long: once in half an hour or so."""

CACHE_KB = 256
"""SQLite's cache of pages, of 2 MB otherwise: a log is written at its end and read by others."""

CLOCK_SET_S = 1.0
"""The clocks' difference jumps by more than this when the wall clock is set; less is its drift."""


@frozen
class Opening:
    """What is known when a session's recording begins."""

    boot_id: str
    mono_start_us: int
    wall_start: float
    settings: dict[str, Any]
    wall_sure: bool = False
    again: bool = False
    """It had begun in a log that was let go of: what comes goes on there, if this is that log."""


@frozen
class Samples:
    """A burst on its way to the log: t_us (n,) from the first sample, raw (n, 6)."""

    t_us: NDArray[np.int64]
    raw: NDArray[np.int16]


@frozen
class Said:
    """Something that was said."""

    record: Record


@frozen
class Closing:
    """The session is over."""

    reason: str


class DisplacedError(DeviceError):
    """The file that is open is no longer the log."""


Item = Opening | Samples | Said | Closing
Tell = Callable[[str], None]


class LogWriter:
    """The open log. `write` is one transaction, and on the card when it returns."""

    def __init__(self, path: Path, limits: retention.Limits, on_damage: Tell) -> None:
        """Open. Raises `DeviceError`, and whatever else can go wrong with a file."""
        self._path = path
        self._wal = path.with_name(path.name + "-wal")  # once: each new path swells Python's names
        self._limits = limits
        self._on_damage = on_damage
        self._opening: Opening | None = None
        self._session: int | None = None
        self.goes_on_elsewhere = False
        """The session that is written had begun in another file than this one."""
        self._chunk: list[Samples] = []  # of one write: packed together, they take less
        self._dated_by: clocks.WallClock | None = None  # this boot's sessions, at the last look
        self._lock = LogLock(path)
        with schema.explaining(path, (OSError,)):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.take()
        try:
            self._db = self._open()
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let go of the file."""
        try:
            if self._is_displaced():
                aside.close_displaced(self._path, self._db, self._file)
            else:
                self._db.close()
        finally:
            self._lock.release()

    def look(self) -> None:
        """See whether what is written still goes into the log, and whether there is room for it.

        Raises `DisplacedError`, and `retention.NoRoomError`.
        """
        self.check_place()
        retention.check_room(self._path)

    def _is_displaced(self) -> bool:
        """Whether no file or another stands under the log's name, perhaps since it was opened."""
        return self._file is None or _file(self._path) != self._file

    def check_place(self) -> None:
        """Raises `DisplacedError` where what is written no longer goes into the log."""
        if self._is_displaced():
            raise DisplacedError(
                f"{self._path}: the log was moved, replaced or deleted while the coach wrote it;"
                " recording goes on in the one that is there now"
            )

    def write(self, items: Sequence[Item]) -> None:
        """Write all items or, with an error, none; they are on the card afterwards."""
        try:
            self._write(items)
        except failures.FAILURES as e:
            self._begin_anew(e)
            self._write(items)

    def tidy(self, *, ended: bool) -> None:
        """What is due after a write; what cannot be done now is due again after the next one."""
        try:
            self._tidy(ended=ended)
        except failures.FAILURES as e:
            if not failures.is_of_the_machine(e):
                self._begin_anew(e)

    def date_sessions(self) -> bool:
        """Date this boot's sessions by the wall clock as it is now; True: there is no more to do.

        A date from a clock that the network has set is never replaced by one that is a guess. What
        a person has said of one session holds for those that follow it in the same run.
        """
        try:
            return self._dated()
        except failures.FAILURES as e:
            if failures.is_busy(e):
                return False  # there is time
            self._begin_anew(e)
            return False

    def _dated(self) -> bool:
        now, before = clocks.read(), self._dated_by
        if (
            before is None
            or before.sure != now.sure
            or abs(now.offset_s - before.offset_s) > CLOCK_SET_S
        ):
            with self._db:
                self._db.execute(
                    "UPDATE session SET wall_start = mono_start_us / 1e6 + ?1, wall_sure = ?2"
                    " WHERE boot_id = ?3 AND wall_sure <= ?2"
                    " AND (wall_sure < ?2 OR abs(mono_start_us / 1e6 + ?1 - wall_start) > ?4)",
                    (now.offset_s, int(now.sure), now.boot_id, CLOCK_SET_S),
                )
                if now.boot_id not in clocks.NOT_ONE_RUN:
                    self._db.execute(schema.DATE_LIKE_THE_RUN, (now.boot_id,))
            self._dated_by = now
        return now.sure

    def _open(self) -> sqlite3.Connection:
        if stray.lies_beside(self._path, schema.connected):
            self._put_by()
        try:
            return self._opened()
        except (failures.DamagedLogError, *failures.FAILURES) as e:
            if not failures.is_damage(e):
                raise
            db = self._keep_aside(e)
            _tune(db)
            return db

    def _opened(self) -> sqlite3.Connection:
        """The log with every session of before closed, and what is over the limits forgotten."""
        db = self._connected()
        try:
            close_cut_short(db, self._on_damage)
            _tune(db)
            self._prune(db)
        except BaseException:
            db.close()
            raise
        return db

    def _connected(self) -> sqlite3.Connection:
        db = schema.open_for_writing(self._path)
        self._file = _file(self._path)  # at once: to close what was cut short may take seconds
        return db

    def _put_by(self) -> None:
        """Keep a write-ahead log that is another's; it is of use beside the log that it is of."""
        log = followed(self._path)
        kept = aside.keep(log, "left", ("-wal", "-shm")).name
        self._on_damage(
            f"{log}: the {log.name}-wal beside it was not its own: it holds the newest rows of a"
            f" log that was moved away or replaced without it; it is kept as {kept}-wal: named like"
            " that log, with -wal, and put beside it, it is read again"
        )

    def _begin_anew(self, error: Exception) -> None:
        """Damage shows while a session runs: the rest of it goes into a new log.

        Raises the error where it is no damage to the file, and `DisplacedError` where what stands
        under its name is another: that one is left alone. Raises `OSError` or `DeviceError` where
        no new one can be had: then this writer is of no more use.
        """
        self.check_place()
        if not schema.is_spoilt(self._db, error):
            raise error
        self._db.close()
        with schema.explaining(self._path):
            self._db = self._keep_aside(error)
            _tune(self._db)
            self._dated_by = None  # the clock may have been set since the session began
            if self._opening is not None:
                with self._db:
                    self._session = _insert_session(self._db, self._opening)

    def _keep_aside(self, error: Exception) -> sqlite3.Connection:
        kept = aside.keep(self._path)
        db = self._connected()
        self._on_damage(
            f"{self._path}: the log was damaged ({error.__cause__ or error}); it is kept as"
            f" {kept.name} and a new one has begun; `coach log verify --recover` saves what can be"
            " read of it"
        )
        return db

    def _write(self, items: Iterable[Item]) -> None:
        before = self._session, self._opening
        try:
            with self._db:
                for item in items:
                    self._take(item)
                self._store_samples()
        except BaseException:
            self._session, self._opening = before
            self._chunk.clear()
            raise

    def _tidy(self, *, ended: bool) -> None:
        """What is due after a write."""
        if ended:
            self._prune(self._db)
        self.date_sessions()
        if self._wal.exists() and self._wal.stat().st_size > CHECKPOINT_BYTES:
            retention.empty_wal(self._db)

    def _prune(self, db: sqlite3.Connection) -> None:
        now = time.time() if clocks.is_set() else None
        try:
            retention.prune(db, self._limits, now=now)
        except sqlite3.OperationalError as e:
            if not failures.is_busy(e):
                raise
        except (TypeError, ValueError) as e:  # a date that is none
            self._on_damage(
                f"{self._path}: the log is damaged ({e}); nothing old is forgotten;"
                " `coach log verify --recover` saves what can be read of it"
            )

    def _take(self, item: Item) -> None:
        match item:
            case Opening():
                found = _begun(self._db, item)
                self.goes_on_elsewhere = item.again and found is None
                self._session, self._opening = found or _insert_session(self._db, item), item
                self._dated_by = None  # it may have been opened before the clock was set
            case Samples():
                self._chunk.append(item)
            case Said(record=record):
                self._take_record(record)
            case Closing(reason=reason) if self._session is not None:
                self._store_samples()
                end_session(self._db, self._session, reason)
                self._session = self._opening = None

    def _take_record(self, record: Record) -> None:
        if isinstance(record, Cadence):
            second = (self._session, record.t, record.spm, record.confidence)
            self._db.execute(schema.INSERT_SECOND, second)
            return
        rest = encode(record)
        t, kind = rest.pop("t"), rest.pop("type")
        self._db.execute(schema.INSERT_EVENT, (self._session, t, kind, json.dumps(rest)))

    def _store_samples(self) -> None:
        """The samples of this write so far, as one row."""
        if self._chunk:
            t_us = np.concatenate([s.t_us for s in self._chunk])
            raw = np.concatenate([s.raw for s in self._chunk])
            row = (self._session, int(t_us[0]), len(t_us), rawcodec.pack(t_us, raw))
            self._db.execute(schema.INSERT_RAW, row)
            self._chunk.clear()


def _tune(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_autocheckpoint = 0")  # a checkpoint syncs: `_tidy` says when
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")


def close_cut_short(db: sqlite3.Connection, on_damage: Tell) -> None:
    """Close the sessions that a power cut or a kill left open, and mark them so."""
    for row in db.execute("SELECT id FROM session WHERE ended IS NULL").fetchall():
        with db:
            end_session(db, row[0], schema.CUT_SHORT, on_damage)


def end_session(
    db: sqlite3.Connection, number: int, reason: str, on_damage: Tell = lambda _: None
) -> None:
    """Write why it ended, and its figures, so that no list has to work them out again.

    A session that is damaged gets none: it is set aside so, and the log goes on.
    """
    db.execute(schema.END_SESSION, (reason, number))
    try:
        _, made = figures.measured(db, number)
    except DamagedSessionError as e:
        on_damage(f"{e}; it is closed without its figures")
        return
    stored = json.dumps(asdict(made))
    db.execute("UPDATE session SET summary = ? WHERE id = ?", (stored, number))


def _file(path: Path) -> tuple[int, int] | None:
    """Which file stands under the name; None: none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begun(db: sqlite3.Connection, opening: Opening) -> int | None:
    """The number of the session, open again, where it stands in this log already."""
    if not opening.again:
        return None
    of_one_run = opening.boot_id not in clocks.NOT_ONE_RUN
    same = (opening.boot_id, opening.mono_start_us, of_one_run, opening.wall_start)
    found: int | None = db.execute(schema.FIND_SESSION, same).fetchone()[0]
    if found is not None:
        db.execute(schema.REOPEN_SESSION, (found,))
    return found


def _insert_session(db: sqlite3.Connection, opening: Opening) -> int | None:
    row = (
        opening.boot_id,
        opening.mono_start_us,
        opening.wall_start,
        int(opening.wall_sure),
        json.dumps(opening.settings),
    )
    return db.execute(schema.INSERT_SESSION, row).lastrowid
