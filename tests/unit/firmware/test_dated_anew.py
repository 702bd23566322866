"""The sessions of this run of the machine get their date when its wall clock is set."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware.log import clocks, journal, notes, schema, sessions, writer
from firmware.log.clocks import WallClock
from firmware.log.retention import Limits
from firmware.log.writer import Closing, LogWriter, Said
from firmware.records import Mark
from tests.support.journals import Running
from tests.support.logbook import Walk
from tests.support.waiting import eventually

BOOT, YEAR_S = "boot-1", 365.25 * 86_400
SET_S = 1_800_000_000.0
"""The clocks' difference once the network has set the wall clock."""


@dataclass
class Scene:
    """A coach that writes its log, and the wall clock that it sees."""

    log: Path
    writer: LogWriter
    see: Callable[[float, bool], None]

    def dates(self) -> list[tuple[float, bool]]:
        return [(s.wall_start, bool(s.wall_sure)) for s in sessions.read_each(self.log)]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The clock has not been set since the machine began: it is a year behind."""
    now = [WallClock(BOOT, SET_S - YEAR_S, sure=False)]
    monkeypatch.setattr(clocks, "read", lambda: now[0])
    writer = LogWriter(tmp_path / "coach.db", Limits(), pytest.fail)

    def see(offset_s: float, sure: bool) -> None:
        now[0] = WallClock(BOOT, offset_s, sure)

    yield Scene(tmp_path / "coach.db", writer, see)
    writer.close()


def walk(scene: Scene, start_s: float, offset_s: float) -> None:
    """A session that began so long after the machine, as the wall clock dated it then."""
    began = Walk(mono_start_us=round(start_s * 1e6), wall_start=start_s + offset_s, sure=False)
    opening = began.opening()
    assert opening.boot_id == BOOT
    scene.writer.write([opening, Closing("stopped")])
    scene.writer.tidy(ended=True)


def test_a_clock_that_is_set_dates_what_was_before(scene: Scene) -> None:
    """Surely, and to the second."""
    walk(scene, 100.0, SET_S - YEAR_S)
    assert scene.dates() == [(SET_S - YEAR_S + 100.0, False)]
    scene.see(SET_S, True)
    assert scene.writer.date_sessions()
    assert scene.dates() == [(SET_S + 100.0, True)]


def test_a_clock_that_was_right_all_along_is_believed_once_the_network_says_so(
    scene: Scene,
) -> None:
    """It does not jump, and yet more is known of it."""
    walk(scene, 100.0, SET_S - YEAR_S)
    assert not scene.writer.date_sessions()
    scene.see(SET_S - YEAR_S + 0.1, True)
    assert scene.writer.date_sessions()
    [(start, sure)] = scene.dates()
    assert sure
    assert start == pytest.approx(SET_S - YEAR_S + 100.0, abs=0.2)


def test_a_clock_set_by_hand_dates_it_without_being_sure(scene: Scene) -> None:
    """A guess takes another guess's place, never that of what is known."""
    walk(scene, 100.0, SET_S - YEAR_S)
    scene.see(SET_S + 3600.0, False)
    assert not scene.writer.date_sessions()
    assert scene.dates() == [(SET_S + 3700.0, False)]
    scene.see(SET_S, True)
    scene.writer.date_sessions()
    scene.see(SET_S - YEAR_S, False)
    scene.writer.date_sessions()
    assert scene.dates() == [(SET_S + 100.0, True)]


def test_a_session_that_was_opened_before_the_clock_was_set_is_dated_as_well(scene: Scene) -> None:
    """Though the clock had been looked at, set, before the session was written."""
    scene.see(SET_S, True)
    scene.writer.date_sessions()
    walk(scene, 100.0, SET_S - YEAR_S)
    assert scene.dates() == [(SET_S + 100.0, True)]


def test_a_session_that_goes_on_in_a_new_log_is_dated_there_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was set after it began, and then the log that it began in was damaged."""
    monkeypatch.setattr(writer, "CACHE_KB", 0)  # it reads from the card again
    now = [WallClock(BOOT, SET_S - YEAR_S, sure=False)]
    monkeypatch.setattr(clocks, "read", lambda: now[0])
    path, told = tmp_path / "coach.db", list[str]()
    writing = LogWriter(path, Limits(), told.append)
    guessed = SET_S - YEAR_S + 100.0
    writing.write([Walk(mono_start_us=100_000_000, wall_start=guessed, sure=False).opening()])
    now[0] = WallClock(BOOT, SET_S, sure=True)
    writing.tidy(ended=False)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    writing.write([Said(Mark(1.0, "x")), Closing("stopped")])
    writing.tidy(ended=True)
    writing.close()
    assert len(told) == 1
    assert [(s.wall_start, s.wall_sure) for s in sessions.read_each(path)] == [(SET_S + 100, True)]


def test_what_a_person_said_dates_the_next_session_of_the_run_too(scene: Scene) -> None:
    """No network at all: said once, it holds until the machine goes down, or a network knows."""
    walk(scene, 100.0, SET_S - YEAR_S)
    notes.put_date(scene.log, "1", f"{datetime.fromtimestamp(SET_S - YEAR_S / 2, UTC)}")
    walk(scene, 4000.0, SET_S - YEAR_S)
    [(said, _), (followed, sure)] = scene.dates()
    assert sure
    assert followed - said == pytest.approx(3900.0)
    scene.see(SET_S, True)
    scene.writer.date_sessions()
    assert scene.dates() == [(SET_S + 100.0, True), (SET_S + 4000.0, True)]


def test_what_a_person_said_of_another_run_tells_nothing(scene: Scene) -> None:
    """Nobody knows for how long the machine was off."""
    walk(scene, 100.0, SET_S - YEAR_S)
    with closing(schema.open_for_writing(scene.log)) as db, db:
        db.execute("UPDATE session SET boot_id = 'boot-0', wall_sure = 1")
    walk(scene, 200.0, SET_S - YEAR_S)
    assert scene.dates()[1] == (SET_S - YEAR_S + 200.0, False)


def test_a_clock_that_is_set_while_nobody_walks_is_noticed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a minute: the log need not wait for the next walk."""
    now = [WallClock(BOOT, SET_S - YEAR_S, sure=False)]
    monkeypatch.setattr(clocks, "read", lambda: now[0])
    guessed = SET_S - YEAR_S + 100.0
    running.journal.begin(Walk(mono_start_us=100_000_000, wall_start=guessed, sure=False).opening())
    running.journal.end("stopped")
    eventually(lambda: running.path.exists() and running.starts())
    time.sleep(2 * journal.WRITE_EVERY_S)  # what is due after the write is done
    now[0] = WallClock(BOOT, SET_S, sure=True)
    eventually(lambda: [s.wall_sure for s in sessions.read_each(running.path)] == [True])
    assert running.kinds == []
