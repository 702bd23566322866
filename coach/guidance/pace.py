"""Slowing a walker down so that it teaches: gently, then firmly, and silent as soon as it works.

When to speak is a sequential test (a cumulative sum: Page, Biometrika 1954, 41:100-115) on the
tempo of the newest stride or two: what it has above the limit is added up second by second, what
it has below it is taken off, and at nothing, or clearly below the limit, the sum begins anew.
So a walker far above the limit is told within a stride or two of being sure, one just above it
later, and the unevenness that every walk has is forgotten as it comes. It comes with the strides:
who walks slowly is given as many of them, not as many seconds. What the sum averages need not be
averaged before it; whether a cue has been heard is no sum, and is asked of two strides.

If nothing changes, the cue becomes firmer. The walker who begins to slow down has understood:
silence at once, although the limit is not reached yet. Whether it was a correction is said a little
later, from the mean over the last seconds: two long strides are none, and the cue comes again at
once, or before if there is evidence enough for one at a tempo like that of before. Who has slowed
down, but not enough, is given some seconds more. It comes no more often than was set: a device that
nags is taken off.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from coach.events import Cadence, Event, Reaction
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import CadenceSettings

SLOW_DOWN, SLOW_DOWN_FIRM = "slow_down", "slow_down_firm"


@dataclass(slots=True)
class _Evidence:
    """What is above the limit since when nothing was: steps/min x seconds, and the tempo in it."""

    sum: float = 0.0
    seconds: float = 0.0
    tempo_sum: float = 0.0

    @property
    def tempo(self) -> float:
        """Mean of the tempo since then."""
        return self.tempo_sum / self.seconds


@dataclass(slots=True)
class _Told:
    """A cue: when it began, at which limit, and when the walker seemed to slow down.

    Who is as slow as `slower_spm` reacts.
    """

    began: float
    slower_spm: float
    limit_spm: float
    cue: str = SLOW_DOWN
    slowed: float = math.inf
    set_anew: float = -math.inf  # when it has gone on under a lower limit

    def heard(self, spm: float) -> bool:
        """Whether a tempo that was held since the cue ended shows a reaction."""
        return spm <= max(self.limit_spm, self.slower_spm)


class Pace:
    """Judges every cadence against the limit in force; `cue` is what should sound.

    None begins before `silent_until`.
    """

    def __init__(
        self,
        settings: CadenceSettings,
        parameters: GuidanceParameters = GUIDANCE,
        *,
        silent_until: float = -math.inf,
    ) -> None:
        self._p = parameters.pace
        self.settings = settings
        self._evidence = _Evidence()
        self._told: _Told | None = None  # the cue that sounds, or that may just have worked
        self._silent_until = silent_until
        self._patient_until = -math.inf
        self._goes_on_at = math.nan  # a cue that begins then is none, it sounded before
        self._begins: deque[float] = deque()  # of the last minute's cues
        self._last_t = -math.inf

    @property
    def cue(self) -> str | None:
        """The gentle cue, the firm one, or none."""
        return self._told.cue if self._told is not None and self._told.slowed == math.inf else None

    def take_over(
        self,
        before: Pace,
        seconds: Iterable[tuple[Cadence, bool]],
        limit_spm: float,
        *,
        lower: bool,
    ) -> None:
        """Judge the last seconds anew, each with whether a session ran.

        What was told stays told: how often, what may just have worked, and, unless the limit is
        `lower` now, with which patience. A cue that sounds is this one's to go on with.
        """
        newest, begin = self._silent_until, -math.inf
        self._begins = before._begins.copy()
        if before.cue is not None:
            self._goes_on_at = newest
        else:
            begin = newest - math.ceil(self.hold_s(limit_spm))
            if not lower:
                self._patient_until = before._patient_until
                if before._told is not None:  # what was walked until it worked has been told
                    begin = max(begin, math.nextafter(before._told.slowed, math.inf))
        for cadence, in_session in seconds:
            if cadence.t >= begin:
                self.judge(cadence, limit_spm, in_session)
        told, was = self._told, before._told
        if told is None and before.cue is None:
            self._told = was
        elif told is not None and was is not None and before.cue is not None:
            firm = not lower and before.cue == SLOW_DOWN_FIRM and self._is_firm(was, newest)
            if firm or before.cue == SLOW_DOWN:  # it is the one that began then
                told.set_anew = told.began if lower else was.set_anew
                told.began, told.cue = was.began, before.cue

    def judge(self, cadence: Cadence, limit_spm: float, in_session: bool) -> list[Event]:
        """Decide anew; returns a `Reaction` when it is sure that the walker has slowed down."""
        elapsed, self._last_t = min(cadence.t - self._last_t, 1.0), cadence.t
        if cadence.spm is None or not in_session:
            self._evidence = _Evidence()
            if self.cue is not None:
                self._told = None
            return []
        t, recent = cadence.t, cadence.spm if cadence.recent_spm is None else cadence.recent_spm
        if self.cue is not None:
            self._listen(t, recent, limit_spm)
            return []
        newest = recent if cadence.newest_spm is None else cadence.newest_spm
        self._weigh(newest, limit_spm, elapsed)
        reactions = self._credit(t, cadence.spm)
        if newest > limit_spm:
            self._begin(t, limit_spm)
        return reactions

    def _weigh(self, tempo: float, limit_spm: float, elapsed: float) -> None:
        e = self._evidence
        excess = min(tempo - limit_spm, self._p.at_most_spm) - self._p.ignored_spm
        e.sum += excess * elapsed
        if e.sum <= 0.0 or tempo <= limit_spm - self.settings.hysteresis_spm:
            self._evidence = _Evidence()
            return
        e.sum = min(e.sum, self._enough(limit_spm))
        e.seconds += elapsed
        e.tempo_sum += tempo * elapsed

    def hold_s(self, limit_spm: float) -> float:
        """How long `excess_spm` above this limit brings the cue."""
        return self.settings.hold_s * max(1.0, self._p.hold_spm / limit_spm)

    def _enough(self, limit_spm: float) -> float:
        return self.hold_s(limit_spm) * (self._p.excess_spm - self._p.ignored_spm)

    def _begin(self, t: float, limit_spm: float) -> None:
        """The gentle cue, if it is time for it."""
        while self._begins and self._begins[0] <= t - 60.0:
            self._begins.popleft()
        e = self._evidence
        if e.seconds == 0.0 or e.sum < self._enough(limit_spm):
            return
        if self._told is not None and not self._told.heard(e.tempo):
            self._not_heard(t)
        goes_on = t == self._goes_on_at
        may = goes_on or len(self._begins) < self.settings.max_cues_per_min
        if may and t >= max(self._silent_until, self._patient_until):
            self._begins += [] if goes_on else [t]
            self._told = _Told(t, e.tempo - self._p.reacts_spm, limit_spm)
            self._evidence = _Evidence()

    def _listen(self, t: float, tempo: float, limit_spm: float) -> None:
        """While a cue sounds: end it, or make it the firm one."""
        told = self._told
        assert told is not None
        if tempo <= max(told.slower_spm, told.limit_spm - self.settings.hysteresis_spm):
            told.slowed = t
            self._patient_until = t + self._p.patience_s
        elif tempo <= limit_spm and limit_spm > told.limit_spm:
            self._told = None  # the limit has moved, not the walker
        elif self._is_firm(told, t):
            told.cue = SLOW_DOWN_FIRM

    def _is_firm(self, told: _Told, t: float) -> bool:
        """Whether the gentle cue has changed nothing for long enough."""
        return 0 < self.settings.firm_after_s <= t - max(told.began, told.set_anew)

    def _credit(self, t: float, spm: float) -> list[Event]:
        """The reaction to the cue that has ended, if the mean of what followed shows one."""
        told = self._told
        if told is None or t < told.slowed + self._p.verdict_s:
            return []
        if not told.heard(spm):
            self._not_heard(t)
            return []
        self._told = None
        in_time = t < told.slowed + self._p.patience_s  # who pauses for longer has not corrected
        return [Reaction(t, told.cue, told.slowed - told.began)] if in_time else []

    def _not_heard(self, t: float) -> None:
        """No reaction ended the cue: there is nothing to be patient for."""
        self._told = None
        self._patient_until = t
