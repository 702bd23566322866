"""How sure the cadence is: the probability that it is within 3 steps/min of the truth.

Cadence that is right looks alike from all sides: the instants of steps and the likeness of
strides agree, the newest strides have the tempo of the last seconds, strides resemble each other,
and the belief is narrow. A logistic regression weighs these signs.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

CLOSE_SPM: Final = 3.0
"""What `within` means, in steps/min: the accuracy that is asked of a cadence."""


class Signs(NamedTuple):
    """What speaks for or against a cadence, as numbers of order 1.

    `apart`: by steps against by likeness, in `CLOSE_SPM`; `drift`: the likeness of the shorter
    stretch against that of the longer, in `CLOSE_SPM`; `long`, `short`: resemblance of strides over
    these stretches; `belief`: probability of the periods within `CLOSE_SPM`.
    """

    apart: float
    drift: float
    long: float
    short: float
    belief: float


def confidence(signs: Signs) -> float:
    """Probability (0 to 1) that the cadence is within `CLOSE_SPM` of the true one."""
    weighed = (
        APART * math.log1p(signs.apart)
        + DRIFT * math.log1p(signs.drift)
        + LONG * signs.long
        + SHORT * signs.short
        + BELIEF * signs.belief
    )
    return 1.0 / (1.0 + math.exp(-(OFFSET + weighed)))


OFFSET, APART, DRIFT, LONG, SHORT, BELIEF = -1.6, 1.6, -0.7, 8.9, -1.0, 0.2
"""Fitted to treadmill walking after a stroke, short bouts overground, and simulated walkers, each
with the same weight. Signs overlap, so a single weight says little: `APART` is positive because
what disagrees also resembles less, and `LONG` has charged that already."""
