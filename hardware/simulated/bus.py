"""A simulated I2C bus: the calls of `smbus2.SMBus` that the driver uses, with a chip behind them.

It behaves as the Pi's adapter does: a transfer to an address where nobody is ends with errno 121,
and a combined transfer may hold one read, at its end. Transfers take no time, unless a fault says
so.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Protocol

from smbus2 import i2c_msg

from hardware.clock import Clock
from hardware.simulated.faults import Fault, Injected

STUCK_S = 0.1  # the time limit that the driver sets on a real bus
LATE_S = 0.05  # half of that: the transfers of a late bus succeed

_READ = 0x0001  # linux/i2c.h: I2C_M_RD
_BLOCK_MAX = 32  # SMBus: the most bytes of a block


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))  # Python picks the subclass


class Wired(Protocol):
    """What is on the bus: a chip that takes and gives bytes, and what ails it."""

    clock: Clock
    address: int
    faults: list[Injected]

    def active(self, fault: Fault) -> bool:
        """Whether `fault` is upon it now."""

    def lose_power(self) -> None:
        """The supply is gone for a moment."""

    def write(self, data: bytes) -> None:
        """A register, and what is to be stored from there on."""

    def read(self, length: int) -> bytes:
        """So many bytes from the register on."""


class SimulatedBus:
    """An open bus with one chip on it. Raises what the kernel would."""

    def __init__(self, chip: Wired) -> None:
        if chip.active(Fault.BUS_GONE):
            raise _error(errno.ENOENT)
        self._chip = chip
        self._open = True

    def close(self) -> None:
        """Give the bus back."""
        self._open = False

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """One register."""
        return self._transfer(i2c_addr, bytes([register]), 1)[0]

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one register."""
        self._transfer(i2c_addr, bytes([register, value]), 0)

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> list[int]:
        """Up to 32 bytes from `register` on."""
        if length > _BLOCK_MAX:
            raise ValueError(f"a block holds at most {_BLOCK_MAX} bytes, not {length}")
        return list(self._transfer(i2c_addr, bytes([register]), length))

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """A combined transfer of `smbus2.i2c_msg` objects; reads are filled in place."""
        if any(message.flags & _READ for message in i2c_msgs[:-1]):
            raise _error(errno.EOPNOTSUPP)
        for message in i2c_msgs:
            if message.flags & _READ:
                data = self._transfer(message.addr, b"", message.len)
                ctypes.memmove(message.buf, data, len(data))
            else:
                self._transfer(message.addr, bytes(message), 0)

    def _transfer(self, address: int, data: bytes, length: int) -> bytes:
        """Write `data`, then read `length` bytes: fewer come if the transfer breaks off."""
        if not self._open:
            raise _error(errno.EBADF)
        if self._chip.faults:
            self._suffer()
            if data and self._chip.active(Fault.LATE):  # once for a combined transfer
                self._chip.clock.sleep(LATE_S)
        if address != self._chip.address:
            raise _error(errno.EREMOTEIO)
        if data:
            self._chip.write(data)
        if not length:
            return b""
        if self._chip.faults and length > 12 and self._chip.active(Fault.SHORT_READ):
            length = length // 2 + 1
        return self._chip.read(length)

    def _suffer(self) -> None:
        """What the present faults do to any transfer."""
        chip = self._chip
        now = chip.clock.now()
        for fault in [f for f in chip.faults if f.begin <= now]:
            begin, end, what = fault
            if what is Fault.STALL:
                chip.faults.remove(fault)
                chip.clock.sleep(end - begin)
            elif what is Fault.BROWN_OUT:
                chip.lose_power()  # again and again while it lasts: nothing is kept
                if now >= end:
                    chip.faults.remove(fault)
                else:
                    raise _error(errno.EREMOTEIO)
        if chip.active(Fault.BUS_GONE):
            raise _error(errno.ENODEV)
        if chip.active(Fault.STUCK):
            chip.clock.sleep(STUCK_S)
            raise _error(errno.ETIMEDOUT)
        if chip.active(Fault.NACK):
            raise _error(errno.EREMOTEIO)
