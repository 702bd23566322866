"""How the chip is set up, and whether it still is.

What decides about the meaning of a sample (rate, low-pass, ranges, what goes into the FIFO) lies
within eleven registers: they are read back in one transfer with every burst, so that no sample is
handed out that was measured otherwise than it is understood. The others only decide whether there
are samples at all: those are read back twice a second, and when samples are amiss.
"""

from __future__ import annotations

from hardware import errors
from hardware.mpu6050 import registers as r
from hardware.mpu6050.i2c import Device
from hardware.mpu6050.readings import ACCEL, GYRO
from hardware.mpu6050.registers import Chip, Reg

SAMPLE_HZ = 100
PERIOD_S = 1 / SAMPLE_HZ

_MEASURING = {  # register: what it is to hold, what that is
    Reg.SMPLRT_DIV: (1000 // SAMPLE_HZ - 1, "sample rate"),
    Reg.CONFIG: (r.DLPF_44_HZ, "low-pass"),
    Reg.GYRO_CONFIG: (GYRO.setting, "gyroscope's range"),
    Reg.ACCEL_CONFIG: (ACCEL.setting, "accelerometer's range"),
    Reg.FIFO_EN: (r.FIFO_ACCEL | r.FIFO_GYRO, "choice of what to store"),
}
_OF_CLONES = {Reg.ACCEL_CONFIG_2: (r.DLPF_44_HZ, "accelerometer's low-pass")}
_RUNNING = {
    Reg.INT_ENABLE: (r.INT_FIFO_OVERFLOW, "sign of an overflow"),
    Reg.USER_CTRL: (r.USER_FIFO_EN, "FIFO"),
    Reg.PWR_MGMT_1: (r.PWR_CLOCK_PLL_GYRO_X, "clock"),
    Reg.PWR_MGMT_2: (0, "choice of axes"),
}
_FIRST, _COUNT = Reg.SMPLRT_DIV, Reg.FIFO_EN - Reg.SMPLRT_DIV + 1


class Configuration:
    """The settings of one kind of chip."""

    def __init__(self, chip: Chip) -> None:
        self._measuring = _MEASURING if chip.genuine else {**_MEASURING, **_OF_CLONES}

    def write(self, device: Device) -> None:
        """Wake the chip, set it up, and begin with an empty FIFO."""
        device.write(Reg.PWR_MGMT_1, r.PWR_CLOCK_PLL_GYRO_X)
        for register, (value, _) in self._measuring.items():
            device.write(register, value)
        device.write(Reg.INT_ENABLE, r.INT_FIFO_OVERFLOW)
        empty_fifo(device)

    def check_measuring(self, device: Device) -> None:
        """Raise `ConfigurationError`, or `BrownOutError`, where samples mean something else."""
        found = device.read(_FIRST, _COUNT)
        for register, (value, what) in self._measuring.items():
            if found[register - _FIRST] != value:
                self.check_running(device)  # which may explain it
                raise _lost(device, what, found[register - _FIRST], value)

    def check(self, device: Device) -> None:
        """Raise `ConfigurationError`, or `BrownOutError`, where any setting is lost."""
        self.check_running(device)
        self.check_measuring(device)

    @staticmethod
    def check_running(device: Device) -> None:
        """Raise the same where the chip takes no samples, or does not store them."""
        found = device.read(Reg.USER_CTRL, 3) + device.read(Reg.INT_ENABLE, 1)
        if found[1] & r.PWR_SLEEP:
            raise errors.BrownOutError(
                f"The chip at {device} has reset itself and slept: it is set up again; "
                "its supply gave way, check VCC and GND and what else draws current."
            )
        registers = (Reg.USER_CTRL, Reg.PWR_MGMT_1, Reg.PWR_MGMT_2, Reg.INT_ENABLE)
        for register, value in zip(registers, found, strict=True):
            wanted, what = _RUNNING[register]
            if value != wanted:
                raise _lost(device, what, value, wanted)


def empty_fifo(device: Device) -> None:
    """Drop what the FIFO holds, and let it fill."""
    device.write(Reg.USER_CTRL, r.USER_FIFO_RESET)
    device.write(Reg.USER_CTRL, r.USER_FIFO_EN)


def _lost(device: Device, what: str, found: int, wanted: int) -> errors.ConfigurationError:
    return errors.ConfigurationError(
        f"The chip at {device} has lost its {what} (0x{found:02x}, not 0x{wanted:02x}): it is set "
        "up again, and nothing that it measured meanwhile counts; check its supply and its plugs."
    )
