"""How sure the cadence is: the probability that it is within 3 steps/min of the truth.

A cadence that is right comes from phases that do not wander, and from a tempo that is about the
same through the seconds it is a mean of. A logistic regression weighs these two signs.
"""

from __future__ import annotations

import math
from typing import Final

from coach.gait.parameters import ConfidenceParameters

CLOSE_SPM: Final = 3.0
"""What `within` means, in steps/min: the accuracy that is asked of a cadence."""


def confidence(steadiness: float, scatter_spm: float, p: ConfidenceParameters) -> float:
    """Probability (0 to 1) that a cadence is right whose phases are of this `steadiness` (0 to 1).

    `scatter_spm`: standard deviation of the tempo (steps/min) over the seconds of the mean.
    """
    scatter = math.log(max(scatter_spm, p.scatter_least_spm) / CLOSE_SPM)
    weighed = p.offset + p.steadiness * steadiness + p.scatter * scatter
    return max(1.0 / (1.0 + math.exp(-min(max(weighed, -30.0), 30.0))), p.least)
