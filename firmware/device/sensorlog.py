"""The sensor's faults in the system's log: each told, but for one that comes and goes all the time.

A plug without contact would be ten lines a second there, on a card that is worn by each of them.
"""

from __future__ import annotations

import logging

from firmware.records import Fault, Record, Recovered, Warned
from firmware.sentences import sentence
from firmware.troubles import AsItGoes
from hardware.mpu6050 import SensorEvent

log = logging.getLogger("coach")


def record_of(event: SensorEvent, t: float) -> Record:
    """What the driver tells, as a record of the time `t`."""
    match event.kind:
        case "fault":
            return Fault(t, event.name, event.message)
        case "recovered":
            return Recovered(t, event.name, event.lost, event.missing_s, event.message)
    return Warned(t, event.name, event.message)


class SensorLog:
    """Hears each word on the sensor; times are those of one clock (s)."""

    def __init__(self) -> None:
        self._goes = AsItGoes()

    def hear(self, said: Record, t: float) -> None:
        """A fault begins, shows one more face, or is over; or a word on what changes nothing."""
        if self._goes.is_told(said, t):
            log.warning("%s", sentence(said))

    def look(self, t: float) -> None:
        """Call it now and then."""
        for line in self._goes.sums(t):
            log.warning("%s", line)
