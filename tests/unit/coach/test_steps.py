"""Steps: when they were, and which foot."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from coach.events import Step
from coach.gait.steps import Maxima, chain, interval_costs, reach_back, since_change
from hardware.simulated.walker import Stand, Walk
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


def test_the_chain_leaves_out_what_is_no_step() -> None:
    """A low maximum between two steps is not taken; a missing one is bridged."""
    real = [10.0 * i for i in range(8)]
    places = sorted([*real, 14.0, 90.0])
    heights = [0.4 if p == 14.0 else 2.0 for p in places]
    found = chain(maxima(places, heights, step_n=10.0), 10.0)
    assert [places[i] for i in found] == [*real, 90.0]


def test_the_slow_first_steps_of_a_walk_are_taken_up() -> None:
    """Steps before the chain join it, each against the tempo of those after it; noise does not."""
    intervals = [5.0, 15.0, 12.0, 11.0, 10.0, 10.0, 10.0]
    places = [100.0, *(100.0 + np.cumsum(intervals)).tolist()]
    heights = [0.2, 0.9, 1.0, 1.2, 1.2, 1.2, 1.2, 1.2]
    found = reach_back(maxima(places, heights, step_n=10.0), [3, 4, 5, 6, 7])
    assert found == [1, 2, 3, 4, 5, 6, 7]


def maxima(places: list[float], heights: list[float], step_n: float) -> Maxima:
    """Maxima of one window, with what their intervals cost."""
    n = len(places)
    later, back, costs = interval_costs(np.array(places), np.zeros(n, int), np.full(n, step_n))
    pairs = zip(later.tolist(), (later - back).tolist(), costs.tolist(), strict=True)
    return Maxima(places, heights, list(pairs))


def test_a_change_of_tempo_is_told_from_a_limp() -> None:
    """A sudden change is found where it was; uneven steps of an even stride are none."""
    change = np.cumsum([0.0, *[0.6] * 8, *[0.5] * 6]).tolist()
    assert since_change(change, newest_stride_s=1.0) == 6
    limp = np.cumsum([0.0, *[0.7, 0.5] * 7]).tolist()
    assert since_change(limp, newest_stride_s=1.2) is None
