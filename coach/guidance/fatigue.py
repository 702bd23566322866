"""Fatigue: the walker held against their own first minutes.

A tired walker on a belt that keeps its speed takes quicker, shorter, softer, less even steps. So
five things are compared with the first minutes: cadence, amplitude against cadence, step-time
variability, regularity and symmetry. Each change counts in units; their sum over two minutes is a
trend, a bad ten seconds is not. What wanders without tiredness, and what the belt does, moves
amplitude along with cadence (correlation 0.65 from one minute to the next in 27 treadmill walks of
people after a stroke): amplitude that falls while cadence rises tells tiredness from both.

A drift is told from a step: tiredness takes minutes. A tempo that changes within half a minute by
more than this walker's tempo wanders, or an amplitude that does, is the belt's doing, the hands' on
the rails or the clip's, and the baseline moves as far as the walk has. Who wanders more than others
must also have drifted further.

How people fare: `tests.bench.bench_longwalks`.
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
    log_amplitude: float


class FatigueWatch:
    """Hears steadiness, compares cadence while a session runs."""

    def __init__(self, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._p = parameters.fatigue
        self.restart()

    def restart(self) -> None:
        """A new session, a new baseline."""
        self._rhythm: tuple[float, float, float, float] | None = None  # the newest
        self._recent: deque[_Second] = deque(maxlen=self._p.trend_s + self._p.belt_span_s)
        self._quiet_until = -math.inf
        self._wander = self._p.wander**2  # mean square of what half minutes differ by
        self._learn_anew(self._p.finds_rhythm_s)

    def _learn_anew(self, skipped_s: int) -> None:
        self._skip_s = skipped_s
        self._learnt: list[_Second] = []
        self._baseline: _Second | None = None
        self._compared_s = 0
        self._before: _Second | None = None  # the trend before the belt moved
        self._calm_s = 0  # since it moved last

    def hear(self, event: Steadiness) -> None:
        """The newest variability, regularity, symmetry and amplitude."""
        cv, amplitude = event.step_time_cv, event.vigour_g
        if cv and amplitude and event.regularity is not None and event.symmetry is not None:
            self._rhythm = (math.log(cv), event.regularity, event.symmetry, math.log(amplitude))

    def compare(self, cadence: Cadence) -> Fatigue | None:
        """One second; a `Fatigue` when the trend is clear."""
        if cadence.spm is None or self._rhythm is None:
            return None
        now = _Second(math.log(cadence.spm), *self._rhythm)
        self._recent.append(now)
        if self._belt_moves():
            self._wait()
        elif self._before is not None:
            self._follow(self._before)
        elif self._baseline is None:
            self._learn(now)
        else:
            return self._judge(cadence.t, self._baseline)
        return None

    def _belt_moves(self) -> bool:
        """Whether tempo or amplitude changes too fast for tiredness."""
        newest = self._newest(self._p.belt_span_s)
        if len(newest) < self._p.belt_span_s:
            return False
        half = self._p.belt_s
        change = _Second(*map(sub, _mean(newest[-half:]), _mean(newest[:half])))
        square, line = change.log_spm**2, self._p.belt_of_own**2 * self._wander
        if square > line or abs(change.log_amplitude) > self._p.shifted:
            return True
        self._wander += (square - self._wander) / self._p.trend_s
        return False

    def _wait(self) -> None:
        """Remember what was before; a baseline that is not complete yet begins anew."""
        self._calm_s = 0
        if self._baseline is None:
            self._learn_anew(0)
        elif self._before is None:
            until = len(self._recent) - self._p.belt_span_s + self._p.belt_s
            self._before = _mean(list(self._recent)[max(0, until - self._p.trend_s) : until])

    def _follow(self, before: _Second) -> None:
        """Once all is steady again the baseline moves as far as the walk has."""
        self._calm_s += 1
        if self._calm_s < self._p.belt_s or self._baseline is None:
            return
        moved = map(sub, _mean(self._newest(self._p.belt_span_s)), before)
        self._baseline = _Second(*map(add, self._baseline, moved))
        self._compared_s = 0
        self._before = None

    def _learn(self, now: _Second) -> None:
        if self._skip_s > 0:
            self._skip_s -= 1
            return
        self._learnt.append(now)
        if len(self._learnt) >= self._p.learn_s:
            self._baseline = _mean(self._learnt)

    def _judge(self, t: float, baseline: _Second) -> Fatigue | None:
        self._compared_s += 1
        if self._compared_s < self._p.trend_s or t < self._quiet_until:
            return None
        change = _Second(*map(sub, _mean(self._newest(self._p.trend_s)), baseline))
        restless = max(1.0, math.sqrt(self._wander) / self._p.wander)
        if _tiredness(change, self._p) < self._p.tired * restless:
            return None
        self._quiet_until = t + self._p.again_s
        return Fatigue(t, _percent(change.log_spm), _percent(change.log_cv))

    def _newest(self, seconds: int) -> list[_Second]:
        return list(self._recent)[-seconds:]


def _mean(seconds: Collection[_Second]) -> _Second:
    return _Second(*(fmean(column) for column in zip(*seconds, strict=True)))


def _tiredness(change: _Second, p: FatigueParameters) -> float:
    """The sum of what has changed, in units."""
    changes = (
        min(change.log_spm, p.at_most),
        min(change.log_spm - change.log_amplitude, p.at_most),
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
