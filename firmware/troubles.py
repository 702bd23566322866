"""Faults of the sensor that come and go: put together, for a reader and for the system's log.

A loose wire breaks several times a minute, and shows several faces each time.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware.records import Fault, Recovered
from firmware.wording import clock

AGAIN_S = 10.0
"""A fault that comes again so soon after its end is the same trouble."""

FEW = 3
"""So often a trouble is told each time. A plug without contact comes and goes five times a second,
and what the session was about would be lost among thousands of lines."""


@dataclass(eq=False)
class Trouble:
    """A fault that comes and goes, from its first beginning to its last end (s)."""

    name: str
    began: float
    over: float
    times: int = 1
    missing_s: float = 0.0
    stands: bool = True

    @property
    def often(self) -> bool:
        """It has come too often to be told each time."""
        return self.times > FEW

    def ended(self, t: float) -> bool:
        """Whether what comes now would be another trouble."""
        return not self.stands and t - self.over > AGAIN_S

    def __str__(self) -> str:
        lasted = clock(self.over - self.began)
        missing = f", {self.missing_s:.1f} s missing" if self.missing_s else ""
        return f"{self.name.replace('_', ' ')}: {self.times} times within {lasted}{missing}"


class Troubles:
    """Takes each word on a fault, in order of time."""

    def __init__(self) -> None:
        self._newest: dict[str, Trouble] = {}

    def take(self, said: Fault | Recovered, t: float) -> Trouble | None:
        """The trouble that this belongs to; None for an end of what had not begun.

        Samples that come again end each fault that stands, whatever face it had shown last; one
        that goes on beside them is told again.
        """
        if isinstance(said, Recovered):
            for each in self._newest.values():
                if each.stands:
                    each.stands, each.over = False, t
        known = self._newest.get(said.name)
        if isinstance(said, Recovered):
            if known is None or known.ended(t):
                return None
            known.missing_s += said.missing_s
            return known
        if known is None or known.ended(t):
            known = self._newest[said.name] = Trouble(said.name, t, t)
        else:
            known.times, known.stands, known.over = known.times + 1, True, t
        return known
