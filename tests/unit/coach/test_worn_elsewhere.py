"""At the hip or in front, where the recordings were made at the back: the same walker."""

from __future__ import annotations

import numpy as np
import pytest

from coach.samples import G_MPS2
from tests.support.augmented import ELSEWHERE_M, elsewhere, worn_at


def test_on_a_pelvis_that_does_not_turn_all_places_feel_the_same() -> None:
    """And where it turns about the vertical, what is r away is drawn in by r times its square."""
    x = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (500, 1))
    place = elsewhere(np.random.default_rng(1))
    assert ELSEWHERE_M[0] <= float(np.linalg.norm(place)) <= ELSEWHERE_M[1]
    assert np.array_equal(worn_at(x, place), x)
    x[300:, 5] = np.degrees(2.0)
    moved = worn_at(x, np.array([0.15, 0.0]))
    steady = moved[320:480, :3] - x[320:480, :3]
    assert np.linalg.norm(steady, axis=1) == pytest.approx(2.0**2 * 0.15 / G_MPS2, rel=1e-6)
    assert steady[:, 2] == pytest.approx(0.0)
    assert np.array_equal(moved[:, 3:], x[:, 3:])
