"""An error that nobody has thought of ends one session's recording, and is told for as long."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firmware.log import sessions, writer
from firmware.log.journal import Journal, Opening, Trouble
from firmware.log.lock import LogLock
from firmware.records import Mark
from tests.support.journals import Running
from tests.support.logbook import Walk
from tests.support.waiting import LONGEST_S, eventually, meanwhile


@pytest.fixture
def _first_cannot_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a reason that is none of the machine's."""
    insert = writer._insert_session

    def fails(db: sqlite3.Connection, opening: Opening) -> int | None:
        if opening.mono_start_us == 1:
            raise ZeroDivisionError
        return insert(db, opening)

    monkeypatch.setattr(writer, "_insert_session", fails)


@pytest.mark.usefixtures("_first_cannot_begin")
def test_what_is_said_of_such_a_session_is_lost_told_and_counted(running: Running) -> None:
    """Before the error and after it; the log does not go on until the next session begins."""
    for number in (2, 3):
        running.trouble.clear()
        running.session(1)
        eventually(lambda: running.kinds == ["log_stopped"])
        assert "tried again with the next one" in running.trouble[0].message
        assert meanwhile(lambda: running.kinds == ["log_stopped"], 0.5)
        running.session(number)
        eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
        assert "; 3 records and bursts of samples are lost" in running.trouble[1].message
    assert running.journal.close(LONGEST_S)
    assert running.starts() == [2, 3]


@pytest.mark.usefixtures("_first_cannot_begin")
def test_what_comes_for_such_a_session_is_not_tried_again(running: Running) -> None:
    """Each record of it would be a trouble of its own."""
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.kinds == ["log_stopped"])
    for t in range(5):
        running.journal.record(Mark(float(t), "said"))
        running.journal.end("stopped")
        eventually(lambda: running.journal.waiting == 0)
    running.session(2)
    assert running.journal.close(LONGEST_S)
    assert running.kinds == ["log_stopped", "log_resumed"]
    assert "; 11 records" in running.trouble[1].message
    [session] = sessions.read_each(running.path)
    assert (session.mono_start_us, len(session.events)) == (2, 1)


@pytest.mark.usefixtures("_first_cannot_begin")
def test_the_next_session_is_whole_though_it_had_begun_before_the_error(tmp_path: Path) -> None:
    """What waits of it is kept, and what comes afterwards is added."""
    trouble: list[Trouble] = []
    journal = Journal(tmp_path / "coach.db")
    journal.begin(Walk(mono_start_us=1).opening())
    journal.end("stopped")
    journal.begin(Walk(mono_start_us=2).opening())
    journal.record(Mark(1.0, "before"))
    journal.start(trouble.append)
    eventually(lambda: trouble)
    journal.record(Mark(2.0, "after"))
    journal.end("stopped")
    assert journal.close(LONGEST_S)
    [session] = sessions.read_each(journal.path)
    assert (session.mono_start_us, [mark.t for mark in session.of(Mark)]) == (2, [1.0, 2.0])
    assert (len(trouble), session.ended) == (2, "stopped")


def test_a_session_that_is_given_up_in_its_middle_is_not_begun_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor in a log that is another's, where the first is taken away before the next walk."""
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.path.exists() and running.starts() == [1])
    with monkeypatch.context() as patch:
        patch.setattr(writer.LogWriter, "_take_record", lambda *_: 1 / 0)
        running.journal.record(Mark(1.0, "said"))
        eventually(lambda: running.kinds == ["log_stopped"])
    with closing(sqlite3.connect(running.path)) as db:  # closed in it as the log is opened again
        eventually(lambda: db.execute("SELECT ended FROM session").fetchone()[0])
    running.path.unlink()
    eventually(lambda: running.kinds == ["log_stopped", "log_damaged", "log_stopped"])
    running.session(2)
    assert running.journal.close(LONGEST_S)
    assert running.starts() == [2]


@pytest.mark.parametrize("cannot", ["fcntl.flock", "os.fchmod"])
@pytest.mark.parametrize("mode", [0o755, 0o2770])
def test_a_card_that_knows_no_locks_takes_no_handles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cannot: str, mode: int
) -> None:
    """Every five seconds it is tried again: soon the sensor's bus could not be opened any more."""

    def handles() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def refuses(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    tmp_path.chmod(mode)
    held = handles()
    monkeypatch.setattr(cannot, refuses)
    for _ in range(3):
        with pytest.raises(OSError, match="not permitted"):
            LogLock(tmp_path / "coach.db").take()
        (tmp_path / "coach.db.lock").unlink()
    assert handles() == held
