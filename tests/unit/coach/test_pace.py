"""Slowing down that teaches: gentle, then firm, silent as soon as it works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.events import Cadence, Event, Reaction
from coach.guidance.pace import SLOW_DOWN, SLOW_DOWN_FIRM, Pace
from coach.settings import CadenceSettings

SETTINGS = CadenceSettings(max_spm=100.0, hold_s=3.0, firm_after_s=10.0, max_cues_per_min=3)


def run(spm: Iterable[float | None]) -> tuple[list[str | None], list[Event]]:
    """What sounds second by second, and the reactions."""
    pace, sounds, events = Pace(SETTINGS), [], []
    for t, value in enumerate(spm):
        events += pace.judge(Cadence(float(t), value, 0.9), SETTINGS.max_spm, True)
        sounds.append(pace.cue)
    return sounds, events


def test_who_ignores_the_gentle_cue_hears_the_firm_one() -> None:
    """The hold, ten seconds of the gentle cue, then the firm one until something changes."""
    sounds, _ = run([108.0] * 40)
    assert sounds == [None] * 2 + [SLOW_DOWN] * 10 + [SLOW_DOWN_FIRM] * 28


@pytest.mark.parametrize(("above", "seconds"), [(2.0, 8), (4.2, 3), (6.0, 3), (50.0, 3)])
def test_the_further_above_the_sooner(above: float, seconds: int) -> None:
    """The hold is the time for 4.2 steps/min above the limit; nothing, however far, is instant."""
    sounds, _ = run([95.0] * 10 + [SETTINGS.max_spm + above] * 20)
    assert sounds.index(SLOW_DOWN) == 10 + seconds - 1


@pytest.mark.parametrize(("limit", "seconds"), [(100.0, 3), (80.0, 3), (40.0, 6), (30.0, 8)])
def test_slow_strides_are_given_their_time(limit: float, seconds: int) -> None:
    """The hold is in strides where they are slow: two of them, as at 80 steps/min."""
    pace = Pace(SETTINGS)
    above = [Cadence(float(t), limit + 4.2, 0.9) for t in range(20)]
    sounds = [pace.judge(cadence, limit, True) or pace.cue for cadence in above]
    assert sounds.index(SLOW_DOWN) == seconds - 1


def test_unevenness_below_the_limit_says_nothing() -> None:
    """What lies below the limit is taken off what lies above it."""
    sounds, _ = run([98.0, 103.0, 97.0, 99.0, 104.0, 96.0] * 50)
    assert set(sounds) == {None}


def test_minutes_just_below_the_limit_earn_no_delay() -> None:
    """Who gets too quick after them is told as soon as after a second of them."""
    sounds, _ = run([98.0] * 300 + [106.0] * 5)
    assert sounds.index(SLOW_DOWN) == 302


def test_the_newest_strides_decide_and_not_the_mean() -> None:
    """Where the gait tells the tempo of the newest strides, nobody waits for the mean to follow."""
    pace = Pace(SETTINGS)
    told = [
        pace.judge(Cadence(float(t), 96.0, 0.9, 108.0), 100.0, True) or pace.cue for t in range(3)
    ]
    assert told[-1] == SLOW_DOWN


def test_a_step_may_begin_a_cue_and_only_two_strides_end_it() -> None:
    """What is added up may be as new as a step; one slow step has not slowed down."""
    pace = Pace(SETTINGS)
    for t in range(3):
        pace.judge(Cadence(float(t), 96.0, 0.9, 99.0, 108.0), 100.0, True)
    assert pace.cue == SLOW_DOWN
    pace.judge(Cadence(3.0, 98.0, 0.9, 107.0, 90.0), 100.0, True)
    assert pace.cue == SLOW_DOWN
    pace.judge(Cadence(4.0, 98.0, 0.9, 97.0, 90.0), 100.0, True)
    assert pace.cue is None


def test_without_the_firm_cue_the_gentle_one_goes_on() -> None:
    """`cadence.firm_after_s = 0` leaves it at the gentle cue."""
    pace = Pace(CadenceSettings(max_spm=100.0, firm_after_s=0.0))
    for t in range(100):
        pace.judge(Cadence(float(t), 108.0, 0.9), 100.0, True)
    assert pace.cue == SLOW_DOWN


def reacted(events: list[Event]) -> list[tuple[str, float]]:
    """The cues that have worked, and after how long."""
    return [(e.cue, e.seconds) for e in events if isinstance(e, Reaction)]


def test_who_reacts_hears_silence_at_once() -> None:
    """Slower by three steps/min ends the cue, although the limit is not reached; it is timed."""
    sounds, events = run([108.0] * 6 + [106, 104.5, 103, 101, 99, *[96.0] * 6])
    assert sounds[2:8] == [SLOW_DOWN] * 5 + [None]
    assert set(sounds[7:]) == {None}
    assert reacted(events) == [(SLOW_DOWN, 5.0)]


def test_a_reaction_to_the_firm_cue_is_timed_from_the_gentle_one() -> None:
    """It is how long the walker was told, not how long firmly."""
    sounds, events = run([108.0] * 20 + [90.0] * 10)
    assert (sounds.index(SLOW_DOWN), sounds.index(SLOW_DOWN_FIRM)) == (2, 12)
    assert reacted(events) == [(SLOW_DOWN_FIRM, 18.0)]


def test_two_slow_strides_are_no_correction() -> None:
    """Below the limit for a moment only: nothing is credited, and the cue comes again."""
    sounds, events = run([108.0] * 6 + [96.0] * 2 + [108.0] * 20)
    assert sounds[6:10] == [None] * 4
    assert sounds[10] == SLOW_DOWN
    assert reacted(events) == []


def test_who_stays_above_after_all_hears_it_again() -> None:
    """Long strides silence the cue and are no correction: it begins anew as surely as the first."""
    sounds, events = run([110.0] * 5 + [106.0] + [110.0] * 20)
    assert sounds[5:8] == [None] * 3
    assert sounds[8] == SLOW_DOWN
    assert reacted(events) == []


def test_who_is_quicker_again_little_by_little_hears_it_with_the_verdict() -> None:
    """What came at first was slow enough; the verdict after six seconds finds that it was none."""
    sounds, events = run([110.0] * 5 + [106.0] * 6 + [108.0] * 20)
    assert sounds[5:11] == [None] * 6
    assert sounds[11] == SLOW_DOWN
    assert reacted(events) == []


def test_who_has_slowed_down_has_time_to_get_below_the_limit() -> None:
    """A reaction that stays above the limit is credited; then the cue begins anew, for the rest."""
    sounds, events = run([110.0] * 5 + [104.0] * 20)
    assert sounds[5:15] == [None] * 10
    assert sounds[15] == SLOW_DOWN
    assert reacted(events) == [(SLOW_DOWN, 3.0)]


def test_a_limit_that_is_raised_ends_the_cue_and_is_no_reaction() -> None:
    """The walker has not slowed down: the lowered limit after a stumble has run out."""
    pace, events = Pace(SETTINGS), []
    for t in range(60):
        events += pace.judge(Cadence(float(t), 80.0, 0.9), 72.0 if t < 30 else 100.0, True)
        assert (pace.cue is not None) == (2 <= t < 30)
    assert reacted(events) == []


def test_a_limit_that_is_raised_leaves_the_cue_to_who_is_above_it_still() -> None:
    """The minute after a stumble is over, the walker far too quick: silence would praise it."""
    pace = Pace(SETTINGS)
    for t in range(12):
        pace.judge(Cadence(float(t), 108.0, 0.9), 72.0 if t < 6 else 100.0, True)
        assert (pace.cue is not None) == (t >= 2)


def test_who_is_below_a_limit_that_is_raised_is_not_told_for_the_lower_one() -> None:
    """Too quick while no cue may come; when one may, the limit of the stumble has run out."""
    pace = Pace(SETTINGS, silent_until=10.0)
    for t in range(20):
        spm, limit = (72.0, 63.0) if t < 10 else (69.9, 70.0)
        pace.judge(Cadence(float(t), spm, 0.9), limit, True)
        assert pace.cue is None


def test_who_steps_off_has_not_corrected() -> None:
    """A cue that ends with the walk is no reaction, nor are two slow strides before it ends."""
    for last in ([], [104.0]):
        _, events = run([110.0] * 8 + last + [None] * 12 + [90.0] * 10)
        assert reacted(events) == []


def test_a_second_without_a_cadence_hides_no_reaction() -> None:
    """The tempo changes so much that for a moment nobody knows it; then it is slower."""
    _, events = run([110.0] * 8 + [90.0, None, None] + [90.0] * 10)
    assert reacted(events) == [(SLOW_DOWN, 6.0)]


def test_what_was_too_quick_before_a_pause_is_forgotten() -> None:
    """Two seconds above the limit, a rest, and one more: no three in a row."""
    sounds, _ = run([110.0, 110.0, *[None] * 20, 110.0, 90.0])
    assert set(sounds) == {None}


def test_however_long_it_was_silenced_a_cue_is_not_owed() -> None:
    """Too quick for most of a minute in which no cue may come; then a little below the limit."""
    pace = Pace(replace(SETTINGS, max_cues_per_min=1))
    walk = [110.0] * 3 + [97.0] * 8 + [110.0] * 40 + [99.0] * 12 + [100.6] * 3
    for t, spm in enumerate(walk):
        pace.judge(Cadence(float(t), spm, 0.9), 100.0, True)
        assert (pace.cue is not None) == (t == 2)


@pytest.mark.parametrize(("above", "sound"), [(0.3, None), (1.0, SLOW_DOWN)])
def test_without_a_hold_the_first_second_above_the_limit_counts(
    above: float, sound: str | None
) -> None:
    """`cadence.hold_s = 0` tells at once; at the limit, give or take the error, is not above it."""
    pace = Pace(replace(SETTINGS, hold_s=0.0))
    for t in range(3):
        pace.judge(Cadence(float(t), 100.0 + above, 0.9), 100.0, True)
        assert pace.cue == sound


def test_who_slows_down_for_two_strides_each_time_is_not_nagged() -> None:
    """Three cues in the first half minute, and then none until the first is a minute old."""
    sounds, _ = run(([110.0] * 4 + [96.0] * 2) * 20)
    began = [i for i, s in enumerate(sounds) if s is not None and sounds[i - 1] is None]
    assert began[2] - began[0] < 30
    assert 60 <= began[3] - began[0] < 70


def test_stopping_and_no_session_are_silent() -> None:
    """Who stands is not told to slow down."""
    sounds, _ = run([108.0] * 5 + [None] * 5)
    assert sounds[5:] == [None] * 5


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(80, 130)), max_size=200))
def test_never_more_than_the_set_number_of_cues_in_a_minute(spm: list[float | None]) -> None:
    """However the cadence goes, a gentle cue begins at most three times in sixty seconds."""
    sounds, _ = run(spm)
    begins = [
        i for i, s in enumerate(sounds) if s == SLOW_DOWN and (i == 0 or sounds[i - 1] is None)
    ]
    assert all(begins[i + 3] - begins[i] >= 60 for i in range(len(begins) - 3))
