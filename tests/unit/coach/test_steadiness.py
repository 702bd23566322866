"""Steadiness: variability, regularity and symmetry follow what the walker does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coach.events import Steadiness
from coach.gait.movement import IMPACT_HZ, SLOW_HZ
from coach.gait.variability import regularity_and_symmetry, step_amplitude, step_time_cv
from hardware.simulated.walker import Stand, Walk
from tests.support.gait import track, worn


def steadiness(**walk: Any) -> list[Steadiness]:
    plan = (Stand(3.0), Walk(90.0, spm=80.0, amplitude_g=0.2, **walk))
    events = track(worn(plan, seed=11)[0])
    return [e for e in events if isinstance(e, Steadiness) and e.t > 40.0]


def test_variability_is_measured_against_each_foot() -> None:
    """A limp of perfect steadiness has no variability; scatter is found as it was made."""
    assert step_time_cv(np.cumsum([0.0, *[0.7, 0.5] * 10]).tolist()) == pytest.approx(0.0, abs=1e-6)
    rng = np.random.default_rng(1)
    noisy = np.cumsum(rng.normal(0.6, 0.03, 2000)).tolist()
    assert step_time_cv(noisy) == pytest.approx(5.0, abs=0.3)


def test_a_missed_step_is_not_a_long_one() -> None:
    """An interval of two steps is left out, and the feet after it are not exchanged."""
    instants = np.cumsum([0.0, *[0.7, 0.5] * 12])
    assert step_time_cv(np.delete(instants, 9).tolist()) == pytest.approx(0.0, abs=1e-6)


def test_too_few_steps_say_nothing() -> None:
    """Without enough intervals there is no variability."""
    assert step_time_cv([0.0, 0.5, 1.0, 1.5]) is None


def test_regularity_and_symmetry_of_known_signals() -> None:
    """A pure stride is regular and symmetric only if both of its steps are alike."""
    t = np.arange(10 * SLOW_HZ) / SLOW_HZ
    alike, limp = np.sin(2 * np.pi * 2 * t), np.sin(2 * np.pi * t) + np.sin(2 * np.pi * 2 * t)
    assert regularity_and_symmetry(alike, 1.0) == pytest.approx((1.0, 1.0), abs=0.05)
    regular, symmetric = regularity_and_symmetry(limp, 1.0) or (0.0, 1.0)
    assert regular == pytest.approx(1.0, abs=0.05)
    assert symmetric < 0.1
    assert regularity_and_symmetry(alike, 6.0) is None


def test_an_unsteady_walker_is_seen_to_be_one() -> None:
    """More variability in the walk raises the measured one and lowers the regularity."""
    even, uneven = steadiness(variability=0.01), steadiness(variability=0.08)
    cv = [
        np.mean([e.step_time_cv for e in s if e.step_time_cv is not None]) for s in (even, uneven)
    ]
    regular = [
        np.mean([e.regularity for e in s if e.regularity is not None]) for s in (even, uneven)
    ]
    print("step-time cv", np.round(cv, 1), "regularity", np.round(regular, 2))
    assert cv[0] < 4.0 < cv[1]
    assert regular[1] < regular[0]


def test_variability_is_that_of_the_walk_since_the_last_pause() -> None:
    """Two even walks of different tempo are not one uneven walk."""
    plan = (
        Stand(3.0),
        *(part for spm in (60.0, 95.0) for part in (Walk(15.0, spm=spm), Stand(4.0))),
    )
    told = [e.step_time_cv for e in track(worn(plan, 11)[0]) if isinstance(e, Steadiness)]
    known = [cv for cv in told if cv is not None]
    assert len(known) >= 3
    assert max(known) < 8.0


def test_an_asymmetric_walker_is_seen_to_be_one() -> None:
    """Asymmetry in the walk lowers the symmetry and leaves the regularity."""
    even, limp = steadiness(asymmetry=0.0), steadiness(asymmetry=0.3)
    symmetry = [np.mean([e.symmetry for e in s if e.symmetry is not None]) for s in (even, limp)]
    print("symmetry", np.round(symmetry, 2))
    assert symmetry[1] < symmetry[0] - 0.1


def test_steadiness_comes_every_five_seconds() -> None:
    """While somebody walks there is an event every five seconds."""
    assert set(np.diff([e.t for e in steadiness()])) == {5.0}


def test_vigour_is_the_amplitude_of_a_step() -> None:
    """Half of the peak-to-peak, wherever the steps begin, and of whatever length they are."""
    t = np.arange(500) / IMPACT_HZ
    for stride_s in (0.9, 1.6, 2.8):
        wave = 1.0 + 0.2 * np.sin(4 * np.pi * t / stride_s + 0.7)
        assert step_amplitude(wave, stride_s) == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize("amplitude_g", [0.06, 0.2, 0.35])
def test_vigour_of_a_walk_is_as_walked(amplitude_g: float) -> None:
    """A simulated walker's mean amplitude is found, soft or strong."""
    plan = (Stand(3.0), Walk(60.0, spm=80.0, amplitude_g=amplitude_g))
    events = track(worn(plan, seed=12)[0])
    found = [e.vigour_g for e in events if isinstance(e, Steadiness) and e.vigour_g and e.t > 20.0]
    assert np.mean(found) == pytest.approx(amplitude_g, rel=0.25)
