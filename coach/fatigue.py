"""Fatigue: the walker held against their own first minutes.

A tired walker on a belt that keeps its speed takes quicker, shorter, less even steps. So four
things are compared with the first minutes: mean cadence, step-time variability, regularity and
symmetry. Each change counts in units of what it does in a walker who is not tired; their sum over
two minutes is a trend, a bad ten seconds is not. A tempo that changes within half a minute is the
belt's doing: the comparison moves along with it.

Units and threshold were fitted to 180 simulated walkers, steady for 15 minutes or drifting by 10 %
over five, each with other tempo, amplitude, asymmetry and variability (2 to 6 %); the tempo of
one who is not tired wanders by half of that variability. How others fare that it was not fitted
to: `tests/bench/bench_coaching.py`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from statistics import fmean
from typing import NamedTuple

from coach.events import Cadence, Fatigue, Steadiness
from coach.pace import SURE_ENOUGH

LEARN_FROM_S, LEARN_TO_S = 20, 270
"""Walking seconds that make the walker's own measure: at first everybody finds the rhythm."""

TREND_S = 120
"""What is compared with it: long enough for a trend."""

UNITS = (0.03, 0.26, -0.17, -0.2)
"""What counts as one: relative change of mean cadence, change of the logarithm of the step-time
variability, of regularity, of symmetry; the last two fall where the others rise."""

FASTEST = 0.12
"""A cadence that has risen by more than this is not only tiredness."""

TIRED = 2.3
"""The sum of the four at which the trend is clear."""

BELT_S = 30
BELT_SPAN_S = 80
BELT_CHANGE, BELT_OF_CV = 0.04, 1.5
"""Two half minutes, 20 s apart, whose cadences differ by more than this follow a new belt speed:
tiredness takes minutes for it, and chance makes less of the walker's own variability."""

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
        self._compared_s = 0  # seconds since there is a measure for this tempo
        self._recent: deque[_Second] = deque(maxlen=TREND_S + BELT_SPAN_S)
        self._rhythm: tuple[float, float, float] | None = None  # the newest
        self._quiet_until = 0.0
        self._before: _Second | None = None  # the trend before the belt's speed changed
        self._steady_s = 0  # since then, without a change

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
        self._compared_s += 1
        if self._compared_s < TREND_S or cadence.t < self._quiet_until:
            return None
        trend = _mean(self._newest(TREND_S))
        faster = trend.spm / self._measure.spm - 1.0
        less_even = trend.log_cv - self._measure.log_cv
        changes = (
            min(faster, FASTEST),
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
            self._compared_s = 0

    def _belt_moves(self) -> bool:
        """See a tempo that changes too fast for tiredness, and move the measure along with it."""
        newest = self._newest(BELT_SPAN_S)
        if len(newest) < BELT_SPAN_S:
            return False
        if _changes(newest):
            if self._before is None:
                until = len(self._recent) - BELT_SPAN_S + BELT_S
                self._before = _mean(list(self._recent)[max(0, until - TREND_S) : until])
            self._steady_s = 0
        elif self._before is not None:
            self._steady_s += 1
            if self._steady_s >= BELT_S:
                self._follow(self._before, _mean(newest))
                self._before = None
        return self._before is not None

    def _follow(self, before: _Second, after: _Second) -> None:
        """The belt has its new speed; a measure that is not complete yet begins anew."""
        self._compared_s = 0
        old = self._measure
        if old is None:
            self._walked = LEARN_FROM_S
            self._learnt.clear()
        else:
            rest = (new - then for new, then in zip(after[1:], before[1:], strict=True))
            shifted = (value + change for value, change in zip(old[1:], rest, strict=True))
            self._measure = _Second(old.spm * after.spm / before.spm, *shifted)

    def _newest(self, seconds: int) -> list[_Second]:
        return list(self._recent)[-seconds:]


def _mean(seconds: Collection[_Second]) -> _Second:
    return _Second(*(fmean(column) for column in zip(*seconds, strict=True)))


def _changes(seconds: list[_Second]) -> bool:
    """Whether the tempo at the end is another than at the beginning."""
    before = fmean(second.spm for second in seconds[:BELT_S])
    after = fmean(second.spm for second in seconds[-BELT_S:])
    cv = math.exp(fmean(second.log_cv for second in seconds)) / 100
    return abs(after / before - 1.0) > BELT_CHANGE + BELT_OF_CV * cv
