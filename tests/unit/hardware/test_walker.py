"""The simulated walker walks as told, hides nothing, and is the same however it is asked."""

from __future__ import annotations

import functools
import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.simulated.walker import (
    BeltChange,
    ClipOn,
    Cough,
    Fall,
    Knock,
    Lie,
    SideRails,
    Sit,
    Stand,
    Stumble,
    Turn,
    Walk,
    Walker,
    random_mounting,
)
from tests.support.walks import HZ, UPRIGHT, contacts, times, walked

EVENTFUL = (
    ClipOn(6),
    Stand(4, events=(Knock(1.0), Cough(2.0))),
    Walk(
        40,
        spm=70,
        asymmetry=0.2,
        events=(
            BeltChange(10, 90, over_s=5),
            Stumble(18, 0.6),
            Knock(22),
            Cough(25),
            Stumble(29, 0.4, "slip"),
            Fall(33, up_after=2),
        ),
    ),
    Walk(20, spm=60),
    SideRails(5),
    Turn(4),
    Sit(6),
    Lie(8),
)


# --- Asking


@functools.cache
def at_once(seed: int) -> tuple[Walker, np.ndarray]:
    walker = Walker(EVENTFUL, seed=seed)
    return walker, walker.signal(times(walker.plan_s))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 1500), max_size=20), st.integers(0, 2))
def test_any_cutting_gives_the_same_signal(lengths, seed):
    """The same instants asked for in any pieces give the same samples to the last bit."""
    walker, whole = at_once(seed)
    again = Walker(EVENTFUL, seed=seed)
    parts = np.split(times(walker.plan_s), np.cumsum(lengths))
    assert np.array_equal(whole, np.concatenate([again.signal(part) for part in parts]))
    assert walker.truth == again.truth


def test_the_seed_makes_the_person():
    """Another seed is another mounting and another gait; the same seed is the same again."""
    first, other, same = (Walker(EVENTFUL, seed=seed) for seed in (1, 2, 1))
    t = times(20)
    assert np.array_equal(first.signal(t), same.signal(t))
    assert not np.allclose(first.signal(t + 20), other.signal(t + 20), atol=0.05)
    assert not np.allclose(first.mounting, other.mounting, atol=0.05)


def test_time_does_not_go_back():
    """Instants before the last one asked for, or out of order, are refused; none is fine."""
    walker = Walker([Stand(10)])
    assert walker.signal(np.empty(0)).shape == (0, 6)
    walker.signal(np.array([1.0, 2.0]))
    walker.signal(np.array([2.0]))
    with pytest.raises(ValueError, match="back in time"):
        walker.signal(np.array([1.99]))
    with pytest.raises(ValueError, match="back in time"):
        walker.signal(np.array([3.0, 2.5]))


@pytest.mark.slow
def test_a_long_walk_is_small():
    """Ten minutes of signal in small requests: the whole walk is never made, and none is kept."""
    walker = Walker([Walk(7200, spm=110)])
    walker.signal(times(600))
    tracemalloc.start()
    for start in 600 + 0.05 * np.arange(600):
        walker.signal(start + times(0.05))
    assert tracemalloc.get_traced_memory()[1] < 1e6  # ten minutes of its tape are 11 MB
    tracemalloc.stop()


def test_after_the_plan_there_is_standing():
    """A walker whose plan is over stands, for ever."""
    _, _, x = walked(Walk(5), Stand(2))
    walker = Walker([Walk(5)], mounting=UPRIGHT)
    late = walker.signal(1000 + times(5))
    assert np.abs(np.linalg.norm(late[:, :3], axis=1) - 1).max() < 0.15
    assert x.shape == (700, 6)


# --- Mounting


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_mounting_is_a_rotation_and_no_more(seed):
    """Any rotation of the device turns the same movement into its axes."""
    rotation = random_mounting(np.random.default_rng(seed))
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)
    plan = (Stand(2), Walk(8))
    _, _, body = walked(*plan, mounting=UPRIGHT)
    _, _, device = walked(*plan, mounting=rotation)
    turned = (body.reshape(-1, 2, 3) @ rotation.T).reshape(-1, 6)
    assert np.allclose(turned, device, atol=1e-9)


@pytest.mark.parametrize("bad", [np.diag([1.0, 1.0, -1.0]), 2 * np.eye(3), np.eye(2)])
def test_a_mounting_that_is_no_rotation_is_refused(bad):
    """Mirrors, stretches and other shapes are refused."""
    with pytest.raises(ValueError, match="mounting"):
        Walker([Stand(1)], mounting=bad)


def test_gravity_and_rotation_tell_the_same_story():
    """Gravity's direction, carried on by the gyroscope alone, follows through every posture."""
    walker = Walker([Stand(3), Sit(5), Stand(5), Lie(8), ClipOn(10), Stand(5)], seed=3)
    t = np.arange(round(walker.plan_s * 400)) / 400
    x = walker.signal(t)
    up = x[0, :3] / np.linalg.norm(x[0, :3])
    error = []
    for sample in x:
        up = up - np.cross(np.radians(sample[3:]), up) / 400
        up /= np.linalg.norm(up)
        error.append(np.linalg.norm(sample[:3] - up))
    assert np.median(error) < 0.05
    assert error[-1] < 0.1


# --- Gait


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.floats(30, 150),
    st.floats(0.03, 0.4),
    st.floats(0, 0.3),
    st.sampled_from(["backward", "forward"]),
    st.integers(0, 1000),
)
def test_a_walk_is_as_told(spm, amplitude_g, asymmetry, direction, seed):
    """Tempo, amplitude, asymmetry and variability come out as they were put in."""
    count = 120
    walk = Walk(
        count * 60 / spm,
        spm=spm,
        amplitude_g=amplitude_g,
        asymmetry=asymmetry,
        direction=direction,
        variability=0.03,
    )
    walker, t, x = walked(walk, seed=seed)
    steps = contacts(walker)
    gaps = np.diff(steps)[3:]
    assert 60 / gaps.mean() == pytest.approx(spm, rel=0.03)
    sides = [step.side for step in walker.truth.steps][4:]
    left = gaps[[side == "left" for side in sides]].mean()
    right = gaps[[side == "right" for side in sides]].mean()
    assert (left - right) / gaps.mean() == pytest.approx(asymmetry, abs=0.025)
    even = np.where([side == "left" for side in sides], gaps / left, gaps / right)
    assert 0.018 < even.std() < 0.042
    sizes = [np.ptp(x[(t >= a) & (t < b), 2]) / 2 for a, b in itertools.pairwise(steps[3:])]
    assert np.mean(sizes) == pytest.approx(amplitude_g, rel=0.25, abs=0.015)


def test_sides_alternate_and_truth_knows_the_bout():
    """Left follows right, and walking lasts from the first contact to the last."""
    walker, _, _ = walked(Stand(5), Walk(30, spm=80), Stand(10))
    sides = [step.side for step in walker.truth.steps]
    assert all(a != b for a, b in itertools.pairwise(sides))
    ((first, last),) = walker.truth.walking
    assert (first, last) == (walker.truth.steps[0].t, walker.truth.steps[-1].t)
    assert 5 < first < 6.5
    assert 33 < last < 35
    assert walker.truth.cadence(20) == pytest.approx(80, rel=0.05)
    assert walker.truth.cadence(8) is None
    assert walker.truth.cadence(40) is None


def test_sway_and_turning_alternate_with_the_feet():
    """Yaw and sway repeat with the stride, vertical movement with the step."""
    _, t, x = walked(Walk(120, spm=90, variability=0.0))
    late = x[t > 10]
    frequency = np.fft.rfftfreq(len(late), 1 / HZ)
    power = np.abs(np.fft.rfft(late - late.mean(0), axis=0)) ** 2

    def at(hz: float, column: int) -> float:
        return float(power[np.abs(frequency - hz) < 0.05, column].sum())

    assert at(0.75, 5) > 4 * at(1.5, 5)
    assert at(0.75, 1) > 4 * at(1.5, 1)
    assert at(1.5, 2) > 4 * at(0.75, 2)


@pytest.mark.slow
def test_step_times_remember():
    """Neighbouring strides resemble each other, as those of real walkers do."""
    walker, _, _ = walked(Walk(1800, spm=100, variability=0.04))
    strides = np.diff(contacts(walker)[::2])[5:]
    strides = strides - strides.mean()
    assert 0.15 < (strides[1:] * strides[:-1]).mean() / strides.var() < 0.75
    assert (strides[10:] * strides[:-10]).mean() / strides.var() > 0.05


@pytest.mark.slow
def test_backward_lands_more_softly():
    """Backward, the toes take the landing: less above 8 Hz than forward at the same amplitude."""

    def hardness(direction: Any) -> float:
        shares = []
        for seed in range(8):
            walk = Walk(60, spm=80, amplitude_g=0.3, direction=direction)
            _, _, x = walked(walk, seed=seed)
            power = np.abs(np.fft.rfft(x[:, 2] - x[:, 2].mean())) ** 2
            shares.append(power[np.fft.rfftfreq(len(x), 1 / HZ) > 8].sum() / power.sum())
        return float(np.median(shares))

    assert hardness("forward") > 3 * hardness("backward")


@pytest.mark.slow
def test_fatigue_drifts_as_defined():
    """At the end of a drifting walk: quicker, less even, less symmetric, smaller steps."""
    plan = Walk(1200, spm=80, drift=0.2, variability=0.02)
    walker, t, x = walked(plan, seed=4)
    steps = contacts(walker)
    gaps = np.diff(steps)
    begin, end = gaps[10:200], gaps[-200:]
    assert begin.mean() / end.mean() == pytest.approx(1.18, abs=0.04)
    asymmetry = abs(end[::2].mean() - end[1::2].mean()) / end.mean()
    assert asymmetry == pytest.approx(0.093, abs=0.02)
    strides = gaps[:-1:2] + gaps[1::2] if len(gaps) % 2 == 0 else gaps[:-1:2] + gaps[1:-1:2]
    assert strides[-100:].std() / strides[-100:].mean() > 1.3 * strides[5:105].std() / (
        strides[5:105].mean()
    )
    assert x[t < 200, 2].std() > 1.1 * x[t > 1000, 2].std()


# --- Tempo


def test_a_tempo_set_from_outside_holds_from_the_next_step():
    """`set_cadence` changes the step after the one that is under way, and the belt takes over."""
    walk = Walk(120, spm=100, variability=0.005, events=(BeltChange(60, 70),))
    walker = Walker([walk], mounting=UPRIGHT)
    walker.signal(times(20.0))
    walker.set_cadence(80)
    walker.signal(20 + times(100))
    steps = contacts(walker)
    gaps = np.diff(steps)
    assert np.allclose(gaps[steps[1:] < 20], 0.6, rtol=0.05)
    assert np.allclose(gaps[(steps[:-1] > 20.7) & (steps[1:] < 60)], 0.75, rtol=0.05)
    assert np.allclose(gaps[(steps[:-1] > 60) & (steps[1:] < 119)], 60 / 70, rtol=0.05)
    with pytest.raises(ValueError, match="steps/min"):
        walker.set_cadence(0)


def test_the_belt_can_ramp():
    """A `BeltChange` with a length takes the tempo there linearly."""
    walk = Walk(60, spm=60, variability=0.005, events=(BeltChange(20, 100, over_s=20),))
    walker, _, _ = walked(walk)
    steps = contacts(walker)
    spm = 60 / np.diff(steps)
    at = steps[:-1]
    assert np.allclose(spm[at < 19], 60, rtol=0.05)
    assert spm[np.argmin(np.abs(at - 30))] == pytest.approx(80, rel=0.06)
    assert np.allclose(spm[(at > 41) & (at < 58)], 100, rtol=0.05)


@pytest.mark.parametrize("start", [20.3, 20.6, 20.9, 21.2])
def test_no_step_foresees_the_belt(start):
    """The step during which a quick ramp begins is like those before it, not slower."""
    walk = Walk(40, spm=45, variability=0.005, events=(BeltChange(start, 60, over_s=2),))
    walker, _, _ = walked(walk)
    assert np.diff(contacts(walker)).max() < 1.05 * 60 / 45
