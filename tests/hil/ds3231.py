"""A DS3231 battery clock at the level of its registers.

It shares the sensor's bus, and its address cannot be changed. Source: the data sheet
DS3231, 19-5170 Rev 10, "Timekeeping Registers".
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

ADDRESS = 0x68
STATUS = 0x0F
STOPPED = 1 << 7
"""OSF in the status register: it has stood still since it was last set."""

LAST = 0x12
"""The register after which the pointer begins anew."""

MASKS = (0x7F, 0x7F, 0x3F, 0x07, 0x3F, 0x1F, 0xFF)
"""What is time in the first registers: second, minute, hour, day of the week, day, month, year."""


class Ds3231:
    """Comes from the shop with an empty battery: it does not know the date until it is set."""

    def __init__(self) -> None:
        self._registers = bytearray(LAST + 1)
        self._registers[STATUS] = STOPPED
        self._pointer = 0
        self._ahead = timedelta()
        """Of this machine's clock."""

    def write(self, data: bytes) -> None:
        """A register, and what is to be stored from there on."""
        self._pointer = data[0] % (LAST + 1)
        self._hold()
        places = [(self._pointer + i) % (LAST + 1) for i in range(len(data) - 1)]
        for place, value in zip(places, data[1:], strict=True):
            self._registers[place] = value
        if any(place < len(MASKS) for place in places):
            self._ahead = self._shown() - _now()
        self._pointer = (self._pointer + len(data) - 1) % (LAST + 1)

    def read(self, length: int) -> bytes:
        """So many bytes from the register on."""
        self._hold()
        places = [(self._pointer + i) % (LAST + 1) for i in range(length)]
        self._pointer = (self._pointer + length) % (LAST + 1)
        return bytes(self._registers[place] for place in places)

    def _hold(self) -> None:
        """The time of this instant, as it stays for the whole of a transfer."""
        now = _now() + self._ahead
        parts = (now.second, now.minute, now.hour, now.isoweekday(), now.day, now.month)
        self._registers[: len(MASKS)] = bytes(_bcd(part) for part in (*parts, now.year % 100))

    def _shown(self) -> datetime:
        held = [value & mask for value, mask in zip(self._registers, MASKS, strict=False)]
        second, minute, hour, _, day, month, year = (10 * (v >> 4) + (v & 0xF) for v in held)
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10
