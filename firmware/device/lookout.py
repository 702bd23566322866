"""At the pins and the power supply, now and then: what is wrong there is said once.

A coach that is half dumb goes on with what it has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from firmware.device.announcer import Announcer
from firmware.records import LowPower, PinsWork, PinTrouble, Record
from hardware import supply

log = logging.getLogger("coach")

PINS_EVERY_S = 0.5
"""How often to see whether buzzer and LED work, and to try again to get one that is taken."""

POWER_EVERY_S = supply.ALARM_HELD_S / 2
"""How often to ask about the power supply: no dip passes unseen."""

LOW_POWER = (
    "the power supply has dipped below 4.63 V: use a stronger power bank and a short cable, before"
    " the Pi stops in the middle of a walk"
)


class Lookout:
    """Ask it now and then; `power_dips` says whether the supply has dipped since it was asked."""

    def __init__(self, announcer: Announcer, power_dips: Callable[[], bool]) -> None:
        self.power_low = False
        self._announcer = announcer
        self._power_dips = power_dips
        self._pins_at = self._power_at = float("-inf")  # when to look next
        self._pin_trouble = ""

    def look(self, now: float, t: float) -> Iterator[Record]:
        """What has changed, at `now` (s) on the clock and `t` in the log."""
        if now >= self._pins_at:
            self._pins_at = now + PINS_EVERY_S
            yield from self._look_at_pins(now, t)
        if not self.power_low and now >= self._power_at:
            self._power_at = now + POWER_EVERY_S
            yield from self._look_at_power(t)

    def _look_at_pins(self, now: float, t: float) -> Iterator[Record]:
        trouble = self._announcer.look_at_pins(now)
        if trouble == self._pin_trouble:
            return
        self._pin_trouble = trouble
        log.warning("%s", trouble or "buzzer and LED work again")
        yield PinTrouble(t, trouble) if trouble else PinsWork(t, "")

    def _look_at_power(self, t: float) -> Iterator[Record]:
        """It is told once: the power bank stays what it is."""
        self.power_low = self._power_dips()
        if self.power_low:
            log.warning("%s", LOW_POWER)
            self._announcer.low_power(True)
            yield LowPower(t, LOW_POWER)
