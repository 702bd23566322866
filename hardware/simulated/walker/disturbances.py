"""What moves the device beside walking: knocks, coughs, fidgeting, and somebody's hand.

What is drawn lies between the two numbers of a `Bounds`, evenly; other draws are normal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hardware.simulated.walker.motion import Bounds, Bump, Floats, Move, Part, Ring, Vector, vector
from hardware.simulated.walker.plan import ClipSlip, Cough, Knock


@dataclass(frozen=True, slots=True)
class Knocking:
    """A short ringing of the device on its clip: linear, with a little rotation."""

    hz: Bounds = (18.0, 28.0)
    decay_s: Bounds = (0.012, 0.025)
    rise_s: float = 0.003
    turn_deg_per_g: float = 0.3  # standard deviation of each angle


@dataclass(frozen=True, slots=True)
class Coughing:
    """Two or three jerks of the trunk, each with a small bow."""

    jerks: tuple[int, int] = (2, 4)  # from, up to but without
    size_share: Bounds = (0.7, 1.0)  # of each, of the size asked for
    seconds: float = 0.16
    push: Vector = (-0.6, 0.0, 0.8)  # g, of a jerk of 1 g
    bow_deg: float = 2.5  # of a cough of `usual_g`, forward
    usual_g: float = 0.4
    pause_s: Bounds = (0.3, 0.4)  # from one jerk to the next


@dataclass(frozen=True, slots=True)
class Shifting:
    """A shift of weight, or a look around, of somebody who stands or sits."""

    seconds: Bounds = (0.6, 1.6)
    push_g: float = 0.03  # standard deviation of each part
    turn_deg: Vector = (2.0, 1.5, 5.0)  # of roll, pitch and yaw: people look around most


@dataclass(frozen=True, slots=True)
class Handling:
    """The device in the hand, turned this way and that."""

    room_s: float = 1.6  # no new turn begins with less time before the device is in its place
    seconds: Bounds = (0.4, 1.0)  # of one turn
    angle_deg: float = 100.0  # at most, from how it will be worn, about each axis
    push_g: float = 0.15  # standard deviation of what carrying it adds
    knocks: float = 0.5  # share of the turns in which it hits something
    knock_g: Bounds = (0.2, 2.0)
    knock_share: float = 0.5  # of the turn, at which it does
    pause_s: float = 0.3  # between turns, the mean
    last_s: float = 0.05  # at least, to bring it into its place
    face_deg: float = 3.0  # a table, and the face it lies on, are not quite level


@dataclass(frozen=True, slots=True)
class Slipping:
    """The clip gives way."""

    seconds: Bounds = (0.1, 0.4)  # one jerk, between two steps
    knock_g: Bounds = (0.2, 0.8)  # where it comes to rest


KNOCKING, COUGHING, SHIFTING, HANDLING = Knocking(), Coughing(), Shifting(), Handling()
SLIPPING = Slipping()


FACES = np.array([(0, 0), (90, 0), (-90, 0), (0, 90), (0, -90), (180, 0)], dtype=float)
"""Roll and pitch of a device that lies on a table."""


def knock(rng: np.random.Generator, event: Knock, at: float) -> list[Part]:
    """Something hits the device at the instant `at`."""
    blow = rng.standard_normal(3)
    blow *= event.size_g / np.linalg.norm(blow)
    hz, decay = rng.uniform(*KNOCKING.hz), rng.uniform(*KNOCKING.decay_s)
    angle = vector(rng.normal(0, KNOCKING.turn_deg_per_g * event.size_g, 3))
    return [Ring(at, hz, decay, vector(blow), angle, KNOCKING.rise_s)]


def cough(rng: np.random.Generator, event: Cough, at: float) -> list[Part]:
    """The jerks of a cough that begins at the instant `at`."""
    parts: list[Part] = []
    ahead, across, up = COUGHING.push
    for _ in range(int(rng.integers(*COUGHING.jerks))):
        size = event.size_g * rng.uniform(*COUGHING.size_share)
        push = (ahead * size, across * size, up * size)
        bow = COUGHING.bow_deg * size / COUGHING.usual_g
        parts.append(Bump(at, COUGHING.seconds, push, (0.0, bow, 0.0)))
        at += rng.uniform(*COUGHING.pause_s)
    return parts


def slip(rng: np.random.Generator, event: ClipSlip, at: float) -> list[Part]:
    """The device turns on its clip from the instant `at` on."""
    seconds, about = rng.uniform(*SLIPPING.seconds), rng.uniform(0, 2 * np.pi)
    angle = event.angle_deg * np.array((np.cos(about), np.sin(about), 0.0))
    stop = Knock(0.0, rng.uniform(*SLIPPING.knock_g))
    return [Move(at, seconds, vector(angle)), *knock(rng, stop, at + seconds)]


def shift(rng: np.random.Generator, at: float) -> list[Part]:
    """Fidgeting that begins at the instant `at`."""
    seconds = rng.uniform(*SHIFTING.seconds)
    push = vector(rng.normal(0, SHIFTING.push_g, 3))
    return [Bump(at, seconds, push, vector(rng.normal(0, SHIFTING.turn_deg)))]


def handling(
    rng: np.random.Generator,
    start: float,
    end: float,
    turned: Floats,
    pace: float,
    *,
    laid: bool = False,
) -> Iterator[tuple[float, Part]]:
    """The device in the hand up to `end`: turned this way and that, and knocked.

    Yields each part with the instant up to which all is told. `turned` (3,) holds how far the
    device is turned from how it is worn, and follows. At the end it is in its place, or `laid`
    down on one of its faces.
    """
    a = HANDLING
    at, widest = start, pace * a.angle_deg
    while at + a.room_s < end:
        seconds = rng.uniform(*a.seconds)
        angle = rng.uniform(-widest, widest, 3) - turned
        yield at, Move(at, seconds, vector(angle))
        turned += angle
        yield at, Bump(at, seconds, vector(rng.normal(0, a.push_g, 3)))
        if rng.random() < a.knocks:
            event = Knock(0.0, rng.uniform(*a.knock_g))
            yield at, knock(rng, event, at + a.knock_share * seconds)[0]
        at += seconds + rng.exponential(a.pause_s)
    rest = np.zeros(3)
    if laid:
        rest[:2] = FACES[int(rng.integers(len(FACES)))] + rng.normal(0, a.face_deg, 2)
        down = Knock(0.0, rng.uniform(*a.knock_g))
        yield at, knock(rng, down, max(end, at + a.last_s))[0]
    yield at, Move(at, max(end - at, a.last_s), vector(rest - turned))
    turned[:] = rest
