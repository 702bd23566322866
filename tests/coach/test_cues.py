"""Cues go on when they must, and never chatter."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from coach.cues import CueDecider, Situation
from coach.events import Cadence, Cue, Event, Fall, Stumble
from coach.settings import CadenceSettings

LIMIT = CadenceSettings(max_spm=100.0, hysteresis_spm=3.0, hold_s=3.0)


def run(
    spm: list[float | None], *, confidence: float = 0.9, in_session: bool = True
) -> list[tuple[float, str, str]]:
    """One cadence a second."""
    decider, cues = CueDecider(LIMIT), []
    for t, value in enumerate(spm, start=1):
        event = Cadence(float(t), value, confidence)
        cues += decider.feed([event], Situation(float(t), in_session, upright=True))
    return said(cues)


def said(events: list[Event]) -> list[tuple[float, str, str]]:
    """Time, cue and state of each."""
    return [(e.t, e.cue, e.state) for e in events if isinstance(e, Cue)]


def test_slow_down_comes_after_the_hold_and_goes_below_the_hysteresis() -> None:
    """Above for three seconds: on. Between the lines: still on. Clearly below: off."""
    cues = run([95, 104, 105, 104, 104, 99, 98, 97, 96])
    assert cues == [(5.0, "slow_down", "on"), (8.0, "slow_down", "off")]


def test_a_short_burst_above_the_limit_says_nothing() -> None:
    """Three seconds must be above without a break."""
    assert run([104, 104, 104, 99, 104, 104, 104, 95]) == []


def test_doubt_and_no_session_say_nothing() -> None:
    """A cadence more likely wrong than right, or outside a session, gives no cue."""
    assert run([120.0] * 10, confidence=0.3) == []
    assert run([120.0] * 10, in_session=False) == []


def test_stopping_ends_the_cue() -> None:
    """Who stands needs not be told to slow down."""
    assert run([110, 110, 110, 110, None])[-1] == (5.0, "slow_down", "off")


@given(st.lists(st.one_of(st.none(), st.floats(30, 200)), max_size=80))
def test_cues_alternate_and_keep_their_distance(spm: list[float | None]) -> None:
    """On and off take turns, and after an off the next on takes the whole hold time."""
    cues = run(spm)
    assert [state for _, _, state in cues] == ["on", "off"] * (len(cues) // 2) + ["on"] * (
        len(cues) % 2
    )
    for before, after in itertools.pairwise(cues):
        if after[2] == "on":
            assert after[0] - before[0] >= LIMIT.hold_s


def test_a_stumble_is_said_at_once_and_for_three_seconds() -> None:
    """The urgent cue comes in the hop of the stumble."""
    decider = CueDecider(LIMIT)
    cues = decider.feed([Stumble(10.0, 9.8, 1.5)], Situation(10.0, True, True))
    cues += decider.feed([], Situation(12.95, True, True))
    cues += decider.feed([], Situation(13.0, True, True))
    assert said(cues) == [(10.0, "stumble", "on"), (13.0, "stumble", "off")]


def test_a_fall_is_said_until_the_walker_walks_upright_again() -> None:
    """Lying, and standing still, leave the alarm on; three seconds of upright walking end it."""
    decider = CueDecider(LIMIT)
    cues = decider.feed([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 40):
        walking, upright = t >= 30, t >= 20
        event = Cadence(float(t), 70.0 if walking else None, 0.9)
        cues += decider.feed([event], Situation(float(t), True, upright))
    assert said(cues) == [(10.0, "fall", "on"), (33.0, "fall", "off")]


def test_somebody_can_clear_a_fall() -> None:
    """Clearing ends the alarm, once."""
    decider = CueDecider(LIMIT)
    decider.feed([Fall(10.0, 9.0)], Situation(10.0, True, False))
    assert said(decider.clear(15.0)) == [(15.0, "fall", "off")]
    assert decider.clear(16.0) == []
