"""A log that has stopped is tried again within the session, and what waited is written once."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.log import journal, retention, sessions, writer
from firmware.log.clocks import SIMULATED
from firmware.records import Mark
from tests.support.journals import Running, disk
from tests.support.logbook import Walk, read_raw, samples
from tests.support.smalldisk import filled, small_disk
from tests.support.waiting import LONGEST_S, eventually

__all__ = ["small_disk"]


def remarks(path: Path) -> list[float]:
    """The times of the remarks of the log's only session, which there may not be yet."""
    found = [*sessions.read_each(path)]
    assert len(found) < 2
    return [mark.t for session in found for mark in session.of(Mark)]


def say(running: Running, *times: float) -> None:
    for t in times:
        running.journal.record(Mark(t, "said"))


def fails_with(error: Callable[[], Exception], broken: threading.Event) -> Any:
    """In place of `LogWriter.write`: while it is broken nothing is written."""
    write_now = writer.LogWriter.write

    def write(self: writer.LogWriter, items: Any) -> None:
        if broken.is_set() and items:
            raise error()
        write_now(self, items)

    return write


def of_sqlite(code: int) -> Callable[[], Exception]:
    def made() -> Exception:
        error = sqlite3.OperationalError("no room on this disk")
        error.sqlite_errorcode = code
        return error

    return made


def stopped(running: Running, monkeypatch: pytest.MonkeyPatch, code: int) -> threading.Event:
    """A session whose log has stopped after its first remark; clear what comes, and it goes on."""
    broken = threading.Event()
    monkeypatch.setattr(writer.LogWriter, "write", fails_with(of_sqlite(code), broken))
    running.journal.begin(Walk(mono_start_us=1).opening())
    say(running, 1.0)
    eventually(lambda: running.path.exists() and running.starts() == [1])
    broken.set()
    say(running, 2.0)
    eventually(lambda: running.kinds == ["log_stopped"])
    return broken


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_READONLY, "check the card"),
        (sqlite3.SQLITE_IOERR, "check the card"),
    ],
)
def test_a_session_on_a_disk_that_was_full_or_read_only_for_a_while_is_whole(
    running: Running, monkeypatch: pytest.MonkeyPatch, code: int, expected: str
) -> None:
    """One sentence for the trouble and one for its end; what was said meanwhile is not lost."""
    broken = stopped(running, monkeypatch, code)
    assert expected in running.trouble[0].message
    assert "is written as soon as it can be" in running.trouble[0].message
    say(running, 3.0)
    broken.clear()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert "lost" not in running.trouble[1].message
    say(running, 4.0)
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0, 2.0, 3.0, 4.0]
    assert running.kinds == ["log_stopped", "log_resumed"]


def test_a_session_that_goes_on_in_another_file_is_said_to(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What held the log has gone, a stick, say, and its folder is empty: that is not 'goes on'."""
    broken = stopped(running, monkeypatch, sqlite3.SQLITE_IOERR)
    running.path.rename(running.path.with_name("gone.db"))
    broken.clear()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert "goes on in another file: the session's first part is in" in running.trouble[1].message
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [2.0]


@pytest.fixture
def blocked(running: Running) -> Iterator[Running]:
    """A journal in the place of whose log a folder stands."""
    path = running.path.with_name("blocked.db")
    path.mkdir()
    made = Running(path)
    yield made
    made.journal.close(LONGEST_S)


def test_a_session_that_begins_before_its_log_can_be_opened_is_whole(blocked: Running) -> None:
    """A folder stands in the log's place, and is moved away while the walk goes on."""
    running = blocked
    running.journal.begin(Walk(mono_start_us=1).opening())
    say(running, 1.0)
    eventually(lambda: running.kinds == ["log_stopped"])
    assert "move it away" in running.trouble[0].message
    say(running, 2.0)
    running.path.rmdir()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert remarks(running.path) == [1.0, 2.0]
    say(running, 3.0)
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0, 2.0, 3.0]


def test_the_trouble_of_a_log_at_rest_is_over_before_a_session_begins(blocked: Running) -> None:
    """Who has moved the folder away sees at once that it was that, and need not walk for it."""
    eventually(lambda: blocked.kinds == ["log_stopped"])
    blocked.path.rmdir()
    eventually(lambda: blocked.kinds == ["log_stopped", "log_resumed"])


@pytest.mark.parametrize("boot", ["boot-1", SIMULATED])
def test_a_log_that_was_away_for_a_while_goes_on_with_the_same_session(
    running: Running, boot: str
) -> None:
    """Moved away, a folder in its place, and put back: one session, in which nothing is twice."""
    away = running.path.with_name("away.db")
    running.journal.begin(Walk(mono_start_us=1, boot=boot).opening())
    say(running, 1.0)
    eventually(lambda: running.path.exists() and remarks(running.path) == [1.0])
    running.path.rename(away)
    running.path.mkdir()
    say(running, 2.0)
    # The folder may come while a new log is just being made: then it is stopped for two reasons.
    eventually(
        lambda: (running.kinds[:1], running.kinds[-1:]) == (["log_damaged"], ["log_stopped"]),
        seen=lambda: running.trouble,
    )
    running.path.rmdir()
    for part in ("-wal", ""):
        away.with_name(away.name + part).rename(running.path.with_name(running.path.name + part))
    eventually(lambda: running.kinds[-1] == "log_resumed")
    [session] = sessions.read_each(running.path)
    assert session.ended is None
    say(running, 3.0)
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    [session] = sessions.read_each(running.path)
    assert session.ended == "stopped"
    assert remarks(running.path) == [1.0, 2.0, 3.0]


def test_trouble_behind_a_write_writes_nothing_twice(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the card is there, though what is due after it must wait for the next time."""
    tidied = threading.Event()

    def prune(*_: Any, **__: Any) -> retention.Pruned:
        tidied.set()
        raise of_sqlite(sqlite3.SQLITE_FULL)()

    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.path.exists() and running.starts() == [1])
    monkeypatch.setattr(retention, "prune", prune)
    say(running, 1.0)
    running.journal.end("stopped")
    assert tidied.wait(LONGEST_S)
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0]
    assert running.kinds == []


def test_a_full_disk_is_told_before_anybody_walks_and_so_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the coach begins, not a minute later; and soon after somebody has made room."""
    free = disk(monkeypatch, 1.0)
    monkeypatch.setattr(journal, "LOOK_S", 3600.0)
    monkeypatch.setattr(journal, "AGAIN_S", 0.05)
    running = Running(tmp_path / "coach.db")
    eventually(lambda: running.kinds == ["log_stopped"])
    free[0] = 1000.0
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert running.journal.close(LONGEST_S)


def test_room_that_comes_back_is_noticed_within_the_session(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With little of the disk left nothing is written; with more, what waited is."""
    free = disk(monkeypatch, 1000.0)
    running.journal.begin(Walk(mono_start_us=1).opening())
    say(running, 1.0)
    eventually(lambda: running.path.exists() and running.starts() == [1])
    monkeypatch.setattr(journal, "LogWriter", pytest.fail)  # the log is not let go of
    free[0] = 1.0
    say(running, 2.0)
    eventually(lambda: running.kinds == ["log_stopped"])
    say(running, 3.0)
    eventually(lambda: running.journal.waiting == 0)
    assert 3.0 not in remarks(running.path)
    free[0] = 1000.0
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("pause", "free_mb", "walks"),
    [("LOOK_S", 1000.0, False), ("AGAIN_S", 1.0, False), ("WRITE_EVERY_S", 1.0, True)],
    ids=["at rest", "at rest and full", "in a walk and full"],
)
def test_the_disk_is_looked_at_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause: str, free_mb: float, walks: bool
) -> None:
    """As seldom as it is agreed: the processor rests in between."""
    looked = list[float]()

    def free(_: Path) -> float:
        looked.append(time.monotonic())
        return free_mb

    monkeypatch.setattr(retention, "free_mb", free)
    for name in ("LOOK_S", "AGAIN_S", "WRITE_EVERY_S"):
        monkeypatch.setattr(journal, name, 0.05 if name == pause else 0.001)
    running = Running(tmp_path / "coach.db")
    if walks:
        running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: len(looked) > 12)
    assert running.journal.close(LONGEST_S)
    assert looked[12] - looked[3] > 0.9 * 9 * 0.05


def test_a_card_that_fails_again_and_again_gets_the_session_begun_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it was tried: what waits does not grow by it."""
    broken, tried = threading.Event(), list[int]()
    failing = fails_with(of_sqlite(sqlite3.SQLITE_IOERR), broken)

    def write(self: writer.LogWriter, items: Any) -> None:
        tried.append(sum(isinstance(item, journal.Opening) for item in items))
        failing(self, items)

    monkeypatch.setattr(writer.LogWriter, "write", write)
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.path.exists() and running.starts() == [1])
    broken.set()
    say(running, 1.0)
    eventually(lambda: len(tried) > 5)
    broken.clear()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert max(tried) == 1
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0]


def test_more_than_an_hour_on_a_full_disk_is_told_as_lost(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has a bound: what came beyond it is counted, and the session has its end."""
    broken = threading.Event()
    broken.set()
    full = of_sqlite(sqlite3.SQLITE_FULL)
    monkeypatch.setattr(writer.LogWriter, "write", fails_with(full, broken))
    monkeypatch.setattr(journal, "MOST_WAITING", 10)
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.kinds == ["log_stopped"])
    for t in range(25):
        say(running, float(t))
        eventually(lambda: running.journal.waiting == 0)
    running.journal.end("stopped")
    broken.clear()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert "16 records and bursts of samples are lost" in running.trouble[1].message
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [float(t) for t in range(9)]


def test_what_waited_is_written_in_pieces(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try that fails takes no longer after an hour than after a minute."""
    broken, largest = threading.Event(), [0]
    broken.set()
    failing = fails_with(of_sqlite(sqlite3.SQLITE_FULL), broken)

    def write(self: writer.LogWriter, items: Any) -> None:
        largest[0] = max(largest[0], len(items))
        failing(self, items)

    monkeypatch.setattr(writer.LogWriter, "write", write)
    monkeypatch.setattr(journal, "PIECE", 7)
    running.journal.begin(Walk(mono_start_us=1).opening())
    say(running, *map(float, range(50)))
    running.journal.samples(*samples(1.0))
    eventually(lambda: running.kinds == ["log_stopped"])
    broken.clear()
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert largest == [7]
    assert remarks(running.path) == [float(t) for t in range(50)]


def test_who_stops_the_coach_after_the_trouble_loses_nothing(
    blocked: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is tried once more, though it was not time to."""
    running = blocked
    running.journal.begin(Walk(mono_start_us=1).opening())
    say(running, 1.0)
    eventually(lambda: running.kinds == ["log_stopped"])
    monkeypatch.setattr(journal, "AGAIN_S", 3600.0)
    eventually(lambda: running.journal.waiting == 0)
    running.path.rmdir()
    running.journal.end("stopped")
    assert running.journal.close(LONGEST_S)
    assert remarks(running.path) == [1.0]


@pytest.mark.parametrize("left", [0, 300_000])
def test_a_real_disk_that_fills_up_in_a_session_costs_none_of_it(
    small_disk: Path, running: Running, left: int
) -> None:
    """Full at once, or by what the log itself writes: samples and records are there, once."""
    assert running.journal.close(LONGEST_S)
    on_it = Running(small_disk / "coach.db")
    on_it.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: on_it.path.exists() and on_it.starts() == [1])
    ballast = filled(small_disk, left)
    told = 0
    while not on_it.kinds:
        on_it.journal.record(Mark(float(told), "x" * 2000))
        on_it.journal.samples(*samples(0.05, told * 0.05))
        told += 1
        eventually(lambda: on_it.journal.waiting == 0)
    ballast.unlink()
    eventually(lambda: on_it.kinds[-1] == "log_resumed")
    assert on_it.kinds[0] == "log_stopped"  # and perhaps again, as what is in the way changes
    on_it.journal.end("stopped")
    assert on_it.journal.close(LONGEST_S)
    assert remarks(on_it.path) == [float(t) for t in range(told)]
    assert len(read_raw(on_it.path, "1")[0]) == 5 * told
