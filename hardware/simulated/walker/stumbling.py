"""How a simulated walker stumbles, and gets through it.

Figures from the recordings (medians, with 10th to 90th percentile):

| | largest |a|, g | smallest | usual | rate, deg/s | usual | disturbed, s |
| --- | --- | --- | --- | --- | --- | --- |
| sfu trip, recovered | 2.5 (2.2-3.1) | 0.2 | 1.4 | 190 (130-235) | 53 | 1.5 (1.0-2.3) |
| sfu slip, recovered | 2.6 (2.4-3.8) | 0.3 | 1.5 | 225 (120-405) | 59 | 1.0 (0.4-2.1) |
| sisfall D18 (acted) | 4.0 (3.0-5.2) | 0.16 | 1.4 | 245 (180-440) | 57 | 1.7 (0.9-2.4) |

In a trip the rotation is largest 0.4 s before the hardest landing, in a slip 0.15 s. What is
drawn lies between the two numbers of a `Bounds`, evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hardware.simulated.walker.motion import (
    ACC,
    STILL,
    Bounds,
    Bump,
    Floats,
    Part,
    Ring,
    Tape,
    Vector,
    felt,
    vector,
)
from hardware.simulated.walker.plan import Stumble, StumbleKind


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes a trip a trip, and a slip a slip, for a walk forward and a turn to the left."""

    dps_per_g: float  # rotation beyond the usual, for a stumble of 1 g: the table's rows for sfu
    earliest_s: float  # after the last contact the foot is where it must be ...
    earliest_share: float  # ... and so many of the usual step times
    landing_s: Bounds  # from the onset to the hard landing
    jolt: Ring | Bump  # what the foot meets, at the onset, for a stumble of size 1
    tilting_s: Bounds  # how long the trunk tilts and comes back
    tilt: Vector  # the direction in which it does: roll, pitch, yaw


KINDS: dict[StumbleKind, Kind] = {
    "trip": Kind(
        dps_per_g=150.0,
        earliest_s=0.0,
        earliest_share=0.3,
        landing_s=(0.28, 0.42),
        jolt=Ring(0.0, hz=9.0, decay=0.04, acc=(-0.6, 0.2, 0.15)),
        tilting_s=(0.6, 0.9),
        tilt=(0.35, 1.0, 0.3),
    ),
    "slip": Kind(
        dps_per_g=180.0,
        earliest_s=0.06,
        earliest_share=0.0,
        landing_s=(0.3, 0.5),
        jolt=Bump(0.0, seconds=0.22, acc=(0.45, 0.3, 0.0)),
        tilting_s=(0.5, 0.7),
        tilt=(0.6, -0.8, 0.5),
    ),
}


@dataclass(frozen=True, slots=True)
class Trunk:
    """What the trunk does in a stumble of any kind."""

    power: float = 0.7  # larger ones rotate and unload less than in proportion (D18 against sfu)
    tilt_spread: Bounds = (0.8, 1.25)  # one stumble tilts more than another of its size
    unloading: float = 0.6  # share of the weight that one of 1 g takes off before the landing
    unloading_most: float = 0.85  # share of the weight that none exceeds
    unloading_after_s: float = 0.03  # from the onset
    flailing: float = 0.4  # share of the rotation that is quick and in no direction: catching up
    flails: int = 4
    flail_hz: Bounds = (2.5, 6.0)
    flail_decay_s: float = 0.12
    flail_rise_s: float = 0.04


@dataclass(frozen=True, slots=True)
class Landing:
    """A hard landing of size 1: mostly upward, against the walk, and somewhat to a side."""

    hz: Bounds = (6.0, 11.0)  # 25 to 40 ms wide, as the real ones
    decay_s: float = 0.06
    push: Vector = (-0.4, 0.0, 1.0)
    spread: Vector = (0.3, 0.35, 0.15)  # standard deviation of each part


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps after the hard landing: more, and larger ones, after a larger stumble."""

    per_g: float = 2.0  # how many, beside the first
    most_g: float = 1.2  # beyond this size there are no more of them
    first: Bounds = (0.6, 0.85)  # the first one's time, in usual step times
    others: Bounds = (0.8, 1.2)
    larger_per_g: float = 0.6  # of the usual, in the first; in the second half of that, and so on
    blow: Bounds = (0.25, 0.65)  # size of its landing against the hard one ...
    calming: float = 0.5  # ... and of the i-th, that divided by 1 + calming x i


TRUNK, LANDING, STEPS = Trunk(), Landing(), Steps()

LOUDEST = 1e3
"""No blow is scaled by more than this, whatever the size asked for."""

HALVINGS = 20
"""The scale is found to a part in a million."""


class Recovery(NamedTuple):
    """How the walker gets through a stumble.

    `landing`: instant of the hard landing, with which the next step begins; `steps`: duration
    and gain, relative to the usual, of the steps that follow it.
    """

    onset: float
    landing: float
    steps: list[tuple[float, float]]
    shaken: list[Part]  # adds to the body as it is
    struck: list[Ring | Bump]  # to be scaled until the stumble has its size


def stumble(
    rng: np.random.Generator, event: Stumble, contact: float, step_s: float, forward: float
) -> Recovery:
    """A stumble in the step that began at `contact`; `forward` is 1 or -1 along the walk."""
    kind, size = KINDS[event.kind], event.size_g
    tilt_dps = kind.dps_per_g * size**TRUNK.power * rng.uniform(*TRUNK.tilt_spread)
    side = float(rng.choice((-1.0, 1.0)))
    onset = max(event.at, contact + kind.earliest_share * step_s + kind.earliest_s)
    landing = onset + rng.uniform(*kind.landing_s)
    ahead, across, up = kind.jolt.acc
    jolt = replace(kind.jolt, start=onset, acc=(ahead * forward, across * side, up))
    seconds = rng.uniform(*kind.tilting_s)
    turn = np.array(kind.tilt) * (side, forward, side)
    turn *= tilt_dps * seconds / np.pi / np.linalg.norm(turn)  # a sin^2 of 1 degree: pi / s deg/s
    unload = -min(TRUNK.unloading * size**TRUNK.power, TRUNK.unloading_most)
    count = 1 + round(min(size, STEPS.most_g) * STEPS.per_g) + int(rng.integers(0, 2))
    steps = [
        (
            rng.uniform(*(STEPS.first if i == 0 else STEPS.others)),
            1 + STEPS.larger_per_g * size / (1 + i),
        )
        for i in range(count)
    ]
    contacts = landing + step_s * np.cumsum([share for share, _ in steps])
    shaken: list[Part] = [
        Bump(onset, seconds, angle=vector((1 - TRUNK.flailing) * turn)),
        Bump(onset + TRUNK.unloading_after_s, landing - onset, load=unload),
    ]
    for at in rng.uniform(onset, float(contacts[0]), TRUNK.flails):
        hz = rng.uniform(*TRUNK.flail_hz)
        angle = TRUNK.flailing * tilt_dps / (2 * np.pi * hz) * rng.standard_normal(3)
        shaken.append(Ring(at, hz, TRUNK.flail_decay_s, STILL, vector(angle), TRUNK.flail_rise_s))
    struck = [jolt, _landing(rng, landing, forward)]
    for i, at in enumerate(contacts):
        blow = _landing(rng, float(at), forward)
        weaker = rng.uniform(*STEPS.blow) / (1 + STEPS.calming * i)
        struck.append(replace(blow, acc=vector(weaker * np.array(blow.acc))))
    return Recovery(onset, landing, steps, shaken, struck)


def _landing(rng: np.random.Generator, at: float, forward: float) -> Ring:
    ahead, across, up = LANDING.push
    push = vector(rng.normal((ahead * forward, across, up), LANDING.spread))
    return Ring(at, rng.uniform(*LANDING.hz), LANDING.decay_s, push)


def strike(tape: Tape, struck: list[Ring | Bump], window: Bounds, top: float) -> float:
    """Add `struck` to the tape, scaled so that |acceleration| in `window` reaches `top` (g).

    All else that moves the body in `window` must be on the tape. Returns the instant at which
    `top` is reached.
    """
    base = tape.preview(*window)
    hit = tape.preview(*window, struck)[:, ACC]
    turning = tape.preview(*window, [replace(part, acc=STILL) for part in struck])
    calm = felt(base + turning)[:, :3]
    low, high = 0.0, 1.0
    while _largest(calm + high * hit) < top and high < LOUDEST:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _largest(calm + middle * hit) < top else (low, middle)
    tape.add(*(replace(part, acc=vector(high * np.array(part.acc))) for part in struck))
    t = np.linspace(*window, len(hit))
    return float(t[np.argmax(((calm + high * hit) ** 2).sum(1))])


def _largest(acc: Floats) -> float:
    return float(np.sqrt((acc**2).sum(1).max()))
