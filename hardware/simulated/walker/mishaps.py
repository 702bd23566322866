"""What happens to a simulated walker beside walking: stumbles, falls, knocks, coughs, fidgeting.

Figures from the recordings (medians, with 10th to 90th percentile):

| | largest |a|, g | smallest | usual | rate, deg/s | usual | disturbed, s |
| --- | --- | --- | --- | --- | --- | --- |
| sfu trip, recovered | 2.5 (2.2-3.1) | 0.2 | 1.4 | 190 (130-235) | 53 | 1.5 (1.0-2.3) |
| sfu slip, recovered | 2.6 (2.4-3.8) | 0.3 | 1.5 | 225 (120-405) | 59 | 1.0 (0.4-2.1) |
| sisfall D18 (acted) | 4.0 (3.0-5.2) | 0.16 | 1.4 | 245 (180-440) | 57 | 1.7 (0.9-2.4) |
| sisfall F01-F04 | 7 (4-14) | 0.25 | 1.6 | 340-440 (240-720) | 60 | 0.5 (0.1-1.0) |
| sfu falls | 5.6 (3.8-10) | 0.2 | 1.5 | 560 (300-900) | 60 | 1.3 |

In a trip the rotation is largest 0.4 s before the hardest landing, in a slip 0.15 s. In a fall the
weight is off 0.15 to 0.5 s before the impact; afterwards the trunk lies 75 to 105 degrees from
where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hardware.simulated.walker.motion import (
    ACC,
    STILL,
    Bump,
    Floats,
    Move,
    Part,
    Ring,
    Tape,
    Vector,
    felt,
)
from hardware.simulated.walker.plan import Cough, Fall, Knock, LyingSide, Stumble

STUMBLE_DPS_PER_G = {"trip": 150.0, "slip": 180.0}
"""Rotation beyond the usual, for a stumble of 1 g: the table's rows for sfu."""

ROTATION_POWER = 0.7
"""Larger stumbles rotate less than in proportion (D18 against sfu)."""

UNLOADING = 0.6
"""Share of the weight that a stumble of 1 g takes off the feet before the hard landing."""

LANDING_HZ, LANDING_DECAY_S = (6.0, 11.0), 0.06
"""The hard landings of a stumble; 25-40 ms wide, as the real ones."""

FLAILING = 0.4
"""Share of a stumble's rotation that is quick and in no direction: arms and trunk catching up."""

LYING: dict[LyingSide, tuple[float, float]] = {
    "back": (0.0, -88.0),
    "front": (0.0, 88.0),
    "left": (-88.0, 0.0),
    "right": (88.0, 0.0),
}
"""Roll and pitch of a lying body; straight angles would be too good to be true."""


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
    size = event.size_g
    tilt_dps = STUMBLE_DPS_PER_G[event.kind] * size**ROTATION_POWER * rng.uniform(0.8, 1.25)
    side = float(rng.choice((-1.0, 1.0)))
    if event.kind == "trip":
        onset = max(event.at, contact + 0.3 * step_s)
        landing = onset + rng.uniform(0.28, 0.42)
        jolt: Ring | Bump = Ring(onset, 9.0, 0.04, (-0.6 * forward, 0.2 * side, 0.15))
        seconds, turn = rng.uniform(0.6, 0.9), np.array((0.35 * side, forward, 0.3 * side))
    else:
        onset = max(event.at, contact + 0.06)
        landing = onset + rng.uniform(0.3, 0.5)
        jolt = Bump(onset, 0.22, (0.45 * forward, 0.3 * side, 0.0))
        seconds, turn = rng.uniform(0.5, 0.7), np.array((0.6 * side, -0.8 * forward, 0.5 * side))
    turn *= tilt_dps * seconds / np.pi / np.linalg.norm(turn)  # a sin^2 of 1 degree: pi / s deg/s
    unload = -min(UNLOADING * size**ROTATION_POWER, 0.85)
    count = 1 + round(min(size, 1.2) * 2) + int(rng.integers(0, 2))
    steps = [
        (rng.uniform(0.6, 0.85) if i == 0 else rng.uniform(0.8, 1.2), 1 + 0.6 * size / (1 + i))
        for i in range(count)
    ]
    contacts = landing + step_s * np.cumsum([share for share, _ in steps])
    shaken: list[Part] = [
        Bump(onset, seconds, angle=_vector((1 - FLAILING) * turn)),
        Bump(onset + 0.03, landing - onset, load=unload),
    ]
    for at in rng.uniform(onset, float(contacts[0]), 4):
        hz = rng.uniform(2.5, 6.0)
        angle = FLAILING * tilt_dps / (2 * np.pi * hz) * rng.standard_normal(3)
        shaken.append(Ring(at, hz, 0.12, STILL, _vector(angle), 0.04))
    struck = [jolt, _landing(rng, landing, forward)]
    for i, at in enumerate(contacts):
        blow = _landing(rng, float(at), forward)
        weaker = rng.uniform(0.25, 0.65) / (1 + 0.5 * i)
        struck.append(replace(blow, acc=_vector(weaker * np.array(blow.acc))))
    return Recovery(onset, landing, steps, shaken, struck)


def _landing(rng: np.random.Generator, at: float, forward: float) -> Ring:
    """A hard landing of size 1: mostly upward, against the walk, and somewhat to a side."""
    push = _vector(rng.normal((-0.4 * forward, 0.0, 1.0), (0.3, 0.35, 0.15)))
    return Ring(at, rng.uniform(*LANDING_HZ), LANDING_DECAY_S, push)


def strike(tape: Tape, struck: list[Ring | Bump], window: tuple[float, float], top: float) -> float:
    """Add `struck` to the tape, scaled so that |acceleration| in `window` reaches `top` (g).

    Returns the instant at which it does.
    """
    base = tape.preview(*window)
    hit = tape.preview(*window, struck)[:, ACC]
    calm = felt(base + _angles(tape, struck, window))[:, :3]
    low, high = 0.0, 1.0
    while _largest(calm + high * hit) < top and high < 1e3:
        high *= 2
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if _largest(calm + middle * hit) < top else (low, middle)
    tape.add(*(replace(part, acc=_vector(high * np.array(part.acc))) for part in struck))
    t = np.linspace(*window, len(hit))
    return float(t[np.argmax(((calm + high * hit) ** 2).sum(1))])


def _angles(tape: Tape, struck: list[Ring | Bump], window: tuple[float, float]) -> Floats:
    return tape.preview(*window, [replace(part, acc=STILL) for part in struck])


def _largest(acc: Floats) -> float:
    return float(np.sqrt((acc**2).sum(1).max()))


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
    sides: list[LyingSide] = ["back", "front", "left", "right"]
    side = event.side or sides[int(rng.integers(4))]
    lying = tuple(float(x) for x in np.array(LYING[side]) + rng.normal(0, 6, 2))
    top = event.impact_g or float(np.clip(6.5 * np.exp(0.35 * rng.standard_normal()), 3.0, 10.0))
    stagger, topple = rng.uniform(0.2, 0.5), rng.uniform(0.55, 0.75)
    impact = onset + stagger + 0.85 * topple
    angle = (lying[0] - posture[0], lying[1] - posture[1], rng.uniform(-30, 30))
    tape.add(
        Ring(onset, 8.0, 0.05, _vector(rng.normal(0, 0.4, 3)), _vector(rng.normal(0, 2.0, 3))),
        Move(onset + stagger, topple, angle, topple=True),
        Bump(onset + 0.5 * stagger, impact - onset, load=-0.8),
    )
    down = np.array((np.sin(np.radians(lying[1])), -np.sin(np.radians(lying[0])), 0.3))
    blow = rng.normal(0, 0.25, 3) - down / np.linalg.norm(down)
    rattle = _vector(rng.normal(0, 3.0, 3))
    struck: list[Ring | Bump] = [
        Ring(impact, 14.0, 0.03, _vector(blow), rattle, 0.005),
        Ring(impact + rng.uniform(0.12, 0.3), 10.0, 0.04, _vector(0.35 * blow), rattle, 0.005),
    ]
    strike(tape, struck, (onset, impact + 0.6), top)
    return Landing(onset, impact, impact + 1.0, (lying[0], lying[1]))


def knock(rng: np.random.Generator, event: Knock, at: float) -> list[Part]:
    """A short ringing of the device on its clip: linear, with a little rotation."""
    blow = rng.standard_normal(3)
    blow *= event.size_g / np.linalg.norm(blow)
    hz, decay = rng.uniform(18, 28), rng.uniform(0.012, 0.025)
    return [
        Ring(at, hz, decay, _vector(blow), _vector(rng.normal(0, 0.3 * event.size_g, 3)), 0.003)
    ]


def cough(rng: np.random.Generator, event: Cough, at: float) -> list[Part]:
    """Two or three jerks of the trunk, each with a small bow."""
    parts: list[Part] = []
    for _ in range(int(rng.integers(2, 4))):
        size = event.size_g * rng.uniform(0.7, 1.0)
        parts.append(Bump(at, 0.16, (-0.6 * size, 0.0, 0.8 * size), (0.0, 2.5 * size / 0.4, 0.0)))
        at += rng.uniform(0.3, 0.4)
    return parts


def shift(rng: np.random.Generator, at: float) -> list[Part]:
    """A shift of weight, or a look around, of somebody who stands or sits."""
    seconds = rng.uniform(0.6, 1.6)
    acc = rng.normal(0, 0.03, 3)
    return [Bump(at, seconds, _vector(acc), _vector(rng.normal(0, (2.0, 1.5, 5.0))))]


def handling(rng: np.random.Generator, start: float, home: float) -> Iterator[tuple[float, Part]]:
    """The device in the hand: turned this way and that, knocked, and back in its place at `home`.

    Yields each part with the instant up to which all is told.
    """
    at, turned = start, np.zeros(3)
    while at + 1.6 < home:
        seconds = rng.uniform(0.4, 1.0)
        angle = rng.uniform(-100, 100, 3) - turned
        yield at, Move(at, seconds, _vector(angle))
        turned += angle
        carried = rng.normal(0, 0.15, 3)
        yield at, Bump(at, seconds, _vector(carried))
        if rng.random() < 0.5:
            yield at, knock(rng, Knock(0, rng.uniform(0.2, 2.0)), at + 0.5 * seconds)[0]
        at += seconds + rng.exponential(0.3)
    last = max(home - at, 0.05)
    yield at, Move(at, last, _vector(-turned))


def _vector(values: Floats) -> Vector:
    x, y, z = (float(v) for v in values)
    return x, y, z
