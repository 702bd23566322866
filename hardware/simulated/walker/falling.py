"""How a simulated walker falls.

Figures from the recordings (medians, with 10th to 90th percentile):

| | largest |a|, g | smallest | usual | rate, deg/s | usual | disturbed, s |
| --- | --- | --- | --- | --- | --- | --- |
| sisfall F01-F04 | 7 (4-14) | 0.25 | 1.6 | 340-440 (240-720) | 60 | 0.5 (0.1-1.0) |
| sfu falls | 5.6 (3.8-10) | 0.2 | 1.5 | 560 (300-900) | 60 | 1.3 |

The weight is off 0.15 to 0.5 s before the impact; afterwards the trunk lies 75 to 105 degrees from
where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hardware.simulated.walker.motion import STILL, Bounds, Bump, Move, Ring, Tape, vector
from hardware.simulated.walker.plan import Fall, LyingSide
from hardware.simulated.walker.stumbling import strike

LYING: dict[LyingSide, tuple[float, float]] = {
    "back": (0.0, -88.0),
    "front": (0.0, 88.0),
    "left": (-88.0, 0.0),
    "right": (88.0, 0.0),
}
"""Roll and pitch of a lying body; straight angles would be too good to be true."""


@dataclass(frozen=True, slots=True)
class Falling:
    """A fall: a stagger, a topple, the impact and one rebound."""

    lying_spread_deg: float = 6.0  # nobody lies quite straight
    impact_g: float = 6.5  # the median, where none is asked for ...
    impact_spread: float = 0.35  # ... the standard deviation of its logarithm ...
    impact_limits_g: Bounds = (3.0, 10.0)  # ... and its ends
    stagger_s: Bounds = (0.2, 0.5)  # from the onset to where the trunk gives way
    topple_s: Bounds = (0.55, 0.75)  # how long it then turns
    impact_share: float = 0.85  # of the topple, at which the body meets the ground
    twist_deg: float = 30.0  # at most, about the vertical
    unloading_share: float = 0.5  # of the stagger, after which the weight comes off
    unloading: float = -0.8  # share of the weight
    jolt_g: float = 0.4  # standard deviation of each part of the first jolt ...
    jolt_deg: float = 2.0  # ... and of the angles
    blow_spread: float = 0.25  # standard deviation of the blow's direction, of size 1, ...
    blow_up: float = 0.3  # ... which is away from the ground, so much of it along the trunk
    rattle_deg: float = 3.0  # standard deviation of what the blow turns
    rebound_after_s: Bounds = (0.12, 0.3)
    rebound_share: float = 0.35  # of the blow
    hardest_within_s: float = 0.6  # after the impact, all of it is over
    rest_after_s: float = 1.0  # after the impact the body lies still


FALLING = Falling()
JOLT = Ring(0.0, hz=8.0, decay=0.05, acc=STILL)
BLOW = Ring(0.0, hz=14.0, decay=0.03, acc=STILL, rise=0.005)
REBOUND = Ring(0.0, hz=10.0, decay=0.04, acc=STILL, rise=0.005)
"""The ringing at the onset, at the impact, and after it, before they are given their size."""


class Landing(NamedTuple):
    """A fall: `impact`, and the posture (roll, pitch) in which it ends."""

    onset: float
    impact: float
    rest: float  # from when on the body lies still
    posture: tuple[float, float]


def fall(
    rng: np.random.Generator, tape: Tape, event: Fall, onset: float, posture: tuple[float, float]
) -> Landing:
    """Put a fall from `posture` (roll, pitch in degrees) onto the tape."""
    a = FALLING
    sides: list[LyingSide] = ["back", "front", "left", "right"]
    side = event.side or sides[int(rng.integers(4))]
    roll, pitch = (float(x) for x in np.array(LYING[side]) + rng.normal(0, a.lying_spread_deg, 2))
    top = event.impact_g or float(
        np.clip(a.impact_g * np.exp(a.impact_spread * rng.standard_normal()), *a.impact_limits_g)
    )
    stagger, topple = rng.uniform(*a.stagger_s), rng.uniform(*a.topple_s)
    impact = onset + stagger + a.impact_share * topple
    twist = rng.uniform(-a.twist_deg, a.twist_deg)
    jolt, tilt = vector(rng.normal(0, a.jolt_g, 3)), vector(rng.normal(0, a.jolt_deg, 3))
    tape.add(
        replace(JOLT, start=onset, acc=jolt, angle=tilt),
        Move(onset + stagger, topple, (roll - posture[0], pitch - posture[1], twist), topple=True),
        Bump(onset + a.unloading_share * stagger, impact - onset, load=a.unloading),
    )
    down = np.array((np.sin(np.radians(pitch)), -np.sin(np.radians(roll)), a.blow_up))
    blow = rng.normal(0, a.blow_spread, 3) - down / np.linalg.norm(down)
    rattle = vector(rng.normal(0, a.rattle_deg, 3))
    again = impact + rng.uniform(*a.rebound_after_s)
    struck: list[Ring | Bump] = [
        replace(BLOW, start=impact, acc=vector(blow), angle=rattle),
        replace(REBOUND, start=again, acc=vector(a.rebound_share * blow), angle=rattle),
    ]
    strike(tape, struck, (onset, impact + a.hardest_within_s), top)
    return Landing(onset, impact, impact + a.rest_after_s, (roll, pitch))
