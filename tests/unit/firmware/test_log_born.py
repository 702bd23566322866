"""A log in the moment of its birth, while somebody else looks at it or makes it as well."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from firmware.log import schema
from firmware.log.retention import Limits
from firmware.log.writer import LogWriter
from tests.support.waiting import LONGEST_S

SOON_S = 0.3
"""A log is made in less, if nobody is in the way."""


@pytest.fixture
def before_each(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], None]:
    """Takes what is called with every statement, before SQLite has it."""

    def call(hook: Callable[[str], None]) -> None:
        class Hooked(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                hook(sql)
                return super().execute(sql, *values)

        connect = sqlite3.connect
        monkeypatch.setattr(
            sqlite3, "connect", lambda *given, **named: connect(*given, **named, factory=Hooked)
        )

    return call


def test_who_looks_while_a_log_is_made_is_not_told_that_it_is_none(
    tmp_path: Path, before_each: Callable[[Callable[[str], None]], None]
) -> None:
    """Its number and its tables are those of one moment: there are no tables without a number."""
    path = tmp_path / schema.FILE_NAME
    path.touch()
    over = threading.Event()

    def make() -> None:
        writer = LogWriter(path, Limits(), pytest.fail)
        over.wait(LONGEST_S)
        writer.close()

    making = threading.Thread(target=make)
    numbered = False  # its number is read, 0, and its tables, none

    def hook(sql: str) -> None:
        nonlocal numbered
        if threading.current_thread() is making:
            return
        if numbered and "count(*) FROM sqlite_master" in sql and making.ident is None:
            making.start()
            making.join(SOON_S)
        numbered = numbered or "user_version" in sql

    before_each(hook)
    try:
        with closing(schema.open_for_reading(path)) as db:
            assert db.execute("SELECT count(*) FROM session").fetchone()[0] == 0
    finally:
        over.set()
        making.join()


def test_a_log_that_two_programs_make_at_once_is_made(
    tmp_path: Path, before_each: Callable[[Callable[[str], None]], None]
) -> None:
    """SQLite refuses one of them at once, without the wait that it was asked for."""
    refusals = ["database is locked"] * 3

    def hook(sql: str) -> None:
        if "journal_mode = WAL" in sql and refusals:
            error = sqlite3.OperationalError(refusals.pop())
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    before_each(hook)
    with closing(schema.open_for_writing(tmp_path / schema.FILE_NAME)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert not refusals
