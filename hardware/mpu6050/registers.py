"""The MPU-6050's registers, by name: what the driver writes and the simulated chip understands.

Source, where nothing else is said: InvenSense RM-MPU-6000A-00 rev. 4.2, "Register Map and
Descriptions"; section numbers are from there. PS is PS-MPU-6000A-00 rev. 3.4, the product
specification.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Reg(IntEnum):
    """Register addresses (section 3)."""

    SELF_TEST_X = 0x0D
    SELF_TEST_A = 0x10
    SMPLRT_DIV = 0x19
    CONFIG = 0x1A
    GYRO_CONFIG = 0x1B
    ACCEL_CONFIG = 0x1C
    ACCEL_CONFIG_2 = 0x1D  # of the MPU-6500 family only
    FIFO_EN = 0x23
    INT_ENABLE = 0x38
    INT_STATUS = 0x3A
    ACCEL_XOUT_H = 0x3B
    USER_CTRL = 0x6A
    PWR_MGMT_1 = 0x6B
    PWR_MGMT_2 = 0x6C  # 4.29: a set bit puts an axis to sleep
    FIFO_COUNT_H = 0x72
    FIFO_R_W = 0x74
    WHO_AM_I = 0x75


# --- Fields. A value is written whole, so every field that is not named here stays 0.

PWR_DEVICE_RESET = 0x80  # 4.28: all registers to their defaults; clears itself
PWR_SLEEP = 0x40  # 4.28: set after power-on and after a reset
PWR_CLOCK_PLL_GYRO_X = 0x01  # 4.28: recommended instead of the internal 8 MHz oscillator

USER_FIFO_EN = 0x40  # 4.27
USER_FIFO_RESET = 0x04  # 4.27: works only while FIFO_EN is 0; clears itself

FIFO_ACCEL = 0x08  # 4.6: the accelerometer's six bytes go to the FIFO
FIFO_GYRO = 0x70  # 4.6: so do the gyroscope's
FIFO_WORDS = (FIFO_ACCEL, FIFO_ACCEL, FIFO_ACCEL, 0x80, 0x40, 0x20, 0x10)
"""4.6: which bit stores each word of a sample, in their order; the fourth is the temperature."""

INT_FIFO_OVERFLOW = 0x10  # 4.15 and 4.16: FIFO_OFLOW, in INT_ENABLE and in INT_STATUS

DLPF_44_HZ = 3
"""4.3: DLPF_CFG in bits 2:0 of CONFIG; accelerometer 44 Hz (4.9 ms), gyroscope 42 Hz (4.8 ms).

Half the sample rate is 50 Hz: the next wider setting, 94 Hz, would fold a heel's impact back.
Bits 5:3, EXT_SYNC_SET, stay 0: otherwise the FSYNC pin replaces a sample's lowest bit.
"""
DLPF_MASK = 0x07
DLPF_OFF = (0, 7)  # the settings at which the gyroscope's output rate is 8 kHz
RATE_FILTERED_HZ = 1000.0  # 4.2: gyroscope output rate with the low-pass on
RATE_UNFILTERED_HZ = 8000.0  # 4.2: and off. Sample rate = output rate / (1 + SMPLRT_DIV)

SELF_TEST_AXES = (0x80, 0x40, 0x20)  # 4.4 and 4.5: x, y, z, in GYRO_CONFIG and ACCEL_CONFIG

RESET_S = 0.1  # 4.28 and 4.26: how long to wait after a reset (s)
POWER_ON_PWR_MGMT_1 = 0x40  # section 3: every register is 0 after a reset, except this one


# --- Ranges. Setting and scale stand side by side, so that one cannot change without the other.


class Range(NamedTuple):
    """A full-scale range: the bits to write, and how many counts one g or deg/s then gives."""

    setting: int
    counts: float


ACCEL_RANGES = {  # 4.5 and 4.17: AFS_SEL in bits 4:3, g
    2: Range(0x00, 16384.0),
    4: Range(0x08, 8192.0),
    8: Range(0x10, 4096.0),
    16: Range(0x18, 2048.0),
}
GYRO_RANGES = {  # 4.4 and 4.19: FS_SEL in bits 4:3, deg/s
    250: Range(0x00, 131.0),
    500: Range(0x08, 65.5),
    1000: Range(0x10, 32.8),
    2000: Range(0x18, 16.4),
}
RANGE_MASK = 0x18


def range_of(ranges: dict[int, Range], setting: int) -> Range:
    """The range that the value of a range register selects; its other bits do not matter."""
    return next(r for r in ranges.values() if r.setting == setting & RANGE_MASK)


# --- Chips. Boards sold as MPU-6050 often carry another member of the family. Those after the
# 6050 keep its registers for what is used here, with two differences: a smaller FIFO, and an
# accelerometer low-pass with a register of its own.


class Chip(NamedTuple):
    """What a WHO_AM_I value stands for."""

    name: str
    genuine: bool = False
    fifo_bytes: int = 512


CHIPS = {
    0x68: Chip("MPU-6050", genuine=True, fifo_bytes=1024),
    0x70: Chip("MPU-6500"),
    0x71: Chip("MPU-9250"),
    0x72: Chip("a relative of the MPU-6500"),
    0x73: Chip("MPU-9255"),
    0x74: Chip("MPU-6515"),
    0x98: Chip("ICM-20689"),
}
"""By WHO_AM_I. 4.18 and 4.32 for 0x68; the others are known from the field (RM-MPU-6500A-00)."""


# --- Self-test (4.1). The factory stores, for each axis, a 5-bit code for the response that it
# measured. `factory_trim` turns the codes into counts at +-8 g and +-250 deg/s.

SELF_TEST_ACCEL_RANGE = ACCEL_RANGES[8]
SELF_TEST_GYRO_RANGE = GYRO_RANGES[250]


class TrimCodes(NamedTuple):
    """The codes of x, y, z, for the accelerometer and the gyroscope; 0 means none was stored."""

    accel: tuple[int, int, int]
    gyro: tuple[int, int, int]

    def pack(self) -> bytes:
        """As SELF_TEST_X, _Y, _Z and _A hold them: an accelerometer's code is in two places."""
        axes = [(a >> 2) << 5 | g for a, g in zip(self.accel, self.gyro, strict=True)]
        x, y, z = self.accel
        return bytes([*axes, (x & 3) << 4 | (y & 3) << 2 | (z & 3)])

    @classmethod
    def unpack(cls, registers: bytes) -> TrimCodes:
        """From the four registers that start at SELF_TEST_X."""
        x, y, z, low = registers
        return cls(
            (
                (x >> 5) << 2 | (low >> 4 & 3),
                (y >> 5) << 2 | (low >> 2 & 3),
                (z >> 5) << 2 | (low & 3),
            ),
            (x & 0x1F, y & 0x1F, z & 0x1F),
        )


def factory_trim(codes: TrimCodes) -> tuple[float, ...]:
    """Response in counts that the factory measured: ax ay az gx gy gz; 0 where no code is."""
    accel = [4096 * 0.34 * (0.92 / 0.34) ** ((c - 1) / 30) if c else 0.0 for c in codes.accel]
    signs = (1, -1, 1)  # the gyroscope's y axis responds the other way
    gyro = [
        s * 25 * 131 * 1.046 ** (c - 1) if c else 0.0
        for s, c in zip(signs, codes.gyro, strict=True)
    ]
    return (*accel, *gyro)
