"""The board around the guest: a simulated MPU-6050 on its I2C bus, and its pins on record.

The chip, its faults and whoever wears it are the unit tests' own (`hardware.simulated`), here in
real time. All instants are seconds on this machine's monotonic clock.
"""

from __future__ import annotations

import errno
import struct
import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from smbus2 import i2c_msg

from firmware.device.simulation import CHIP_RATE_ERROR
from hardware import SystemClock
from hardware.simulated import Fault, SimulatedMpu6050
from hardware.simulated.chip import Floats
from hardware.simulated.walker import Segment, Stand, Walker
from tests.hil.vhost import VhostDevice

SEED = 1  # of the walker: the device sits in the same place in every walk

FAIL_NEXT, IS_READ = 1, 2  # virtio 1.2, 5.18.6: flags of an I2C request
ZERO_LENGTH = 1

PINS = 54  # as many as a Pi's chip has
GET_DIRECTION, SET_DIRECTION, GET_VALUE, SET_VALUE = 2, 3, 4, 5  # virtio 1.2, 5.19.6
OK, REFUSED = b"\0", b"\1"


class Edge(NamedTuple):
    """A pin changed at `t`."""

    t: float
    pin: int
    on: bool


class Board:
    """What the guest's kernel finds at two sockets in `folder`, and what the test does to it."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self._lock = threading.Lock()
        self.walk([Stand(1.0)])
        self.chip = SimulatedMpu6050(self._felt, clock, rate_error=CHIP_RATE_ERROR)
        self.i2c, self.gpio = folder / "i2c", folder / "gpio"
        self._bus = I2cAdapter(self.i2c, self.chip, self._lock)
        self.pins = Pins(self.gpio)

    def walk(self, plan: Sequence[Segment]) -> None:
        """Somebody wears the device and begins `plan` now; afterwards he stands."""
        with self._lock:
            self.walker = Walker(plan, seed=SEED)
            self.began = time.monotonic()

    def unplug(self) -> None:
        """Pull the sensor's cable: no answer any more, and nothing is kept."""
        with self._lock:
            self.chip.inject(Fault.BROWN_OUT, float("inf"))

    def plug_in(self) -> None:
        """Put it back: a chip that has just got power, and sleeps."""
        with self._lock:
            self.chip.heal()

    def cadence(self) -> float | None:
        """The walker's true cadence now, steps/min."""
        return self.walker.truth.cadence(time.monotonic() - self.began)

    def stumbles(self) -> list[tuple[float, float]]:
        """Onset and hardest instant of every stumble that the sensor has felt so far."""
        felt = time.monotonic() - self.began
        known = self.walker.truth.stumbles
        return [(self.began + s.onset, self.began + s.peak) for s in known if s.peak < felt]

    def _felt(self, t: Floats) -> Floats:
        # Samples that were due before the walk began are taken at its first instant.
        return self.walker.signal(np.maximum(t - self.began, 0.0))


class I2cAdapter(VhostDevice):
    """virtio-i2c (device 34). A failure is answered with the number of the error."""

    features = ZERO_LENGTH

    def __init__(self, path: Path, chip: SimulatedMpu6050, lock: threading.Lock) -> None:
        self._chip = chip
        self._lock = lock
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
                data = self._transfer(address >> 1, sent[8:], length)
            except OSError as error:
                failed = error.errno or errno.EIO
        self._failed = failed if flags & FAIL_NEXT else 0
        return data.ljust(length, b"\0") + bytes([failed])

    def _transfer(self, address: int, sent: bytes, length: int) -> bytes:
        message = i2c_msg.read(address, length) if length else i2c_msg.write(address, sent)
        with self._lock:
            self._chip.bus().i2c_rdwr(message)
        return bytes(message) if length else b""


class Pins(VhostDevice):
    """virtio-gpio (device 41): every change of a pin, with its time.

    A pin that is given back keeps its level: so does a Pi's, and a buzzer goes on sounding.
    """

    def __init__(self, path: Path) -> None:
        self.config = struct.pack("<HHI", PINS, 0, 0)
        self._edges: list[Edge] = []
        self._levels = [0] * PINS
        self._directions = [0] * PINS
        super().__init__(path)

    def answer(self, sent: bytes, room: int) -> bytes:  # noqa: ARG002 - it is always two bytes
        kind, pin, value = struct.unpack_from("<HHI", sent)
        if pin >= PINS:
            return REFUSED + b"\0"
        if kind == SET_VALUE and value != self._levels[pin]:
            self._edges.append(Edge(time.monotonic(), pin, bool(value)))
        if kind in (SET_VALUE, SET_DIRECTION):
            known = self._levels if kind == SET_VALUE else self._directions
            known[pin] = value
            return OK + b"\0"
        if kind in (GET_VALUE, GET_DIRECTION):
            known = self._levels if kind == GET_VALUE else self._directions
            return OK + bytes([known[pin]])
        return REFUSED + b"\0"

    def is_on(self, pin: int) -> bool:
        """Whether the pin is high."""
        return bool(self._levels[pin])

    def edges(self, pin: int, since: float) -> list[Edge]:
        """The changes of a pin since an instant, oldest first."""
        first = bisect_right(self._edges, since, key=lambda edge: edge.t)
        return [edge for edge in self._edges[first:] if edge.pin == pin]
