"""The trailing seconds of the stream, in the forms in which the gait analysis looks at it.

Each second the newest 100 grid samples are thinned to 50 Hz (magnitude of the acceleration, for
the instants of steps) and 25 Hz (all six channels, for periods), each with a short symmetric
filter. Nothing is filtered recursively: what the analysis sees of a second depends on the ten
seconds up to it alone.

Seconds come in any number at once. All that is done to them here is done value by value, or as a
running sum along one second's own window: so a second's numbers are the same to the last bit,
whether it came alone or with an hour of others.
"""

from __future__ import annotations

import itertools
import math
from typing import Final, NamedTuple

import numpy as np

from coach.samples import GRID_HZ, Floats

STEP_HZ: Final = 50
"""Rate of the acceleration's magnitude: a step's impact (up to 15 Hz) is placed to a few ms."""

RHYTHM_HZ: Final = 25
"""Rate of the six channels: the rhythm of gait lies below 6 Hz."""

WINDOW_S: Final = 10
"""Length of both windows: two strides at 30 steps/min and room to compare them."""

RHYTHM_N: Final = WINDOW_S * RHYTHM_HZ
STEP_N: Final = WINDOW_S * STEP_HZ

BEYOND: Final = 5000.0
"""No sensor of this product reads more (g, deg/s): what does is an error, and must not overflow."""


class Window:
    """The last `WINDOW_S` seconds; before the first sample they hold that sample."""

    def __init__(self) -> None:
        self._six: Floats = np.zeros((6, RHYTHM_N - RHYTHM_HZ))  # all but the newest second
        self._magnitude: Floats = np.zeros(STEP_N - STEP_HZ)
        self._empty = True

    def forget(self) -> None:
        """Start anew, as after a long gap."""
        self._empty = True

    def push(self, seconds: Floats) -> tuple[Floats, Floats]:
        """Take in `seconds` (S, GRID_HZ, 6), sensor axes; returns the window at the end of each.

        These are (S, 6, RHYTHM_N) at 25 Hz, acc (g) then gyro (deg/s), and (S, STEP_N), |acc| (g)
        at 50 Hz; newest last. They overlap in memory: read them only.
        """
        x = np.minimum(np.maximum(seconds, -BEYOND), BEYOND)
        rows = x.reshape(-1, 6).T
        halves = (rows[:, 0::2] + rows[:, 1::2]) * 0.5  # 50 Hz
        quarter = (halves[:, 0::2] + halves[:, 1::2]) * 0.5  # 25 Hz
        size = halves[:3] * halves[:3]
        magnitude = np.sqrt(size[0] + size[1] + size[2])
        if self._empty:
            self._empty = False
            self._six[:] = quarter[:, :1]
            self._magnitude[:] = magnitude[0]
        six = np.concatenate([self._six, quarter], axis=1)
        magnitude = np.concatenate([self._magnitude, magnitude])
        self._six, self._magnitude = six[:, -RHYTHM_N + RHYTHM_HZ :], magnitude[-STEP_N + STEP_HZ :]
        row, item = six.strides
        return (
            np.ndarray((len(x), 6, RHYTHM_N), float, six, 0, (RHYTHM_HZ * item, row, item)),
            np.ndarray((len(x), STEP_N), float, magnitude, 0, (STEP_HZ * item, item)),
        )


# What moves, seen along gravity and across it. Gravity is the mean of the newest seconds (a sensor
# at rest reads it upward). A reflection (Householder's) turns its direction onto the first axis:
# which two axes span the plane across is then arbitrary, and only sums over both are used.

GRAVITY_S: Final = 4
"""Mean of this much acceleration is called up: one stride at 30 steps/min, two or more else."""

SWAY_HALF_S: Final = 1.0
"""Half width of the moving mean that is taken off: removes gravity, turning and posture, and
leaves the step and what of the stride is above 0.3 Hz."""

TURN_S, TURN_DPS = 1.6, 35.0
"""Mean rotation about gravity, over this long, that is a turn: half a turn takes 2 to 4 s, while
the pelvis's to and fro leaves less than 15 deg/s of a mean that long."""

LEAN_S, LEAN_PIECES = 1.5, 3
"""Mean accelerations over pieces this long tell how the trunk leans; this many, newest last, are
compared: a stride or so cancels the sway, and handling changes the lean within 4 s."""

_GRAVITY_N = GRAVITY_S * RHYTHM_HZ
_TURN_N = int(TURN_S * RHYTHM_HZ)
_LEAN_N = int(LEAN_S * RHYTHM_HZ)
_HALF_N = int(SWAY_HALF_S * RHYTHM_HZ)

_PIECES = [RHYTHM_N - _LEAN_N * k for k in range(LEAN_PIECES, -1, -1)]
"""Where in the running sum the pieces begin and end."""

_COUNT: Final[Floats] = np.convolve(np.ones(RHYTHM_N), np.ones(2 * _HALF_N + 1), mode="same")
"""Samples in the moving mean around each sample: fewer at the window's ends."""


class Movement(NamedTuple):
    """Of each of S seconds: the movement in its window, whether the body turns, how it leans.

    `six` (S, 6, RHYTHM_N): acc (g) then gyro (deg/s), each as one row along gravity (upward, and
    counter-clockwise seen from above, are positive) and two across it; the moving mean is off.
    `leaned_deg`: the largest angle between the directions of gravity of the last pieces of time.
    """

    six: Floats
    turning: list[bool]
    leaned_deg: list[float]


def movement(six: Floats) -> Movement:
    """What moves in the windows `six` (S, 6, RHYTHM_N)."""
    sums = np.zeros((len(six), 6, 1 + RHYTHM_N + 2 * _HALF_N))
    known = sums[..., _HALF_N : _HALF_N + 1 + RHYTHM_N]
    np.cumsum(six, axis=2, out=known[..., 1:])
    total = known[..., -1]
    sums[..., _HALF_N + 1 + RHYTHM_N :] = total[..., None]
    moved = sums[..., : -2 * _HALF_N - 1] - sums[..., 2 * _HALF_N + 1 :]
    moved /= _COUNT
    moved += six

    gravity = (total - known[..., -1 - _GRAVITY_N])[:, :3].tolist()
    turned = (total - known[..., -1 - _TURN_N])[:, 3:].tolist()
    up = [_direction(*sum_g) for sum_g in gravity]
    turning = [_turns(sums_dps, axis) for sums_dps, axis in zip(turned, up, strict=True)]
    pieces = known[..., :3, _PIECES]
    leaned = [_leaned_deg(axes) for axes in (pieces[..., 1:] - pieces[..., :-1]).tolist()]
    reflect = np.array([_along_and_across(*axis) for axis in up])[:, None]
    out = reflect @ moved.reshape(-1, 2, 3, RHYTHM_N)  # each (3, 3) by itself: never as one
    return Movement(out.reshape(-1, 6, RHYTHM_N), turning, leaned)


_Vector = tuple[float, float, float]


def _direction(x: float, y: float, z: float) -> _Vector:
    """Unit vector; zeros where nothing is measured."""
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length) if length > _NO_GRAVITY else (0.0, 0.0, 0.0)


_NO_GRAVITY: Final = 1e-6 * _GRAVITY_N  # g: a shorter sum has no direction


def _turns(sums_dps: list[float], up: _Vector) -> bool:
    """Whether the body turns about gravity, and not otherwise, as in walking round a corner."""
    p, q, r = (value / _TURN_N for value in sums_dps)
    x, y, z = up
    along = (p * x + q * y + r * z) ** 2
    return along > TURN_DPS**2 and along > 4.0 * (p * p + q * q + r * r - along)


def _leaned_deg(sums_g: list[list[float]]) -> float:
    """The largest angle between two pieces' gravity, of `sums_g` (3 axes, pieces).

    A piece without gravity is at 90 degrees to any other.
    """
    directions = [_direction(*sum_g) for sum_g in zip(*sums_g, strict=True)]
    least = min(
        p * u + q * v + r * w for (p, q, r), (u, v, w) in itertools.combinations(directions, 2)
    )
    return math.degrees(math.acos(min(max(least, -1.0), 1.0)))


def _along_and_across(x: float, y: float, z: float) -> list[list[float]]:
    """(3, 3) orthonormal, the first row along the unit vector: Householder's reflection."""
    m = x + (1.0 if x >= 0.0 else -1.0)  # the mirror is (m, y, z): never short, by the sign
    k = 2.0 / (m * m + y * y + z * z)
    return [
        [x, y, z],
        [-k * y * m, 1.0 - k * y * y, -k * y * z],
        [-k * z * m, -k * z * y, 1.0 - k * z * z],
    ]


assert GRID_HZ == 2 * STEP_HZ == 4 * RHYTHM_HZ, "push() thins by 2 and by 4"
