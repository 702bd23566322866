"""Slowing a walker down so that it teaches: gently, then firmly, and silent as soon as it works.

Above the limit for a while: a gentle cue. If nothing changes, a firmer one. The walker who begins
to slow down has understood: silence at once, although the limit is not reached yet. If the cadence
stays above the limit after all, the cue comes again, but not more often than was set: a device
that nags is taken off.
"""

from __future__ import annotations

from collections import deque

from coach.events import Cadence, Event, Reaction
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import CadenceSettings

SLOW_DOWN, SLOW_DOWN_FIRM = "slow_down", "slow_down_firm"


class Pace:
    """Judges once a second the cadence and the limit in force; `cue` is what should sound."""

    def __init__(
        self, settings: CadenceSettings, parameters: GuidanceParameters = GUIDANCE
    ) -> None:
        self._p, self._sure = parameters.pace, parameters.sure
        self.settings = settings
        self.cue: str | None = None
        self._above_since: float | None = None
        self._began = 0.0  # of the cue that sounds or that has just worked
        self._spm_at_cue = 0.0
        self._patient_until = 0.0
        self._cues: deque[float] = deque()  # begins of the last minute's

    def judge(self, cadence: Cadence, limit_spm: float, in_session: bool) -> list[Event]:
        """Decide anew; returns a `Reaction` when the walker has slowed down."""
        spm, t = cadence.spm, cadence.t
        if spm is None or not in_session:
            self.cue, self._above_since = None, None
            return []
        if spm <= limit_spm - self.settings.hysteresis_spm:
            self._above_since = None
            return self._worked(t)
        if spm <= limit_spm:
            self._above_since = None
        elif cadence.confidence >= self._sure and self._above_since is None:
            self._above_since = t
        if self.cue is not None and spm <= self._spm_at_cue - self._p.reacts_spm:
            self._patient_until = t + self._p.patience_s
            return self._worked(t)
        if self.cue is None:
            self._begin(t, spm)
        elif self.cue == SLOW_DOWN and 0 < self.settings.firm_after_s <= t - self._began:
            self.cue = SLOW_DOWN_FIRM
        return []

    def _worked(self, t: float) -> list[Event]:
        if self.cue is None:
            return []
        cue, self.cue = self.cue, None
        return [Reaction(t, cue, t - self._began)]

    def _begin(self, t: float, spm: float) -> None:
        """The gentle cue, if it is time for it."""
        while self._cues and self._cues[0] <= t - 60.0:
            self._cues.popleft()
        held = self._above_since is not None and t - self._above_since >= self.settings.hold_s
        if held and t >= self._patient_until and len(self._cues) < self.settings.max_cues_per_min:
            self._cues.append(t)
            self.cue, self._began, self._spm_at_cue = SLOW_DOWN, t, spm
