"""Simulated strangers walk as unevenly as the people of the recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.simulated.walker import Walk
from tests.bench.bench_walker import recorded, simulated
from tests.support.people import stranger, uneven
from tests.support.unevenness import distance, quantiles

NEAR = 1.4
"""A median of strangers and that of people differ by this factor at most."""

SIMILAR = 0.5
"""Kolmogorov and Smirnov's distance; people and the even walks of tests: 0.5 to 1."""


def test_the_size_of_the_steps_wanders():
    """With `wander` the mean size of nine steps varies so much more; without it as ever."""
    even, wandering = (
        simulated([Walk(120, spm=90.0, amplitude_g=0.3, wander=w) for _ in range(3)])
        for w in (0.0, 0.15)
    )
    assert quantiles(even)["slow_size"][1] < 0.07
    assert 0.1 < quantiles(wandering)["slow_size"][1] < 0.2


def test_odd_steps_are_odd():
    """A share of the steps is far off the others, about as many as told."""
    (walk,) = simulated([Walk(600, spm=90.0, odd_steps=0.03)])
    assert 0.01 < walk.odd_steps < 0.05


def test_strangers_differ_and_are_themselves():
    """The same generator gives the same person; the tempo of a given walk stays its own."""
    first, second, again = (stranger(60.0, np.random.default_rng(s)) for s in (1, 2, 1))
    assert first == again
    assert first != second
    walk = uneven(Walk(60.0, spm=50.0, amplitude_g=0.1), np.random.default_rng(3))
    assert (walk.spm, walk.amplitude_g, walk.direction) == (50.0, 0.1, "backward")


@pytest.mark.slow
@pytest.mark.recordings
def test_strangers_are_as_uneven_as_people(recordings_dir: Path):
    """Step times, their memory and odd ones, sizes and their wander: near in median and spread."""
    people = recorded(recordings_dir)
    rng = np.random.default_rng(5)
    strangers = simulated([stranger(130.0, rng) for _ in range(30)])
    theirs, ours = quantiles(people), quantiles(strangers)
    for name in ("step_time", "stride_time", "slow_time", "size", "slow_size", "rotation"):
        assert 1 / NEAR < ours[name][1] / theirs[name][1] < NEAR, name
    for name in theirs:
        assert distance(people, strangers, name) < SIMILAR, name
