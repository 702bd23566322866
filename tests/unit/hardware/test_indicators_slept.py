"""Rhythms on a machine that has slept: its clock went on, and nobody played them."""

from __future__ import annotations

import pytest

from hardware.indicators import BUZZER_PIN, LED_PIN, Indicators, patterns
from hardware.simulated import VirtualClock

NIGHT_S = 8 * 3600.0


class Slept(VirtualClock):
    def leap(self, seconds: float) -> None:
        """Nothing that falls due meanwhile is done before it is over."""
        self._move(self.now() + seconds)


@pytest.mark.parametrize(
    ("pattern", "number"), [(patterns.FALL, BUZZER_PIN), (patterns.FAULT, LED_PIN)]
)
def test_a_rhythm_goes_on_as_if_nothing_had_been(pin_clock, pins, pattern, number):
    """Thousands of pulses were made good, as fast as the machine could: a rattle for seconds."""
    clock = Slept()
    pin_clock(clock)
    with Indicators(clock, pin_factory=pins) as made:
        pin = pins.pin(number)
        made.show(pattern)
        clock.sleep(5.3)
        usual = len(pin.states)
        pin.clear_states()
        clock.leap(NIGHT_S)
        clock.sleep(5.3)
        assert len(pin.states) <= usual + 2
        found = [round(1000 * state.timestamp) for state in pin.states[4:]]
        rounds = list(pattern.rhythm) * 20
        assert found in [rounds[n:][: len(found)] for n in range(len(pattern.rhythm))]


def test_a_message_is_told_to_its_end(pin_clock, pins):
    """It is not begun again, and leaves the pin off."""
    clock = Slept()
    pin_clock(clock)
    with Indicators(clock, pin_factory=pins) as made:
        made.show(patterns.SESSION_ENDED)
        clock.sleep(0.1)
        clock.leap(NIGHT_S)
        clock.sleep(patterns.SESSION_ENDED.seconds)
        assert made.playing is None
        assert not pins.pin(BUZZER_PIN).state
