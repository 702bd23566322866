"""Fatigue is a trend against the walker's own first minutes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from coach.events import Cadence, Fatigue, Steadiness
from coach.gait import GaitTracker
from coach.guidance.fatigue import FatigueWatch
from coach.samples import Block, Frame, Resampler
from hardware.simulated.walker import BeltChange, Stand, Walk, Walker
from tests.support.walks import FIRST_AND_MORE

STEADY_S, DRIFT_S = 300.0, 300.0


def watch(walk: tuple[Walk, ...], seed: int) -> list[Fatigue]:
    """The fatigue events of a simulated walk with a sensor's noise."""
    t = np.arange(0.0, 4.0 + sum(w.seconds for w in walk), 0.01)
    noise = np.random.default_rng(seed).normal(0, [0.004] * 3 + [0.08] * 3, (len(t), 6))
    x = Walker((Stand(4.0), *walk), seed=seed).signal(t) + noise
    tracker, fatigue, found = GaitTracker(), FatigueWatch(), []
    for part in Resampler().resample(Block(t, x[:, :3], x[:, 3:])):
        assert isinstance(part, Frame)
        for event in tracker.track(part):
            if isinstance(event, Steadiness):
                fatigue.hear(event)
            elif isinstance(event, Cadence):
                told = fatigue.compare(event)
                found += [told] if told else []
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_ten_per_cent_in_five_minutes_is_told(seed: int) -> None:
    """A walker who drifts by 10 % over five minutes hears of it before they are over."""
    walk = Walk(STEADY_S, spm=70.0 + 8 * seed, amplitude_g=0.2, variability=0.03)
    tiring = Walk(DRIFT_S, spm=walk.spm, amplitude_g=0.2, variability=0.03, drift=0.1)
    assert watch((walk, tiring), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_a_steady_quarter_of_an_hour_is_not(seed: int) -> None:
    """Who walks as in the first minutes hears nothing."""
    assert watch((Walk(900.0, spm=68.0 + 9 * seed, amplitude_g=0.2, variability=0.03),), seed) == []


@pytest.mark.slow
def test_a_faster_belt_is_no_fatigue() -> None:
    """The physiotherapist raises the tempo by a fifth: the walker follows, and is not tired."""
    belt = BeltChange(300.0, 84.0, over_s=10.0)
    walk = Walk(600.0, spm=70.0, amplitude_g=0.2, variability=0.03, events=(belt,))
    assert watch((walk,), 5) == []


MINUTES = 12


def told(
    faster: float = 0.0,
    softer: float = 0.0,
    less_even: float = 0.0,
    *,
    at_once: bool = False,
) -> list[Fatigue]:
    """What is said when cadence, amplitude and variability change by these shares.

    They do so over the five minutes after the first five, or all at once.
    """
    watch, found = FatigueWatch(), []
    for t in range(60 * MINUTES):
        share = float(t >= STEADY_S) if at_once else np.clip((t - STEADY_S) / DRIFT_S, 0.0, 1.0)
        spm, vigour = 70.0 * (1 + faster * share), 0.2 * (1 - softer * share)
        if t % 5 == 0:
            cv = 3.0 * (1 + less_even * share)
            watch.hear(Steadiness(float(t), cv, 0.9, 0.9, vigour))
        fatigue = watch.compare(Cadence(float(t), spm, 0.9))
        found += [fatigue] if fatigue else []
    return found


def test_quicker_softer_less_even_steps_are_told_with_how_much() -> None:
    """The three together are tiredness; the event says how far tempo and variability have gone."""
    first = told(faster=0.1, softer=0.1, less_even=0.5)[0]
    assert STEADY_S < first.t < STEADY_S + DRIFT_S
    assert 2.0 < first.cadence_percent < 10.0
    assert 10.0 < first.variability_percent < 50.0


def test_who_walks_on_tired_is_told_again_after_three_minutes() -> None:
    """And not every second: the walker has heard it."""
    times = [fatigue.t for fatigue in told(faster=0.1, softer=0.1, less_even=0.5)]
    assert [later - sooner for sooner, later in pairwise(times)] == [180.0]


def test_amplitude_that_goes_with_the_tempo_is_no_fatigue() -> None:
    """Quicker and stronger steps follow a belt, however slowly somebody turns it up."""
    assert told(faster=0.1, softer=-0.1) == []


def test_amplitude_alone_is_no_fatigue() -> None:
    """Steps that only get softer may be due to the clip, the clothes, the hands on the rails."""
    assert told(softer=0.4) == []


@pytest.mark.parametrize("softer", [0.3, -0.3])
def test_a_clip_that_moves_is_no_fatigue(softer: float) -> None:
    """An amplitude that changes at once moves the measure along."""
    assert told(softer=softer, at_once=True) == []


def test_a_belt_that_is_turned_up_in_the_first_minutes_is_no_fatigue() -> None:
    """What was learnt of the walker before it is not what the rest is held against."""
    watch, found = FatigueWatch(), []
    for t in range(60 * MINUTES):
        watch.hear(Steadiness(float(t), 3.0, 0.9, 0.9, 0.2))
        found.append(watch.compare(Cadence(float(t), 70.0 if t < 110 else 79.0, 1.0)))
    assert set(found) == {None}


def test_a_clip_that_has_moved_does_not_add_to_a_tempo_that_rises_a_little() -> None:
    """Softer by a third at once, and quicker by 4 % over minutes: the two are not one tiredness."""
    watch, found = FatigueWatch(), []
    for t in range(60 * MINUTES):
        vigour = 0.2 if t < STEADY_S else 0.14
        rises = 1.0 + 0.04 * np.clip((t - STEADY_S) / DRIFT_S, 0.0, 1.0)
        watch.hear(Steadiness(float(t), 3.0, 0.9, 0.9, vigour))
        found.append(watch.compare(Cadence(float(t), 70.0 * rises, 1.0)))
    assert set(found) == {None}
