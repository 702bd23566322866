"""The sensor's faults in the system's log: each told, but for one that comes and goes all the time.

A plug without contact would be ten lines a second there, on a card that is worn by each of them.
"""

from __future__ import annotations

import logging

from firmware.records import Fault, Record, Recovered, Warned
from firmware.sentences import sentence
from firmware.troubles import Trouble, Troubles
from hardware.mpu6050 import SensorEvent

log = logging.getLogger("coach")

SUMMED_UP_S = 60.0
"""A trouble that has come too often to be told each time is told with its number this often."""


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
        self._troubles = Troubles()
        self._often: dict[
            Trouble, tuple[float, str]
        ] = {}  # when it was told last, and in what words

    def hear(self, said: Record, t: float) -> None:
        """A fault begins, shows one more face, or is over; or a word on what changes nothing."""
        trouble = self._troubles.take(said, t) if isinstance(said, Fault | Recovered) else None
        if trouble is None or not trouble.often:
            log.warning("%s", sentence(said))
        else:
            self._often.setdefault(trouble, (t, ""))

    def look(self, t: float) -> None:
        """Call it now and then."""
        for trouble, (told, words) in list(self._often.items()):
            over = trouble.ended(t)
            if over or t - told >= SUMMED_UP_S:
                now = f"{trouble}, and goes on" if trouble.stands else str(trouble)
                if now != words:
                    log.warning("%s", now)
                self._often[trouble] = t, now
            if over:
                del self._often[trouble]
