"""The board as a user-mode kernel finds it: virtio devices behind two Unix sockets."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

from hardware import SystemClock
from tests.hil.board import PINS, Board
from tests.hil.vhost import VhostDevice

FAIL_NEXT, IS_READ = 1, 2  # virtio 1.2, 5.18.6: flags of an I2C request
ZERO_LENGTH = 1
GET_DIRECTION, SET_DIRECTION, GET_VALUE, SET_VALUE = 2, 3, 4, 5  # virtio 1.2, 5.19.6
OK, REFUSED = b"\0", b"\1"


class VirtioBoard(Board):
    """Listens at two sockets in `folder`, in real time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(SystemClock())
        self.i2c, self.gpio = folder / "i2c", folder / "gpio"
        self._devices = I2cAdapter(self.i2c, self), GpioChip(self.gpio, self)


class I2cAdapter(VhostDevice):
    """virtio-i2c (device 34). A failure is answered with the number of the error."""

    features = ZERO_LENGTH

    def __init__(self, path: Path, board: Board) -> None:
        self._board = board
        self._failed = 0  # of the message before, where this one is part of the same transfer
        super().__init__(path)

    def answer(self, sent: bytes, room: int) -> bytes:
        address, _, flags = struct.unpack_from("<HHI", sent)
        reading = bool(flags & IS_READ)
        length = room - 1 if reading else 0
        data = b""
        failed = self._failed
        if not failed:
            try:
                data = self._board.transfer(address >> 1, sent[8:], length)
            except OSError as error:
                failed = error.errno or errno.EIO
        self._failed = failed if flags & FAIL_NEXT else 0
        return data.ljust(length, b"\0") + bytes([failed])


class GpioChip(VhostDevice):
    """virtio-gpio (device 41)."""

    def __init__(self, path: Path, board: Board) -> None:
        self.config = struct.pack("<HHI", PINS, 0, 0)
        self._board = board
        self._directions = [0] * PINS
        super().__init__(path)

    def answer(self, sent: bytes, room: int) -> bytes:  # noqa: ARG002 - it is always two bytes
        kind, pin, value = struct.unpack_from("<HHI", sent)
        if pin >= PINS:
            return REFUSED + b"\0"
        if kind == SET_VALUE:
            self._board.pins.put(self._board.now(), pin, value)
        elif kind == SET_DIRECTION:
            self._directions[pin] = value
        elif kind == GET_VALUE:
            return OK + bytes([self._board.pins.is_on(pin)])
        elif kind == GET_DIRECTION:
            return OK + bytes([self._directions[pin]])
        else:
            return REFUSED + b"\0"
        return OK + b"\0"
