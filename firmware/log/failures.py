"""What an error of the log's file means: damage, no room, somebody else, or the machine."""

from __future__ import annotations

import errno
import sqlite3

from firmware.errors import DeviceError

DAMAGED = frozenset(
    {
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        *(sqlite3.SQLITE_AUTH, sqlite3.SQLITE_TOOBIG),  # see `schema.connected`
    }
)
"""SQLite's result codes for a file that is not what it should be."""

FAILURES = (sqlite3.Error, UnicodeError)
"""What SQLite raises: an error whose words are bytes of a damaged file fails to be told."""

OF_THE_MACHINE = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
        *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_MISUSE),
    }
)
"""Result codes that say nothing about the file. All others may come of a bit that has flipped: a
table that is not there, a row twice under one key, a text that is none."""


class DamagedLogError(DeviceError):
    """The file is no database, or one that SQLite cannot read; it has to be kept aside."""


def is_damage(error: BaseException | None) -> bool:
    """Whether an error means that the file itself is damaged, as far as one can tell from it."""
    if isinstance(error, sqlite3.ProgrammingError):
        return False
    if isinstance(error, sqlite3.Error):
        return code_of(error) not in OF_THE_MACHINE
    return isinstance(error, DamagedLogError | ValueError | TypeError)


def is_of_the_machine(error: BaseException) -> bool:
    """Whether an error says nothing about what was to be written: it may go when tried again."""
    return code_of(error) in OF_THE_MACHINE or isinstance(
        error, DeviceError | OSError | MemoryError
    )


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else holds the log: it is worth trying again."""
    return code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_full(error: BaseException | None) -> bool:
    """Whether there was no room on the disk to write it."""
    of_a_file = isinstance(error, OSError) and error.errno == errno.ENOSPC
    return of_a_file or code_of(error) == sqlite3.SQLITE_FULL


def code_of(error: BaseException | None) -> int | None:
    """SQLite's primary result code."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
