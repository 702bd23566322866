"""Milestones count walking, not waiting."""

from __future__ import annotations

from coach.events import Cadence
from coach.guidance import HALF_WAY, LIMIT, TALK_CHECK, TARGET
from coach.guidance.milestones import Milestones
from coach.settings import SessionSettings


def run(
    walking: list[bool], settings: SessionSettings, later: SessionSettings | None = None
) -> list[tuple[int, str]]:
    """The second and the name of each cue; `later` comes into force after three minutes."""
    clock = Milestones(settings)
    found: list[tuple[int, str]] = []
    for t, w in enumerate(walking, start=1):
        if t > 180 and later is not None:
            clock.settings = later
        reached = clock.count(Cadence(float(t), 80.0 if w else None, 0.9))
        found += [(t, milestone.name) for milestone in reached]
    return found


def test_half_way_target_and_limit() -> None:
    """At 5, 10 and 15 minutes, and then every minute that the walker goes on."""
    found = run([True] * 1000, SessionSettings())
    assert found == [(300, HALF_WAY), (600, TARGET), (900, LIMIT), (960, LIMIT)]


def test_a_pause_stops_the_clock() -> None:
    """Forty seconds on the side rails come on top."""
    found = run([True] * 200 + [False] * 40 + [True] * 200, SessionSettings())
    assert found == [(340, HALF_WAY)]


def test_a_gap_is_no_walking() -> None:
    """Five minutes without samples in the midst of a walk: nobody saw whether it went on."""
    clock = Milestones(SessionSettings())
    seconds = [*range(1, 201), *range(500, 620)]
    reached = [m for t in seconds for m in clock.count(Cadence(float(t), 80.0, 0.9))]
    assert [(m.t, m.name, m.walked_s) for m in reached] == [(599.0, HALF_WAY, 300.0)]


def test_a_new_session_begins_with_nothing_counted() -> None:
    """Walking time, what was said, and when the walker was last asked to talk."""
    settings = SessionSettings(target_min=4.0, limit_min=5.0, talk_check_min=3.0)
    clock, sessions = Milestones(settings), []
    for begin in (0, 1000):
        clock.restart()
        seconds = range(begin + 1, begin + 331)
        reached = [m for t in seconds for m in clock.count(Cadence(float(t), 80.0, 0.9))]
        sessions.append([(m.t - begin, m.name) for m in reached])
    assert sessions[0] == sessions[1]
    assert [name for _, name in sessions[0]] == [HALF_WAY, TALK_CHECK, TARGET, LIMIT]


def test_the_talk_check_is_optional() -> None:
    """Every three minutes where it is set."""
    found = run([True] * 400, SessionSettings(talk_check_min=3.0))
    assert [t for t, name in found if name == TALK_CHECK] == [180, 360]


def test_what_has_been_reached_is_told_before_the_talk_check() -> None:
    """The two never sound in the same second."""
    found = run([True] * 310, SessionSettings(talk_check_min=5.0))
    assert found == [(300, HALF_WAY), (301, TALK_CHECK)]


def test_who_is_told_to_stop_is_not_asked_whether_they_can_talk() -> None:
    """At the longest time, when both are due, and beyond it."""
    found = run([True] * 500, SessionSettings(target_min=2.0, limit_min=4.0, talk_check_min=2.0))
    names = [(t, name) for t, name in found if name in (TALK_CHECK, LIMIT)]
    assert names == [(121, TALK_CHECK), *((t, LIMIT) for t in range(240, 500, 60))]


def test_a_target_that_is_raised_is_told_when_it_is_reached() -> None:
    """Two minutes, and at three of them five: half of it and all of it are told for these too."""
    found = run([True] * 400, SessionSettings(target_min=2.0), SessionSettings(target_min=7.0))
    assert found == [(60, HALF_WAY), (120, TARGET), (210, HALF_WAY)]
    found = run([True] * 400, SessionSettings(target_min=2.0), SessionSettings(target_min=5.0))
    assert found == [(60, HALF_WAY), (120, TARGET), (300, TARGET)]


def test_a_target_that_is_lowered_below_what_was_walked_is_reached() -> None:
    """At once, and nothing is said of half of it."""
    found = run([True] * 400, SessionSettings(), SessionSettings(target_min=2.0))
    assert found == [(181, TARGET)]
