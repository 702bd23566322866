"""Who walks unevenly is known less well, and has a line that is further away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.balance.parameters import BALANCE
from coach.balance.unevenness import Unevenness
from coach.events import Event
from coach.samples import FRAMES_PER_S
from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.augmented import scaled
from tests.support.stumbles import alarms, detect, frames_of, sense

LONG = 60 * FRAMES_PER_S


def times(seconds: list[float], walked_frames: int = LONG) -> float:
    """How far away the line is after seconds of which each has one largest strength."""
    unevenness = Unevenness(BALANCE.unevenness)
    for largest in seconds:
        for i in range(FRAMES_PER_S):
            unevenness.take(largest if i == FRAMES_PER_S // 2 else 1.0)
    return unevenness.times(walked_frames)


def test_even_steps_bring_the_line_nearer_and_uneven_ones_take_it_away() -> None:
    """In units of what is usual, and never out of reach."""
    even, usual, uneven = (
        times([10.0 * float(np.exp(each * scatter)) for each in (-1.0, 1.0) * 5])
        for scatter in (0.02, 0.19, 0.5)
    )
    assert 0.8 < even < 0.95
    assert usual == pytest.approx(1.0, abs=0.01)
    assert 1.25 < uneven < 1.6


def test_of_the_first_seconds_only_what_is_usual_is_known() -> None:
    """Nobody knows how even a walk is that has just begun, or one second of it."""
    assert times([]) == times([10.0]) == pytest.approx(1.0)
    assert 1.0 > times([10.0] * 3) > times([10.0] * 8)


def test_only_this_walk_counts_and_of_it_the_last_ten_seconds() -> None:
    """How somebody walked before a pause says nothing, nor how a minute ago."""
    uneven, even = [5.0, 20.0] * 5, [10.0] * 4
    assert times(uneven + even, walked_frames=4 * FRAMES_PER_S) == times(even)
    assert times(uneven + even) > 1.2
    assert times(uneven + [10.0] * 10) == times([10.0] * 10)


def test_steps_that_have_become_larger_begin_anew() -> None:
    """Hands that let go of the rails make other steps, not uneven ones."""
    unevenness = Unevenness(BALANCE.unevenness)
    for strength in [3.0] * LONG:
        unevenness.take(strength)
    unevenness.forget()
    for strength in [9.0] * 5 * FRAMES_PER_S:
        unevenness.take(strength)
    assert unevenness.times(LONG) == times([9.0] * 5)


@given(st.lists(st.floats(1.0, 100.0), max_size=20), st.floats(1.0, 50.0))
def test_how_strongly_somebody_walks_is_no_matter(seconds: list[float], stronger: float) -> None:
    """Only ratios count, so that faint steps on the rails and heavy ones are alike."""
    assert times([stronger * x for x in seconds]) == pytest.approx(times(seconds))


def told(seed: int, uneven: float) -> list[Event]:
    """The alarms of a walk on the rails, even or not, in which a toe catches a little."""
    trip = StumblePlan(20.0, size_g=0.3)
    x, _ = sense([Stand(4.0), Walk(30.0, spm=70.0, amplitude_g=0.1, events=(trip,))], seed)
    t = np.arange(len(x)) / 100
    size = 1.0 + uneven * np.sin(2.0 * np.pi * t / 5.0) * (t > 8.0)
    return alarms(detect(frames_of(scaled(x, size[:, None]))))


def test_a_small_stumble_is_told_of_who_walks_evenly_before_it_is_of_who_does_not() -> None:
    """The same catch of the toe, among even steps and among uneven ones."""
    severities = [
        [sum(getattr(event, "severity", 0.0) for event in told(seed, uneven)) for seed in range(6)]
        for uneven in (0.0, 0.45)
    ]
    assert np.mean(severities[0]) > 1.15 * np.mean(severities[1])
