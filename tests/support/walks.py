"""Simulated walks for tests: a plan walked to its end, in body axes."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.simulated.walker import Walker

HZ = 100
UPRIGHT = np.eye(3)

FIRST_AND_MORE = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2)))
"""Seeds of long walks: one walker each time, two more where all is run."""


def times(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * HZ)) / HZ


def walked(*plan, seed=0, mounting=UPRIGHT) -> tuple[Walker, np.ndarray, np.ndarray]:
    walker = Walker(plan, seed=seed, mounting=mounting)
    t = times(walker.plan_s)
    return walker, t, walker.signal(t)


def contacts(walker: Walker) -> np.ndarray:
    return np.array([step.t for step in walker.truth.steps if step.walking])
