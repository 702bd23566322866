"""A driver on a simulated chip on a virtual clock, and a signal that tells its own time."""

from __future__ import annotations

import numpy as np

from hardware.mpu6050 import Mpu6050
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock

POLL_S = 0.05
RATE_ERROR = 0.012
PERIOD_S = 0.01 / (1.0 + RATE_ERROR)  # of the chip's samples, where nothing else is asked for
RAMP_G = 8.0  # ax climbs by this much each second, then falls back: 61 us a count


def ramp(t):
    """ax tells the fraction of the second; the others tremble, as all sensors do, about theirs."""
    tremble = np.sin(2 * np.pi * 31.0 * t[:, None] + np.arange(6)) * ([0.002] * 3 + [1.0] * 3)
    x = np.array([0.0, 0.25, -0.5, 10.0, -20.0, 40.0]) + tremble
    x[:, 0] = RAMP_G * (t % 1.0)
    return x


class Rig:
    """`run` reads for a while; what came is kept. The chip has no noise, so `ramp` is exact."""

    def __init__(self, *, open_it=True, **chip):
        self.clock = VirtualClock()
        self.chip = SimulatedMpu6050(
            chip.pop("source", ramp), self.clock, **{"noise": 0.0, "rate_error": RATE_ERROR} | chip
        )
        self.opened = []  # when the driver opened the bus
        self.sensor = Mpu6050(self._bus, self.clock, self.chip.address, bus_name="/dev/i2c-1")
        self.bursts = []
        self.events = []
        if open_it:
            self.sensor.open()

    def _bus(self):
        self.opened.append(self.clock.now())
        return self.chip.bus()

    def run(self, seconds, poll_s=POLL_S):
        """Read every `poll_s` for `seconds`."""
        until = self.clock.now() + seconds
        while self.clock.now() < until - 1e-9:
            self.clock.sleep(poll_s)
            self.read()
        return self

    def read(self):
        burst, events = self.sensor.read()
        if burst is not None:
            self.bursts.append(burst)
        self.events += events

    @property
    def t(self):
        """Stamps of all samples, seconds."""
        return np.concatenate([b.t_us for b in self.bursts]) / 1e6

    @property
    def acc(self):
        return np.concatenate([b.acc for b in self.bursts])

    @property
    def gyro(self):
        return np.concatenate([b.gyro for b in self.bursts])

    @property
    def true_t(self):
        """When the samples were really taken, from what they show."""
        off = (self.acc[:, 0] / RAMP_G - self.t + 0.5) % 1.0 - 0.5
        return self.t + off

    @property
    def misread(self):
        """By how many counts the samples differ, at most, from what there was to measure.

        Rotation of 0 on all axes says that there is none.
        """
        raw = np.concatenate([b.raw for b in self.bursts])
        off = np.abs(raw - ramp(self.true_t) * ([2048.0] * 3 + [16.4] * 3))
        off[:, 0] = np.minimum(off[:, 0], RAMP_G * 2048.0 - off[:, 0])  # where it falls back
        off[(raw[:, 3:] == 0).all(axis=1), 3:] = 0.0
        return off.max()

    def faults(self):
        """[(fault, recovered)] of the events, in order; a name that follows another is its own."""
        return [(e.kind, e.name) for e in self.events]

    def break_it(self, fault, duration=None, *, before=5.0, after=5.0):
        """Run, inject `fault`, run on; the instant at which it began."""
        self.run(before)
        began = self.clock.now()
        self.chip.inject(fault, duration)
        self.run(after)
        return began


__all__ = ["Fault", "Rig", "ramp"]
