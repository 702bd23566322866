"""What is around a guest, whatever its kernel is: a simulated MPU-6050, and a record of its pins.

The chip, its faults and whoever wears it are the unit tests' own (`hardware.simulated`). All
instants are seconds on the board's clock.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from smbus2 import i2c_msg

from firmware.device.simulation import CHIP_RATE_ERROR
from hardware.clock import Clock
from hardware.simulated import Fault, SimulatedMpu6050
from hardware.simulated.chip import Floats
from hardware.simulated.walker import Segment, Stand, Walker
from tests.hil import ds3231
from tests.hil.ds3231 import Ds3231

SEED = 1  # of the walker: the device sits in the same place in every walk
PINS = 54  # as many as a Pi's chip has


class Edge(NamedTuple):
    """A pin changed at `t`."""

    t: float
    pin: int
    on: bool


class Pins:
    """Every change of a pin, with its time.

    A pin that is given back keeps its level: so does a Pi's, and a buzzer goes on sounding.
    """

    def __init__(self) -> None:
        self._edges: list[Edge] = []
        self._levels = [0] * PINS

    def put(self, t: float, pin: int, level: int) -> None:
        """The pin has this level at `t`."""
        if level != self._levels[pin]:
            self._edges.append(Edge(t, pin, bool(level)))
        self._levels[pin] = level

    def is_on(self, pin: int) -> bool:
        """Whether the pin is high."""
        return bool(self._levels[pin])

    def edges(self, pin: int, since: float) -> list[Edge]:
        """The changes of a pin since an instant, oldest first."""
        first = bisect_right(self._edges, since, key=lambda edge: edge.t)
        return [edge for edge in self._edges[first:] if edge.pin == pin]


class Board:
    """The chip, the pins, and what the test does to them; a bus brings it transfers."""

    def __init__(self, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self.walk([Stand(1.0)])
        self.chip = SimulatedMpu6050(self._felt, clock, rate_error=CHIP_RATE_ERROR)
        self.pins = Pins()
        self._battery_clock: Ds3231 | None = None

    def now(self) -> float:
        """This instant."""
        return self._clock.now()

    def transfer(self, address: int, sent: bytes, length: int) -> bytes:
        """Write what is sent, or read `length` bytes. Raises `OSError` as a bus does."""
        message = i2c_msg.read(address, length) if length else i2c_msg.write(address, sent)
        with self._lock:
            if self._battery_clock is not None and address == ds3231.ADDRESS:
                if length:
                    return self._battery_clock.read(length)
                self._battery_clock.write(sent)
                return b""
            self.chip.bus().i2c_rdwr(message)
        return bytes(message) if length else b""

    def walk(self, plan: Sequence[Segment]) -> None:
        """Somebody wears the device and begins `plan` now; afterwards he stands."""
        with self._lock:
            self.walker = Walker(plan, seed=SEED)
            self.began = self.now()

    def unplug(self) -> None:
        """Pull the sensor's cable: no answer any more, and nothing is kept."""
        with self._lock:
            self.chip.inject(Fault.BROWN_OUT, float("inf"))

    def plug_in(self) -> None:
        """Put it back: a chip that has just got power, and sleeps."""
        with self._lock:
            self.chip.heal()

    def solder_battery_clock(self) -> None:
        """A new DS3231 on the bus, and the sensor's AD0 on 3.3 V: they share an address."""
        with self._lock:
            self._battery_clock = Ds3231()
            self.chip.address = 0x69

    def cadence(self) -> float | None:
        """The walker's true cadence now, steps/min."""
        return self.walker.truth.cadence(self.now() - self.began)

    def stumbles(self) -> list[tuple[float, float]]:
        """Onset and hardest instant of every stumble that the sensor has felt so far."""
        felt = self.now() - self.began
        known = self.walker.truth.stumbles
        return [(self.began + s.onset, self.began + s.peak) for s in known if s.peak < felt]

    def _felt(self, t: Floats) -> Floats:
        # Samples that were due before the walk began are taken at its first instant.
        return self.walker.signal(np.maximum(t - self.began, 0.0))
