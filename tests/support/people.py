"""Walks as uneven as those of people: what to draw for a person nobody has seen.

Each `Walk` setting is drawn from a distribution fitted to the recordings of treadmill walkers after
a stroke (movingreality: 32 bouts, 8 people), the most uneven of whom steps are known for minutes.
`python -m tests.bench.bench_walker` shows how near the drawn walks come.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hardware.simulated.walker import Walk

PACE = 0.25
"""Of people who put a phone on and take it off (hapt, 31 recordings): they turn it by 45 deg/s rms
(12 to 150), and feel 0.15 g (0.04 to 0.4)."""


class Spread(NamedTuple):
    """A log-normal quantity: its median, the standard deviation of its logarithm, and its ends."""

    median: float
    spread: float
    least: float
    most: float

    def draw(self, rng: np.random.Generator) -> float:
        """One person's."""
        value = self.median * np.exp(self.spread * rng.standard_normal())
        return float(np.clip(value, self.least, self.most))


class People(NamedTuple):
    """How people differ in the settings of a `Walk`."""

    spm: Spread = Spread(107.0, 0.14, 45.0, 140.0)
    amplitude_g: Spread = Spread(0.42, 0.30, 0.05, 1.0)
    asymmetry: Spread = Spread(0.08, 1.2, 0.0, 0.5)
    variability: Spread = Spread(0.052, 0.45, 0.015, 0.12)
    wander: Spread = Spread(0.08, 0.4, 0.02, 0.25)
    odd_steps: Spread = Spread(0.018, 0.6, 0.0, 0.06)


PEOPLE = People()


def uneven(walk: Walk, rng: np.random.Generator) -> Walk:
    """`walk` as somebody drawn from `PEOPLE` walks it, at its own tempo and size of the steps."""
    return replace(
        walk,
        asymmetry=PEOPLE.asymmetry.draw(rng),
        variability=PEOPLE.variability.draw(rng),
        wander=PEOPLE.wander.draw(rng),
        odd_steps=PEOPLE.odd_steps.draw(rng),
    )


def stranger(seconds: float, rng: np.random.Generator) -> Walk:
    """A forward walk of somebody drawn from `PEOPLE`, with a tempo and a size of the steps."""
    spm, amplitude_g = PEOPLE.spm.draw(rng), PEOPLE.amplitude_g.draw(rng)
    walk = Walk(seconds, spm=spm, amplitude_g=amplitude_g, direction="forward")
    return uneven(walk, rng)
