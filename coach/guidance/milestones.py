"""How long the walker has walked, and what is worth saying about it.

The clock counts walking only: a rest on the side rails stops it and does not end the session.
"""

from __future__ import annotations

import math

from coach.events import Cadence, Milestone, MilestoneName
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import SessionSettings

HALF_WAY: MilestoneName = "half_way"
TARGET: MilestoneName = "target"
LIMIT: MilestoneName = "limit"
TALK_CHECK: MilestoneName = "talk_check"


class Milestones:
    """Counts each second's cadence while a session runs."""

    def __init__(
        self, settings: SessionSettings, parameters: GuidanceParameters = GUIDANCE
    ) -> None:
        self._remind_s = parameters.milestone.remind_s
        self.settings = settings
        self.walked_s = 0.0
        self._said: set[MilestoneName] = set()
        self._last_t = 0.0
        self._limit_said = -math.inf  # walked_s when the limit was told last
        self._talked = 0.0

    def restart(self) -> None:
        """A new session."""
        self.walked_s = self._talked = 0.0
        self._limit_said = -math.inf
        self._said.clear()

    def count(self, cadence: Cadence) -> list[Milestone]:
        """What has been reached in this second."""
        elapsed, self._last_t = cadence.t - self._last_t, cadence.t
        if cadence.spm is None:
            return []
        self.walked_s += min(elapsed, 1.0)  # a gap is no walking that anybody saw
        target_s, limit_s = self.settings.target_min * 60, self.settings.limit_min * 60
        due: list[MilestoneName] = [
            name
            for name, at in ((HALF_WAY, target_s / 2), (TARGET, target_s))
            if self._once(name, self.walked_s >= at)
        ][-1:]  # a target that was lowered is not half of it
        if self.walked_s >= limit_s and self.walked_s - self._limit_said >= self._remind_s:
            self._limit_said = self.walked_s
            due.append(LIMIT)
        every_s = self.settings.talk_check_min * 60
        asks = every_s and not due and self.walked_s < limit_s  # who is to stop is told, not asked
        if asks and self.walked_s - self._talked >= every_s:
            self._talked = self.walked_s
            due.append(TALK_CHECK)
        return [Milestone(cadence.t, name, self.walked_s) for name in due]

    def _once(self, name: MilestoneName, reached: bool) -> bool:
        """Whether that is news; what is not reached, or no longer as the target was raised, is."""
        known = name in self._said
        (self._said.add if reached else self._said.discard)(name)
        return reached and not known
