"""One device on an I2C bus: registers in, bytes out, and the kernel's errors by name.

Reads go as one combined message (register address, repeated start, data), because only that keeps
the bytes of one sample together. The Pi's adapter takes one read per combined message, at its
end, so each register block is a transfer of its own.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Callable
from typing import Protocol

from smbus2 import SMBus, i2c_msg

from hardware import errors
from hardware.mpu6050.registers import CHIPS, Reg

I2C_TIMEOUT = 0x0702  # linux/i2c-dev.h: the adapter's time limit, in units of 10 ms
_TIME_LIMIT = 10
"""100 ms. The kernel's own limit is a second: a stuck bus would be noticed too late.

The longest burst takes 25 ms on a bus of 100 kHz.
"""


class Bus(Protocol):
    """The calls of `smbus2.SMBus` that are used here."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """One register."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one register."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """A combined transfer of `i2c_msg` objects."""

    def close(self) -> None:
        """Give the bus back."""


BusFactory = Callable[[], Bus]


def linux_bus(number: int, address: int) -> BusFactory:
    """A factory for /dev/i2c-`number` whose transfers give up after 100 ms.

    Of all coaches on this machine one at a time has the device at `address`: two would take each
    other's samples, and the one that ends would send the chip to sleep for both. The other is
    refused with `errno.EADDRINUSE`.
    """

    def open_bus() -> Bus:
        bus = SMBus(number)
        try:
            assert bus.fd is not None
            _claim(bus.fd, address)
            fcntl.ioctl(bus.fd, I2C_TIMEOUT, _TIME_LIMIT)
        except OSError:
            bus.close()
            raise
        return bus

    return open_bus


def _claim(handle: int, address: int) -> None:
    """Lock the byte that stands for the address, as long as the bus is open: fcntl_locking(2)."""
    byte = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, address, 1, 0)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, byte)
    except BlockingIOError as error:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)) from error
    except OSError:
        pass  # a kernel without such locks: it is coached all the same


class Device:
    """The device at `address` on the bus that `factory` opens; `bus_name` is for messages.

    Every method raises one of the `hardware.errors` of the bus, and nothing else.
    """

    def __init__(self, factory: BusFactory, address: int, bus_name: str) -> None:
        self._factory = factory
        self._address = address
        self._bus_name = bus_name
        self._bus: Bus | None = None
        self._probing = True  # until the device has answered for the first time on this bus
        self._reads: dict[tuple[int, int], tuple[i2c_msg, i2c_msg]] = {}  # used again and again

    def __str__(self) -> str:
        return f"0x{self._address:02x} on {self._bus_name}"

    def open(self) -> None:
        """Open the bus, if it is not open."""
        if self._bus is None:
            self._probing = True
            try:
                self._bus = self._factory()
            except OSError as error:
                raise self._named(error) from error

    def close(self) -> None:
        """Close the bus, if it is open. One that fails to close is let go."""
        bus, self._bus = self._bus, None
        if bus is not None:
            with contextlib.suppress(OSError):
                bus.close()

    def probe(self, register: int) -> int:
        """Read one register in the way in which the kernel says whether a driver holds the device.

        A combined message would not ask.
        """
        try:
            value = self._opened().read_byte_data(self._address, register)
        except OSError as error:
            raise self._named(error) from error
        self._probing = False
        return value

    def read(self, register: int, length: int) -> bytes:
        """`length` bytes from `register` on, in one transfer."""
        messages = self._reads.get((register, length))
        if messages is None:
            ask = i2c_msg.write(self._address, (register,))
            messages = ask, i2c_msg.read(self._address, length)
            self._reads[register, length] = messages
        ask, answer = messages
        try:
            self._opened().i2c_rdwr(ask, answer)
        except OSError as error:
            raise self._named(error) from error
        data: bytes = answer.buf[:length]  # as bytes(answer) gives it, and six times as quick
        return data

    def write(self, register: int, value: int) -> None:
        """Write one register."""
        try:
            self._opened().write_byte_data(self._address, register, value)
        except OSError as error:
            raise self._named(error) from error

    def _opened(self) -> Bus:
        if self._bus is None:
            raise errors.BusNotFoundError(f"{self._bus_name} is not open.")
        return self._bus

    def _named(self, error: OSError) -> errors.SensorError:
        named = errors.from_os(error, self._bus_name, self._address, probing=self._probing)
        named.errno = error.errno
        return named


def identify(device: Device) -> int:
    """The WHO_AM_I of a known chip. Raises `UnknownChipError` for any other."""
    value = device.probe(Reg.WHO_AM_I)
    if value not in CHIPS:
        known = ", ".join(f"0x{known:02x}" for known in CHIPS)
        raise errors.UnknownChipError(
            f"WHO_AM_I of the chip at {device} is 0x{value:02x}, which is no MPU-6050 and no "
            f"known relative ({known}): check which board this is, and its wiring."
        )
    return value
