"""A batch that could not be written is written when it is tried again: whole, and once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware.log import clocks, index, schema, sessions, summary, writer
from firmware.log.clocks import SIMULATED
from firmware.log.retention import Limits
from firmware.log.writer import Closing, LogWriter, Said, Samples
from firmware.records import Mark
from tests.support.logbook import Walk, read_raw, samples, write


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogWriter]:
    monkeypatch.setattr(schema, "BUSY_WAIT_S", 0.01)
    made = LogWriter(tmp_path / "coach.db", Limits(), pytest.fail)
    yield made
    made.close()


def full(*_: Any) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def test_a_session_s_end_is_not_lost_with_the_beginning_of_the_next(
    log: LogWriter, tmp_path: Path
) -> None:
    """Both in one batch, for which there is no room at first."""
    log.write([Walk(mono_start_us=1).opening()])
    batch: list[writer.Item] = [Closing("stopped"), Walk(mono_start_us=2).opening()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_insert_session", full)
        with pytest.raises(sqlite3.OperationalError):
            log.write(batch)
    log.write(batch)
    found = sessions.read_each(tmp_path / "coach.db")
    assert [(s.mono_start_us, s.ended) for s in found] == [(1, "stopped"), (2, None)]


def test_samples_that_could_not_be_written_are_there_once(log: LogWriter, tmp_path: Path) -> None:
    """Those of a batch are packed together, and not with those of the try before."""
    log.write([Walk().opening()])
    batch: list[writer.Item] = [Samples(*samples(1.0)), Said(Mark(1.0, "said"))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogWriter, "_take_record", full)
        with pytest.raises(sqlite3.OperationalError):
            log.write(batch)
    log.write(batch)
    assert len(read_raw(tmp_path / "coach.db", "1")[0]) == len(samples(1.0)[0])


def test_dating_waits_for_who_holds_the_log(log: LogWriter, tmp_path: Path) -> None:
    """It is no trouble: there is time."""
    log.write([Walk().opening(), Closing("stopped")])
    with closing(sqlite3.connect(tmp_path / "coach.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert log.date_sessions() is False


def test_a_simulated_session_goes_on_in_none_of_another_run(log: LogWriter, tmp_path: Path) -> None:
    """All simulated runs have one name, and begin at the same instant."""
    first = Walk(boot=SIMULATED, wall_start=1_790_000_000.0).opening()
    log.write([first, Closing("stopped")])
    log.write([replace(first, wall_start=1_790_009_999.0, again=True), Closing("stopped")])
    found = sessions.read_each(tmp_path / "coach.db")
    assert [s.wall_start for s in found] == [1_790_000_000.0, 1_790_009_999.0]


def test_a_log_is_made_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """Nor is the one that it is in."""
    path = tmp_path / "data" / "coach" / "coach.db"
    LogWriter(path, Limits(), pytest.fail).close()
    assert path.exists()


def test_a_full_disk_at_the_start_puts_no_log_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sound: what was cut short, and that alone, is closed as soon as there is room."""
    path = write(tmp_path, Walk(30, mono_start_us=1), Walk(30, reason=None))
    opened = schema.open_for_writing

    def small(path: Path) -> sqlite3.Connection:
        db = opened(path)
        db.execute("PRAGMA max_page_count = 1")  # no page more than it has
        return db

    monkeypatch.setattr(schema, "open_for_writing", small)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        LogWriter(path, Limits(), pytest.fail)
    monkeypatch.undo()
    LogWriter(path, Limits(), pytest.fail).close()
    whole, cut = index.read_rows(path)
    assert (whole.ended, cut.ended) == ("no steps for a while", schema.CUT_SHORT)
    assert [summary.of(row).steps for row in (whole, cut)] == [25, 25]


def test_dates_are_written_once(log: LogWriter, tmp_path: Path) -> None:
    """The clocks drift by some microseconds all the time: no card is worn out with that."""
    log.write([Walk(boot=clocks.read().boot_id, sure=False).opening(), Closing("stopped")])
    log.date_sessions()
    wal = tmp_path / "coach.db-wal"
    before = wal.stat().st_size
    for _ in range(3):
        log.date_sessions()
    assert wal.stat().st_size == before
