"""Whether the bus is so slow that a stumble would be told late."""

from __future__ import annotations

import math

from hardware.errors import LateBusError
from hardware.mpu6050.i2c import Device

LATE_S = 0.1
"""A turn of four or so transfers may take so long: 10 ms at the usual pace on a bus of 100 kHz, 100
once with a full FIFO. A stumble is to be told within 150 ms, and waits for one turn that is under
way and for its own."""

LASTING_S = 0.35
"""More than one turn must be late, or prompt, for so long: a machine may be busy for a moment."""


class Lateness:
    """Told how long each turn took, it knows whether they are late."""

    def __init__(self) -> None:
        self.judged = -math.inf  # when the last turn ended
        self._late = False
        self._worst_s = 0.0
        self._since = math.inf  # when turns began to be otherwise

    def judge(self, before: float, after: float) -> None:
        """A turn went from `before` to `after`."""
        self.judged = after
        if (after - before > LATE_S) == self._late:
            self._since = math.inf
            return
        first = self._since == math.inf
        if first:
            self._since, self._worst_s = before, 0.0
        self._worst_s = max(self._worst_s, after - before)
        if not first and after - self._since >= LASTING_S:
            self._late, self._since = not self._late, math.inf

    def limitation(self, device: Device) -> LateBusError | None:
        """What is wrong, while turns are late."""
        if not self._late:
            return None
        return LateBusError(
            f"Reading the chip at {device} takes {self._worst_s:.1f} s: stumbles are told that "
            "much later; check SDA and SCL and their pull-ups, what else uses the bus, and what "
            "keeps this machine busy."
        )
