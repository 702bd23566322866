"""A whole device without one: simulated chip, walker and pins under the shipped driver and daemon.

Everything above the chip's registers and the pins is the code that runs on a Pi. `coach demo`,
`coach run --simulate` and the system tests use this.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from firmware.device import indication
from firmware.settings.catalogue import Settings
from hardware import Clock
from hardware.mpu6050 import Mpu6050
from hardware.simulated import SimulatedMpu6050
from hardware.simulated.walker import (
    BeltChange,
    ClipOn,
    Segment,
    SideRails,
    Stand,
    Stumble,
    Walk,
    Walker,
)

CHIP_RATE_ERROR = 0.008
"""How far the simulated oscillator is off; the product specification allows more."""


EASY = 0.74
"""Of the limit: a tempo well below it."""


class Simulation:
    """The parts of a simulated device, ready for `firmware.device.daemon.Daemon`."""

    def __init__(
        self, plan: Sequence[Segment], settings: Settings, clock: Clock, *, seed: int = 1
    ) -> None:
        address = int(settings.sensor.address, 16)
        self.start = clock.now()
        self.walker = Walker(plan, seed=seed)
        self.chip = SimulatedMpu6050(
            lambda t: self.walker.signal(t - self.start),
            clock,
            address=address,
            rate_error=CHIP_RATE_ERROR,
        )
        self.sensor = Mpu6050(self.chip.bus, clock, address=address)
        pulses = settings.buzzer.passive or settings.motor.pin
        self.pins = MockFactory(pin_class=MockPWMPin if pulses else MockPin)
        self.indicators = indication.indicators(settings, clock, pin_factory=self.pins)
        self._buzzer = self.pins.pin(settings.buzzer.pin)
        self._led = self.pins.pin(settings.led.pin)

    @property
    def buzzer_on(self) -> bool:
        """What the buzzer's pin says."""
        return bool(self._buzzer.state)

    @property
    def led_on(self) -> bool:
        """What the LED's pin says."""
        return bool(self._led.state)


def treadmill_session(limit_spm: float) -> list[Segment]:
    """A quarter of an hour of retro-walking with everything in it that the coach speaks of.

    Slow at first; a belt set so fast that the cadence passes `limit_spm`; even walking; a rest on
    the side rails; a stumble; even walking again; tired steps until the time is over.
    """
    easy = EASY * limit_spm
    return [
        ClipOn(12.0),
        Stand(8.0),
        Walk(
            330.0,
            spm=0.6 * limit_spm,
            amplitude_g=0.15,
            variability=0.025,
            asymmetry=0.05,
            events=(BeltChange(30.0, limit_spm + 8.0, over_s=15.0),),
        ),
        SideRails(30.0),
        Walk(
            270.0,
            spm=easy,
            amplitude_g=0.2,
            variability=0.025,
            asymmetry=0.05,
            events=(Stumble(140.0, size_g=0.9), BeltChange(205.0, easy, over_s=10.0)),
        ),
        Walk(330.0, spm=easy, amplitude_g=0.2, variability=0.025, asymmetry=0.05, drift=0.15),
        Stand(75.0),
    ]
