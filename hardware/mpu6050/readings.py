"""What the sensor hands out: bursts of samples, and what happened to it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.mpu6050.registers import ACCEL_RANGES, GYRO_RANGES

ACCEL = ACCEL_RANGES[16]
"""Stumbles and falls reach 5 to 10 g; the chip's noise is above one step of this scale."""
GYRO = GYRO_RANGES[2000]
"""A fall turns the trunk by several hundred deg/s, and a knock by more."""

COUNTS = np.array([ACCEL.counts] * 3 + [GYRO.counts] * 3)
"""How many of them one g or deg/s gives, by channel."""

EventKind = Literal["fault", "recovered", "warning"]


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """Consecutive samples. Whole numbers throughout, so that a log gives back exactly these.

    `t_us` int64 (n,) microseconds on the clock's scale, strictly rising; `raw` int16 (n, 6)
    ax ay az gx gy gz in counts, in the chip's axes. While the gyroscope is dead (a fault
    `gyroscope_dead` that has not been `recovered`) gx gy gz are exactly 0.
    """

    t_us: NDArray[np.int64]
    raw: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.t_us)

    def __getitem__(self, part: slice) -> Burst:
        return Burst(self.t_us[part], self.raw[part])

    def __add__(self, later: Burst) -> Burst:
        return Burst(np.concatenate([self.t_us, later.t_us]), np.concatenate([self.raw, later.raw]))

    @property
    def measured(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Acceleration (n, 3) in g, rotation (n, 3) in deg/s."""
        values = self.raw / COUNTS
        return values[:, :3], values[:, 3:]

    @property
    def acc(self) -> NDArray[np.float64]:
        """(n, 3) in g."""
        return self.measured[0]

    @property
    def gyro(self) -> NDArray[np.float64]:
        """(n, 3) in deg/s."""
        return self.measured[1]


@dataclass(frozen=True, slots=True)
class SensorEvent:
    """Something that a person, the LED or the log should know about the sensor.

    `kind`: a `fault` begins; it is `recovered` with the first samples after it; a `warning` changes
    nothing. With the faults `gyroscope_dead` and `late_bus` samples go on. When one of several
    faults has recovered, those that are still there are told again.

    `name` is the fault's (`hardware.errors`); `message` a sentence that says what happened
    and what to check. A recovery tells what is missing: `lost` samples, `missing_s` seconds for
    which no sample stands.
    """

    t_us: int
    kind: EventKind
    name: str
    message: str
    lost: int = 0
    missing_s: float = 0.0


class Reading(NamedTuple):
    """What one `read` brings. A burst that follows a gap is the first one after its recovery."""

    burst: Burst | None
    events: tuple[SensorEvent, ...] = ()
