"""`coach log verify`: is every row of the log sound, and if not, what can be saved of it.

Recovery never repairs in place. The damaged file is kept aside as it is, and what can still be read
is copied, row by row, into a new one; where a page is unreadable the search goes on behind it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware.errors import DeviceError
from firmware.log import aside, failures, rawcodec, schema, sessions, soundness
from firmware.log.lock import LogLock
from firmware.log.writer import end_session

MOST_PROBLEMS = 20
"""More sentences than these tell a person nothing new."""

OWN_PARTS = (("index", "event_session"), ("index", "note_session"))
"""Beside the tables, and what SQLite itself makes for their keys."""

FURTHEST_ROW = 1 << 40
"""Behind an unreadable row the next is looked for in doubling strides up to here."""


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
        saved = Saved(aside.keep(path))
        try:
            with closing(schema.open_for_writing(path)) as new:
                _copy(saved.kept, new, saved)
        except BaseException:
            aside.put_back(saved.kept, path)
            raise
    except (OSError, *failures.FAILURES) as e:
        raise DeviceError(
            f"{path}: recovery has stopped: {e}; the log is as it was; check that this user may"
            " write there and that the disk has room for a second copy"
        ) from e
    finally:
        lock.release()
    return saved


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
    with new:
        for table in schema.TABLES[1:]:
            orphans = "session NOT IN (SELECT id FROM session)"
            new.execute(f"DELETE FROM {table} WHERE {orphans}")  # noqa: S608 - our own names
    with new:
        without = "SELECT id, ended FROM session WHERE summary IS NULL OR ended IS NULL"
        for number, ended in new.execute(without).fetchall():
            end_session(new, number, ended or schema.CUT_SHORT)


def _rows(old: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """Every readable row: in one go, and behind each unreadable place again."""
    order = "NOT INDEXED WHERE rowid > ? ORDER BY rowid"
    select = f"SELECT rowid AS at_row, * FROM {table} {order}"  # noqa: S608 - our own names
    after, stride = -1, 1
    while after < FURTHEST_ROW:
        try:
            for row in old.execute(select, (after,)):
                after, stride = row[0], 1
                yield dict(row)
        except failures.FAILURES:
            after, stride = after + stride, stride * 2
        else:
            return


def _seconds(old: sqlite3.Connection, new: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """The same of `second`, which has no row numbers: of each session that was saved from its begin
    and, where a place is unreadable, from its end."""
    for (number,) in new.execute("SELECT id FROM session").fetchall():
        for order in ("ASC", "DESC"):
            try:
                select = f"SELECT * FROM second WHERE session = ? ORDER BY t {order}"  # noqa: S608 - ours
                yield from map(dict, old.execute(select, (number,)))
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
