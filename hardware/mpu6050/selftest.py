"""Is the sensor sound? The factory's own test, and what the gyroscope shows at rest.

The chip can push its proof masses electrically. The factory measured how far each axis answers and
stored it; `self_test` pushes again and compares. A chip that was dropped, overheated or forged
answers otherwise. Gravity and a slow sway stand in both halves of the comparison and cancel; so
that nothing else does, the masses are measured free, pushed, and free again, and the test refuses
where the two free measurements differ.

Source: RM-MPU-6000A-00 rev. 4.2 section 4.1 (formulas); PS-MPU-6000A-00 rev. 3.4 sections 6.1 and
6.2 (limits).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hardware.clock import Clock
from hardware.errors import BrownOutError, NotStillError
from hardware.mpu6050 import registers as r
from hardware.mpu6050.i2c import BusFactory, Device, identify
from hardware.mpu6050.readings import Burst
from hardware.mpu6050.registers import Reg

AXES = ("ax", "ay", "az", "gx", "gy", "gz")

DEVIATION_MAX = 0.14
"""PS 6.1 and 6.2: the response may differ from factory trim by 14 %."""

SETTLE_S = 0.2
"""After the masses are pushed or let go: ten times what the 44 Hz low-pass needs."""
SAMPLES = 25
"""A measurement: a quarter of a second; its mean is off by 0.7 mg and 0.01 deg/s rms from noise."""

STILL_G = 0.02
STILL_DPS = 1.0
"""A sensor is still where acceleration and rotation scatter by less than this (rms per axis): six
and twenty times the chip's own noise, and about what somebody does who stands quietly."""

BIAS_S = 1.0
"""How long a gyroscope must be still to tell its bias."""
BIAS_MAX_DPS = 40.0
"""PS 6.1: 20 deg/s at 25 C, and 20 more over temperature. Beyond, something turns."""

Floats = NDArray[np.float64]

_COUNTS = np.array([r.SELF_TEST_ACCEL_RANGE.counts] * 3 + [r.SELF_TEST_GYRO_RANGE.counts] * 3)
_STILL = np.array([STILL_G] * 3 + [STILL_DPS] * 3)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The verdict, what is behind it, and a sentence.

    `deviations`: by which part the response of each axis that the factory measured differs.
    """

    verdict: Literal["passed", "failed", "not available"]
    deviations: dict[str, float]
    message: str


@dataclass(frozen=True, slots=True)
class GyroBias:
    """What the gyroscope shows at rest (deg/s, x y z), and its scatter (rms)."""

    dps: tuple[float, float, float]
    noise_dps: tuple[float, float, float]


def self_test(
    bus_factory: BusFactory, clock: Clock, address: int = 0x68, *, bus_name: str = "the I2C bus"
) -> SelfTest:
    """Test the chip against factory trim; takes 1.5 s. It is reset before and after.

    Not to be used while an `Mpu6050` has the chip open. Raises `NotStillError` if it was moved,
    `BrownOutError` if its supply gave way, and what `Mpu6050.open` raises.
    """
    device = Device(bus_factory, address, bus_name)
    device.open()
    try:
        chip = r.CHIPS[identify(device)]
        if not chip.genuine:
            return _unavailable(f"{chip.name} keeps its factory trim in another form")
        device.write(Reg.PWR_MGMT_1, r.PWR_DEVICE_RESET)
        clock.sleep(r.RESET_S)
        device.write(Reg.PWR_MGMT_1, r.PWR_CLOCK_PLL_GYRO_X)
        device.write(Reg.CONFIG, r.DLPF_44_HZ)
        codes = r.TrimCodes.unpack(device.read(Reg.SELF_TEST_X, 4))
        if not any(codes.accel + codes.gyro):
            return _unavailable("the chip holds no factory trim, as clones do")
        free = _measure(device, clock, 0)
        pushed = _measure(device, clock, sum(r.SELF_TEST_AXES))
        free_again = _measure(device, clock, 0)
        if (np.abs(free_again - free) > _STILL).any():
            raise NotStillError(_MOVED)
        device.write(Reg.PWR_MGMT_1, r.PWR_DEVICE_RESET)
    finally:
        device.close()
    return _judge(pushed - (free + free_again) / 2, np.array(r.factory_trim(codes)) / _COUNTS)


_MOVED = "The sensor was moved: lay it down, or stand still, for two seconds and try again."


def _measure(device: Device, clock: Clock, push: int) -> Floats:
    """The mean of six axes (g, deg/s) with these axes pushed.

    Raises `NotStillError`, and `BrownOutError` where the chip has lost its supply meanwhile.
    """
    device.write(Reg.ACCEL_CONFIG, r.SELF_TEST_ACCEL_RANGE.setting | push)
    device.write(Reg.GYRO_CONFIG, r.SELF_TEST_GYRO_RANGE.setting | push)
    clock.sleep(SETTLE_S)
    rows = []
    for _ in range(SAMPLES):
        clock.sleep(0.01)
        row = np.frombuffer(device.read(Reg.ACCEL_XOUT_H, 14), ">i2")
        rows.append(np.delete(row, 3))  # the temperature stands between the two sensors
    if device.read(Reg.PWR_MGMT_1, 1)[0] & r.PWR_SLEEP:  # what it gave is nothing measured
        raise BrownOutError(
            f"The chip at {device} has reset itself during its self-test: its supply gave way, "
            "check VCC and GND and what else draws current."
        )
    x = np.array(rows) / _COUNTS
    if (x.std(axis=0) > _STILL).any():
        raise NotStillError(_MOVED)
    mean: Floats = x.mean(axis=0)
    return mean


def _judge(response: Floats, trim: Floats) -> SelfTest:
    measured = zip(AXES, response.tolist(), trim.tolist(), strict=True)
    off = {axis: (got - want) / want for axis, got, want in measured if want}
    worst = max(map(abs, off.values()))
    if worst <= DEVIATION_MAX:
        return SelfTest("passed", off, f"Within {worst:.1%} of factory trim (limit 14 %).")
    named = ", ".join(f"{a} by {part:+.0%}" for a, part in off.items() if abs(part) > DEVIATION_MAX)
    return SelfTest(
        "failed",
        off,
        f"The response differs from factory trim on {named} (limit 14 %): the chip is damaged or "
        "not what it says; replace the board.",
    )


def _unavailable(why: str) -> SelfTest:
    return SelfTest("not available", {}, f"No self-test against factory trim: {why}.")


def gyro_bias(burst: Burst) -> GyroBias:
    """The gyroscope's bias from a second or more of stillness.

    Raises `NotStillError` if there is less, or if the sensor moved.
    """
    if len(burst) < 2 or int(burst.t_us[-1] - burst.t_us[0]) < 0.95e6 * BIAS_S:
        raise NotStillError("A gyroscope's bias takes a second of samples.")
    scatter = np.concatenate([burst.acc.std(axis=0), burst.gyro.std(axis=0)])
    mean = burst.gyro.mean(axis=0)
    if (scatter > _STILL).any() or (np.abs(mean) > BIAS_MAX_DPS).any():
        raise NotStillError(_MOVED)
    bias, noise = mean.tolist(), scatter[3:].tolist()
    return GyroBias((bias[0], bias[1], bias[2]), (noise[0], noise[1], noise[2]))
