"""The trailing seconds of the stream, in the two forms in which the gait analysis looks at it.

Once a second the newest 100 grid samples are thinned to 50 Hz (magnitude of the acceleration, for
the instants of steps) and 25 Hz (all six channels, for periods), each with a short symmetric
filter, and pushed into fixed windows. Nothing is filtered recursively, so what the analysis sees
depends on the window alone, and a second costs a handful of array operations.
"""

from __future__ import annotations

import math
from typing import Final

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

GRAVITY_S: Final = 4
"""Mean of this much acceleration is called down: one stride at 30 steps/min, two or more else."""

SWAY_HALF_S: Final = 1.0
"""Half width of the moving mean that is taken off: removes gravity, turning and posture, and
leaves the step and what of the stride is above 0.3 Hz."""


TURN_S, TURN_DPS = 1.6, 35.0
"""Mean rotation about gravity, over this long, that is a turn: half a turn takes 2 to 4 s, while
the pelvis's to and fro leaves less than 15 deg/s of a mean that long."""

_TURN_N = int(TURN_S * RHYTHM_HZ)


BEYOND: Final = 5000.0
"""No sensor of this product reads more (g, deg/s): what does is an error, and must not overflow."""

_HALF_N = int(SWAY_HALF_S * RHYTHM_HZ)

_COUNT: Final[Floats] = np.convolve(np.ones(RHYTHM_N), np.ones(2 * _HALF_N + 1), mode="same")
"""Samples in the moving mean around each sample: fewer at the window's ends."""


class Window:
    """The last `WINDOW_S` seconds, advanced a second at a time.

    `six` (6, RHYTHM_N): acc (g) and gyro (deg/s) at 25 Hz; `magnitude` (STEP_N,): |acc| (g) at
    50 Hz. Newest last; before the first sample they hold that sample.
    """

    def __init__(self) -> None:
        self.six: Floats = np.zeros((6, RHYTHM_N))
        self.magnitude: Floats = np.zeros(STEP_N)
        self._empty = True

    def forget(self) -> None:
        """Start anew, as after a long gap."""
        self._empty = True

    def push(self, x: Floats) -> None:
        """Take in the newest second: `x` (GRID_HZ, 6), sensor axes."""
        x = np.clip(x, -BEYOND, BEYOND)
        halves = (x[0::2] + x[1::2]) * 0.5  # 50 Hz
        quarter = (halves[0::2] + halves[1::2]) * 0.5  # 25 Hz
        acc = halves[:, :3]
        magnitude = np.sqrt(np.einsum("ij,ij->i", acc, acc))
        if self._empty:
            self._empty = False
            self.six[:] = quarter[0][:, None]
            self.magnitude[:] = magnitude[0]
        self.six[:, :-RHYTHM_HZ] = self.six[:, RHYTHM_HZ:]
        self.six[:, -RHYTHM_HZ:] = quarter.T
        self.magnitude[:-STEP_HZ] = self.magnitude[STEP_HZ:]
        self.magnitude[-STEP_HZ:] = magnitude

    def turning(self) -> bool:
        """Whether the body turns about gravity, and not otherwise, as in walking round a corner."""
        x, y, z = self._down()
        p, q, r = (self.six[3:, -_TURN_N:] @ _TURN_MEAN).tolist()
        along = (p * x + q * y + r * z) ** 2
        across = p * p + q * q + r * r - along
        return bool(along > TURN_DPS**2 and along > 4.0 * across)

    def movement(self) -> Floats:
        """(6, RHYTHM_N): acc then gyro, each as one row along gravity and two across it.

        The moving mean is taken off. Which two axes span the plane across gravity is arbitrary;
        use only what does not depend on it, such as sums over both.
        """
        sums = np.zeros((6, RHYTHM_N + 1 + 2 * _HALF_N))
        np.cumsum(self.six, axis=1, out=sums[:, _HALF_N + 1 : _HALF_N + 1 + RHYTHM_N])
        sums[:, _HALF_N + 1 + RHYTHM_N :] = sums[:, _HALF_N + RHYTHM_N, None]
        moved = self.six - (sums[:, 2 * _HALF_N + 1 :] - sums[:, :RHYTHM_N]) / _COUNT
        out: Floats = _along_and_across(self._down()) @ moved.reshape(2, 3, RHYTHM_N)
        return out.reshape(6, RHYTHM_N)

    def _down(self) -> tuple[float, float, float]:
        """Unit vector along gravity, in the sensor's axes; zeros where nothing is measured."""
        x, y, z = (self.six[:3, -_GRAVITY_N:] @ _GRAVITY_MEAN).tolist()
        length = math.sqrt(x * x + y * y + z * z)
        return (x / length, y / length, z / length) if length > 1e-6 else (0.0, 0.0, 0.0)


_GRAVITY_N = GRAVITY_S * RHYTHM_HZ
_GRAVITY_MEAN = np.full(_GRAVITY_N, 1.0 / _GRAVITY_N)
_TURN_MEAN = np.full(_TURN_N, 1.0 / _TURN_N)


def _along_and_across(down: tuple[float, float, float]) -> Floats:
    """(3, 3) orthonormal, first row along `down`: Householder's reflection of an axis onto it."""
    x, y, z = down
    sign = 1.0 if x >= 0.0 else -1.0
    m = x + sign  # the mirror is (m, y, z): never short, by the choice of sign
    k = 2.0 / (m * m + y * y + z * z)
    return np.array(
        [
            [x, y, z],
            [-k * y * m, 1.0 - k * y * y, -k * y * z],
            [-k * z * m, -k * z * y, 1.0 - k * z * z],
        ]
    )


assert GRID_HZ == 2 * STEP_HZ == 4 * RHYTHM_HZ, "push() thins by 2 and by 4"
