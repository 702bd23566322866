"""The board around an emulated Pi: the far end of `board.c`, in the guest's own time."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path
from typing import BinaryIO

from hardware.simulated.clock import VirtualClock
from tests.hil.board import Board

HEADER = struct.Struct("<cBHQ")  # kind, argument, length, guest's time in ns
WELL, REFUSED = b"\0", b"\1"


class EmulatedBoard(Board):
    """Listens at a socket in `folder`. Its time is the guest's, and stands still without one.

    The guest's time goes no faster than real time: a guest that sleeps would be hours ahead of a
    test that thinks. A slow machine makes it slower, and changes nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._time = VirtualClock()
        self._before = 0.0  # when the present guest was switched on
        self._paced = (0.0, 0.0)  # the last tick, in the guest's time and in real time
        super().__init__(self._time)
        self.socket = folder / "board"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket))
        self._listener.listen()
        threading.Thread(target=self._serve, name="board", daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._before = self.now()
            with connection, connection.makefile("rb") as messages:
                try:
                    while header := messages.read(HEADER.size):
                        connection.sendall(self._answer(messages, *HEADER.unpack(header)))
                except (OSError, struct.error):  # the power was cut, in a message maybe
                    continue

    def _answer(self, rest: BinaryIO, kind: bytes, argument: int, length: int, ns: int) -> bytes:
        self._time.sleep(self._before + ns / 1e9 - self.now())
        if kind == b"P":
            self.pins.put(self.now(), argument, length)
            return b""
        if kind == b"T":
            self._pace()
            return WELL
        sent = rest.read(length) if kind == b"W" else b""
        try:
            data = self.transfer(argument, sent, length if kind == b"R" else 0)
        except OSError:
            data = None
        if kind == b"W":  # its address was answered, and that is all a master sees
            return b""
        return REFUSED if data is None else WELL + data

    def _pace(self) -> None:
        guest, real = self._paced
        ahead = (self.now() - guest) - (time.monotonic() - real)
        if ahead > 0:
            time.sleep(ahead)
        self._paced = self.now(), time.monotonic()
