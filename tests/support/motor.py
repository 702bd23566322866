"""A vibration motor on the device's own case, as the sensor feels it; and a coach that drives it.

A coin motor turns 9,000 to 12,000 times a minute at 3 V (Seeed Xadow, M5Stack U159) and takes some
50 ms to do so; how hard it shakes a case is told for a sled of 100 g: 0.4 g (Precision Microdrives
305-000), larger ones more. Of the chip's low-pass the product specification gives the width, 44 Hz,
and not the slope: one pole is the gentlest it can be, and lets a fifth of 200 Hz through, which a
hundred samples a second then show as a slow wave.
"""

from __future__ import annotations

import math

import numpy as np
from gpiozero.pins.mock import MockFactory, MockPWMPin

from coach.engine import Engine
from coach.events import Event
from coach.samples import FRAME_N, Block, Floats
from firmware.device.announcer import Announcer
from firmware.device.indication import indicators
from firmware.settings.catalogue import Settings
from hardware.simulated import VirtualClock
from tests.support.augmented import HZ, unit

TICK_S = 0.001
SPEED_HZ = (130.0, 230.0)
STARTS_S, STOPS_S = 0.04, 0.05
"""Time constants of its speed."""
TURNS_DPS = (10.0, 35.0)
"""What each g of it turns a case of 80 g and 65 mm by, to and fro, from 2 cm beside its middle."""
WIDTH_HZ = 44.0
PIN = 22


class Motor:
    """Ask it for each sample of the chip, in order; `size_g` is how hard it shakes the case."""

    def __init__(self, rng: np.random.Generator, size_g: float, poles: int = 1) -> None:
        self._size_g = size_g
        self._hz = self._angle = 0.0
        self._top_hz = rng.uniform(*SPEED_HZ)
        ways = [unit(rng) for _ in range(3)]
        turn = rng.uniform(*TURNS_DPS)
        self._cos = np.concatenate([ways[0], turn * ways[2]])
        self._sin = np.concatenate([ways[1], np.zeros(3)])
        width_hz = WIDTH_HZ / math.sqrt(2.0 ** (1.0 / poles) - 1.0)  # of each pole
        self._share = 1.0 - math.exp(-2.0 * math.pi * width_hz * TICK_S)
        self._passed = [np.zeros(6)] * poles

    def sample(self, level: float) -> Floats:
        """What the next sample holds of it (g, deg/s), driven at this share of its strength."""
        if not level and self._hz < 1.0:
            self._hz = 0.0
            return np.zeros(6)
        for _ in range(round(1.0 / (HZ * TICK_S))):
            wanted = level * self._top_hz
            slow_s = STARTS_S if wanted > self._hz else STOPS_S
            self._hz += (wanted - self._hz) * TICK_S / slow_s
            self._angle += 2.0 * math.pi * self._hz * TICK_S
            size_g = self._size_g * (self._hz / self._top_hz) ** 2
            felt = size_g * (self._cos * math.cos(self._angle) + self._sin * math.sin(self._angle))
            for i, passed in enumerate(self._passed):
                self._passed[i] = felt = passed + self._share * (felt - passed)
        return self._passed[-1]


def with_motor(*assignments: str) -> Settings:
    """Settings of somebody who hears and feels every cue."""
    return Settings().changed_by([f"motor.pin={PIN}", "hearing.output=both", *assignments])


def coached(x: Floats, settings: Settings, motor: Motor) -> list[Event]:
    """What the coach says of samples (n, 6) on the raster, its motor shaking those that follow."""
    clock = VirtualClock()
    pins = MockFactory(pin_class=MockPWMPin)
    played = indicators(settings, clock, pin_factory=pins)
    announcer, engine = Announcer(played, settings), Engine(settings)
    said: list[Event] = []
    for first in range(0, len(x) - FRAME_N + 1, FRAME_N):
        felt = x[first : first + FRAME_N].copy()
        for i in range(FRAME_N):
            felt[i] += motor.sample(float(pins.pin(PIN).state))
            clock.sleep(1.0 / HZ)
        t = np.arange(first, first + FRAME_N) / HZ
        for event in engine.feed(Block(t, felt[:, :3], felt[:, 3:])):
            announcer.tell(event, 0.0)
            said.append(event)
    played.close()
    return said
