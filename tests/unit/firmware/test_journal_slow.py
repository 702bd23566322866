"""What becomes of the log when the card, or the machine, cannot keep up with it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from firmware.log import journal, sessions, writer
from firmware.records import Mark
from tests.support.journals import Running
from tests.support.logbook import Walk
from tests.support.waiting import LONGEST_S, eventually


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A card that answers no write until it is told to."""
    answers = threading.Event()
    write_through = writer.LogWriter.write

    def wait(self: writer.LogWriter, items: Sequence[writer.Item]) -> None:
        answers.wait(LONGEST_S)
        write_through(self, items)

    monkeypatch.setattr(writer.LogWriter, "write", wait)
    monkeypatch.setattr(journal, "STALLED_S", 0.2)
    return answers


def test_a_card_that_hangs_is_told_and_nothing_is_lost(
    running: Running, hanging: threading.Event
) -> None:
    """Long before the memory for it is full it is said that nothing is written."""
    running.journal.begin(Walk().opening())
    said = itertools.count(1)

    def say_more() -> bool:
        running.journal.record(Mark(float(next(said)), "again"))
        return "log_stopped" in running.kinds

    eventually(say_more)
    assert "the card does not answer" in running.trouble[0].message
    running.journal.end("stopped")
    hanging.set()
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    assert "lost" not in running.trouble[1].message
    eventually(lambda: sessions.read_one(running.path, "1").ended == "stopped")
    assert len(sessions.read_one(running.path, "1").of(Mark)) == next(said) - 1


def test_what_is_lost_for_want_of_room_is_counted_and_told(
    running: Running, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No loss is silent: how much, when the log goes on; and the session's end is not lost."""
    monkeypatch.setattr(journal, "MOST_WAITING", 10)
    running.journal.begin(Walk().opening())
    eventually(lambda: running.journal.waiting == 0)  # it hangs with the opening in its hands
    for number in range(25):
        running.journal.record(Mark(float(number), "again"))
    assert "is lost until it does" in running.trouble[-1].message
    running.journal.end("stopped")
    hanging.set()
    eventually(lambda: running.kinds[-1] == "log_resumed")
    assert "15 records and bursts of samples are lost" in running.trouble[-1].message
    eventually(lambda: sessions.read_one(running.path, "1").ended == "stopped")


def test_what_comes_quicker_than_it_is_time_to_write_is_written_at_once(tmp_path: Path) -> None:
    """Memory has a bound, but with a card that answers nothing is lost to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "MOST_WAITING", 400)
        patch.setattr(journal, "MANY_WAITING", 200)
        patch.setattr(journal, "WRITE_EVERY_S", 3600.0)
        running = Running(tmp_path / "coach.db")
        for number in range(40):
            running.journal.begin(Walk(mono_start_us=number).opening())
            for t in range(50):
                running.journal.record(Mark(float(t), "again"))
            running.journal.end("stopped")
            eventually(lambda: running.journal.waiting == 0)
        running.journal.close(30)
    assert running.trouble == []
    assert [len(s.of(Mark)) for s in sessions.read_each(running.path)] == [50] * 40
