"""After a stumble the limit is lower for a while, so that the walker settles."""

from __future__ import annotations

import pytest

from coach.events import Cadence, Event, Limit, Session, Stumble
from coach.guidance.cues import CueDecider, Situation
from coach.settings import CoachSettings, StumbleSettings
from tests.support.coached import said

USUAL = CoachSettings()  # a limit of 100 steps/min


def walk_after_stumble(spm: float, later: float, settings: StumbleSettings) -> list[Event]:
    """Ten seconds at one cadence, a stumble, then another cadence for ninety."""
    decider, events = CueDecider(CoachSettings(stumble=settings)), []
    for t in range(1, 101):
        now = Situation(float(t), True, True)
        frame: list[Event] = [Cadence(float(t), spm if t <= 10 else later, 0.9)]
        if t == 10:
            frame.append(Stumble(10.0, 9.8, 1.2))
        events += decider.decide(frame, now)
    return events


def test_after_a_stumble_the_limit_is_lower_for_a_while() -> None:
    """Ten per cent below the cadence before, for a minute; who goes on as before is told."""
    events = walk_after_stumble(80.0, 80.0, StumbleSettings())
    limits = [(e.t, e.max_spm, e.reason) for e in events if isinstance(e, Limit)]
    assert limits == [(10.0, 72.0, "stumble"), (70.0, 100.0, "settled")]
    assert ("slow_down", "on") in {(cue, state) for _, cue, state in said(events)}
    assert said(events)[-1] == (70.0, "slow_down_firm", "off")


def test_who_was_above_the_limit_settles_below_it() -> None:
    """A tenth below the limit, then, and not below the tempo that was too quick already."""
    events = walk_after_stumble(120.0, 120.0, StumbleSettings())
    assert next(e.max_spm for e in events if isinstance(e, Limit)) == 90.0


def test_a_limit_that_a_stumble_does_not_lower_is_not_said_to_be() -> None:
    """By nothing below the limit, for who was above it."""
    events = walk_after_stumble(120.0, 90.0, StumbleSettings(settle_percent=0.0))
    assert [e for e in events if isinstance(e, Limit)] == []


def test_an_old_cadence_says_nothing_of_the_walk_before_a_stumble() -> None:
    """Whoever stumbles in the first steps after a pause has a tenth less than the limit."""
    decider = CueDecider(USUAL)
    events = decider.decide([Cadence(9.0, 50.0, 0.9)], Situation(9.0, True, True))
    events += decider.decide([Stumble(20.0, 19.8, 1.2)], Situation(20.0, True, True))
    assert [e.max_spm for e in events if isinstance(e, Limit)] == [90.0]


def test_a_second_of_doubt_hides_no_walk_before_a_stumble() -> None:
    """Whoever trips has lost the rhythm already; what counts is the tempo of just before."""
    decider, events = CueDecider(USUAL), []
    for t, spm in ((9.0, 70.0), (10.0, None)):
        events += decider.decide([Cadence(t, spm, 0.9)], Situation(t, True, True))
    events += decider.decide([Stumble(10.5, 10.2, 1.2)], Situation(10.5, True, True))
    assert [e.max_spm for e in events if isinstance(e, Limit)] == [pytest.approx(63.0)]


def test_who_settles_hears_no_more_than_the_stumble() -> None:
    """Slowing down by more than that brings no cue but the urgent one."""
    events = walk_after_stumble(80.0, 68.0, StumbleSettings())
    assert {cue for _, cue, _ in said(events)} == {"stumble"}


def test_a_limit_that_is_back_ends_the_cue_of_who_is_below_it() -> None:
    """98 steps/min under a limit of 100: told to slow down for the minute, and no longer."""
    events = walk_after_stumble(98.0, 98.0, StumbleSettings())
    assert said(events)[-1] == (70.0, "slow_down_firm", "off")


def test_a_lower_limit_lasts_as_long_as_is_set_by_now() -> None:
    """Who switches settling off while it lasts has the limit back at once."""
    decider = CueDecider(USUAL)
    events = decider.decide([Stumble(10.0, 9.8, 1.2)], Situation(10.0, True, True))
    decider.adopt(CoachSettings(stumble=StumbleSettings(settle_s=0.0)), 20.0)
    events += decider.decide([], Situation(20.05, True, True))
    assert [(e.t, e.reason) for e in events if isinstance(e, Limit)] == [
        (10.0, "stumble"),
        (20.05, "settled"),
    ]


def test_a_lower_limit_ends_with_the_session() -> None:
    """The next session, which may be another engine's, begins under the limit that is set."""
    decider = CueDecider(USUAL)
    events = decider.decide([Stumble(10.0, 9.8, 1.2)], Situation(10.0, True, True))
    events += decider.decide([Session(40.0, "ended")], Situation(40.0, False, True))
    assert [(e.t, e.reason) for e in events if isinstance(e, Limit)] == [
        (10.0, "stumble"),
        (40.0, "settled"),
    ]


def test_settling_can_be_switched_off() -> None:
    """Zero seconds leave the limit as it is."""
    events = walk_after_stumble(80.0, 80.0, StumbleSettings(settle_s=0.0))
    assert not [e for e in events if isinstance(e, Limit)]


def test_a_second_stumble_while_settling_does_not_lower_the_limit_again() -> None:
    """The minute begins anew; the limit stays where it was."""
    decider = CueDecider(USUAL)
    events = decider.decide([Cadence(9.0, 80.0, 0.9)], Situation(9.0, True, True))
    for t in (10.0, 20.0):
        events += decider.decide([Stumble(t, t, 1.2)], Situation(t, True, True))
    for t in (70.0, 79.95, 80.0):
        events += decider.decide([], Situation(t, True, True))
    assert [(e.t, e.max_spm) for e in events if isinstance(e, Limit)] == [
        (10.0, 72.0),
        (20.0, 72.0),
        (80.0, 100.0),
    ]


def test_a_second_stumble_under_another_percentage_is_of_the_same_walk() -> None:
    """What was walked before the first one is lowered by what is set by the second one."""
    decider = CueDecider(USUAL)
    events = decider.decide([Cadence(9.0, 80.0, 0.9)], Situation(9.0, True, True))
    events += decider.decide([Stumble(10.0, 10.0, 1.2)], Situation(10.0, True, True))
    half = CoachSettings(stumble=StumbleSettings(settle_percent=50.0))
    decider.adopt(half, 15.0)
    events += decider.decide([Stumble(20.0, 20.0, 1.2)], Situation(20.0, True, True))
    assert [e.max_spm for e in events if isinstance(e, Limit)] == [72.0, 40.0]
