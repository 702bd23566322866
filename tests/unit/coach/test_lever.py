"""The bounce of the body, wherever on the pelvis the device sits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.gait.lever import LEVER_N, RATES_N, rotation_along
from coach.gait.movement import SLOW_HZ
from coach.gait.parameters import GAIT
from coach.samples import G_MPS2, Floats
from tests.support.augmented import turned, unit

UP = [0.0, 0.0, 1.0]
STRIDE_HZ = 0.8
T = np.arange(-RATES_N, 0) / SLOW_HZ


def bounce(size_g: float = 0.05) -> Floats:
    """Up and down once a step."""
    return size_g * np.cos(4 * np.pi * STRIDE_HZ * T)


def listing(size_dps: float = 30.0) -> Floats:
    """(3, RATES_N): to the one side and to the other, about the way forward, once a stride."""
    rates = np.zeros((3, RATES_N))
    rates[0] = size_dps * np.cos(2 * np.pi * STRIDE_HZ * T + 0.3)
    return rates


def felt(rates: Floats, place_m: Floats) -> Floats:
    """What a rigid body's rotation moves a place of it along gravity, g."""
    turns = np.gradient(np.radians(rates), 1 / SLOW_HZ, axis=1)
    return np.cross(turns.T, place_m) @ UP / G_MPS2


def left(size_g: float, rates: Floats, place_m: Floats) -> float:
    """How much of what the rotation makes at a place is still there afterwards."""
    there = felt(rates, place_m)
    along = (bounce(size_g) + there)[-LEVER_N:]
    made = rotation_along(along, rates, UP, GAIT.lever)
    return float(np.std(along - made - bounce(size_g)[-LEVER_N:]) / np.std(there[-LEVER_N:]))


def test_at_the_side_of_the_hip_the_list_is_found_and_taken_off() -> None:
    """The more of it beside the bounce the less of it is left: a fifth where it is the double."""
    beside = np.array([0.0, 0.15, 0.0])
    assert np.std(felt(listing(), beside)) == pytest.approx(2.0 * np.std(bounce(0.02)), rel=0.1)
    shares = [left(0.02, listing(size_dps), beside) for size_dps in (5.0, 15.0, 30.0, 60.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.8
    assert shares[2] < 0.25
    assert left(0.02, listing(), -beside) < 0.25


def test_who_hardly_rotates_keeps_the_bounce() -> None:
    """Nothing is explained by a place that no pelvis has."""
    shaken = bounce() + felt(listing(1.0), np.array([0.0, 3.0, 0.0]))
    made = rotation_along(shaken[-LEVER_N:], listing(1.0), UP, GAIT.lever)
    assert np.std(made) < 0.1 * np.std(bounce())
    dead = rotation_along(bounce()[-LEVER_N:], np.zeros((3, RATES_N)), UP, GAIT.lever)
    assert np.array_equal(dead, np.zeros(LEVER_N))


def test_a_turn_about_the_vertical_moves_nothing_along_it() -> None:
    rates = listing()[[1, 2, 0]]
    made = rotation_along(bounce()[-LEVER_N:], rates, UP, GAIT.lever)
    assert np.allclose(made, 0.0, atol=1e-12)


def test_nothing_that_moves_is_nothing() -> None:
    made = rotation_along(np.zeros(LEVER_N), np.zeros((3, RATES_N)), UP, GAIT.lever)
    assert np.array_equal(made, np.zeros(LEVER_N))


@given(st.integers(0, 2**32 - 1))
def test_the_same_however_the_sensor_is_mounted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = turned(unit(rng), np.array([rng.uniform(0, np.pi)]))[0]
    rates = rng.normal(0.0, 20.0, (3, RATES_N))
    along = rng.normal(0.0, 0.05, LEVER_N)
    made = rotation_along(along, rates, UP, GAIT.lever)
    mounted = rotation_along(along, rotation @ rates, (rotation @ UP).tolist(), GAIT.lever)
    assert mounted == pytest.approx(made, abs=1e-9)
    assert float(np.sum((along - made) ** 2)) <= float(np.sum(along**2)) + 1e-12
