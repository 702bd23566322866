"""A session read back from the log: limits in force and the walker's answers to cues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest

from coach import samples
from coach.events import Cue, Fall, Gap, Limit, Reaction, Stage, Step
from firmware.log.figures import summarise
from firmware.log.sessions import FRAME_S, StoredSession
from firmware.records import Mark, Record, SettingsChanged


def session(*events: Record, seconds: int = 0) -> StoredSession:
    """A session at a limit of 100 with these events, and so many seconds at 92 steps/min."""
    return StoredSession(
        id=1,
        boot_id="b",
        mono_start_us=0,
        wall_start=0.0,
        to_come=False,
        wall_sure=True,
        ended="no steps for a while",
        settings={"cadence.max_spm": 100.0},
        summary=None,
        notes=[],
        seconds=[(float(t), 92.0, 0.9) for t in range(seconds)],
        events=list(events),
    )


def test_the_limit_in_force_is_the_lowered_one_after_a_stumble() -> None:
    """It counts for the time in zone, and what is set meanwhile holds where it is lower still."""
    found = session(
        Limit(10.0, 80.0, "stumble"),
        SettingsChanged(20.0, {"cadence.max_spm": 70.0}),
        SettingsChanged(30.0, {"cadence.max_spm": 95.0}),
        Limit(40.0, 95.0, "settled"),
        seconds=60,
    )
    assert [spm for _, spm in found.limits()] == [100.0, 80.0, 70.0, 80.0, 95.0]
    assert [t for t, _ in found.limits()] == pytest.approx([0, 10, 20, 30, 40], abs=0.1)
    made = summarise(found)
    assert made.within_limit == 0.5
    assert (made.first_limit_spm, made.last_limit_spm) == (100.0, 95.0)


def test_a_limit_that_is_set_higher_after_a_stumble_has_settled_counts() -> None:
    """What the stumble had lowered is over, and so is what it went back to."""
    found = session(
        Limit(10.0, 80.0, "stumble"),
        Limit(40.0, 100.0, "settled"),
        SettingsChanged(50.0, {"cadence.max_spm": 110.0}),
    )
    assert [spm for _, spm in found.limits()] == [100.0, 80.0, 100.0, 110.0]


def test_a_stage_that_sets_the_limit_counts_until_another_is_set() -> None:
    """Under it a stumble's is lowered; a limit set on the way is followed by the stage's word."""
    found = session(
        Limit(5.0, 80.0, "stage"),
        Limit(10.0, 60.0, "stumble"),
        Limit(20.0, 80.0, "settled"),
        SettingsChanged(30.0, {"cadence.hold_s": 4.0}),
        Limit(39.95, 80.0, "stage"),
        SettingsChanged(39.99, {"cadence.max_spm": 110.0}),
        SettingsChanged(50.0, {"cadence.max_spm": 70.0}),
    )
    assert [spm for _, spm in found.limits()] == [100, 80, 60, 80, 80, 80, 70]
    assert [t for t, _ in found.limits()] == pytest.approx([0, 5, 10, 20, 30, 40, 50], abs=0.1)
    assert found.set_anew("cadence.max_spm") == [110.0, 70.0]


def test_what_the_engine_answers_to_an_order_is_dated_less_than_a_frame_before_it() -> None:
    """So the log's own length of a frame is the engine's."""
    assert FRAME_S == samples.FRAME_S


def test_a_reaction_is_timed_from_the_gentle_cue_even_when_the_firm_one_worked() -> None:
    """Escalation is no correction, and a cue that nobody followed has no time."""
    cues: list[tuple[float, str, Literal["on", "off"]]]
    cues = [(10.0, "slow_down", "on"), (20.0, "slow_down", "off"), (20.0, "slow_down_firm", "on")]
    cues += [(26.0, "slow_down_firm", "off"), (50.0, "slow_down", "on")]
    said = [Cue(*cue) for cue in cues]
    reaction = Reaction(26.0, "slow_down_firm", 16.0)
    found = session(*said, reaction)
    assert found.slow_downs() == [(10.0, 16.0), (50.0, None)]
    figures = summarise(found)
    assert (figures.slow_downs, figures.reaction_s) == (2, 16.0)
    assert figures.cues == 3


def test_a_cue_that_nobody_followed_has_not_the_answer_to_the_next_one() -> None:
    """Else each walker would seem to have answered them all."""
    cues = [Cue(10.0, "slow_down", "on"), Cue(20.0, "slow_down", "off")]
    found = session(*cues, Cue(50.0, "slow_down", "on"), Reaction(55.0, "slow_down", 5.0))
    assert found.slow_downs() == [(10.0, None), (50.0, 5.0)]
    assert summarise(found).corrected == 1


def test_the_figures_tell_what_has_happened() -> None:
    """Falls, what is missing, the stage at the end; who walks at the very limit is within it."""
    found = session(
        Stage(0.0, "rails", "begins", "rails"),
        Fall(20.0, 19.0),
        Gap(30.0, 28.0, 2.0),
        Gap(40.0, 39.0, 1.0),
        Stage(50.0, "hands free", "ready for the next", "tempo"),
        seconds=60,
    )
    made = summarise(replace(found, settings={"cadence.max_spm": 92.0}))
    assert (made.falls, made.gaps, made.missing_s) == (1, 2, 3.0)
    assert made.stage == "hands free"
    assert made.within_limit == 1.0


def test_what_is_not_in_the_log_is_missing() -> None:
    """Not only what the sensor did not give: minutes that another file holds, or no file at all.

    What is told within one of the sensor's gaps makes it no second one.
    """
    whole = session(Mark(10.5, "here"), seconds=60)
    assert (summarise(whole).gaps, summarise(whole).missing_s) == (0, 0.0)
    torn = replace(whole, seconds=[s for s in whole.seconds if not 20 < s[0] < 40])
    assert torn.gaps() == [(20.0, 40.0, 19.0)]
    told = [*torn.events, Mark(30.0, "there"), Gap(39.9, 20.1, 19.8)]
    assert replace(torn, events=told).gaps() == [(20.1, 39.9, 19.8)]


def test_seconds_that_are_lost_are_missing_though_their_steps_are_there() -> None:
    """As after a recovery: they count for no figure. List, screen and page say the same of it."""
    steps = [Step(float(t), t - 0.2) for t in range(60)]
    seconds = [one for one in session(seconds=60).seconds if not 20 < one[0] < 40]
    with_steps = replace(session(*steps), seconds=seconds)
    made = summarise(with_steps)
    assert (made.gaps, made.missing_s) == (1, 19.0)
    assert made == summarise(replace(with_steps, events=[]), len(steps))


def test_the_half_seconds_at_which_a_walk_begins_and_ends_are_half_seconds() -> None:
    """Who stops often has not walked longer for it; mean and zone are of time, not of rows."""
    seconds = [(1.0, None, 0.0), (1.5, 120.0, 0.9), (2.0, 90.0, 0.9), (3.0, 90.0, 0.9)]
    seconds += [(4.0, None, 0.0), (9.0, 90.0, 0.9)]
    figures = summarise(replace(session(), seconds=seconds))
    assert figures.walking_s == 3  # twice a half, and twice a second: a gap is nobody's
    assert figures.cadence_mean == 95.0
    assert figures.within_limit == pytest.approx(2.5 / 3)
    assert figures.longest_within_s == 2
    assert figures.length_s == 8.0  # from 1.0 on: no shorter than what was walked in it


def test_figures_of_a_long_session_take_no_longer_a_second_than_those_of_a_short_one() -> None:
    """Its events are gone through as often, however many there are."""
    rounds = 0

    class Counted(list[Record]):
        def __iter__(self) -> Iterator[Record]:
            nonlocal rounds
            rounds += 1
            return super().__iter__()

    found = []
    for seconds in (60, 600):
        rounds = 0
        events = Counted(Mark(float(t), "on") for t in range(seconds))
        summarise(replace(session(seconds=seconds), events=events))
        found.append(rounds)
    assert found[0] == found[1]
