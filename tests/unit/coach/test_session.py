"""Sessions start and end by themselves."""

from __future__ import annotations

from coach.events import Cadence, Event, Session
from coach.guidance.session import SessionTracker
from coach.settings import SessionSettings


def run(walking: list[bool], start: int = 1) -> list[Event]:
    """One cadence a second: walking or not."""
    tracker, events = SessionTracker(SessionSettings()), []
    for t, w in enumerate(walking, start=start):
        events += tracker.follow(Cadence(float(t), 80.0 if w else None, 1.0))
    return events


def told(events: list[Event]) -> list[tuple[float, str]]:
    return [(e.t, e.state) for e in events if isinstance(e, Session)]


def test_rhythm_starts_a_session_and_a_minute_without_ends_it() -> None:
    """Five seconds of walking start it; sixty without a step end it."""
    events = run([False] * 10 + [True] * 30 + [False] * 70)
    assert told(events) == [
        (15.0, "started"),
        (100.0, "ended"),
    ]


def test_crossing_the_room_is_no_session() -> None:
    """A few steps now and then start nothing."""
    assert run(([True] * 4 + [False] * 3) * 10) == []


def test_a_rest_on_the_side_rails_is_a_pause() -> None:
    """Fifty seconds without steps leave the session running."""
    events = run([True] * 20 + [False] * 50 + [True] * 20)
    assert [state for _, state in told(events)] == ["started"]


def test_a_gap_does_not_count_as_walking() -> None:
    """Seconds in which the sensor was gone start no session."""
    tracker = SessionTracker(SessionSettings())
    events = tracker.follow(Cadence(1.0, 80.0, 1.0)) + tracker.follow(Cadence(30.0, 80.0, 1.0))
    assert events == []


def test_a_doubtful_second_while_standing_does_not_keep_a_session_alive() -> None:
    """A shift of weight that looks like a step or two is no walking."""
    events = run([True] * 20 + ([False] * 20 + [True]) * 4)
    assert told(events) == [(5.0, "started"), (80.0, "ended")]
