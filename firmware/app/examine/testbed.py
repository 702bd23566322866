"""Sensor and pins for an examination: the real ones, or simulated ones that lie still."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.device import indication
from firmware.settings.catalogue import Settings
from hardware import Clock, SystemClock
from hardware.indicators import Indicators
from hardware.mpu6050 import (
    MAY_BE_ELSEWHERE,
    Burst,
    BusFactory,
    Device,
    LinuxPlaces,
    Mpu6050,
    Places,
    identify,
    linux_bus,
    look_elsewhere,
)

READ_EVERY_S = 0.05


class Rig(NamedTuple):
    """What an examination touches."""

    clock: Clock
    bus: BusFactory
    bus_name: str
    address: int
    places: Places = lambda: iter(())
    """Where else the chip may be: the daemon uses it there."""

    def sensor(self) -> Mpu6050:
        """A driver of the chip, not yet open."""
        return Mpu6050(
            self.bus, self.clock, self.address, bus_name=self.bus_name, places=self.places
        )

    def found(self) -> tuple[Rig, int, str]:
        """The rig where the chip answers, its WHO_AM_I, and a sentence if elsewhere.

        Raises `SensorError`.
        """
        device = Device(self.bus, self.address, self.bus_name)
        try:
            device.open()
            return self, identify(device), ""
        except MAY_BE_ELSEWHERE:
            found = look_elsewhere(device, self.places())
            if found is None:
                raise
            found.device.close()
            factory, address, bus_name, _ = found.place
            there = self._replace(bus=factory, address=address, bus_name=bus_name)
            return there, found.who_am_i, found.message
        finally:
            device.close()


def real(settings: Settings) -> Rig:
    """The device's own bus."""
    bus = settings.sensor.bus
    address = int(settings.sensor.address, 16)
    places = LinuxPlaces(bus, address)
    return Rig(SystemClock(), linux_bus(bus, address), f"/dev/i2c-{bus}", address, places)


def simulated(settings: Settings) -> Rig:
    """A register-level chip that lies on a table, on a clock that waits for nobody."""
    from hardware.simulated import SimulatedMpu6050, VirtualClock

    clock, address = VirtualClock(), int(settings.sensor.address, 16)
    chip = SimulatedMpu6050(lying, clock, address=address, rate_error=0.008)
    return Rig(clock, chip.bus, "the simulated bus", address)


def lying(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """A chip that lies on a table, its gyroscope a little off."""
    return np.tile([0.0, 0.0, 1.0, 0.6, -0.4, 0.2], (len(t), 1))


def indicators(settings: Settings, *, mock: bool) -> Indicators:
    """Buzzer, motor and LED on the pins of the settings. Raises `HardwareError` by name."""
    factory = None
    if mock:
        from gpiozero.pins.mock import MockFactory, MockPWMPin

        factory = MockFactory(pin_class=MockPWMPin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gpiozero tells of each library that it did not find
        return indication.indicators(settings, SystemClock(), pin_factory=factory)


def collect(rig: Rig, seconds: float) -> tuple[Burst | None, float, list[str]]:
    """Read for so long: all samples, the true rate (Hz), and what went wrong meanwhile.

    Raises `SensorError` where the chip cannot be opened.
    """
    sensor = rig.sensor()
    sensor.open()
    got: Burst | None = None
    troubles: list[str] = []
    try:
        until = rig.clock.now() + seconds
        while rig.clock.now() < until:
            rig.clock.sleep(READ_EVERY_S)
            reading = sensor.read()
            troubles += [e.message for e in reading.events if e.kind == "fault"]
            if reading.burst is not None:
                got = reading.burst if got is None else got + reading.burst
        return got, sensor.sample_hz, troubles
    finally:
        sensor.close()
