"""Sessions start and end by themselves."""

from __future__ import annotations

import math

from coach.events import Cadence, Event, Fall, Fatigue, Milestone, Session, Stage, Steadiness
from coach.guidance import Guidance
from coach.guidance.coaching import SessionCoach
from coach.guidance.session import SessionTracker
from coach.settings import CoachSettings, SessionSettings
from tests.support.coached import said


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


def test_no_session_begins_under_the_alarm_of_a_fall_in_the_one_before() -> None:
    """Whoever walks there is not up yet, and hears nothing else; the next begins with its end."""
    guidance, events = Guidance(CoachSettings()), list[Event]()
    for t in range(1, 131):
        walks, upright = t <= 20 or t >= 100, t <= 20 or t >= 120
        frame: list[Event] = [Cadence(float(t), 80.0 if walks else None, 1.0)]
        frame += [Fall(20.0, 19.0)] if t == 20 else []
        events += guidance.respond(frame, float(t), upright=upright)
    assert told(events) == [(5.0, "started"), (80.0, "ended"), (124.0, "started")]
    assert said(events) == [(20.0, "fall", "on"), (123.0, "fall", "off")]


def test_a_doubtful_second_while_standing_does_not_keep_a_session_alive() -> None:
    """A shift of weight that looks like a step or two is no walking."""
    events = run([True] * 20 + ([False] * 20 + [True]) * 4)
    assert told(events) == [(5.0, "started"), (80.0, "ended")]


def test_a_session_that_has_just_begun_does_not_end_at_once() -> None:
    """The shortest beginning, and then nothing: as long without a step as any other."""
    tracker, events = SessionTracker(SessionSettings(start_after_s=2)), []
    for t in range(100, 170):
        events += tracker.follow(Cadence(float(t), 80.0 if t in (102, 103) else None, 1.0))
    assert told(events) == [(103.0, "started"), (163.0, "ended")]


def test_who_is_quicker_in_the_second_session_is_not_tired_by_the_first() -> None:
    """Each session is held against its own first minutes."""
    coaching, said = SessionCoach(CoachSettings()), []
    for begin, spm, vigour, cv in ((0, 70.0, 0.2, 3.0), (1000, 73.5, 0.18, 5.0)):
        for t in range(begin, begin + 600):
            wanders = 1.0 + 0.03 * math.sin(t / 20.0)  # as a walker does, and no belt
            events: list[Event] = [Cadence(float(t), spm * wanders, 0.95)]
            if t == begin:
                events.append(Session(float(t), "started"))
            if t % 5 == 0:
                events.append(Steadiness(float(t), cv, 0.9, 0.9, vigour))
            said += coaching.advise(events, True, limit_spm=100.0, slowing=False)
    assert [e for e in said if isinstance(e, Fatigue)] == []


def test_the_second_session_begins_with_nothing_of_the_first() -> None:
    """Fifteen minutes less a second are walked, then a pause: the limit is not told at once."""
    guidance, said = Guidance(CoachSettings()), []
    walks = [True] * 905 + [False] * 70 + [True] * 20
    for t, w in enumerate(walks):
        said += guidance.respond(
            [Cadence(float(t), 70.0 if w else None, 0.95)], float(t), upright=True
        )
    assert [e for e in said if e.t > 960 and not isinstance(e, Cadence)] == [
        Session(964.0, "ended"),
        Session(979.0, "started"),
        Stage(979.0, "rails", "begins", "rails"),
    ]


def test_how_long_a_pause_may_be_counts_from_when_it_is_set() -> None:
    """Ten seconds, set in the pause: the session ends with the eleventh."""
    guidance, said = Guidance(CoachSettings()), []
    for t in range(60):
        if t == 35:
            guidance.adopt(CoachSettings(session=SessionSettings(end_after_s=10)), 34.5)
        cadence = Cadence(float(t), 70.0 if t < 30 else None, 0.95)
        said += guidance.respond([cadence], float(t), upright=True)
    assert told(said) == [(5.0, "started"), (39.0, "ended")]


def test_a_walking_time_that_is_set_on_the_way_is_told_when_it_is_reached() -> None:
    """One minute instead of ten, set after half of it."""
    guidance, said = Guidance(CoachSettings()), []
    for t in range(80):
        if t == 40:
            guidance.adopt(CoachSettings(session=SessionSettings(target_min=1.0)), 39.5)
        said += guidance.respond([Cadence(float(t), 70.0, 0.95)], float(t), upright=True)
    assert [(e.t, e.name) for e in said if isinstance(e, Milestone)] == [
        (40.0, "half_way"),
        (65.0, "target"),
    ]
