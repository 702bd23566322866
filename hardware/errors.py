"""What can go wrong with the hardware, by name, each with a sentence that says what to check.

Every error inherits `HardwareError`, so that one `except` catches the layer, and the builtin that
it resembles, so that code which knows only Python still does the right thing. `name` is the word
for logs and events; `remedy` is what the driver does about it while it streams.
"""

from __future__ import annotations

import errno
from enum import Enum
from typing import ClassVar


class Remedy(Enum):
    """How the driver answers a fault: always the smallest thing that can help."""

    FLUSH = "go on: the chip is well, and what it had stored has been dropped"
    RESET = "reset the chip and configure it again"
    REOPEN = "close the bus, wait, open it again, then reset the chip"
    NONE = "go on with what is sound: only a person can help"


class HardwareError(Exception):
    """Base of all errors of this layer. `errno` is the kernel's number where there was one."""

    errno: int | None = None


class SensorError(HardwareError):
    """Base of everything that keeps the sensor from giving samples."""

    name: ClassVar[str] = "sensor"
    remedy: ClassVar[Remedy] = Remedy.REOPEN
    over: ClassVar[str] = "Samples come again"
    """What its end is, in words."""


# --- The bus: one class for each thing that the kernel can say about it.


class BusNotFoundError(SensorError, FileNotFoundError):
    """There is no such I2C bus, or it has gone away."""

    name = "bus_not_found"


class BusPermissionError(SensorError, PermissionError):
    """The user may not use the bus."""

    name = "bus_permission"


class BusStuckError(SensorError, TimeoutError):
    """A transfer did not end in time: something holds a line of the bus."""

    name = "bus_stuck"


class DeviceNotFoundError(SensorError, ConnectionError):
    """Nothing answers at the address."""

    name = "device_not_found"


class DeviceBusyError(SensorError, OSError):
    """The address belongs to a driver of the kernel."""

    name = "device_busy"


class SensorHeldError(SensorError, OSError):
    """Another coach has the chip."""

    name = "sensor_held"


class TransferError(SensorError, OSError):
    """A transfer failed on a device that had answered before."""

    name = "transfer"


# --- The chip: it answers, but not as it should.


class UnknownChipError(SensorError, ValueError):
    """WHO_AM_I gave a value that no known chip gives."""

    name = "unknown_chip"


class ConfigurationError(SensorError, RuntimeError):
    """A register does not hold what was written to it."""

    name = "configuration_lost"
    remedy = Remedy.RESET


class BrownOutError(ConfigurationError):
    """The chip has reset itself and sleeps."""

    name = "brown_out"


class NoDataError(SensorError, TimeoutError):
    """The chip answers and has no samples."""

    name = "no_data"
    remedy = Remedy.RESET


class FrozenDataError(SensorError, ValueError):
    """The chip repeats one sample."""

    name = "frozen_data"
    remedy = Remedy.RESET


class AccelerometerError(SensorError, ValueError):
    """The accelerometer, or an axis of it, is stuck."""

    name = "accelerometer_stuck"
    remedy = Remedy.RESET


class GravityError(SensorError, ValueError):
    """At rest there is no gravity of 1 g in what the accelerometer shows."""

    name = "gravity"
    remedy = Remedy.RESET


class GyroscopeError(SensorError, ValueError):
    """The gyroscope does not see what the accelerometer shows; acceleration goes on."""

    name = "gyroscope_dead"
    remedy = Remedy.NONE
    over = "The gyroscope sees movement again"


class LateBusError(SensorError, TimeoutError):
    """Transfers succeed, but take so long that a stumble would be told late."""

    name = "late_bus"
    remedy = Remedy.NONE
    over = "The bus is quick enough again"


class SampleRateError(SensorError, ValueError):
    """Samples come faster than any chip of this kind makes them."""

    name = "sample_rate"
    remedy = Remedy.RESET


class FifoOverflowError(SensorError, BufferError):
    """The FIFO was full before it was read."""

    name = "fifo_overflow"
    remedy = Remedy.FLUSH


class SamplesLostError(SensorError, BufferError):
    """Fewer samples came than were taken, and nothing said why."""

    name = "samples_lost"
    remedy = Remedy.FLUSH


class ShortReadError(SensorError, EOFError):
    """A burst brought fewer bytes than asked for, or the FIFO holds a part of a sample."""

    name = "short_read"
    remedy = Remedy.FLUSH


class NotStillError(SensorError, ValueError):
    """A measurement that needs a still sensor was disturbed."""

    name = "not_still"


# --- The pins of the buzzer and the LED.


class PinError(HardwareError, OSError):
    """Base of everything that keeps the buzzer or the LED from working."""


class NoGpioError(PinError):
    """This machine has no pins, or no library that reaches them."""


class PinPermissionError(PinError, PermissionError):
    """The user may not use the pins."""


class PinBusyError(PinError):
    """Another program, or another part of this one, holds the pin."""


class NoSuchPinError(PinError, ValueError):
    """The number is no usable pin of this board."""


# --- From what the kernel, gpiozero or a pin library says to a name.

_MISSING = (errno.ENOENT, errno.ENODEV)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_TAKEN: dict[int, tuple[type[SensorError], str]] = {
    errno.EBUSY: (
        DeviceBusyError,
        (
            "The kernel itself uses the {}: remove the mpu6050 or inv_mpu6050 overlay "
            "from /boot/firmware/config.txt and restart the Pi."
        ),
    ),
    errno.EADDRINUSE: (
        SensorHeldError,
        (
            "Another coach has the {}: stop it first; the service's is stopped by "
            "sudo systemctl stop cadence-coach."
        ),
    ),
}
_NO_ANSWER = (errno.ENXIO, errno.EREMOTEIO, errno.EIO)  # adapters differ in what a NACK becomes


def from_os(error: OSError, bus: str, address: int, *, probing: bool) -> SensorError:
    """The named error for what the kernel said about `bus` (its device file) and `address`.

    `probing`: the device has not answered yet since the bus was opened, so that silence means
    that it is not there.
    """
    number = error.errno
    device = f"MPU-6050 at 0x{address:02x} on {bus}"
    if number in _MISSING:
        return BusNotFoundError(
            f"{bus} does not exist: enable I2C (sudo raspi-config nonint do_i2c 0; without "
            "raspi-config: dtparam=i2c_arm=on in /boot/firmware/config.txt) and restart the Pi.",
        )
    if number in _FORBIDDEN:
        return BusPermissionError(
            f"{bus} is closed to this user: add the user to the group i2c "
            "(sudo usermod -aG i2c USER) and log in again.",
        )
    if number == errno.ETIMEDOUT:
        return BusStuckError(
            f"{bus} is stuck: a device holds SDA or SCL low; take the power off the "
            f"MPU-6050 (0x{address:02x}) for a second and check SDA and SCL for a short circuit.",
        )
    if number in _TAKEN:
        kind, sentence = _TAKEN[number]
        return kind(sentence.format(device))
    if number in _NO_ANSWER and probing:
        other = 0x68 if address == 0x69 else 0x69
        return DeviceNotFoundError(
            f"No MPU-6050 answers at 0x{address:02x} on {bus}: check VCC, GND, SDA and SCL; "
            f"with AD0 {'low' if other == 0x68 else 'high'} its address is 0x{other:02x}.",
        )
    return TransferError(
        f"The {device} broke off a transfer ({error.strerror or error}): check its plugs, and "
        "whether its supply holds when the buzzer sounds.",
    )


def from_gpio(error: Exception, what: str, pin: int | str) -> PinError:
    """The named error for what gpiozero or its pin library said about the pin of `what`.

    The libraries below gpiozero have errors of their own that share no base: what they mean is
    found by type where that tells, and by their text where it does not.
    """
    if isinstance(error, PinError):
        return error
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = str(error).lower()
    where = f"the {what} on GPIO {pin}"
    if kinds & {"BadPinFactory", "ImportError"}:
        return NoGpioError(
            f"No GPIO for {where}: the pin driver lgpio is missing "
            "(Raspberry Pi OS: sudo apt install python3-lgpio)."
        )
    if "PermissionError" in kinds or "permission" in text or "can not open gpiochip" in text:
        return PinPermissionError(
            f"No permission for {where}: add the user to the group gpio "
            "(sudo usermod -aG gpio USER) and log in again."
        )
    if "GPIOPinInUse" in kinds or "busy" in text or "in use" in text:
        return PinBusyError(
            f"GPIO {pin} for the {what} is taken: stop the other program that uses it, or choose "
            "another pin in the settings."
        )
    if kinds & {"PinInvalidPin", "PinInvalidFunction", "PinUnsupported", "PinPWMUnsupported"}:
        return NoSuchPinError(
            f"GPIO {pin} cannot drive the {what}: choose a free pin from 2 to 27 in the settings."
        )
    return PinError(f"No control of {where} ({error or type(error).__name__}): check its wiring.")
