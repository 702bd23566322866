"""Does anybody move? Where nobody does, nothing is decided soon, and the sensor may be read less.

Every decision needs movement first: a cadence some seconds of it, a stumble a walk, a fall the way
to the floor and lying there. So whoever reads the sensor loses nothing by letting it fill for a
part of a second while the device rests, as long as the first look at a movement comes before the
first decision on it can.
"""

from __future__ import annotations

from coach.frozen import frozen
from coach.parameters import Parameters, parameter
from coach.samples import GRID_HZ, HOP, Hop, mean_row


@frozen
class StillnessParameters(Parameters):
    """When the device rests, and how long nothing can be decided then."""

    still_g: float = parameter(
        0.06,
        unit="g",
        meaning="No axis of acceleration differs by more from its last second: nobody moves.",
        source="quiet standing sways by 0.02; the faintest steps of the recordings move 0.1",
    )
    still_dps: float = parameter(
        12.0,
        unit="deg/s",
        meaning="The same of rotation, whose zero may be off by 20 deg/s.",
        source="quiet standing turns by 5; the faintest steps by 20 (PS-MPU-6000A-00 6.1: zero)",
    )
    after_s: float = parameter(
        2.0,
        unit="s",
        meaning="So long nothing has moved.",
        source="choice: longer than between two steps of any walk",
    )
    ahead_s: float = parameter(
        0.4,
        unit="s",
        meaning="The next decision of a device at rest is no sooner than this.",
        source="from rest to the first event of any kind it took 1.5 s and more on the recordings; "
        "half of what the sensor's FIFO holds",
    )


class Stillness:
    """Follows the frames; `lasts` says that nobody moves."""

    def __init__(self, parameters: StillnessParameters) -> None:
        self._p = parameters
        self._usual: list[float] = []
        self._still_s = 0.0

    @property
    def lasts(self) -> bool:
        """Nothing has moved for so long that nothing is decided soon."""
        return self._still_s >= self._p.after_s

    def gap(self) -> None:
        """Samples are missing: who knows what has moved."""
        self._still_s = 0.0

    def follow(self, hop: Hop) -> None:
        """Take in the next frame."""
        now = mean_row(hop.rows)
        usual = self._usual or now
        off = [abs(a - b) for a, b in zip(now, usual, strict=True)]
        moves = max(off[:3]) > self._p.still_g or max(off[3:]) > self._p.still_dps
        self._still_s = 0.0 if moves else self._still_s + HOP / GRID_HZ
        share = HOP / GRID_HZ  # of a second
        self._usual = [b + share * (a - b) for a, b in zip(now, usual, strict=True)]
