"""Turning round: how many steps it takes.

In a turn people step slower, and so faintly that the strides around it speak for it: the tempo at
each instant counts too many steps, seldom too few. What is clear are the phases of the stride
before and of the one after. They tell the steps between them but for whole ones; of these numbers
the next one below what the tempo says is taken, and the turn walked through at an even tempo.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coach.gait.movement import SLOW_HZ, TURN_LAG_S
from coach.gait.parameters import TempoParameters
from coach.gait.phase import Tempo, clear_of, steps_between
from coach.samples import Floats


class _Between(NamedTuple):
    """What lies between the strides before and after a turn: from, to (s), and its stride rate."""

    begin: float
    end: float
    rate: float


class Turn:
    """Tell of each half second in which the body turns; then ask for the tempo `through` it."""

    def __init__(self, parameters: TempoParameters) -> None:
        self._p = parameters
        self._known: _Between | None = None
        self.forget()

    def forget(self) -> None:
        """A turn that goes on is no part of a walk."""
        self._begin: float | None = None
        self._end = 0.0

    def goes_on(self, t: float) -> None:
        """The body has turned, of late, at `t`."""
        self._end = t - TURN_LAG_S
        if self._begin is None:
            self._begin = self._end

    def through(self, now: Tempo, t: float, slow: Floats, stride_s: float, noise: Floats) -> Tempo:
        """The tempo `now`, at `t`, but in the newest turn that of its steps."""
        if self._begin is not None:
            self._count(now, t, slow, stride_s, noise)
        if self._known is None:
            return now
        at = t - now.ago_s()
        inside = (at > self._known.begin) & (at < self._known.end)
        return now._replace(rates=np.where(inside, self._known.rate, now.rates))

    def _count(self, now: Tempo, t: float, slow: Floats, stride_s: float, noise: Floats) -> None:
        """Count the steps of a turn, as soon as there is a stride clear of it on either side."""
        begin, n = self._begin, clear_of(stride_s, self._p)
        newer = round((t - self._end) * SLOW_HZ) - n  # samples since the stride after the turn
        if begin is None or newer < 0:
            return
        self._begin = None
        lasts = self._end - begin + n / SLOW_HZ
        after = slow.shape[1] - newer
        before = after - round(lasts * SLOW_HZ)
        middle = t - (newer + 0.5 * n) / SLOW_HZ
        at = t - now.ago_s()
        rates = now.rates[(at > middle - lasts) & (at < middle)]
        if before < n or not len(rates):
            return
        told = 2.0 * lasts * float(np.add.reduce(rates)) / len(rates)
        strides = slow[:, before - n : before], slow[:, after - n : after]
        known = steps_between(*strides, stride_s, noise)
        excess = (told - known + self._p.tied) % 1.0 - self._p.tied
        if excess > 0.0:
            rate = 0.5 * (told - excess) / lasts
            self._known = _Between(middle - lasts, middle, rate)
