"""After a stumble: a lower limit for a while, so that the walker slows down and settles.

It ends with the session: the next begins under the limit that is set.

Lower means below what this walker walked at, not only below the therapist's limit: somebody who
trips at 70 steps/min with a limit of 100 should slow down too.
"""

from __future__ import annotations

from coach.events import Cadence, Event, Limit, Session, Stumble
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import StumbleSettings


class Settling:
    """Hears each frame's events; knows the limit in force."""

    def __init__(
        self, settings: StumbleSettings, parameters: GuidanceParameters = GUIDANCE
    ) -> None:
        self._fresh_s = parameters.settle.fresh_s
        self.settings = settings
        self._lowered: float | None = None
        self._walked = 0.0  # before the stumble that lowered it
        self._since = 0.0  # the newest stumble
        self._last: Cadence | None = None

    @property
    def lowers(self) -> bool:
        """A lower limit is in force, for a while."""
        return self._lowered is not None

    def limit(self, max_spm: float) -> float:
        """The limit in force, given the one that is set (steps/min)."""
        return max_spm if self._lowered is None else min(self._lowered, max_spm)

    def hear(self, events: list[Event], t: float, max_spm: float) -> list[Event]:
        """The frame's events and its time; returns a `Limit` when the limit in force changes."""
        changes: list[Event] = []
        ends = False
        for event in events:
            if isinstance(event, Cadence) and event.spm is not None:
                self._last = event
            elif isinstance(event, Stumble) and self.settings.settle_s > 0:
                walked = self._before(t, max_spm)
                lowered = walked * (1 - self.settings.settle_percent / 100)
                if lowered < max_spm:  # else there is nothing to tell
                    self._lowered, self._walked, self._since = lowered, walked, t
                    changes.append(Limit(t, lowered, "stumble"))
            elif isinstance(event, Session):
                ends = event.state == "ended"
        if self._lowered is not None and (ends or t >= self._since + self.settings.settle_s):
            self._lowered = None
            changes.append(Limit(t, max_spm, "settled"))
        return changes

    def _before(self, t: float, max_spm: float) -> float:
        """What the walker walked at; who is still settling is not asked to slow down twice."""
        if self._lowered is not None:
            return self._walked
        if self._last is None or self._last.spm is None or t - self._last.t > self._fresh_s:
            return max_spm
        return min(self._last.spm, max_spm)
