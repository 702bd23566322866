"""How strongly the trunk moves, in numbers that no mounting and no single bad sample changes.

Each frame of 50 ms becomes one acceleration and one rotation: the mean of its samples without the
one furthest from the rest. That drops a glitch of the bus whatever its size, while the body,
which cannot jump for 10 ms, loses nothing. From these follow strengths over the last 0.3 s, the
length of a stumble's first jolt:

- *shaking*: acceleration about gravity. A foot that is caught or slides brakes the whole trunk.
- *jerk*: change of acceleration from frame to frame. Recovery steps are abrupt, a turn is not.
- *tilting*: rotation about horizontal axes. A trunk that loses its balance pitches or rolls; a
  turn goes about gravity.
- *load*: what the feet carry beyond the weight, which is the length of the acceleration alone.

Gravity is carried along by the gyroscope and drawn towards the mean acceleration. So a device that
turns within its clip turns gravity with it, and nobody seems shaken; and movement is expressed as
if the device were level as at first (`levelled`), so that steps before and after a slip can be
compared. A gyroscope whose axes are not the accelerometer's, as in some clones, would carry
gravity astray: where gravity that stands still explains more, that counts.

A *knock* on the device would be load too, and unlike every step, were it not rough: the body is
mass on soft joints and moves smoothly within 50 ms, the device on its clip rings at 20 Hz and
more. So the roughness of a frame is the measure of what a knock may have added to it, and that much
is taken off its load and off the movement that is compared with earlier steps (`swing`).

All are lengths of vectors, or taken along and across gravity, so that a rotation of the sensor
leaves them as they are.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from coach.balance.parameters import MotionParameters
from coach.balance.vectors import Vector, approach, carried, dot, length, less, levelled, shorter
from coach.samples import FRAME_N, FRAME_S, Floats, Row, Rows, means_of_frames

NOW_FRAMES: Final = 6
"""0.3 s: long enough for one jolt to fill it, short enough to act on."""

LEVEL_LEAST: Final = -0.7
"""Cosine to the first gravity beyond which a new first gravity is taken: nearly upside down, the
smallest rotation to it is ill-defined."""


_BEYOND_PARABOLA: Final[Floats] = np.array(
    [
        [each / math.sqrt(10.0) for each in (-1.0, 2.0, 0.0, -2.0, 1.0)],
        [each / math.sqrt(70.0) for each in (1.0, -4.0, 6.0, -4.0, 1.0)],
    ]
)
"""(2, FRAME_N): Gram's polynomials of degree 3 and 4, each of length 1."""


def frame_means(rows: Rows) -> tuple[list[float], list[float]]:
    """The mean of the samples, acc and gyro each without its worst one; and their plain mean.

    The worst is the one furthest from the mean. With fewer than three samples nobody can tell
    which is wrong: their plain mean, twice.
    """
    # Plain floats: of five samples each operation on an array costs more than all of its numbers.
    n = len(rows)
    a = b = c = d = e = f = 0.0
    for p, q, r, u, v, w in rows:
        a, b, c, d, e, f = a + p, b + q, c + r, d + u, e + v, f + w
    i, j, k, x, y, z = plain = [a / n, b / n, c / n, d / n, e / n, f / n]
    if n < 3:
        return plain, plain
    furthest_acc = furthest_gyro = -1.0
    worst_acc = worst_gyro = rows[0]
    for row in rows:
        p, q, r, u, v, w = row
        p, q, r, u, v, w = p - i, q - j, r - k, u - x, v - y, w - z
        off = p * p + q * q + r * r
        if off > furthest_acc:
            furthest_acc, worst_acc = off, row
        off = u * u + v * v + w * w
        if off > furthest_gyro:
            furthest_gyro, worst_gyro = off, row
    n -= 1
    p, q, r, _, _, _ = worst_acc
    _, _, _, u, v, w = worst_gyro
    best = [(a - p) / n, (b - q) / n, (c - r) / n, (d - u) / n, (e - v) / n, (f - w) / n]
    return best, plain


def roughness(x: Floats) -> tuple[float, float]:
    """How far (rms) acceleration (g) and rotation (deg/s) of samples (n, 6) are from a parabola.

    What the five samples of a frame hold beyond a parabola in time: the discrete polynomials of
    degree 3 and 4 (Gram). Fewer samples are not rough.
    """
    if len(x) != FRAME_N:
        return 0.0, 0.0
    (a, b, c, d, e, f), (p, q, r, s, t, u) = np.dot(_BEYOND_PARABOLA, x).tolist()
    return (
        math.sqrt((a * a + b * b + c * c + p * p + q * q + r * r) / FRAME_N),
        math.sqrt((d * d + e * e + f * f + s * s + t * t + u * u) / FRAME_N),
    )


class Summary(NamedTuple):
    """Whole frames of samples at once. `means`: of each frame, `mean`: of all; g and deg/s.

    `sizes`: the least and the most |acc| (g) of the means; `largest_g`: the most of a sample.
    """

    means: Rows
    mean: Row
    sizes: tuple[float, float]
    largest_g: float

    @property
    def trunk(self) -> Vector:
        """The mean acceleration (g)."""
        x, y, z, _, _, _ = self.mean
        return x, y, z


def summary(x: Floats) -> Summary:
    """Of samples (n, 6), n a multiple of `FRAME_N`."""
    means = means_of_frames(x)
    mean = np.add.reduce(means) / len(means)
    squares = np.concatenate((means, x))[:, :3] ** 2
    sizes = np.sqrt(np.add.reduce(squares, axis=1)).tolist()
    of_means = sizes[: len(means)]
    return Summary(means.tolist(), mean.tolist(), (min(of_means), max(of_means)), max(sizes))


class Movement:
    """Follows gravity and the strengths of movement, frame by frame.

    After `feel`: `acc` (3,) g and `gyro` (3,) deg/s, the frame's means; `turn` (3,) deg/s, the
    gyroscope's offset off; `load` (g): of the frame, knocks and all; `common_load`, `common_turn`:
    what is left of them by either kind of mean, for a glitch is in the plain one, and much of a
    vibration of 8 Hz and more in the one without its worst sample. After `follow`: `swing` (7,):
    what repeats in a gait, levelled: acceleration about gravity (3, g), rotation about horizontal
    axes (3, deg/s), load without weight (1, g), no knock in any; `shaking` (g), `jerk` (g per
    frame), `tilting` (deg/s): rms over 0.3 s.
    """

    def __init__(self, parameters: MotionParameters) -> None:
        self._p = parameters
        self.acc: Vector = (0.0, 0.0, 0.0)
        self._last = self.acc  # the last frame's
        self.gyro: Vector = (0.0, 0.0, 0.0)
        self.turn: Vector = (0.0, 0.0, 0.0)
        self._plain: tuple[Vector, Vector] = self.acc, self.gyro  # means with the worst sample
        self.swing: tuple[float, ...] = (0.0,) * 7
        self.shaking = self.jerk = self.tilting = self.load = 0.0
        self._offset: Vector = (0.0, 0.0, 0.0)
        self._offset_frames = 0  # that it is known from
        self.interrupt()

    def interrupt(self) -> None:
        """Samples are missing: posture and movement begin anew, the gyroscope's offset stays."""
        self._gravity: Vector | None = None
        self._still: Vector | None = None  # gravity, were the sensor not turned
        self._weight = 0.0  # what gravity measures, however the sensor is turned
        self._first: Vector = (0.0, 0.0, 0.0)  # direction of gravity at first
        self.bridge()
        self._place = 0
        self._shaken = [0.0] * NOW_FRAMES  # squares
        self._jerked = [0.0] * NOW_FRAMES
        self._tilted = [0.0] * NOW_FRAMES

    def bridge(self) -> None:
        """A few samples are missing: gravity is where it was, and no jerk lies between."""
        self._last_level: Vector | None = None  # the last frame's acceleration, levelled

    def feel(self, rows: Rows) -> None:
        """Take in the samples of the next frame: what they weigh, and how they turn."""
        (ax, ay, az, gx, gy, gz), (x, y, z, u, v, w) = frame_means(rows)
        self._weigh((ax, ay, az), (gx, gy, gz), 1)
        self._plain = (x, y, z), (u, v, w)

    @property
    def common_load(self) -> float:
        """What is left of the load (g) by either kind of mean."""
        return min(self.load, length(self._plain[0]) - self._weight, key=abs)

    @property
    def common_turn(self) -> Vector:
        """What is left of the turn (deg/s) by either kind of mean."""
        return min(self.turn, less(self._plain[1], self._offset), key=length)

    def load_of(self, row: Row) -> float:
        """What one sample weighs more than the body does (g), without taking it in."""
        return math.hypot(*row[:3]) - self._weight

    def largest_load(self, piece: Summary) -> float:
        """Of the frames of this piece (g), without taking it in."""
        least, most = piece.sizes
        return max(most - self._weight, self._weight - least)

    def feel_rest(self, piece: Summary) -> None:
        """Take in frames at once, in which hardly anything moves."""
        x, y, z, u, v, w = piece.mean
        self._weigh((x, y, z), (u, v, w), len(piece.means))
        self._plain = self.acc, self.gyro

    def _weigh(self, acc: Vector, gyro: Vector, frames: int) -> None:
        p = self._p
        begins = self._still is None
        self._last = self.acc
        self.acc, self.gyro = acc, gyro
        self._offset_frames += frames
        # At first the mean of all.
        share = frames * max(FRAME_S / p.offset_s, 1.0 / self._offset_frames)
        self._offset = approach(self._offset, gyro, share)
        self.turn = less(gyro, self._offset)
        share, size = frames * FRAME_S / p.gravity_s, length(acc)
        self._still = approach(self._still or acc, acc, share)
        weight = size if begins else self._weight
        self._weight = weight + share * (size - weight)
        self.load = size - self._weight

    def rest(self) -> None:
        """Nothing moves in what was felt just now: it is gravity."""
        self._gravity = self._still

    def follow(self, samples: Floats) -> None:
        """How strongly the frame moves that was felt just now, of these `samples` (n, 6)."""
        p, acc, turn, last = self._p, self.acc, self.turn, self._last
        begins = self._gravity is None
        rad = math.radians(FRAME_S)
        before = carried(self._gravity or acc, (turn[0] * rad, turn[1] * rad, turn[2] * rad))
        gravity = self._gravity = approach(before, acc, FRAME_S / p.gravity_s)
        weight = length(gravity)
        level, turned = self._level(gravity, max(weight, p.weight_least_g), begins=begins)
        # Written out: a call for each of these products costs more than the products.
        a, b, c = first = self._first
        x, y, z = swing = less(level, first, weight)
        u, v, w = less(acc, self._still or acc)
        i = self._place = (self._place + 1) % NOW_FRAMES
        carried_g2, still_g2 = x * x + y * y + z * z, u * u + v * v + w * w
        self._shaken[i] = carried_g2 if carried_g2 < still_g2 else still_g2
        x, y, z = less(level, self._last_level or level)
        u, v, w = less(acc, last)
        carried_g2, still_g2 = x * x + y * y + z * z, u * u + v * v + w * w
        self._jerked[i] = carried_g2 if carried_g2 < still_g2 else still_g2
        self._last_level = level
        x, y, z = turned
        x, y, z = tilt = less(turned, first, x * a + y * b + z * c)
        self._tilted[i] = x * x + y * y + z * z
        self.shaking = math.sqrt(sum(self._shaken) / NOW_FRAMES)
        self.jerk = math.sqrt(sum(self._jerked) / NOW_FRAMES)
        self.tilting = math.sqrt(sum(self._tilted) / NOW_FRAMES)
        rough_g, rough_dps = roughness(samples)
        knock_g, knock_dps = p.knock_share * rough_g, p.knock_share * rough_dps
        load = self.load - math.copysign(min(knock_g, abs(self.load)), self.load)
        self.swing = (*shorter(swing, knock_g), *shorter(tilt, knock_dps), load)

    def _level(self, gravity: Vector, weight_g: float, *, begins: bool) -> tuple[Vector, Vector]:
        """The acceleration and the turning, as they were if gravity were what it was at first."""
        x, y, z = gravity
        down = (x / weight_g, y / weight_g, z / weight_g)
        if begins or dot(down, self._first) < LEVEL_LEAST:
            self._first = down
        return levelled(down, self._first, self.acc, self.turn)
