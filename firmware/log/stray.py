"""A write-ahead log that is another database's than the one beside which it lies.

SQLite finds it by its name alone. Where somebody has moved a log away whose coach was killed or
lost its power, or has put another in its place, SQLite would throw the newest rows of the one away,
or write them over the rows of the other, without a word.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from firmware.files import followed
from firmware.log import failures


def lies_beside(log: Path, connect: Callable[[str], sqlite3.Connection]) -> bool:
    """Whether the write-ahead log there is another's; `connect` opens a `file:` name.

    Nobody may have the log open. They are only read where the file was put there, or touched at
    all, after the last write of what lies beside it.
    """
    path = followed(log)
    try:
        wal = path.with_name(path.name + "-wal").lstat()
    except OSError:
        return False
    if not stat.S_ISREG(wal.st_mode) or not wal.st_size:
        return False
    try:
        file = path.lstat()
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(file.st_mode):
        return False
    if not file.st_size:  # a log has its first page before anything lies beside it
        return True
    touched = file.st_ctime_ns > wal.st_mtime_ns
    return touched and not _belong_together(path.as_uri(), connect)


def _belong_together(name: str, connect: Callable[[str], sqlite3.Connection]) -> bool:
    """Whether the file, if it is sound by itself, is still so with what lies beside it.

    A session's boot and start are never changed, and a number that was given is never given again.
    """
    try:
        alone, given = _sessions(f"{name}?mode=ro&immutable=1", connect)
    except failures.FAILURES:
        return True  # at worst the log is damaged, with all its parts
    try:
        both, given_with_it = _sessions(f"{name}?mode=ro", connect)
    except failures.FAILURES as e:
        return not failures.is_damage(e)
    same = all(both.get(number, begun) == begun for number, begun in alone.items())
    return same and given_with_it >= given


def _sessions(
    name: str, connect: Callable[[str], sqlite3.Connection]
) -> tuple[dict[int, tuple[str, int]], int]:
    """Boot and start of each session in a log by its number, and the highest number ever given.

    Raises one of `failures.FAILURES`.
    """
    with closing(connect(name)) as db:
        if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
        rows = db.execute("SELECT id, boot_id, mono_start_us FROM session").fetchall()
        highest = db.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0] or 0
    return {number: (boot, start) for number, boot, start in rows}, highest
