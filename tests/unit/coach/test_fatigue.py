"""Fatigue is a trend against the walker's own first minutes."""

from __future__ import annotations

import math
from collections.abc import Callable
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


def drifted(t: float, since: float = STEADY_S) -> float:
    """How much of a drift that takes five minutes has come about."""
    return min(max((t - since) / DRIFT_S, 0.0), 1.0)


def heard(
    spm: Callable[[float], float],
    vigour: Callable[[float], float] = lambda _: 0.2,
    cv: Callable[[float], float] = lambda _: 3.0,
    minutes: int = MINUTES,
) -> list[Fatigue]:
    """What is said of a walk second by second, whose steadiness is known every five."""
    watch, found = FatigueWatch(), []
    for t in range(60 * minutes):
        if t % 5 == 0:
            watch.hear(Steadiness(float(t), cv(t), 0.9, 0.9, vigour(t)))
        fatigue = watch.compare(Cadence(float(t), spm(t), 0.9))
        found += [fatigue] if fatigue else []
    return found


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

    def share(t: float) -> float:
        return float(t >= STEADY_S) if at_once else drifted(t)

    return heard(
        lambda t: 70.0 * (1 + faster * share(t)),
        lambda t: 0.2 * (1 - softer * share(t)),
        lambda t: 3.0 * (1 + less_even * share(t)),
    )


def test_quicker_softer_less_even_steps_are_told_with_how_much() -> None:
    """The three together are tiredness; the event says how far tempo and variability have gone."""
    first = told(faster=0.1, softer=0.1, less_even=0.5)[0]
    assert STEADY_S < first.t < STEADY_S + DRIFT_S
    share = drifted(first.t - 60.0)  # the mean of the last two minutes
    assert first.cadence_percent == pytest.approx(10.0 * share, abs=0.3)
    assert first.variability_percent == pytest.approx(50.0 * share, abs=1.5)


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
    assert heard(lambda t: 70.0 if t < 110 else 79.0) == []


def test_a_clip_that_has_moved_does_not_add_to_a_tempo_that_rises_a_little() -> None:
    """Softer by a third at once, and quicker by 4 % over minutes: the two are not one tiredness."""
    softer = heard(
        lambda t: 70.0 * (1 + 0.04 * drifted(t)), lambda t: 0.2 if t < STEADY_S else 0.14
    )
    assert softer == []


@pytest.mark.parametrize("belt", [79.0, 63.0])
@pytest.mark.parametrize("changed", [110.0, STEADY_S, STEADY_S + 250.0])
def test_a_belt_that_is_changed_hides_no_tiredness(changed: float, belt: float) -> None:
    """In the first minutes, before it sets in, or in its midst: it is told, and not sooner."""
    tires = STEADY_S + 100.0
    found = heard(
        lambda t: (70.0 if t < changed else belt) * (1 + 0.1 * drifted(t, tires)),
        lambda t: 0.2 * (1 - 0.1 * drifted(t, tires)),
        lambda t: 3.0 * (1 + 0.5 * drifted(t, tires)),
        minutes=15,
    )
    assert found
    assert found[0].t > tires + 60.0


def test_whose_tempo_wanders_has_to_drift_further() -> None:
    """To and fro by 3 % within minutes: what would be told of others is told later, or not."""

    def tires(wanders: float) -> list[Fatigue]:
        return heard(
            lambda t: 70.0 * (1 + 0.08 * drifted(t)) * (1 + wanders * math.sin(t / 14.0)),
            lambda t: 0.2 * (1 - 0.05 * drifted(t)),
        )

    calm, wandering = tires(0.0), tires(0.03)
    assert calm
    assert not wandering or wandering[0].t > calm[0].t + 30.0


def test_the_first_minute_is_not_what_a_walk_is_held_against() -> None:
    """Careful, with both hands on the rails: slower and more even than a minute later."""
    assert heard(lambda t: 66.5 if t < 60 else 70.0, cv=lambda t: 1.5 if t < 60 else 3.0) == []


def test_what_cannot_be_measured_for_a_while_is_no_trouble() -> None:
    """No rhythm to speak of, and a rest: nothing goes wrong, and tiredness is told after it."""
    watch, found = FatigueWatch(), list[Fatigue | None]()
    for t in range(60 * MINUTES):
        watch.hear(Steadiness(float(t), 3.0 * (1 + 0.5 * drifted(t)), 0.9, 0.9, 0.2))
        watch.hear(Steadiness(float(t), None, 0.9, 0.9, 0.2))
        watch.hear(Steadiness(float(t), 3.0, 0.9, 0.9, None))
        watch.hear(Steadiness(float(t), 3.0, None, 0.9, 0.2))
        watch.hear(Steadiness(float(t), 3.0, 0.9, None, 0.2))
        rests = 250 <= t < 260
        found.append(
            watch.compare(Cadence(float(t), None if rests else 70.0 * (1 + 0.1 * drifted(t)), 0.9))
        )
    assert any(found)
