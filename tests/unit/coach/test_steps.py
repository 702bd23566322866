"""Steps: when they were, and which foot."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from coach.events import Step
from hardware.simulated.walker.plan import Stand, Walk
from tests.support.gait import track, worn


@pytest.mark.parametrize("spm", [45.0, 70.0, 110.0])
def test_every_step_is_reported_once_and_evenly_late(spm: float) -> None:
    """Nearly all steps are found, none twice, each at the same offset from the foot's contact."""
    walk = Walk(60.0, spm=spm, amplitude_g=0.2, variability=0.02)
    x, truth = worn((Stand(3.0), walk), seed=int(spm))
    found = np.array([e.at for e in track(x) if isinstance(e, Step)])
    real = np.array([s.t for s in truth.steps if 10.0 < s.t < 60.0])
    assert (np.diff(found) > 0.3 * 60.0 / spm).all()
    offset = np.array([found[np.abs(found - t).argmin()] - t for t in real])
    near = np.abs(offset - np.median(offset)) < 0.15 * 60.0 / spm
    print(f"{spm:.0f} spm: {near.mean():.3f} found, scatter {offset[near].std() * 1000:.0f} ms")
    assert near.mean() >= 0.95
    assert len(found[(found > 10.0) & (found < 60.0)]) == pytest.approx(len(real), abs=3)


@pytest.mark.parametrize("spm", [31.0, 45.0, 75.0, 120.0])
@pytest.mark.parametrize("asymmetry", [0.0, 0.3])
@pytest.mark.parametrize("amplitude_g", [0.15, 0.06])
def test_steps_are_counted(spm: float, asymmetry: float, amplitude_g: float) -> None:
    """From the slowest walk on, limping and with the hands on the rails, within 2 %."""
    walk = Walk(150.0, spm=spm, amplitude_g=amplitude_g, asymmetry=asymmetry, variability=0.04)
    x, truth = worn((Stand(3.0), walk), seed=int(spm))
    found = sum(isinstance(e, Step) and 15.0 < e.at < 150.0 for e in track(x))
    real = sum(15.0 < s.t < 150.0 for s in truth.steps)
    print(f"{found} of {real}")
    assert found == pytest.approx(real, rel=0.02, abs=1)


@pytest.mark.parametrize(("spm", "stood"), [(53.0, 3.25), (69.0, 3.75), (85.0, 4.25)])
def test_a_walk_has_the_steps_from_its_first_on_and_no_others(spm: float, stood: float) -> None:
    """Wherever it begins, and after pauses: none is left out, invented while standing, or twice."""
    walk = Walk(20.0, spm=spm, amplitude_g=0.2)
    plan = (Stand(stood), walk, Stand(2.0), walk, Stand(3.0), walk, Stand(4.0))
    x, truth = worn(plan, seed=int(spm))
    told = np.array([e.at for e in track(x) if isinstance(e, Step)])
    real = np.array([s.t for s in truth.steps if s.walking])
    near = 0.75 * 60.0 / spm
    assert all(np.abs(told - t).min() < near for t in real)
    assert sum(np.abs(real - t).min() > near for t in told) <= 3
    assert (np.diff(told) > 0.3 * 60.0 / spm).all()


def test_a_step_is_reported_after_it_happened() -> None:
    """A step event never precedes its step, and comes within two seconds of it."""
    x, _ = worn((Stand(3.0), Walk(30.0, spm=80.0, amplitude_g=0.2)), seed=3)
    steps = [e for e in track(x) if isinstance(e, Step)]
    after_first = [e for e in steps if e.t > steps[0].t]
    assert steps
    assert all(0.0 < e.t - e.at <= 2.0 for e in after_first)


def test_sides_alternate_and_do_not_depend_on_the_mounting() -> None:
    """Where sides are named they alternate, and they are the same foot in another mounting."""
    walk = Walk(40.0, spm=90.0, amplitude_g=0.2)
    agreed = []
    for seed in range(6):
        x, truth = worn((Stand(3.0), walk), seed)
        steps = [e for e in track(x) if isinstance(e, Step)]
        named = [e for e in steps if e.side]
        pairs = [(a.side, b.side) for a, b in itertools.pairwise(steps) if a.side and b.side]
        changes = [a != b for a, b in pairs]
        assert len(named) > 15
        assert np.mean(changes) > 0.95
        instants = np.array([s.t for s in truth.steps])
        sides = [truth.steps[int(np.abs(instants - e.at).argmin())].side for e in named]
        agreed.append(np.mean([e.side == s for e, s in zip(named, sides, strict=True)]))
    print("named side is the simulated one:", np.round(agreed, 2))
    assert all(share > 0.9 or share < 0.1 for share in agreed)
