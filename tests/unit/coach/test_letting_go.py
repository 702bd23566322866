"""Hands that let go of the rails make every step larger at once: that is no stumble."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.augmented import rails_held
from tests.support.stumbles import alarms, detect, frames_of, sense


@pytest.mark.parametrize("spm", [50.0, 75.0, 95.0])
def test_letting_go_of_the_rails_is_no_stumble_and_hides_none(spm: float) -> None:
    """Steps that become three times as large within a second raise nothing; a stumble then does."""
    trip = StumblePlan(61.0, size_g=1.0)
    walk = Walk(70.0, spm=spm, amplitude_g=0.25, asymmetry=0.1, variability=0.03, events=(trip,))
    for seed in range(3):
        x, walker = sense([Stand(3.0), walk], seed)
        held = rails_held(x, -2.0, 55.0, lets_go_s=1.0, share=0.3)
        found = [event.t for event in alarms(detect(frames_of(held), cadence_told_s=6.0))]
        assert len(found) == 1
        assert 0.0 < found[0] - walker.truth.stumbles[0].onset <= 0.5


@pytest.mark.parametrize(("seed", "size_g", "at"), [(2, 0.2, 50.8), (2, 0.3, 50.8), (5, 0.3, 51.0)])
def test_a_sway_while_letting_go_of_the_rails_is_no_stumble(
    seed: int, size_g: float, at: float
) -> None:
    """A frame that is unlike every step counts with those before it, of steps that are larger."""
    walk = Walk(60.0, spm=75.0, amplitude_g=0.25, asymmetry=0.1, variability=0.03)
    x, _ = sense([Stand(3.0), walk], seed)
    held = rails_held(x, -2.0, 50.0, lets_go_s=1.0, share=0.3)
    part = np.clip((np.arange(len(held)) / 100 - at) / 0.15, 0.0, 1.0)
    sway = np.array([0.0, 1.0, 0.0, 60.0, 0.0, 0.0]) * size_g
    held += np.sin(np.pi * part)[:, None] * sway
    assert alarms(detect(frames_of(held), cadence_told_s=6.0)) == []
