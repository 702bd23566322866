"""Slowing down that teaches: gentle, then firm, silent as soon as it works."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
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
    """Three seconds' hold, ten of the gentle cue, then the firm one until something changes."""
    sounds, _ = run([108.0] * 40)
    assert sounds == [None] * 3 + [SLOW_DOWN] * 10 + [SLOW_DOWN_FIRM] * 27


def test_without_the_firm_cue_the_gentle_one_goes_on() -> None:
    """`cadence.firm_after_s = 0` leaves it at the gentle cue."""
    pace = Pace(CadenceSettings(max_spm=100.0, firm_after_s=0.0))
    for t in range(100):
        pace.judge(Cadence(float(t), 108.0, 0.9), 100.0, True)
    assert pace.cue == SLOW_DOWN


def test_who_reacts_hears_silence_at_once() -> None:
    """Slower by three steps/min is a reaction, although the limit is not reached; it is timed."""
    sounds, events = run([108.0] * 6 + [106, 104.5, 103, 101, 99, 96, 96])
    assert sounds[3:8] == [SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, None]
    assert sounds[8:] == [None] * 5
    assert [(e.cue, e.seconds) for e in events if isinstance(e, Reaction)] == [(SLOW_DOWN, 4.0)]


def test_who_stays_above_after_all_hears_it_again() -> None:
    """The patience after a reaction ends, and the gentle cue begins anew."""
    sounds, _ = run([110.0] * 5 + [106.0] * 20)
    assert sounds[5:15] == [None] * 10
    assert sounds[15] == SLOW_DOWN


def test_stopping_and_no_session_are_silent() -> None:
    """Who stands is not told to slow down."""
    sounds, _ = run([108.0] * 5 + [None] * 5)
    assert sounds[5:] == [None] * 5


@given(st.lists(st.one_of(st.none(), st.floats(80, 130)), max_size=200))
def test_never_more_than_the_set_number_of_cues_in_a_minute(spm: list[float | None]) -> None:
    """However the cadence goes, a gentle cue begins at most three times in sixty seconds."""
    sounds, _ = run(spm)
    begins = [
        i for i, s in enumerate(sounds) if s == SLOW_DOWN and (i == 0 or sounds[i - 1] is None)
    ]
    assert all(begins[i + 3] - begins[i] >= 60 for i in range(len(begins) - 3))
