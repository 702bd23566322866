"""What can happen to the simulated chip and its wires."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from hardware.mpu6050.registers import Reg


class Fault(Enum):
    """What can happen to the chip or its wires. How long it lasts is said to `inject`."""

    NACK = "no transfer is acknowledged (errno 121)"
    STUCK = "a line is held low: transfers take their time limit and fail (errno 110)"
    BUS_GONE = "the bus has left the machine (errno 19), and cannot be opened (errno 2)"
    SHORT_READ = "bursts from the FIFO break off half-way"
    STALL = "the next transfer takes this long: the FIFO overflows meanwhile"
    BROWN_OUT = "the supply fails: silence, then a chip that has reset itself and sleeps"
    FROZEN = "all samples are alike, until a reset if no duration is given"
    SILENT = "no samples are taken, until a reset if no duration is given"
    DIVIDER_LOST = "the sample-rate divider becomes 0: 1000 samples a second"
    RANGE_FLIPPED = "the accelerometer's range becomes +-2 g"
    GYRO_RANGE_FLIPPED = "the gyroscope's range becomes +-250 deg/s"
    BYTES_LOST = "the FIFO loses 1 to 11 bytes; five times a second, if a duration is given"
    LATE = "each transfer takes 50 ms"
    AXIS_STUCK = "the accelerometer's x axis gives -32768, until a reset if no duration is given"
    ACCEL_ZERO = "all axes of the accelerometer give 0, until a reset if no duration is given"
    ACCEL_FULL = "all axes of the accelerometer give 32767, until a reset if no duration is given"
    GYRO_DEAD = "all axes of the gyroscope give 0"


class Injected(NamedTuple):
    """A fault from one instant (s, on the chip's clock) to another."""

    begin: float
    end: float
    fault: Fault


REGISTERS = {
    Fault.DIVIDER_LOST: Reg.SMPLRT_DIV,
    Fault.RANGE_FLIPPED: Reg.ACCEL_CONFIG,
    Fault.GYRO_RANGE_FLIPPED: Reg.GYRO_CONFIG,
}
"""The faults of a register that loses its value, from one sample to the next."""

CURED_BY_RESET = (Fault.FROZEN, Fault.SILENT, Fault.AXIS_STUCK, Fault.ACCEL_ZERO, Fault.ACCEL_FULL)
"""The faults that a reset ends, where no duration is given."""

STUCK_AT: dict[Fault, tuple[slice, int]] = {
    Fault.AXIS_STUCK: (slice(0, 1), -32768),
    Fault.ACCEL_ZERO: (slice(0, 3), 0),
    Fault.ACCEL_FULL: (slice(0, 3), 32767),
    Fault.GYRO_DEAD: (slice(3, 6), 0),
}
"""The faults of channels that give one value: which channels, and what (counts)."""
