"""Falls that shake the wires: samples are missing, or all zero, and a fall is still one."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance import StumbleDetector
from coach.balance.parameters import BALANCE
from coach.balance.posture import Posture
from coach.engine import Engine
from coach.events import Event, Fall
from coach.samples import Block
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Lie, Stand, Walk
from tests.support.postures import BENT, FLAT, UP, falls, hit
from tests.support.stumbles import frames_of, sense


def test_having_lain_is_not_put_together_with_bending() -> None:
    """Neither beyond having stood, nor beyond a gap, does it make a fall of an impact."""
    for stands in (True, False):
        posture = Posture(BALANCE.posture)
        falls(posture, UP, 4.0)
        if not stands:
            posture.follow(FLAT, 5.0, stumbled=False)
        assert falls(posture, FLAT, 1.1) == 0
        if stands:
            falls(posture, UP, 4.0)
            posture.follow(BENT, 5.0, stumbled=False)
        else:
            posture.interrupt(1.5, stumbled=False)
        assert falls(posture, BENT, 5.0) == 0


def test_a_gap_stands_for_the_hit_of_who_has_stumbled() -> None:
    """The trunk that comes back bent, and stays so, has fallen."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.interrupt(0.5, stumbled=True)
    assert falls(posture, BENT, 5.0, stumbled=True) == 1


def test_who_was_hit_just_before_a_gap_may_lie_at_its_end() -> None:
    """Six seconds later the hit still counts as new."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.follow(UP, 5.0, stumbled=False)
    falls(posture, FLAT, 0.3)
    posture.interrupt(6.0, stumbled=False)
    assert falls(posture, FLAT, 4.0) == 1


@pytest.mark.parametrize("after_s", [-0.15, 0.0, 0.6])
@pytest.mark.parametrize("missing_s", [0.06, 0.3, 1.5, 9.0])
def test_wires_that_are_shaken_hide_no_fall(missing_s: float, after_s: float) -> None:
    """A body that hits the floor may interrupt the bus: just before, in the hit, or after it."""
    walk = Walk(20.0, spm=80.0, amplitude_g=0.15, events=(FallPlan(15.0),))
    for seed in range(3):
        x, walker = sense([Stand(5.0), walk, Lie(15.0)], seed)
        (true,) = walker.truth.falls
        t = np.arange(len(x)) / 100
        since = t - true.impact - after_s
        kept = (since < 0.0) | (since >= missing_s)
        events = Engine(CoachSettings()).feed(Block(t[kept], x[kept, :3], x[kept, 3:]))
        (told,) = (event for event in events if isinstance(event, Fall))
        assert true.impact < told.t <= true.impact + max(after_s, 0.0) + missing_s + 2.5


@pytest.mark.parametrize("missing_s", [0.06, 1.5, 30.0])
def test_a_gap_by_itself_is_no_hit(missing_s: float) -> None:
    """Whoever has not dropped or stumbled before it may come back in any posture."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.interrupt(missing_s, stumbled=False)
    assert falls(posture, FLAT, 60.0) == 0


@pytest.mark.parametrize("hits", [False, True])
def test_after_a_long_gap_upright_is_what_it_is_then(hits: bool) -> None:
    """No fall reaches beyond it, and the device may have been put on anew."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    if hits:
        hit(posture, frames=6, impact=5.0)
    posture.interrupt(30.0, stumbled=False)
    falls(posture, FLAT, 0.7)
    assert not posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 4.0) == 0


@pytest.mark.parametrize("missing_s", [0.3, 5.0, 30.0, 600.0])
def test_a_fall_is_still_one_after_a_gap(missing_s: float) -> None:
    """However long nothing is heard of a body that lies: nobody has seen it get up."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 3.0) == 1
    posture.interrupt(missing_s, stumbled=False)
    assert falls(posture, FLAT, 3.0) == 0
    assert posture.fallen


def test_a_drop_is_not_put_together_over_a_gap() -> None:
    """Half of one before a gap and half of one after it are no fall on a mat."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    hit(posture, frames=2, impact=0.5)
    posture.interrupt(1.5, stumbled=False)
    hit(posture, frames=1, impact=2.3)
    assert falls(posture, FLAT, 5.0) == 0


@pytest.mark.parametrize("dead", [False, True], ids=["no samples", "zeros"])
def test_a_chip_that_has_lost_its_power_hides_no_fall(dead: bool) -> None:
    """Who hits the floor, sags, and lies a second later: zeros count as long as a gap of 0.6 s."""
    postures = (((0.0, 0.0, 1.0), 4.0), ((5.0, 0.0, 0.0), 0.05), (BENT, 1.5), (FLAT, 5.0))
    still = [np.tile([*acc, 0.0, 0.0, 0.0], (round(100 * s), 1)) for acc, s in postures]
    x = np.concatenate(still) + np.random.default_rng(1).normal(0.0, 0.003, (1055, 6))
    detector, told = StumbleDetector(), list[Event]()
    for frame in frames_of(np.concatenate([x[:555], np.zeros((60, 6)), x[555:]])):
        if 555 < frame.end <= 615 and not dead:
            continue
        if frame.end == 620 and not dead:
            detector.gap(0.6)
        told += detector.detect(frame)
    assert [event.type for event in told] == ["fall"]
