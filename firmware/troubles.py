"""Faults of the sensor that come and go: put together, for whoever reads of them.

A loose wire breaks several times a minute, and shows several faces each time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from coach.events import Gap
from firmware.records import Fault, Record, Recovered
from firmware.wording import clock

AGAIN_S = 10.0
"""A fault that comes again so soon after its end is the same trouble."""

FEW = 3
"""So often a trouble is told each time. A plug without contact comes and goes five times a second,
and what the session was about would be lost among thousands of lines."""

SUMMED_UP_S = 60.0
"""What comes too often to be told each time is told with its number this often, as it goes."""


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


class AsItGoes:
    """What to tell of the sensor while it happens; times are those of the reader's clock (s)."""

    def __init__(self) -> None:
        self._troubles = Troubles()
        self._often: dict[Trouble, tuple[float, str]] = {}
        """When each was told last, and in what words."""

    def is_told(self, said: Record, t: float) -> bool:
        """Whether this is told by itself; `sums` stands for what is not."""
        if isinstance(said, Gap):  # it comes with the end of what has made it
            return all(trouble.ended(t) for trouble in self._often)
        trouble = self._troubles.take(said, t) if isinstance(said, Fault | Recovered) else None
        if trouble is None or not trouble.often:
            return True
        self._often.setdefault(trouble, (-math.inf, ""))  # at once
        return False

    def sums(self, t: float) -> list[str]:
        """What has to be said now of that. Call it every second or so."""
        said: list[str] = []
        for trouble, (told, words) in list(self._often.items()):
            over = trouble.ended(t)
            if over or t - told >= SUMMED_UP_S:
                now = f"{trouble}, and goes on" if trouble.stands else str(trouble)
                said += [now] if now != words else []
                self._often[trouble] = t, now
            if over:
                del self._often[trouble]
        return said
