"""The trailing seconds of the stream, in the two forms in which the gait analysis looks at it.

Once a second the newest 100 grid samples are thinned to 50 Hz (magnitude of the acceleration, for
the instants of steps) and 25 Hz (all six channels, for periods), each with a short symmetric
filter, and pushed into fixed windows. Nothing is filtered recursively, so what the analysis sees
depends on the window alone, and a second costs a handful of array operations.
"""

from __future__ import annotations

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


def _moving_mean_edges(n: int, half: int) -> tuple[np.ndarray, np.ndarray, Floats]:
    """First and last (exclusive) index, and length, of the mean around each of n samples."""
    i = np.arange(n)
    first, last = np.maximum(i - half, 0), np.minimum(i + half + 1, n)
    return first, last, (last - first).astype(float)


_FIRST, _LAST, _COUNT = _moving_mean_edges(RHYTHM_N, int(SWAY_HALF_S * RHYTHM_HZ))


class Window:
    """The last `WINDOW_S` seconds, advanced a second at a time.

    `six` (6, RHYTHM_N): acc (g) and gyro (deg/s) at 25 Hz; `magnitude` (STEP_N,): |acc| (g) at
    50 Hz. Newest last; before the first sample they hold that sample.
    """

    def __init__(self) -> None:
        self.six: Floats = np.zeros((6, RHYTHM_N))
        self.magnitude: Floats = np.zeros(STEP_N)
        self.seconds = 0  # how many of them hold data

    def forget(self) -> None:
        """Start anew, as after a long gap."""
        self.seconds = 0

    def push(self, x: Floats) -> None:
        """Take in the newest second: `x` (GRID_HZ, 6), sensor axes."""
        halves = (x[0::2] + x[1::2]) / 2.0  # 50 Hz
        quarter = (halves[0:-1:2] + halves[1::2]) / 2.0  # 25 Hz
        magnitude = np.sqrt((halves[:, :3] ** 2).sum(axis=1))
        if self.seconds == 0:
            self.six[:] = quarter[0][:, None]
            self.magnitude[:] = magnitude[0]
        self.six[:, :-RHYTHM_HZ] = self.six[:, RHYTHM_HZ:]
        self.six[:, -RHYTHM_HZ:] = quarter.T
        self.magnitude[:-STEP_HZ] = self.magnitude[STEP_HZ:]
        self.magnitude[-STEP_HZ:] = magnitude
        self.seconds = min(self.seconds + 1, WINDOW_S)

    def turning(self) -> bool:
        """Whether the body turns about gravity, and not otherwise, as in walking round a corner."""
        rate = self.six[3:, -_TURN_N:].mean(axis=1)
        down = self.six[:3, -GRAVITY_S * RHYTHM_HZ :].mean(axis=1)
        length = float(down @ down)
        if length < 1e-6:
            return False
        along = float(rate @ down) ** 2 / length
        across = float(rate @ rate) - along
        return along > TURN_DPS**2 and along > 4.0 * across

    def movement(self) -> Floats:
        """(6, RHYTHM_N): acc then gyro, each as one row along gravity and two across it.

        The moving mean is taken off. Which two axes span the plane across gravity is arbitrary;
        use only what does not depend on it, such as sums over both.
        """
        sums = np.empty((6, RHYTHM_N + 1))
        sums[:, 0] = 0.0
        np.cumsum(self.six, axis=1, out=sums[:, 1:])
        moved = self.six - (sums[:, _LAST] - sums[:, _FIRST]) / _COUNT
        down = sums[:3, -1] - sums[:3, -1 - GRAVITY_S * RHYTHM_HZ]
        basis = _along_and_across(down)
        return np.concatenate([basis @ moved[:3], basis @ moved[3:]])


def _along_and_across(down: Floats) -> Floats:
    """(3, 3) orthonormal, first row along `down`: Householder's reflection of an axis onto it."""
    length = float(np.sqrt(down @ down))
    if length < 1e-6:
        return np.eye(3)
    unit = down / length
    sign = 1.0 if unit[0] >= 0.0 else -1.0
    mirror = unit.copy()
    mirror[0] += sign  # never short, by the choice of sign
    basis: Floats = np.eye(3) - np.outer(mirror, mirror) * (2.0 / float(mirror @ mirror))
    basis[0] = unit
    return basis


assert GRID_HZ == 2 * STEP_HZ == 4 * RHYTHM_HZ, "push() thins by 2 and by 4"
