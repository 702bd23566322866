"""`coach log verify`: is every row of the log sound, and if not, what can be saved of it.

Recovery never repairs in place. The damaged file is kept aside as it is, and what can still be read
is copied, row by row, into a new one; where a page is unreadable the search goes on behind it. A
coach that runs has kept a damaged log aside itself, and begun another: what can be read of that one
goes into a folder of its own, for both count their sessions from 1.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.errors import DeviceError, why
from firmware.files import ON_CARD, Folder, NotOrdinaryError
from firmware.log import aside, failures, rawcodec, schema, sessions, soundness
from firmware.log.lock import LogLock
from firmware.log.writer import end_session

MOST_PROBLEMS = 20
"""More sentences than these tell a person nothing new."""

OWN_PARTS = (("index", "event_session"), ("index", "note_session"))
"""Beside the tables, and what SQLite itself makes for their keys."""

FURTHEST_ROW = 1 << 40
"""Behind an unreadable row the next is looked for in doubling strides up to here."""


MOST_SESSIONS = 1_000_000
"""A counter of them beyond this is damaged: two centuries of a dozen a day."""


@dataclass
class Saved:
    """What a recovery brought over: rows by table, and where the old file is."""

    kept: Path
    rows: dict[str, int] = field(default_factory=dict)


def problems(path: Path) -> list[str]:
    """What is wrong with the log, as sentences; empty when all is well.

    Raises `DeviceError` where there is no log or it is from a newer coach.
    """
    try:
        with closing(schema.open_for_reading(path)) as db:
            return list(_problems(db))[:MOST_PROBLEMS]
    except failures.DamagedLogError as e:
        return [str(e.__cause__ or e)]
    except (sqlite3.Error, ValueError) as e:
        return [str(e)]


def recover(path: Path) -> Saved:
    """Keep the log aside and begin a new one with all that can be read.

    Raises `DeviceError`, and then the log is as it was.
    """
    lock = LogLock(path)
    try:
        lock.take()
        saved = Saved(aside.keep(path, "recovered"))
        try:
            with closing(schema.open_for_writing(path)) as new:
                _copy(saved.kept, new, saved)
        except BaseException:
            aside.put_back(saved.kept, path)
            raise
    except (OSError, *failures.FAILURES) as e:
        raise _stopped(path, e) from e
    finally:
        lock.release()
    return saved


def unread(path: Path) -> list[Path]:
    """Damaged logs that a coach has kept aside while it ran, and of which nothing is saved yet."""
    with schema.explaining(path, (OSError,)), Folder.open(path.parent) as folder:
        named = [path.with_name(name) for name in folder.names() if folder.holds(name)]
    kept = [log for log in named if re.fullmatch(r"\.damaged-[0-9]+", log.suffix)]
    return [log for log in kept if log.stem == path.name and not _place(log).exists()]


def save(kept: Path) -> Path:
    """Put what can be read of such a log into a folder of its own; that log's path.

    The coach may write to its new log meanwhile: nothing of that is touched. Raises `DeviceError`.
    """
    log = _place(kept)
    try:
        with tempfile.TemporaryDirectory(prefix=".recover-", dir=ON_CARD) as place:
            made = Path(place) / log.name
            with closing(schema.open_for_writing(made)) as new:
                _copy(kept, new, Saved(kept))
                new.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
            with (
                made.open("rb") as data,
                Folder.open(kept.parent) as folder,
                closing(folder.subfolder(log.parent.name)) as into,
                into.replacing(log.name, mode=into.file_mode, like=None) as file,
            ):
                shutil.copyfileobj(data, file)
    except (OSError, *failures.FAILURES) as e:
        raise _stopped(kept, e) from e
    return log


def _place(kept: Path) -> Path:
    """Where what can be read of it goes: `damaged-1/coach.db`."""
    return kept.with_name(kept.suffix[1:]) / schema.FILE_NAME


def _stopped(log: Path, error: BaseException) -> DeviceError:
    at = error.filename if isinstance(error, NotOrdinaryError) else log
    return DeviceError(
        f"{at}: recovery has stopped: {why(error)}; the log is as it was; check that this user may"
        " write there and that the disk has room for a second copy"
    )


def _problems(db: sqlite3.Connection) -> Iterator[str]:
    for row in db.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})"):
        if row[0] != "ok":
            yield str(row[0])
    for row in db.execute("PRAGMA foreign_key_check"):
        yield f"table {row[0]}: a row belongs to no session"
    for row in db.execute("SELECT type, name FROM sqlite_master WHERE type <> 'table'"):
        if (row[0], row[1]) not in OWN_PARTS and not row[1].startswith("sqlite_"):
            yield f"{row[0]} {row[1]}: is not of a coach's log"
    for (number,) in db.execute("SELECT id FROM session ORDER BY id").fetchall():
        try:
            sessions.read(db, number)
        except DeviceError as e:
            yield str(e)
    for row in db.execute("SELECT session, t_us, n, packed FROM raw"):
        try:
            rawcodec.unpack(row["packed"], row["n"])
        except ValueError as e:
            yield f"session {row['session']}, sample {row['t_us']}: {e}"


def _copy(kept: Path, new: sqlite3.Connection, saved: Saved) -> None:
    new.execute("PRAGMA foreign_keys = OFF")  # rows of a session whose own row is lost come later
    try:
        old = schema.connected(kept)
        old.row_factory = sqlite3.Row
        old.execute("SELECT count(*) FROM sqlite_master")
    except failures.FAILURES:
        return  # no page of it is a database
    with closing(old), new:
        for table in schema.TABLES:  # sessions first
            rows = _seconds(old, new) if table == "second" else _rows(old, table)
            saved.rows[table] = sum(_insert(new, table, row) for row in rows)
        _give_no_number_again(old, new)
    with new:
        for table in schema.TABLES[1:]:
            orphans = "session NOT IN (SELECT id FROM session)"
            new.execute(f"DELETE FROM {table} WHERE {orphans}")  # noqa: S608 - our own names
    with new:
        without = "SELECT id, ended FROM session WHERE summary IS NULL OR ended IS NULL"
        for number, ended in new.execute(without).fetchall():
            end_session(new, number, ended or schema.CUT_SHORT)


def _give_no_number_again(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """The next session has a number that none ever had, also where the last ones were deleted."""
    try:
        found = old.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'session'")
        last = found.fetchone()[0]
    except failures.FAILURES:
        return  # that is what was damaged: the numbers go on behind those that are there
    if type(last) is int and 0 < last < MOST_SESSIONS:
        new.execute("DELETE FROM sqlite_sequence WHERE name = 'session'")
        highest = "SELECT 'session', max(?, coalesce(max(id), 0)) FROM session"
        new.execute(f"INSERT INTO sqlite_sequence (name, seq) {highest}", (last,))


def _rows(old: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """Every readable row: in one go, and behind each unreadable place again."""
    order = "NOT INDEXED WHERE rowid >= ? ORDER BY rowid"  # for `>` SQLite reads the page before
    select = f"SELECT rowid AS at_row, * FROM {table} {order}"  # noqa: S608 - our own names
    first = 0
    while first < FURTHEST_ROW:
        try:
            for row in _read(old, select, first):
                first = row[0] + 1
                yield dict(row)
        except failures.FAILURES:
            first = _behind(old, select, first)
        else:
            return


def _behind(old: sqlite3.Connection, select: str, unread: int) -> int:
    """The row number from which on the rows behind an unreadable place can be read.

    It is looked for in doubling strides, and then, for the rows that the last one has passed over,
    in halves of it.
    """
    stride = 1
    while unread < FURTHEST_ROW and not _reads(old, select, unread + stride):
        unread, stride = unread + stride, stride * 2
    found = unread + stride
    while found - unread > 1:
        middle = (unread + found) // 2
        if _reads(old, select, middle):
            found = middle
        else:
            unread = middle
    return found


def _reads(old: sqlite3.Connection, select: str, first: int) -> bool:
    """Whether the first row from that number on can be read, or there is none."""
    try:
        old.execute(f"{select} LIMIT 1", (first,)).fetchone()
    except failures.FAILURES:
        return False
    return True


def _read(old: sqlite3.Connection, select: str, given: int) -> Iterator[sqlite3.Row]:
    """The rows up to the first that cannot be read; then raises one of `failures.FAILURES`.

    Python's sqlite3 fetches a row ahead, and where that fails it gives neither: so the one before
    the unreadable place is asked for by itself.
    """
    given_out = 0
    try:
        for row in old.execute(select, (given,)):
            given_out += 1
            yield row
    except failures.FAILURES:
        yield from old.execute(f"{select} LIMIT 1 OFFSET {given_out}", (given,))
        raise


def _seconds(old: sqlite3.Connection, new: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """The same of `second`, which has no row numbers: of each session that was saved from its begin
    and, where a place is unreadable, from its end."""
    for (number,) in new.execute("SELECT id FROM session").fetchall():
        for order in ("ASC", "DESC"):
            try:
                select = f"SELECT * FROM second WHERE session = ? ORDER BY t {order}"  # noqa: S608 - ours
                yield from map(dict, _read(old, select, number))
            except failures.FAILURES:
                continue
            break


def _insert(new: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    """Whether the row is sound and was taken."""
    row.pop("at_row", None)
    try:
        _check(table, row)
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        new.execute(statement, tuple(row.values()))
    except soundness.NOT_AS_WRITTEN:
        return False
    except failures.FAILURES as e:
        if not failures.is_damage(e):
            raise  # no room, say: it is not the row's
        return False
    return True


def _check(table: str, row: dict[str, Any]) -> None:
    """Raise `ValueError` (or a relative) where a row cannot be what was written.

    A session of which only the figures cannot be loses these.
    """
    match table:
        case "session":
            try:
                soundness.session(row)
            except soundness.NOT_AS_WRITTEN:
                row["summary"] = None  # it is worked out anew, of the seconds that can be read
                soundness.session(row)
        case "second":
            soundness.second(row["t"], row["spm"], row["confidence"])
        case "event":
            soundness.event(row["t"], row["type"], row["detail"])
        case "raw":
            rawcodec.unpack(row["packed"], row["n"])
        case "note":
            soundness.note(row["key"], row["value"])
