"""Mock pins of gpiozero's own, in real and in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.indicators import BUZZER_PIN, LED_PIN, Indicators
from hardware.simulated import VirtualClock
from tests.conftest import PinClock


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """A factory of mock pins that record every state with its time; they can do PWM."""
    factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()


@pytest.fixture
def virtual_clock(pin_clock: PinClock) -> VirtualClock:
    """A clock that obeys, by which the mock pins record too."""
    clock = VirtualClock()
    pin_clock(clock)
    return clock


class Bench:
    """Indicators on mock pins and a virtual clock."""

    def __init__(self, clock: VirtualClock, pins: MockFactory) -> None:
        self.clock = clock
        self.indicators = Indicators(clock, pin_factory=pins)
        self.buzzer, self.led = pins.pin(BUZZER_PIN), pins.pin(LED_PIN)
        self.show, self.stop = self.indicators.show, self.indicators.stop

    def sleep(self, seconds: float) -> Bench:
        self.clock.sleep(seconds)
        return self


@pytest.fixture
def bench(virtual_clock, pins) -> Bench:
    made = Bench(virtual_clock, pins)
    made.buzzer.clear_states()
    made.led.clear_states()
    return made
