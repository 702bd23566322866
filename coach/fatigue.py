"""Fatigue: the walker held against their own first minutes.

A tired walker on a belt that keeps its speed takes quicker, shorter, less even steps. So four
things are compared with the first minutes: mean cadence, step-time variability, regularity and
symmetry. Each change counts in units of what it does in a walker who is not tired; their sum over
a minute and a half is a trend, a bad ten seconds is not. A tempo that changes within half a
minute is the belt's doing: the comparison moves along with it.

Units and threshold come from 64 simulated walkers, steady for 15 minutes or drifting by 10 % over
five, each with other tempo, amplitude, asymmetry and variability (2 to 6 %).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from statistics import fmean
from typing import NamedTuple

from coach.events import Cadence, Fatigue, Steadiness
from coach.pace import SURE_ENOUGH

LEARN_FROM_S, LEARN_TO_S = 30, 210
"""Walking seconds that make the walker's own measure: the first half minute finds the rhythm."""

TREND_S = 90
"""What is compared with it: long enough for a trend."""

UNITS = (0.03, 0.18, -0.045, -0.045)
"""What counts as one: relative change of mean cadence, change of the logarithm of the step-time
variability, of regularity, of symmetry; the last two fall where the others rise."""

TIRED = 3.5
"""The sum of the four at which the trend is clear."""

BELT_S = 30
BELT_SPAN_S = 80
BELT_CHANGE = 0.1
"""A cadence that differs by this between two half minutes, 20 s apart, follows a new belt speed;
tiredness takes minutes for it."""

AGAIN_S = 180.0
"""The cue is repeated after this long, should the walker go on."""


class _Second(NamedTuple):
    spm: float
    log_cv: float
    regularity: float
    symmetry: float


class FatigueWatch:
    """Fed with cadence and steadiness while a session runs."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new session, a new measure."""
        self._walked = 0  # seconds of it that have been looked at for the measure
        self._learnt: list[_Second] = []
        self._measure: _Second | None = None
        self._recent: deque[_Second] = deque(maxlen=TREND_S)
        self._rhythm: tuple[float, float, float] | None = None  # the newest
        self._quiet_until = 0.0
        self._belt_before: float | None = None  # cadence before the belt's speed changed
        self._belt_moving_s = 0  # since that was seen

    def steadiness(self, event: Steadiness) -> None:
        """The newest variability, regularity and symmetry."""
        if event.step_time_cv and event.regularity is not None and event.symmetry is not None:
            self._rhythm = (math.log(event.step_time_cv), event.regularity, event.symmetry)

    def feed(self, cadence: Cadence) -> Fatigue | None:
        """One second; a `Fatigue` when the trend is clear."""
        if cadence.spm is None or cadence.confidence < SURE_ENOUGH or self._rhythm is None:
            return None
        now = _Second(cadence.spm, *self._rhythm)
        self._recent.append(now)
        if self._belt_moves():
            return None
        if self._measure is None:
            self._learn(now)
            return None
        if len(self._recent) < TREND_S or cadence.t < self._quiet_until:
            return None
        trend = _mean(self._recent)
        faster = trend.spm / self._measure.spm - 1.0
        less_even = trend.log_cv - self._measure.log_cv
        changes = (
            faster,
            less_even,
            trend.regularity - self._measure.regularity,
            trend.symmetry - self._measure.symmetry,
        )
        if sum(c / unit for c, unit in zip(changes, UNITS, strict=True)) < TIRED:
            return None
        self._quiet_until = cadence.t + AGAIN_S
        return Fatigue(cadence.t, 100 * faster, 100 * (math.exp(less_even) - 1.0))

    def _learn(self, now: _Second) -> None:
        self._walked += 1
        if self._walked > LEARN_FROM_S:
            self._learnt.append(now)
        if self._walked >= LEARN_TO_S:
            self._measure = _mean(self._learnt)
            self._recent.clear()

    def _belt_moves(self) -> bool:
        """See a tempo that changes too fast for tiredness, and move the measure along with it."""
        newest = [second.spm for second in self._recent][-BELT_SPAN_S:]
        if self._belt_before is not None:
            self._belt_moving_s += 1
            if self._belt_moving_s >= BELT_SPAN_S:
                self._follow(fmean(newest[-BELT_S:]) / self._belt_before)
            return True
        if len(newest) < BELT_SPAN_S:
            return False
        before, after = fmean(newest[:BELT_S]), fmean(newest[-BELT_S:])
        if abs(after / before - 1.0) <= BELT_CHANGE:
            return False
        self._belt_before, self._belt_moving_s = before, 0
        return True

    def _follow(self, ratio: float) -> None:
        """The belt has its new speed; a measure that is not complete yet begins anew."""
        self._belt_before = None
        self._recent.clear()
        if self._measure is None:
            self._walked = LEARN_FROM_S
            self._learnt.clear()
        else:
            self._measure = self._measure._replace(spm=self._measure.spm * ratio)


def _mean(seconds: Collection[_Second]) -> _Second:
    return _Second(*(fmean(column) for column in zip(*seconds, strict=True)))
