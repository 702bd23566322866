"""How much of what moves along gravity is the pelvis' rotation, where the device sits aside.

The pelvis is rigid: at a place r away from its middle the acceleration has the angular one in it,
d(omega)/dt x r. At the hip its list, which alternates with the feet, moves the device along gravity
as much as the bounce of the body does, or more, which repeats with each step. Where the device sits
nobody says. So it is taken to be where it explains most of the newest seconds, and near the middle
as long as they say little.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from coach.gait.parameters import LeverParameters
from coach.samples import FRAME_N, RASTER_HZ, Floats

_HZ: Final = RASTER_HZ // FRAME_N
LEVER_N: Final = 4 * _HZ
"""Samples that tell where the device sits: two strides at 60 steps/min."""

RATES_N: Final = LEVER_N + 2
"""Samples of the rotation that are needed for it."""

_LATEST, _BEFORE, _FIRST = np.radians([1.5, -2.0, 0.5]) * _HZ
"""From three rates (deg/s) to the angular acceleration (rad/s^2) at the last one: the backward
difference of second order, for nothing newer is known."""

_G_M_S2: Final = 9.80665
_CHIP_G2: Final = 0.004**2
"""Mean square that the chip's noise may reach below 4 Hz."""


def rotation_along(along: Floats, rates: Floats, up: Floats, p: LeverParameters) -> Floats:
    """(LEVER_N,): what of the acceleration `along` gravity the rotation makes, g.

    `along` (LEVER_N,), g; `rates` (3, RATES_N), deg/s, and `up` (3,), of length 1, in the sensor's
    axes.
    """
    # Along up, d(omega)/dt x r is the product of d(omega)/dt and r x up, which lies across up.
    rates = rates - up[:, None] * (up @ rates)
    turns = _LATEST * rates[:, 2:] + _BEFORE * rates[:, 1:-1] + _FIRST * rates[:, :-2]
    told, agrees = turns @ turns.T, turns @ along
    # Ridge regression: what is left over, of which a second is one witness, against the usual r.
    # How much is left over shows after a first attempt.
    doubt = _HZ * (_G_M_S2 / p.reach_m) ** 2 / LEVER_N
    left = along
    for _ in range(2):
        prior = doubt * (float(left @ left) + LEVER_N * _CHIP_G2)
        made: Floats = np.linalg.solve(told + prior * np.eye(3), agrees) @ turns
        left = along - made
    return made
