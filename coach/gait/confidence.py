"""How sure the cadence is: the probability that it is within 3 steps/min of the truth.

Cadence that is right looks alike from all sides: the instants of steps and the likeness of
strides agree, the newest strides have the tempo of the last seconds, and strides resemble each
other. A logistic regression weighs these signs. While a turn is among the seconds that a cadence
is a mean of, strides resemble each other little even if every step is counted, so their likeness
then says less: it has its own weight there.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

CLOSE_SPM: Final = 3.0
"""What `within` means, in steps/min: the accuracy that is asked of a cadence."""


class Signs(NamedTuple):
    """What speaks for or against a cadence, as numbers of order 1.

    `apart`: by steps against by likeness, in `CLOSE_SPM`; `drift`: the likeness of the shorter
    stretch against that of the longer, in `CLOSE_SPM`; `alike`: resemblance of strides over the
    longer; `turned`: a turn is among the seconds that the cadence is a mean of.
    """

    apart: float
    drift: float
    alike: float
    turned: bool


def confidence(signs: Signs) -> float:
    """Probability (0 to 1) that the cadence is within `CLOSE_SPM` of the true one."""
    offset, alike = TURNED if signs.turned else STRAIGHT
    weighed = APART * math.log1p(signs.apart) + DRIFT * math.log1p(signs.drift)
    return 1.0 / (1.0 + math.exp(-(offset + weighed + alike * signs.alike)))


STRAIGHT, TURNED = (-3.9, 13.0), (-0.8, 3.1)
"""Offset and weight of `alike`."""

APART, DRIFT = 1.2, -0.3
"""Fitted to treadmill walking after a stroke, short bouts overground, and simulated walkers, some
of which change their tempo, each set with a weight of its own. `APART` is positive because what
disagrees also resembles less, and the weight of `alike` has charged that already."""
