"""A vibration motor on the device's case: what it shakes is no walk, and hides none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from coach.events import Cue, Event, Handling
from hardware.simulated.walker import ClipOff, Fall, Lie, Segment, Walk
from tests.support.motor import Motor, coached, with_motor
from tests.support.stumbles import sense

STRONG_G, NONE_G = 1.5, 0.0
NOISE = np.array([0.003] * 3 + [0.04] * 3)
"""Of the chip itself (g, deg/s): in more, no device is known to lie where nobody is."""
FALLS = Walk(30.0, events=(Fall(15.0, side="back"),))
UP = Walk(60.0, events=(Fall(15.0, up_after=8.0, side="back"),))


def told(plan: Sequence[Segment], seed: int, size_g: float) -> list[Event]:
    """What is said of a simulated walker."""
    x, _ = sense(plan, seed, NOISE)
    motor = Motor(np.random.default_rng(seed), size_g)
    return coached(x, with_motor("cadence.max_spm=150"), motor)


def fall_cue(events: list[Event]) -> list[tuple[str, float]]:
    """When the alarm of a fall begins and ends."""
    return [(e.state, e.t) for e in events if isinstance(e, Cue) and e.cue == "fall"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_alarm_of_a_walker_who_lies_does_not_end_by_its_own_shaking(seed: int) -> None:
    """Not even of one who rolls over."""
    cues = fall_cue(told([FALLS, Lie(60.0, side="left")], seed, STRONG_G))
    assert [state for state, _ in cues] == ["on"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_device_taken_off_in_its_alarm_says_so(seed: int) -> None:
    """The motor leaves it alone for long enough to know that nobody is near."""
    events = told([FALLS, ClipOff(90.0)], seed, STRONG_G)
    assert [e.kind for e in events if isinstance(e, Handling)] == ["taken_off"]
    assert [state for state, _ in fall_cue(events)] == ["on", "off"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_who_gets_up_ends_the_alarm_as_soon_with_a_motor(seed: int) -> None:
    """It shakes as they walk, too."""
    ends = [fall_cue(told([UP], seed, size_g))[-1] for size_g in (NONE_G, STRONG_G)]
    assert [state for state, _ in ends] == ["off", "off"]
    assert ends[1][1] <= ends[0][1] + 2.0
