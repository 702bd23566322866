"""What becomes of the log when the card, or the machine, cannot keep up with it."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
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


def test_a_card_that_answers_is_not_said_to_hang(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the coach has run: what counts is how long the oldest record waits."""
    monkeypatch.setattr(journal, "STALLED_S", 10 * journal.WRITE_EVERY_S)
    running.journal.begin(Walk().opening())
    end = time.monotonic() + 2 * journal.STALLED_S
    while time.monotonic() < end:
        running.journal.record(Mark(0.0, "again"))
        eventually(lambda: running.journal.waiting == 0)
    assert running.trouble == []


def test_what_comes_last_is_taken_though_it_comes_as_the_inbox_is_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last item and the end, between the thread's last look and its asking for the end."""

    class Items(deque[writer.Item]):
        def __len__(self) -> int:
            found = super().__len__()
            if not found and waits:
                inbox.put(waits.pop())
                inbox.end()
            return found

    monkeypatch.setattr(journal, "deque", Items)
    inbox, waits = journal.Inbox(lambda **_: None), list[writer.Item]()
    first, last = Walk().opening(), writer.Closing("stopped")
    inbox.put(first)
    waits.append(last)
    taken, ended = inbox.take(0.0)
    while not ended:
        more, ended = inbox.take(0.0)
        taken += more
    assert taken == [first, last]


def test_a_session_that_is_over_is_on_the_card_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And told so, though it is not time to write; one that runs is not said to be saved."""
    monkeypatch.setattr(journal, "WRITE_EVERY_S", 3600.0)
    made, saved = journal.Journal(tmp_path / "coach.db"), list[int]()
    trouble = list[journal.Trouble]()
    made.start(trouble.append, lambda: saved.append(len(sessions_of(made))))
    for number in range(1, 4):
        made.begin(Walk(mono_start_us=number).opening())
        eventually(lambda: made.waiting == 0)
        for t in range(50):
            made.record(Mark(float(t), "again"))
        assert len(saved) == number - 1
        made.end("stopped")
        eventually(partial(lambda n: saved == [*range(1, n + 1)], number))
    assert made.close(LONGEST_S)
    assert [len(s.of(Mark)) for s in sessions_of(made)] == [50] * 3
    assert trouble == []


def test_a_session_that_is_over_is_told_as_saved_though_the_next_has_begun(tmp_path: Path) -> None:
    """Both in one write, as on a card that has stalled."""
    made, saved = journal.Journal(tmp_path / "coach.db"), threading.Event()
    made.begin(Walk(mono_start_us=1).opening())
    made.end("stopped")
    made.begin(Walk(mono_start_us=2).opening())
    made.start(lambda _: None, saved.set)
    eventually(saved.is_set)
    assert made.close(LONGEST_S)


def test_a_coach_that_ends_before_its_log_was_opened_ends(tmp_path: Path) -> None:
    """And leaves no log."""
    assert journal.Journal(tmp_path / "coach.db").close()
    assert [*tmp_path.iterdir()] == []


def sessions_of(made: journal.Journal) -> list[sessions.StoredSession]:
    return [*sessions.read_each(made.path)]
