"""Is this movement like an earlier one? What the next moment of a gait looks like.

A gait repeats itself. So the last 0.3 s of acceleration are laid over every stretch of the same
length of the last four seconds; the one that fits best is what this phase of this walker's step
looks like, and what is left over is *surprise*: it needs no model of a step, no detected steps, no
known cadence, and serves a limp as well as a march. Comparing with all earlier stretches at once
is the matrix profile of Yeh and others (IEEE ICDM 2016), cut to the newest column.

The same differences, averaged over some seconds, tell *rhythm*: in a gait the acceleration
one stride ago is far more like now than the one half-way between, whatever its size.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.movement import HOP_S, NOW_HOPS
from coach.samples import Floats

NEAREST_HOPS, FURTHEST_HOPS = 8, 80
"""Earlier means 0.4 to 4 s ago: past the present jolt, and two strides at 60 steps/min."""

RHYTHM_S: Final = 2.5
"""Time constant of the averaged differences: a stride at 50 steps/min."""

RHYTHM_NEAREST_HOPS: Final = 10
"""No stride, and no step of a walk, is shorter than 0.5 s."""

RHYTHM_PROOF_HOPS: Final = 20
"""A distance in time counts towards the rhythm once a second of it has been seen."""

RHYTHM_EVERY_HOPS: Final = 4
"""The rhythm is looked at anew every 0.2 s: it changes by the second."""

_KEEP: Final = 1.0 - HOP_S / RHYTHM_S
_SETTLED: Final = 400  # hops after which 1 - _KEEP^n is 1 to three digits
_WEIGHT: Final = 1.0 - _KEEP ** np.arange(_SETTLED + FURTHEST_HOPS)  # of a mean over n differences
_ROWS: Final = 4 * FURTHEST_HOPS  # of the memory; it is moved to the front when it is full


class Echo:
    """Remembers four seconds of a movement of `width` numbers; `rhythmic`: looks for rhythm too.

    After `feed`: `surprise` (g, rms): what the best-fitting earlier 0.3 s leave unexplained, 0
    while there is nothing to compare with; `rhythm`: 1 less the ratio of the differences at the
    best repeat and before it, 1 for perfect repetition, 0 or less for none.
    """

    def __init__(self, width: int, *, rhythmic: bool = False) -> None:
        self._rhythmic = rhythmic
        self.surprise = 0.0
        self.rhythm = 0.0
        self._memory: Floats = np.zeros((_ROWS, width))
        self._differences: Floats = np.zeros((NOW_HOPS, FURTHEST_HOPS))
        self._now: Floats = np.zeros(FURTHEST_HOPS)  # sum of the last NOW_HOPS differences
        self._mean: Floats = np.zeros(FURTHEST_HOPS)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.surprise = self.rhythm = 0.0
        self._end = 0  # of the memory
        self._seen = 0  # hops since the beginning
        for past in (self._differences, self._now, self._mean):
            past[:] = 0.0

    def feed(self, moved: Floats) -> None:
        """Take in the movement (width,) of the next hop, in g."""
        known = min(self._seen, FURTHEST_HOPS)
        if known:
            past = self._memory[self._end - known : self._end][::-1] - moved
            difference = self._differences[self._seen % NOW_HOPS]
            difference[:known] = np.einsum("ij,ij->i", past, past)
            self._now = np.add.reduce(self._differences)
            if self._rhythmic:
                mean = self._mean[:known]
                mean += (1 - _KEEP) * (difference[:known] - mean)
        self._remember(moved)
        whole = min(self._seen - NOW_HOPS, FURTHEST_HOPS)  # distances with NOW_HOPS differences
        if whole >= NEAREST_HOPS:
            best = np.minimum.reduce(self._now[NEAREST_HOPS - 1 : whole])
            self.surprise = math.sqrt(best / NOW_HOPS)
        if self._rhythmic and self._seen % RHYTHM_EVERY_HOPS == 0:
            self._find_rhythm()

    def _remember(self, moved: Floats) -> None:
        if self._end == _ROWS:
            self._memory[:FURTHEST_HOPS] = self._memory[-FURTHEST_HOPS:]
            self._end = FURTHEST_HOPS
        self._memory[self._end] = moved
        self._end += 1
        self._seen += 1

    def _find_rhythm(self) -> None:
        proved = min(self._seen - RHYTHM_PROOF_HOPS, FURTHEST_HOPS)
        if proved < RHYTHM_NEAREST_HOPS:
            return
        mean = self._mean[:proved]
        if self._seen < _SETTLED:  # the k-th distance has seen k differences less
            mean = mean / _WEIGHT[self._seen - proved : self._seen][::-1]
        between = np.maximum.accumulate(mean) + 1e-9
        first = RHYTHM_NEAREST_HOPS - 1
        self.rhythm = 1.0 - float(np.minimum.reduce(mean[first:] / between[first:]))
