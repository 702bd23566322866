"""Stages of retro-walking: hands on the rails, hands free, tempo, a mild incline.

A stage is comfortable when the rhythm is: cadence in the stage's band and not above the limit, and
step times even, for some minutes; the less even, the more of them. Then the coach says that the
walker is ready for the next; it never pushes. Falling out of rhythm, or a stumble, steps back a
stage.

The order is what physiotherapists teach; no published protocol prescribes a cadence, so the bands
are wide and meant to be edited.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import fmean
from typing import Literal

from coach.events import Cadence, Event, Stage, Steadiness
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import Band, StageSettings, parse_plan


class StageKeeper:
    """One session's: hears steadiness, advises on cadence and stumbles while it runs."""

    def __init__(self, settings: StageSettings, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._p = parameters.stage
        self.settings = settings
        self.bands = parse_plan(settings.plan)
        names = [band.name for band in self.bands]
        self._index = names.index(settings.current) if settings.current in names else 0
        self._cv: float | None = None
        self._sure: deque[float] = deque(maxlen=self._p.sure_s)  # confidence, second by second
        self._comfortable_s = 0.0
        self._out_s = 0
        self._told = False  # that the walker is ready for the next

    @property
    def band(self) -> Band:
        """The stage that is walked."""
        return self.bands[self._index]

    @property
    def ceiling_spm(self) -> float:
        """What the stage allows at most, where stages set the limit."""
        return self.band.high_spm if self.settings.sets_limit else math.inf

    def begin(self, t: float) -> Event:
        """A session begins, in the stage that the walker has reached."""
        return self._event(t, "begins")

    def hear(self, event: Steadiness) -> None:
        """The newest variability."""
        self._cv = event.step_time_cv

    def stumbled(self, t: float) -> list[Event]:
        """A stumble: a stage back, or the same one from the start."""
        return self._back(t)

    def advise(
        self, cadence: Cadence, *, limit_spm: float = math.inf, slowing: bool = False
    ) -> list[Event]:
        """One second of a session, under this limit; `slowing`: told to slow down."""
        if cadence.spm is None:
            self._out_s = 0  # a pause is no fault, and no progress either
            return []
        self._sure.append(cadence.confidence)
        if min(cadence.confidence, fmean(self._sure)) < self._p.sure or self._cv is None:
            return []
        self._count(cadence.spm, limit_spm, slowing, self._cv)
        lost = self._cv > self._p.out_of_rhythm * self.settings.even_percent
        self._out_s = self._out_s + 1 if lost else 0
        if self._out_s >= self._p.out_s:
            return self._back(cadence.t)
        # The newest strides may already be what the pace is about to speak of.
        calm = cadence.recent_spm is None or cadence.recent_spm <= limit_spm
        ready = calm and self._comfortable_s >= self.settings.comfort_min * 60
        if ready and not self._told and self._index + 1 < len(self.bands):
            self._told = True
            return [self._event(cadence.t, "ready for the next")]
        return []

    def _count(self, spm: float, limit_spm: float, slowing: bool, cv: float) -> None:
        """A second counts wholly where steps are very even, not at all, or less, where not."""
        if slowing or spm > limit_spm or not self.band.low_spm <= spm <= self.band.high_spm:
            self._comfortable_s = 0.0
            return
        evenness = (1.0 - cv / self.settings.even_percent) / (1.0 - self._p.very_even)
        self._comfortable_s = max(0.0, self._comfortable_s + max(-1.0, min(evenness, 1.0)))

    def _back(self, t: float) -> list[Event]:
        withdrawn, self._told = self._told, False
        self._comfortable_s, self._out_s = 0.0, 0
        if self._index == 0 and not withdrawn:
            return []
        self._index = max(0, self._index - 1)
        return [self._event(t, "stepped back")]

    def _event(
        self, t: float, advice: Literal["begins", "ready for the next", "stepped back"]
    ) -> Event:
        following = self.bands[self._index + self._told].name
        return Stage(t, self.band.name, advice, following)
