"""Movement as a sum of parts, rendered onto a tape.

The body's movement at an instant is ten numbers: linear acceleration (3), the three angles that
tilt and turn the body (3), their rates (3), and how far the body is unloaded (1). Every part
(a step, an impact, a change of posture) adds to them over its own stretch of time, the rates
being the exact derivatives of the angles. From the sum follow the two things that a sensor
feels: acceleration, with gravity tilted by the angles, and rotation. So a stumble that pitches
the body by 20 degrees shows in both, as it must.

Body axes: x forward, y left, z up. Angles: roll about x, pitch about y (positive: bent forward),
yaw about z; the body is turned by yaw, then pitch, then roll.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]
Bounds = tuple[float, float]
"""From, to: of a draw, or of time (s)."""

ACC, ANGLE, RATE, LOAD = slice(0, 3), slice(3, 6), slice(6, 9), 9
COLUMNS = 10
STILL: Vector = (0.0, 0.0, 0.0)

TAPE_HZ = 400
"""Raster of the tape. Linear interpolation between its points errs by 1 % at 20 Hz."""

RING_TAIL = 6.0
"""A ringing is cut off after this many decay times, at 0.25 % of its size."""


def vector(values: Floats) -> Vector:
    """Three numbers of an array as a part keeps them."""
    x, y, z = (float(v) for v in values)
    return x, y, z


class Part(Protocol):
    """Something that moves the body between `start` and `end` (s)."""

    @property
    def start(self) -> float:
        """The first instant at which it adds anything."""

    @property
    def end(self) -> float:
        """The instant after which it adds nothing, or nothing that changes."""

    def add(self, t: Floats, out: Floats) -> None:
        """Add to `out` (n, 10) at the instants `t` (n,), all within start and end."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A knock and its ringing: a damped sine of `hz` that decays in `decay` and swells in `rise`.

    `acc` (g) and `angle` (degrees; roll, pitch, yaw) are the sizes of its largest swing.
    """

    start: float
    hz: float
    decay: float
    acc: Vector
    angle: Vector = STILL
    rise: float = 0.01

    @property
    def end(self) -> float:
        """When it has decayed to nothing."""
        return self.start + RING_TAIL * self.decay

    def add(self, t: Floats, out: Floats) -> None:
        """See `Part`."""
        wave, slope = _ring(t - self.start, self.hz, self.decay, self.rise)
        largest = _ring_peak(self.hz, self.decay, self.rise)
        out[:, ACC] += np.outer(wave, np.array(self.acc) / largest)
        if self.angle != STILL:
            angle = np.array(self.angle) / largest
            out[:, ANGLE] += np.outer(wave, angle)
            out[:, RATE] += np.outer(slope, angle)


def _ring(tau: Floats, hz: float, decay: float, rise: float) -> tuple[Floats, Floats]:
    swell, fade = -np.expm1(-tau / rise), np.exp(-tau / decay)
    omega = 2 * np.pi * hz
    sine, cosine = np.sin(omega * tau), np.cos(omega * tau)
    slope = fade * ((1 - swell) / rise * sine + swell * (omega * cosine - sine / decay))
    return swell * fade * sine, slope


@functools.cache
def _ring_peak(hz: float, decay: float, rise: float) -> float:
    return float(_ring(np.linspace(0, 2 * decay + 1 / hz, 400), hz, decay, rise)[0].max())


@dataclass(frozen=True, slots=True)
class Bump:
    """A swing there and back, as sin^2, within `seconds`: sizes in g, degrees, and load (share)."""

    start: float
    seconds: float
    acc: Vector = STILL
    angle: Vector = STILL
    load: float = 0.0

    @property
    def end(self) -> float:
        """When the body is back where it was."""
        return self.start + self.seconds

    def add(self, t: Floats, out: Floats) -> None:
        """See `Part`."""
        x = np.pi / self.seconds * (t - self.start)
        wave = np.sin(x) ** 2
        out[:, ACC] += np.outer(wave, self.acc)
        out[:, LOAD] += self.load * wave
        if self.angle != STILL:
            out[:, ANGLE] += np.outer(wave, self.angle)
            out[:, RATE] += np.outer(np.pi / self.seconds * np.sin(2 * x), self.angle)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of posture by `angle` (degrees) that stays; `topple` is late and ends abruptly."""

    start: float
    seconds: float
    angle: Vector
    topple: bool = False

    @property
    def end(self) -> float:
        """When the new posture is reached."""
        return self.start + self.seconds

    def add(self, t: Floats, out: Floats) -> None:
        """See `Part`."""
        x = (t - self.start) / self.seconds
        if self.topple:
            share, speed = x**3 * (4 - 3 * x), 12 * x**2 * (1 - x)
        else:  # minimum jerk (Flash and Hogan, J Neurosci 5, 1985)
            share, speed = x**3 * (10 - 15 * x + 6 * x**2), 30 * x**2 * (1 - x) ** 2
        out[:, ANGLE] += np.outer(share, self.angle)
        out[:, RATE] += np.outer(speed / self.seconds, self.angle)


class Sway:
    """The body's slow wandering, for ever: sines of random period between 2 s and 150 s.

    Tilt of the real walkers below 0.25 Hz: standard deviation 0.3 to 1.5 degrees (movingreality,
    voisard). Slow ones are larger: the amplitude goes with the root of the period.
    """

    PERIODS_S = (2.0, 150.0)
    TILT_SD_DEG = 0.7
    COUNT = 7

    start, end = float("-inf"), float("inf")

    def __init__(self, rng: np.random.Generator) -> None:
        low, high = np.log(self.PERIODS_S)
        periods = np.exp(rng.uniform(low, high, self.COUNT))
        self._omega = 2 * np.pi / periods
        self._phase = rng.uniform(0, 2 * np.pi, self.COUNT)
        weights = np.sqrt(periods)[:, None] * rng.standard_normal((self.COUNT, 3))
        angle = weights * self.TILT_SD_DEG / np.sqrt((weights**2).sum(0) / 2)
        self._sizes = np.concatenate([-1j * angle, self._omega[:, None] * angle], axis=1)
        self._turns = np.ones((1, self.COUNT), np.complex128)  # of each sine, point after point
        self._off: list[tuple[float, float]] = []

    def pause(self, at: float) -> None:
        """From this instant on nobody wears the device."""
        self._off.append((at, math.inf))

    def go_on(self, at: float) -> None:
        """From this instant on somebody wears it again."""
        start, _ = self._off.pop()
        self._off.append((start, at))

    def add(self, t: Floats, out: Floats) -> None:
        """See `Part`."""
        if len(t) > len(self._turns):
            steps = np.arange(len(t)) / TAPE_HZ
            self._turns = np.exp(1j * steps[:, None] * self._omega)
        turned = np.exp(1j * (self._omega * t[0] + self._phase))[:, None]
        angle, rate = np.split((self._turns[: len(t)] @ (turned * self._sizes)).real, 2, axis=1)
        for start, end in self._off:
            off = (t >= start) & (t < end)
            angle[off] = rate[off] = 0.0
        out[:, ANGLE] += angle
        out[:, RATE] += rate


def felt(state: Floats) -> Floats:
    """What a sensor in body axes feels: (n, 10) movement to (n, 6) g and deg/s."""
    angles = np.radians(state[:, 3:5].T)
    (sin_roll, sin_pitch), (cos_roll, cos_pitch) = np.sin(angles), np.cos(angles)
    up = np.array([-sin_pitch, sin_roll * cos_pitch, cos_roll * cos_pitch])
    out = np.empty((len(state), 6))
    out[:, :3] = state[:, ACC] + (up * (1.0 + state[:, LOAD])).T
    out[:, 3:] = (up * state[:, 8]).T
    out[:, 3] += state[:, 6]
    out[:, 4] += cos_roll * state[:, 7]
    out[:, 5] -= sin_roll * state[:, 7]
    return out


class Tape:
    """Renders parts in the order of time; it forgets a part when its time has passed."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._posture = np.zeros(3)  # angles left behind by the moves that are over
        self._next = 0  # index of the first point not yet rendered

    def add(self, *parts: Part) -> None:
        """Let `parts` move the body; what has been rendered stays as it is."""
        self._parts.extend(parts)

    def preview(self, start: float, end: float, parts: Sequence[Part] | None = None) -> Floats:
        """The movement (n, 10) between two instants to come, of `parts` alone or of all."""
        return self._state(math.ceil(start * TAPE_HZ), math.ceil(end * TAPE_HZ), parts)

    def render(self, until: float) -> Floats:
        """What the sensor feels (n, 6), in body axes, from where rendering stood up to `until`."""
        stop = max(math.ceil(until * TAPE_HZ), self._next)
        out = felt(self._state(self._next, stop))
        self._next, now = stop, stop / TAPE_HZ
        for part in self._parts:
            if part.end <= now and isinstance(part, Move):
                self._posture += part.angle
        self._parts = [part for part in self._parts if part.end > now]
        return out

    def _state(self, first: int, stop: int, parts: Sequence[Part] | None = None) -> Floats:
        t = np.arange(first, stop) / TAPE_HZ
        out = np.zeros((len(t), COLUMNS))
        if parts is None:
            out[:, ANGLE] += self._posture
        for part in self._parts if parts is None else parts:
            if part.start < stop / TAPE_HZ and (
                part.end * TAPE_HZ > first or isinstance(part, Move)
            ):
                self._add(part, t, out)
        return out

    @staticmethod
    def _add(part: Part, t: Floats, out: Floats) -> None:
        first, stop = np.searchsorted(t, (part.start, part.end))
        if stop > first:
            part.add(t[first:stop], out[first:stop])
        if isinstance(part, Move):
            out[stop:, ANGLE] += part.angle
