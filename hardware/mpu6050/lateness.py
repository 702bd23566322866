"""Whether the bus is so slow that a stumble would be told late."""

from __future__ import annotations

import math

from hardware.errors import LateBusError
from hardware.mpu6050.i2c import Device

LOOK_S = 0.03
"""A look at the FIFO's fill takes half a millisecond on a bus of 100 kHz. Where none is quicker
than this it is the bus: a busy machine is late only now and then."""

LOOKS, LASTING_S = 2, 0.15
"""So many looks in a row, and for so long, must be late, or prompt: both of one turn."""


class Lateness:
    """Told how long each look at the FIFO took, it knows whether the bus is late."""

    def __init__(self) -> None:
        self._late = False
        self._look_s = 0.0
        self._otherwise = 0  # looks in a row that were otherwise
        self._since = math.inf  # when they began

    def judge(self, before: float, after: float) -> None:
        """A look went from `before` to `after`."""
        if (after - before > LOOK_S) == self._late:
            self._otherwise = 0
            return
        if not self._otherwise:
            self._since = before
        self._otherwise += 1
        if self._otherwise >= LOOKS and after - self._since >= LASTING_S:
            self._late, self._otherwise, self._look_s = not self._late, 0, after - before

    def limitation(self, device: Device) -> LateBusError | None:
        """What is wrong, while the bus is late."""
        if not self._late:
            return None
        return LateBusError(
            f"Each transfer from the chip at {device} takes {self._look_s:.2f} s: stumbles are "
            "told several times that much later; check SDA and SCL, their pull-ups and their "
            "length, what else uses the bus, and what keeps this machine busy."
        )
