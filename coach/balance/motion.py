"""How strongly the trunk moves, in numbers that no mounting and no single bad sample changes.

Each hop of 50 ms becomes one acceleration and one rotation: the mean of its samples without the
one furthest from the rest. That drops a glitch of the bus whatever its size, while the body,
which cannot jump for 10 ms, loses nothing. From these follow strengths over the last 0.3 s, the
length of a stumble's first jolt:

- *shaking*: acceleration about gravity. A foot that is caught or slides brakes the whole trunk.
- *jerk*: change of acceleration from hop to hop. Recovery steps are abrupt, a turn is not.
- *tilting*: rotation about horizontal axes. A trunk that loses its balance pitches or rolls; a
  turn goes about gravity.
- *load*: what the feet carry beyond the weight, which is the length of the acceleration alone, and
  its own jerk. The sway of the hands that hold the rails leaves it still, while a foot that slips
  takes weight off and the next lands hard.

A *knock* on the device would be load too, and unlike every step, were it not rough: the body is
mass on soft joints and moves smoothly within 50 ms, the device on its clip rings at 20 Hz and
more. So the roughness of a hop is the measure of what a knock may have added to it, and that much
is taken off its load and off the movement that is compared with earlier steps (`swing`).

Gravity is a running mean of acceleration. All are lengths of vectors, or taken along and
across gravity, so that a rotation of the sensor leaves them as they are.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.samples import GRID_HZ, HOP, Floats, Rows

Vector = tuple[float, float, float]

HOP_S: Final = HOP / GRID_HZ

NOW_HOPS: Final = 6
"""0.3 s: long enough for one jolt to fill it, short enough to act on."""

GRAVITY_S: Final = 1.0
"""Time constant of gravity: a step or two, so that it follows a change of posture within 2 s."""

OFFSET_S: Final = 5.0
"""Time constant of the gyroscope's offset: longer than any turn or stumble."""

KNOCK_SHARE: Final = 1.5
"""A hard knock, a ringing at 18-28 Hz, leaves about this share of its roughness in a hop's mean."""

SWING_PARTS: Final = (3, 3, 1)
"""Acceleration, rotation, load: how many numbers each has."""

WEIGHT_LEAST_G: Final = 0.2
"""A gravity shorter than this has no direction: free fall, or no sensor."""


def hop_mean(rows: Rows) -> list[float]:
    """Return the mean of the samples, acc and gyro each without its worst sample.

    The worst is the one furthest from the mean. With fewer than three samples nobody can tell
    which is wrong: their plain mean.
    """
    # Plain floats: of five samples each operation on an array costs more than all of its numbers.
    n = len(rows)
    ax = ay = az = gx = gy = gz = 0.0
    for p, q, r, u, v, w in rows:
        ax, ay, az, gx, gy, gz = ax + p, ay + q, az + r, gx + u, gy + v, gz + w
    ax, ay, az, gx, gy, gz = mean = [ax / n, ay / n, az / n, gx / n, gy / n, gz / n]
    if n < 3:
        return mean
    furthest_acc = furthest_gyro = -1.0
    worst_acc = worst_gyro = rows[0]
    for row in rows:
        p, q, r, u, v, w = row
        off = (p - ax) * (p - ax) + (q - ay) * (q - ay) + (r - az) * (r - az)
        if off > furthest_acc:
            furthest_acc, worst_acc = off, row
        off = (u - gx) * (u - gx) + (v - gy) * (v - gy) + (w - gz) * (w - gz)
        if off > furthest_gyro:
            furthest_gyro, worst_gyro = off, row
    worst = worst_acc[:3] + worst_gyro[3:]
    return [m - (w - m) / (n - 1) for m, w in zip(mean, worst, strict=True)]


def roughness(rows: Rows) -> tuple[float, float]:
    """Return how far (rms) acceleration (g) and rotation (deg/s) are from a parabola in time.

    What the five samples of a hop hold beyond a parabola: the discrete polynomials of degree 3
    and 4 (Gram). Fewer samples are not rough.
    """
    if len(rows) != HOP:
        return 0.0, 0.0
    rough = []
    for p, q, r, s, t in zip(*rows, strict=True):
        cubic = 2.0 * (q - s) - p + t
        quartic = p + t - 4.0 * (q + s) + 6.0 * r
        rough.append(cubic * cubic / 10.0 + quartic * quartic / 70.0)
    return math.sqrt(sum(rough[:3]) / HOP), math.sqrt(sum(rough[3:]) / HOP)


def _approach(value: Vector, target: Vector, share: float) -> Vector:
    """Return `value`, moved towards `target` by `share` of the way."""
    (x, y, z), (u, v, w) = value, target
    return x + share * (u - x), y + share * (v - y), z + share * (w - z)


def _less(one: Vector, other: Vector, times: float = 1.0) -> Vector:
    """Return `one` - `times` x `other`."""
    (x, y, z), (u, v, w) = one, other
    return x - times * u, y - times * v, z - times * w


def _shorter(vector: Vector, by: float) -> Vector:
    """Return `vector`, shorter by `by` or as short as it can be."""
    x, y, z = vector
    size = math.sqrt(x * x + y * y + z * z)
    left = max(size - by, 0.0) / size if size > 0.0 else 0.0
    return left * x, left * y, left * z


def _dot(one: Vector, other: Vector) -> float:
    (x, y, z), (u, v, w) = one, other
    return x * u + y * v + z * w


class Movement:
    """Follows gravity and the strengths of movement, hop by hop.

    After `feed`: `acc` (3,) g, the hop's mean; `swing` (7,): what repeats in a gait: acceleration
    about gravity (3, g), rotation about horizontal axes (3, deg/s), load without weight (1, g), no
    knock in any; `shaking` (g), `jerk` (g per hop), `tilting` (deg/s), `load_jerk` (g per hop): rms
    over 0.3 s; `load_g`: largest size in 0.3 s; `step_g`: size of the hop's load, knocks and all;
    `turn_dps`: the hop's |rotation|, offset removed.
    """

    def __init__(self) -> None:
        self.acc: Vector = (0.0, 0.0, 0.0)
        self.swing: Floats = np.zeros(sum(SWING_PARTS))
        self.shaking = self.jerk = self.tilting = 0.0
        self.load_g = self.load_jerk = self.step_g = self.turn_dps = 0.0
        self._offset: Vector | None = None
        self._hops = 0
        self.gap()

    def gap(self) -> None:
        """Samples are missing: posture and movement begin anew, the gyroscope's offset stays."""
        self._gravity: Vector | None = None
        self._size: float | None = None  # of the last hop's acceleration, without knocks
        self._squares = [(0.0, 0.0, 0.0, 0.0)] * NOW_HOPS  # shaking, jerk, tilting, load's jerk
        self._loads = [0.0] * NOW_HOPS

    def feed(self, rows: Rows) -> None:
        """Take in the samples of one hop."""
        # Three numbers at a time: plain floats are several times as quick as arrays.
        ax, ay, az, gx, gy, gz = hop_mean(rows)
        acc, gyro = (ax, ay, az), (gx, gy, gz)
        last = self.acc if self._gravity else acc
        self.acc = acc
        gravity = self._gravity = _approach(self._gravity or acc, acc, HOP_S / GRAVITY_S)
        offset = self._offset = _approach(self._offset or gyro, gyro, HOP_S / OFFSET_S)
        swing, turn = _less(acc, gravity), _less(gyro, offset)
        self.turn_dps = math.sqrt(_dot(turn, turn))
        weight = math.sqrt(_dot(gravity, gravity))
        turn = _less(turn, gravity, _dot(turn, gravity) / max(weight, WEIGHT_LEAST_G) ** 2)
        knock_g, knock_dps = [KNOCK_SHARE * rough for rough in roughness(rows)]
        load = math.sqrt(_dot(acc, acc)) - weight
        self.step_g = abs(load)
        load -= math.copysign(min(knock_g, self.step_g), load)
        self._strengthen(swing, _less(acc, last), turn, weight + load)
        self._loads[self._hops % NOW_HOPS] = abs(load)
        self.load_g = max(self._loads)
        self.swing[:] = (*_shorter(swing, knock_g), *_shorter(turn, knock_dps), load)

    def _strengthen(self, swing: Vector, change: Vector, turn: Vector, size: float) -> None:
        """Let the hop replace the one of 0.3 s ago in the strengths."""
        load_change = 0.0 if self._size is None else size - self._size
        self._size = size
        self._hops += 1
        self._squares[self._hops % NOW_HOPS] = (
            _dot(swing, swing),
            _dot(change, change),
            _dot(turn, turn),
            load_change**2,
        )
        self.shaking, self.jerk, self.tilting, self.load_jerk = [
            math.sqrt(sum(squares) / NOW_HOPS) for squares in zip(*self._squares, strict=True)
        ]
