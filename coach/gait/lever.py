"""How much of what moves along gravity is the pelvis' rotation, where the device sits aside.

The pelvis is rigid: at a place r away from its middle the acceleration has the angular one in it,
d(omega)/dt x r. At the hip its list, which alternates with the feet, moves the device along gravity
as much as the bounce of the body does, or more, which repeats with each step. Where the device sits
nobody says. So it is taken to be where it explains most of the newest seconds, and near the middle
as long as they say little.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.gait.parameters import LeverParameters
from coach.samples import FRAMES_PER_S, G_MPS2, Floats

LEVER_N: Final = 4 * FRAMES_PER_S
"""Samples that tell where the device sits: two strides at 60 steps/min."""

RATES_N: Final = LEVER_N + 2
"""Samples of the rotation that are needed for it."""

_CHIP_G2: Final = 0.004**2
"""Mean square that the chip's noise may reach below 4 Hz."""


def _differences() -> Floats:
    """(RATES_N, LEVER_N): from rates in deg/s to angular accelerations in rad/s^2.

    The backward difference of second order: at the newest sample nothing newer is known.
    """
    rows: Floats = np.zeros((RATES_N, LEVER_N))
    for ago, weight in enumerate(np.radians([1.5, -2.0, 0.5]) * FRAMES_PER_S):
        rows[np.arange(LEVER_N) + 2 - ago, np.arange(LEVER_N)] = weight
    return rows


_DIFFERENCES: Final = _differences()


def rotation_along(along: Floats, rates: Floats, up: list[float], p: LeverParameters) -> Floats:
    """(LEVER_N,): what of the acceleration `along` gravity the rotation makes, g.

    `along` (LEVER_N,), g; `rates` (3, RATES_N), deg/s, and `up` (3), of length 1, in the sensor's
    axes.
    """
    # Along up, d(omega)/dt x r is the product of d(omega)/dt and r x up, which lies across up.
    turns = np.array(_across(up)) @ rates @ _DIFFERENCES
    (aa, ab), (_, bb) = (turns @ turns.T).tolist()
    a, b = (turns @ along).tolist()
    # Ridge regression: what is left over, of which a second is one witness, against the usual r.
    # How much is left over shows after a first attempt.
    doubt = FRAMES_PER_S * (G_MPS2 / p.reach_m) ** 2 / LEVER_N
    moved = left = float(along @ along)
    for _ in range(2):
        prior = doubt * (left + LEVER_N * _CHIP_G2)
        all_of = (aa + prior) * (bb + prior) - ab * ab
        u, v = (a * (bb + prior) - b * ab) / all_of, (b * (aa + prior) - a * ab) / all_of
        left = moved - 2.0 * (u * a + v * b) + u * u * aa + 2.0 * u * v * ab + v * v * bb
    made: Floats = np.array((u, v)) @ turns
    return made


def _across(up: list[float]) -> tuple[list[float], list[float]]:
    """Two axes across `up` (3) and across each other, of length 1; of 0 where nothing is up."""
    x, y, z = up
    flat = math.hypot(x, y)
    if flat < 0.5:  # then z is large
        flat = math.hypot(y, z) or 1.0  # a sensor that shows nothing has no gravity
        return [0.0, z / flat, -y / flat], [flat, -x * y / flat, -x * z / flat]
    return [y / flat, -x / flat, 0.0], [-x * z / flat, -y * z / flat, flat]
