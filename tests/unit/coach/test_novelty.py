"""What the stumble detector looks at: the swing of a movement, and what is new in it."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance.motion import Movement, frame_means
from coach.balance.novelty import Novelty
from coach.balance.parameters import BALANCE
from coach.samples import Floats
from tests.support.stumbles import frames_of


def test_the_worst_sample_of_a_frame_has_no_say() -> None:
    """The mean of a frame leaves out one sample, whatever it is; the plain one does not."""
    x = np.tile([0.1, 0.2, 1.0, 3.0, 4.0, 5.0], (5, 1))
    x[3] = 1e6
    best, plain = frame_means(x.tolist())
    assert best == pytest.approx([0.1, 0.2, 1.0, 3.0, 4.0, 5.0])
    assert plain == pytest.approx(x.mean(axis=0).tolist())


def test_the_novelty_of_a_repeating_movement_holds_nothing_new() -> None:
    """A periodic movement is predicted, larger or smaller; noise is not."""
    t = np.arange(200) * 0.05
    size = np.where(t < 7.0, 1.0, 1.25)
    periodic, noise = Novelty(BALANCE.novelty), Novelty(BALANCE.novelty)
    rng = np.random.default_rng(1)
    for at, gain in zip(t, size, strict=True):
        wave = gain * np.sin(2 * np.pi * (at + np.arange(7) / 7))
        periodic.remember(wave.tolist())
        noise.remember(rng.standard_normal(7).tolist())
    periodic.compare()
    noise.compare()
    assert max(periodic.novelty) < 0.05
    assert min(noise.novelty) > 0.3


def test_a_known_jolt_at_the_wrong_time_is_new() -> None:
    """A heel strike half a step early is like any other, but not for this phase of the step."""
    strike = np.array([0.3, 0.0, 0.5, 20.0, 10.0, 0.0, 0.5])
    novelties = []
    for early in (0, 5):
        novelty, largest = Novelty(BALANCE.novelty), 0.0
        for i in range(190):
            phase = 0.2 * np.sin(2 * np.pi * i / 22 + np.arange(7)) * [1, 1, 1, 40, 40, 40, 1]
            struck = i % 22 in (0, 1) if i < 170 else i in (176 - early, 177 - early)
            novelty.remember((phase + struck * strike).tolist())
            if i > 150:
                novelty.compare()
                largest = max(largest, novelty.novelty[0])
        novelties.append(largest)
    assert novelties[0] < 0.01
    assert novelties[1] > 0.2


@pytest.mark.parametrize(("frame", "least", "most"), [(11, 5.0, 10.0), (1, 1.0, 4.0)])
def test_what_turns_between_two_steps_is_surprising_and_at_a_heel_strike_it_is_not(
    frame: int, least: float, most: float
) -> None:
    """Where no two steps turn the trunk alike, a turn of that size is what is usual there."""
    rng = np.random.default_rng(3)
    novelty, largest = Novelty(BALANCE.novelty), [0.0, 0.0]
    jolt = np.array([0, 0, 0, 12.0, 0, 0, 0])
    for i in range(440):
        step = 0.2 * np.sin(2 * np.pi * i / 22 + np.arange(7)) * [1, 1, 1, 40, 40, 40, 1]
        step += rng.normal(0.0, 0.01, 7)
        if i % 22 in (0, 1, 2):
            step[3:6] += rng.normal(0.0, 10.0, 3)
        if i in (418 + frame, 419 + frame):
            step += jolt
        novelty.remember(step.tolist())
        novelty.compare()
        if 418 + frame <= i < 424 + frame:
            largest = list(map(max, largest, novelty.surprise))
    rotation, load = largest
    assert least < rotation < most
    assert load < 2.0


def test_larger_steps_are_like_steps_and_a_jolt_is_not() -> None:
    """Steps three times as large, in all at once, are explained wholly; a jolt as large is not."""
    unlike = []
    for jolt in (False, True):
        novelty = Novelty(BALANCE.novelty)
        for i in range(170):
            step = 0.2 * np.sin(2 * np.pi * i / 22 + np.arange(7)) * [1, 1, 1, 40, 40, 40, 1]
            if i >= 164:
                step = np.roll(step, 3) * [9, -9, 9, 0.3, 0.3, -0.3, 1] if jolt else 3.0 * step
            novelty.remember(step.tolist())
        novelty.compare()
        unlike.append(novelty.unlike([0.1, 4.0, 0.1]))
    assert unlike[0] < 1e-6
    assert 0.6 < unlike[1] <= 1.0


@pytest.mark.parametrize("at", [0.0, 0.01, 0.02, 0.03, 0.04])
def test_a_knock_is_no_load_and_no_swing(at: float) -> None:
    """Ringing at 23 Hz hardly counts, a landing of the same size does, wherever in the frame."""
    t = np.arange(-200, 100)[:, None] / 100 - at - 0.005
    loads, swings, turns = [], [], []
    for hz, decay in ((23.0, 0.02), (8.0, 0.06)):
        ring = np.where(t > 0, np.sin(2 * np.pi * hz * t) * np.exp(-np.maximum(t, 0) / decay), 0.0)
        x = np.hstack([0 * t, 0 * t, 1.0 + 0.5 * ring, 50.0 * ring, 0 * t, 0 * t])
        movement, swing = Movement(BALANCE.motion), list[Floats]()
        for frame in frames_of(x):
            movement.feel(frame.rows)
            movement.follow(frame.x)
            swing.append(np.abs(movement.swing))
        loads.append(float(np.max(swing, axis=0)[6]))
        swings.append(float(np.max(swing, axis=0)[2]))
        turns.append(float(np.max(swing, axis=0)[3]))
    for knock, landing in (loads, swings):
        assert knock < 0.01
        assert landing > 0.07
    assert turns[0] < 1.0
    assert turns[1] > 7.0


def test_the_novelty_reaches_back_two_slow_strides() -> None:
    """At 40 steps/min two strides last 6 s: what was so long ago is still known."""
    rng = np.random.default_rng(2)
    once = rng.standard_normal((118, 7))
    novelty = Novelty(BALANCE.novelty)
    for swing in once.tolist():
        novelty.remember(swing)
    novelty.compare()
    assert min(novelty.novelty) > 0.2
    for swing in once[:20].tolist():
        novelty.remember(swing)
    novelty.compare()
    assert max(novelty.novelty) < 1e-6
