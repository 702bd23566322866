"""Cues go on when they must, and never chatter."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.events import (
    Cadence,
    Event,
    Fall,
    Fatigue,
    Handling,
    HandlingKind,
    Milestone,
    Reaction,
    Stage,
    Stumble,
)
from coach.guidance import Guidance
from coach.guidance.cues import CueDecider, Situation
from coach.settings import (
    CadenceSettings,
    CoachSettings,
    SessionSettings,
    StageSettings,
    StumbleSettings,
)
from tests.support.coached import said

LIMIT = CadenceSettings(max_spm=100.0, hysteresis_spm=3.0, hold_s=3.0)
USUAL = CoachSettings(cadence=LIMIT)


def run(spm: list[float | None], *, in_session: bool = True) -> list[tuple[float, str, str]]:
    """One cadence a second."""
    decider, cues = CueDecider(USUAL), []
    for t, value in enumerate(spm, start=1):
        event = Cadence(float(t), value, 0.9)
        cues += decider.decide([event], Situation(float(t), in_session, upright=True))
    return said(cues)


def test_slow_down_comes_after_the_hold_and_goes_below_the_hysteresis() -> None:
    """Above for long enough: on. Between the lines: still on. Clearly below: off."""
    cues = run([95, 102, 102, 102, 102, 102, 102, 102, 102, 99.5, 99.5, 97, 96])
    assert cues == [(9.0, "slow_down", "on"), (12.0, "slow_down", "off")]


def test_a_short_burst_above_the_limit_says_nothing() -> None:
    """A stride or two far above it, and a slower one after them."""
    assert run([110, 110, 97, 110, 110, 96]) == []


def test_without_a_session_nothing_is_said() -> None:
    """However fast somebody walks."""
    assert run([120.0] * 10, in_session=False) == []


def test_stopping_ends_the_cue() -> None:
    """Who stands needs not be told to slow down."""
    assert run([110, 110, 110, 110, None])[-1] == (5.0, "slow_down", "off")


STRETCHES = st.lists(
    st.tuples(
        st.sampled_from([None, 120.0, 80.0]) | st.floats(30, 200), st.sampled_from([1, 2, 5, 15])
    ),
    max_size=12,
)
"""A tempo, and for how many seconds it is walked: what is another each second brings no cue."""


@settings(deadline=None)
@given(STRETCHES)
def test_cues_alternate_and_keep_their_distance(
    stretches: list[tuple[float | None, int]],
) -> None:
    """On and off take turns; each beginning takes the hold of one far above, at most 3 a minute."""
    cues = run([spm for spm, seconds in stretches for _ in range(seconds)])
    assert [state for _, _, state in cues] == ["on", "off"] * (len(cues) // 2) + ["on"] * (
        len(cues) % 2
    )
    for before, after in itertools.pairwise(cues):
        if after[1:] == ("slow_down", "on"):  # the firm cue takes the gentle one's place at once
            assert after[0] - before[0] >= 2
    begins = [t for t, cue, state in cues if (cue, state) == ("slow_down", "on")]
    most = LIMIT.max_cues_per_min
    assert all(
        next_one - first >= 60 for first, next_one in zip(begins, begins[most:], strict=False)
    )


def test_a_stumble_is_said_at_once_and_for_three_seconds() -> None:
    """The urgent cue comes in the frame of the stumble."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Stumble(10.0, 9.8, 1.5)], Situation(10.0, True, True))
    cues += decider.decide([], Situation(12.95, True, True))
    cues += decider.decide([], Situation(13.0, True, True))
    assert said(cues) == [(10.0, "stumble", "on"), (13.0, "stumble", "off")]


@pytest.mark.parametrize(
    ("event", "cue", "seconds"),
    [
        (Milestone(10.0, "half_way", 300.0), "half_way", 4.0),
        (Milestone(10.0, "target", 600.0), "target", 4.0),
        (Milestone(10.0, "talk_check", 180.0), "talk_check", 4.0),
        (Stage(10.0, "rails", "ready for the next", "tempo"), "next_stage", 4.0),
        (Stage(10.0, "rails", "stepped back", "rails"), "stage_back", 4.0),
        (Milestone(10.0, "limit", 900.0), "limit", 8.0),
        (Fatigue(10.0, 5.0, 30.0), "ease_off", 8.0),
    ],
)
def test_what_is_said_once_is_on_for_its_time(event: Event, cue: str, seconds: float) -> None:
    """Longer for who is to do something at once."""
    decider = CueDecider(USUAL)
    cues = decider.decide([event], Situation(10.0, True, True))
    cues += decider.decide([], Situation(9.95 + seconds, True, True))
    cues += decider.decide([], Situation(10.0 + seconds, True, True))
    assert said(cues) == [(10.0, cue, "on"), (10.0 + seconds, cue, "off")]


def test_a_fall_is_said_until_the_walker_walks_upright_again() -> None:
    """Lying, and standing still, leave the alarm on; three seconds of upright walking end it."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 40):
        walking, upright = t >= 30, t >= 20
        event = Cadence(float(t), 70.0 if walking else None, 0.9)
        cues += decider.decide([event], Situation(float(t), True, upright))
    assert said(cues) == [(10.0, "fall", "on"), (33.0, "fall", "off")]


def test_a_step_now_and_then_ends_no_alarm() -> None:
    """Three seconds of upright walking are that in one go."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 60):
        event = Cadence(float(t), 70.0 if t % 5 < 2 else None, 0.9)
        cues += decider.decide([event], Situation(float(t), True, True))
    assert said(cues) == [(10.0, "fall", "on")]


@pytest.mark.parametrize("kind", ["taken_off", "dropped", "slipped"])
def test_a_device_that_nobody_has_fallen_with_ends_the_alarm(kind: HandlingKind) -> None:
    """Taken off, dropped, or turned in its clip in a walk that goes on; silence, and no new cue."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    cues += decider.decide([Handling(25.0, kind)], Situation(25.0, True, False))
    assert said(cues) == [(10.0, "fall", "on"), (25.0, "fall", "off")]
    assert decider.active == frozenset()


def test_lying_still_ends_no_alarm() -> None:
    """However long nothing is heard of the walker."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 3600):
        cues += decider.decide([Cadence(float(t), None, 0.0)], Situation(float(t), False, False))
    assert said(cues) == [(10.0, "fall", "on")]


def test_a_rhythm_on_the_floor_ends_no_alarm() -> None:
    """Whoever crawls, or is shaken, has a cadence and is not up."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 60):
        cues += decider.decide([Cadence(float(t), 70.0, 0.9)], Situation(float(t), True, False))
    assert said(cues) == [(10.0, "fall", "on")]


def test_a_second_fall_has_to_be_got_up_from_anew() -> None:
    """Walking before it does not count, though the walker is upright again within a second."""
    decider = CueDecider(USUAL)
    cues = decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    for t in range(11, 20):
        frame: list[Event] = [Cadence(float(t), 70.0, 0.9)]
        if t == 13:
            frame.append(Fall(13.0, 12.8))
        cues += decider.decide(frame, Situation(float(t), True, True))
    assert said(cues) == [(10.0, "fall", "on"), (17.0, "fall", "off")]


def test_somebody_can_clear_a_fall() -> None:
    """Clearing ends the alarm, once."""
    decider = CueDecider(USUAL)
    decider.decide([Fall(10.0, 9.0)], Situation(10.0, True, False))
    assert said(decider.clear(15.0)) == [(15.0, "fall", "off")]
    assert decider.clear(16.0) == []


def test_somebody_can_clear_a_stumble() -> None:
    """Its rattle ends with `clear`, before its time."""
    decider = CueDecider(USUAL)
    decider.decide([Stumble(10.0, 9.8, 1.5)], Situation(10.0, True, True))
    assert said(decider.clear(11.0)) == [(11.0, "stumble", "off")]
    assert decider.decide([], Situation(13.0, True, True)) == []


def test_a_second_stumble_is_said_for_as_long_as_the_first() -> None:
    """One that comes while the first is still being said draws it out."""
    decider, cues = CueDecider(USUAL), []
    for t in (10.0, 12.0):
        cues += decider.decide([Stumble(t, t, 1.5)], Situation(t, True, True))
    cues += decider.decide([], Situation(14.95, True, True))
    cues += decider.decide([], Situation(15.0, True, True))
    assert said(cues) == [(10.0, "stumble", "on"), (15.0, "stumble", "off")]


def test_a_stumble_without_settling_is_not_said_for_longer() -> None:
    """It ends with its time, though nothing else happens meanwhile: the walker may have stopped."""
    guidance = Guidance(CoachSettings(stumble=StumbleSettings(settle_s=0.0)))
    cues = guidance.respond([Stumble(10.0, 9.8, 1.2)], 10.0, upright=True)
    for t in (12.95, 13.0, 13.05):
        cues += guidance.respond([], t, upright=True)
    assert said(cues) == [(10.0, "stumble", "on"), (13.0, "stumble", "off")]


@pytest.mark.parametrize(
    "cadence", [CadenceSettings(hold_s=60.0), CadenceSettings(firm_after_s=1.0)]
)
def test_a_limit_that_is_lowered_is_told_gently_first(cadence: CadenceSettings) -> None:
    """However long the walker has been above the new one, and however soon firmness comes."""
    decider = CueDecider(CoachSettings(cadence=replace(cadence, max_spm=115.0)))
    for t in range(100):
        decider.decide([Cadence(float(t), 110.0, 0.9)], Situation(float(t), True, True))
    cues = decider.adopt(CoachSettings(cadence=cadence), 99.5)
    assert said(cues) == [(99.5, "slow_down", "on")]


def test_a_limit_that_is_set_before_anybody_walks_holds_for_the_walk() -> None:
    """The device has been switched on, and no cadence has been told yet."""
    decider = CueDecider(USUAL)
    assert decider.adopt(replace(USUAL, cadence=replace(LIMIT, max_spm=60.0)), 0.0) == []
    for t in range(5, 10):
        decider.decide([Cadence(float(t), 70.0, 0.9)], Situation(float(t), True, True))
    assert decider.active == {"slow_down"}


def test_a_limit_that_is_lowered_is_told_at_once_to_slow_walkers_too() -> None:
    """Below 80 steps/min the hold is longer, and so much of the walk is looked back on."""
    decider = CueDecider(USUAL)
    for t in range(20):
        decider.decide([Cadence(float(t), 45.0, 0.9)], Situation(float(t), True, True))
    cues = decider.adopt(CoachSettings(cadence=replace(LIMIT, max_spm=40.0)), 19.5)
    assert said(cues) == [(19.5, "slow_down", "on")]


@pytest.mark.parametrize(
    ("cadence", "goes_on"),
    [
        (replace(LIMIT, max_spm=99.0), True),
        (replace(LIMIT, firm_after_s=60.0), True),
        (replace(LIMIT, max_spm=103.0), False),
    ],
    ids=["limit lowered", "later firmness", "limit raised"],
)
def test_a_cue_that_sounds_falls_silent_only_where_the_walker_is_slow_enough(
    cadence: CadenceSettings, goes_on: bool
) -> None:
    """A little above the limit, told so firmly: what is set now makes it gentle, and no silence."""
    decider = CueDecider(USUAL)
    for t in range(60):
        decider.decide([Cadence(float(t), 101.5, 0.9)], Situation(float(t), True, True))
    cues = said(decider.adopt(CoachSettings(cadence=cadence), 59.5))
    begins = [(59.5, "slow_down", "on")] if goes_on else []
    assert cues == [(59.5, "slow_down_firm", "off"), *begins]


def changed_on_the_way(spm: list[float], changes: dict[int, CadenceSettings]) -> list[Event]:
    """One cadence a second; half a second after some of them other settings are in force."""
    decider, events = CueDecider(USUAL), list[Event]()
    for t, value in enumerate(spm):
        events += decider.decide([Cadence(float(t), value, 0.9)], Situation(float(t), True, True))
        if t in changes:
            events += decider.adopt(CoachSettings(cadence=changes[t]), t + 0.5)
    return events


def begins_of(events: list[Event]) -> list[float]:
    return [t for t, cue, state in said(events) if (cue, state) == ("slow_down", "on")]


def test_who_hears_enough_cues_hears_no_more_for_a_change() -> None:
    """Three a minute, though the limit comes down to whoever has just slowed down, four times."""
    spm = [95.0 - 5 * (t // 10) for t in range(60)]
    lower = {t: replace(LIMIT, max_spm=90.0 - 5 * (t // 10)) for t in (8, 18, 28, 38, 48)}
    assert begins_of(changed_on_the_way(spm, lower)) == [8.5, 18.5, 28.5]


@pytest.mark.parametrize("at", [5, 6, 9])
@pytest.mark.parametrize(
    "other", [replace(LIMIT, max_spm=101.0), replace(LIMIT, hysteresis_spm=2.0)]
)
def test_who_has_just_slowed_down_keeps_ten_seconds_for_it(other: CadenceSettings, at: int) -> None:
    """From 110 to 106, which is heard; a limit that is raised then brings no cue."""
    spm = [110.0] * 5 + [106.0] * 30
    plain = begins_of(changed_on_the_way(spm, {}))
    assert len(plain) == 2
    assert plain[1] - 5.0 == 10.0
    assert begins_of(changed_on_the_way(spm, {at: other})) == plain


@pytest.mark.parametrize("at", [5, 7])
@pytest.mark.parametrize("max_spm", [98.0, 100.0, 105.0])
def test_a_reaction_is_credited_though_something_is_set_before_the_verdict(
    max_spm: float, at: int
) -> None:
    """The walker has slowed down; that the limit is moved then makes it no less so."""
    other = replace(LIMIT, max_spm=max_spm, firm_after_s=20.0)
    events = changed_on_the_way([110.0] * 5 + [95.0] * 20, {at: other})
    assert [e for e in events if isinstance(e, Reaction)] == [Reaction(11.0, "slow_down", 3.0)]


def test_a_cue_that_goes_on_under_other_settings_began_when_it_was_told() -> None:
    """By that the reaction is timed; the firm one comes ten seconds after what was set last."""
    lower = {6: replace(LIMIT, max_spm=99.0)}
    events = changed_on_the_way([110.0] * 10 + [95.0] * 10, lower)
    assert said(events) == [(2.0, "slow_down", "on"), (10.0, "slow_down", "off")]
    assert [e for e in events if isinstance(e, Reaction)] == [Reaction(16.0, "slow_down", 8.0)]
    firm = said(changed_on_the_way([110.0] * 20, lower))[-1]
    assert firm == (16.0, "slow_down_firm", "on")


@pytest.mark.parametrize("other", [replace(LIMIT, max_spm=101.0), replace(LIMIT, hold_s=5.0)])
def test_a_firm_cue_stays_firm_where_the_limit_is_no_lower(other: CadenceSettings) -> None:
    """Nobody has slowed down, and nothing more is asked: the log has one cue, timed from then."""
    events = changed_on_the_way([110.0] * 20 + [95.0] * 10, {15: other})
    assert begins_of(events) == [2.0]
    assert said(events)[-2:] == [(12.0, "slow_down_firm", "on"), (20.0, "slow_down_firm", "off")]
    assert [e for e in events if isinstance(e, Reaction)] == [
        Reaction(26.0, "slow_down_firm", 18.0)
    ]


def test_a_limit_that_is_lowered_is_not_told_to_who_is_in_no_session() -> None:
    """Somebody crosses the room, quicker than the new limit."""
    decider = CueDecider(USUAL)
    for t in range(20):
        decider.decide([Cadence(float(t), 90.0, 0.9)], Situation(float(t), False, True))
    assert decider.adopt(CoachSettings(cadence=replace(LIMIT, max_spm=60.0)), 19.5) == []


def test_a_limit_below_that_of_a_stumble_is_in_force_at_once() -> None:
    """63 since a stumble at 70; then 60 is set, and who walks at 62 is too quick."""
    decider = CueDecider(USUAL)
    for t in range(21):
        frame: list[Event] = [Cadence(float(t), 70.0 if t <= 10 else 62.0, 0.9)]
        frame += [Stumble(10.0, 9.8, 1.2)] if t == 10 else []
        decider.decide(frame, Situation(float(t), True, True))
    decider.adopt(CoachSettings(cadence=replace(LIMIT, max_spm=60.0)), 20.5)
    cues: list[Event] = []
    for t in range(21, 50):
        cues += decider.decide([Cadence(float(t), 62.0, 0.9)], Situation(float(t), True, True))
    assert ("slow_down", "on") in {(cue, state) for _, cue, state in said(cues)}


def test_what_is_switched_off_on_the_way_is_not_said() -> None:
    """It is an event all the same, and no cue from now on."""
    decider = CueDecider(USUAL)
    quiet = SessionSettings(milestones=False, fatigue=False)
    decider.adopt(replace(USUAL, session=quiet, stage=StageSettings(advice=False)), 9.0)
    events: list[Event] = [Milestone(10.0, "half_way", 300.0), Fatigue(10.0, 5.0, 30.0)]
    events += [Stage(10.0, "rails", "ready for the next", "tempo")]
    assert decider.decide(events, Situation(10.0, True, True)) == []


def test_who_wants_no_advice_hears_of_danger_still() -> None:
    """All that can be switched off is off: a stumble rattles, and the time that is full is told."""
    quiet = SessionSettings(milestones=False, fatigue=False)
    decider = CueDecider(replace(USUAL, session=quiet, stage=StageSettings(advice=False)))
    heard = decider.decide(
        [Stumble(10.0, 9.8, 1.2), Milestone(10.0, "limit", 900.0)], Situation(10.0, True, True)
    )
    assert said(heard) == [(10.0, "stumble", "on"), (10.0, "limit", "on")]


def test_a_cue_that_never_sounded_has_not_worked() -> None:
    """Slower already when the limit is lowered: nothing was told, so nothing was corrected."""
    decider = CueDecider(CoachSettings(cadence=CadenceSettings(max_spm=115.0)))
    events: list[Event] = []
    for t in range(40):
        spm = 106.0 if t < 20 else 99.0
        events += decider.decide([Cadence(float(t), spm, 0.9)], Situation(float(t), True, True))
        if t == 20:
            events += decider.adopt(USUAL, 20.0)
    assert events == []


def test_a_change_of_something_else_does_not_disturb_the_pace() -> None:
    """The firm cue goes on being firm when another setting changes meanwhile."""
    decider, events = CueDecider(USUAL), []
    for t in range(1, 40):
        events += decider.decide([Cadence(float(t), 110.0, 0.9)], Situation(float(t), True, True))
        if t == 20:
            stage = StageSettings(current="tempo")
            assert decider.adopt(CoachSettings(cadence=LIMIT, stage=stage), 20.0) == []
    assert [cue for _, cue, state in said(events) if state == "on"] == [
        "slow_down",
        "slow_down_firm",
    ]
