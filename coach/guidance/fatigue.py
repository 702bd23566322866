"""Fatigue: the walker held against their own first minutes.

A tired walker on a belt that keeps its speed takes quicker, shorter, softer, less even steps. So
five things are compared with the first minutes: cadence, amplitude against cadence, step-time
variability, regularity and symmetry. Each change counts in units; their sum over two minutes is a
trend, a bad ten seconds is not. What wanders without tiredness, and what the belt does, moves
amplitude along with cadence (correlation 0.65 from one minute to the next in 27 treadmill walks of
people after a stroke): amplitude that falls while cadence rises tells tiredness from both.

A tempo or an amplitude that changes within half a minute is the belt's doing, the hands' on the
rails or the clip's: the comparison moves along with it.

The threshold was set on 40 simulated walkers, steady for 15 minutes or drifting by 10 % over five,
each with other tempo, amplitude, asymmetry and variability (2 to 6 %); the tempo of one who is not
tired wanders by half of that variability. How others fare that it was not fitted to:
`tests/bench/bench_coaching.py`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from operator import add, sub
from statistics import fmean
from typing import NamedTuple

from coach.events import Cadence, Fatigue, Steadiness
from coach.guidance.parameters import GUIDANCE, FatigueParameters, GuidanceParameters


class _Second(NamedTuple):
    log_spm: float
    log_cv: float
    regularity: float
    symmetry: float
    log_vigour: float


class FatigueWatch:
    """Hears steadiness, compares cadence while a session runs."""

    def __init__(self, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._p, self._sure = parameters.fatigue, parameters.sure
        self.restart()

    def restart(self) -> None:
        """A new session, a new measure."""
        self._walked = 0  # seconds of it that have been looked at for the measure
        self._learnt: list[_Second] = []
        self._measure: _Second | None = None
        self._compared_s = 0  # seconds since there is a measure for this tempo
        self._recent: deque[_Second] = deque(maxlen=self._p.trend_s + self._p.belt_span_s)
        self._rhythm: tuple[float, float, float, float] | None = None  # the newest
        self._quiet_until = 0.0
        self._before: _Second | None = None  # the trend before the sudden change
        self._steady_s = 0  # since then, without a change

    def hear(self, event: Steadiness) -> None:
        """The newest variability, regularity, symmetry and vigour."""
        cv, vigour = event.step_time_cv, event.vigour_g
        if cv and vigour and event.regularity is not None and event.symmetry is not None:
            self._rhythm = (math.log(cv), event.regularity, event.symmetry, math.log(vigour))

    def compare(self, cadence: Cadence) -> Fatigue | None:
        """One second; a `Fatigue` when the trend is clear."""
        if cadence.spm is None or cadence.confidence < self._sure or self._rhythm is None:
            return None
        now = _Second(math.log(cadence.spm), *self._rhythm)
        self._recent.append(now)
        if self._belt_moves():
            return None
        if self._measure is None:
            self._learn(now)
            return None
        self._compared_s += 1
        if self._compared_s < self._p.trend_s or cadence.t < self._quiet_until:
            return None
        change = _Second(*map(sub, _mean(self._newest(self._p.trend_s)), self._measure))
        if _tiredness(change, self._p) < self._p.tired:
            return None
        self._quiet_until = cadence.t + self._p.again_s
        return Fatigue(cadence.t, _percent(change.log_spm), _percent(change.log_cv))

    def _learn(self, now: _Second) -> None:
        self._walked += 1
        if self._walked > self._p.learn_from_s:
            self._learnt.append(now)
        if self._walked >= self._p.learn_to_s:
            self._measure = _mean(self._learnt)
            self._compared_s = 0

    def _belt_moves(self) -> bool:
        """See what changes too fast for tiredness, and move the measure along with it."""
        newest = self._newest(self._p.belt_span_s)
        if len(newest) < self._p.belt_span_s:
            return False
        if _changes(newest, self._p):
            if self._before is None:
                until = len(self._recent) - self._p.belt_span_s + self._p.belt_s
                self._before = _mean(list(self._recent)[max(0, until - self._p.trend_s) : until])
            self._steady_s = 0
        elif self._before is not None:
            self._steady_s += 1
            if self._steady_s >= self._p.belt_s:
                self._follow(self._before, _mean(newest))
                self._before = None
        return self._before is not None

    def _follow(self, before: _Second, after: _Second) -> None:
        """All is steady again; a measure that is not complete yet begins anew."""
        self._compared_s = 0
        if self._measure is None:
            self._walked = self._p.learn_from_s
            self._learnt.clear()
        else:
            change = map(sub, after, before)
            self._measure = _Second(*map(add, self._measure, change))

    def _newest(self, seconds: int) -> list[_Second]:
        return list(self._recent)[-seconds:]


def _mean(seconds: Collection[_Second]) -> _Second:
    return _Second(*(fmean(column) for column in zip(*seconds, strict=True)))


def _tiredness(change: _Second, p: FatigueParameters) -> float:
    """The sum of what has changed, in units."""
    changes = (
        min(change.log_spm, p.at_most),
        min(change.log_spm - change.log_vigour, p.at_most),
        change.log_cv,
        change.regularity,
        change.symmetry,
    )
    units = (
        p.cadence_unit,
        p.softness_unit,
        p.variability_unit,
        p.regularity_unit,
        p.symmetry_unit,
    )
    return sum(c / unit for c, unit in zip(changes, units, strict=True))


def _percent(log_change: float) -> float:
    return 100.0 * math.expm1(log_change)


def _changes(seconds: list[_Second], p: FatigueParameters) -> bool:
    """Whether tempo or amplitude at the end is another than at the beginning."""
    change = _Second(*map(sub, _mean(seconds[-p.belt_s :]), _mean(seconds[: p.belt_s])))
    cv = math.exp(fmean(second.log_cv for second in seconds)) / 100
    sudden = abs(change.log_spm) > p.belt_change + p.belt_of_cv * cv
    return sudden or abs(change.log_vigour) > p.shifted
