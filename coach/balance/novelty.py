"""Is this movement like an earlier one? What the next moment of a gait looks like.

A gait repeats itself. So the last 0.3 s of movement are laid over every stretch of the same length
of the last six seconds; the one that fits best is what this phase of this walker's step looks
like, and what is left over is *novelty*: it needs no model of a step, no detected steps, no
known cadence, and serves a limp as well as a march. No step is exactly as large as another: the
earlier stretch may be stretched or shrunk by a quarter or so before it is compared, and a larger
step of the usual shape is no novelty. Comparing with all earlier stretches at once is the matrix
profile of Yeh and others (IEEE ICDM 2016), cut to the newest column.

The differences of single moments, averaged over some seconds, tell *rhythm*: in a gait the
acceleration one stride ago is far more like now than the one half-way between, whatever its size.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

import numpy as np

from coach.balance.motion import HOP_S, NOW_HOPS, SWING_PARTS
from coach.balance.parameters import NoveltyParameters
from coach.samples import Floats

NEAREST_HOPS, FURTHEST_HOPS = 8, 120
"""Earlier means 0.4 to 6 s ago: past the present jolt, and two strides at 40 steps/min. With only
one stride to compare with, every second step of an uneven slow gait would be new."""

RHYTHM_NEAREST_HOPS, RHYTHM_FURTHEST_HOPS = 10, 80
"""No stride, and no step of a walk, is shorter than 0.5 s; nor a stride longer than 4 s."""

RHYTHM_PROOF_HOPS: Final = 20
"""A distance in time counts towards the rhythm once a second of it has been seen."""

RHYTHM_EVERY_HOPS: Final = 4
"""The rhythm is looked at anew every 0.2 s: it changes by the second."""

_SETTLED: Final = 400  # frames after which a mean over them is whole to three digits
_COLUMNS: Final = 4 * FURTHEST_HOPS  # of the memory; it is moved to the front when it is full
_COMPARED: Final = FURTHEST_HOPS - NEAREST_HOPS + 1
_TINY: Final = 1e-12  # keeps a division by the power of stillness finite

_PARTS: Final = [
    slice(end - n, end)
    for n, end in zip(SWING_PARTS, itertools.accumulate(SWING_PARTS), strict=True)
]


class Novelty:
    """Remembers six seconds of movement: acceleration, rotation, load, each for itself.

    After `compare`: `novelty`: what the best-fitting earlier 0.3 s leave unexplained of each part
    (rms; g, deg/s, g); `rhythm`: 1 less the ratio of the differences of acceleration at the best
    repeat and before it, 1 for perfect repetition, 0 or less for none.
    """

    def __init__(self, parameters: NoveltyParameters) -> None:
        self._gain = parameters.gain
        self._keep = 1.0 - HOP_S / parameters.rhythm_s
        # Of a mean over n frames, the weight that its frames have.
        self._weight = 1.0 - self._keep ** np.arange(_SETTLED + RHYTHM_FURTHEST_HOPS)
        parts, numbers = len(SWING_PARTS), sum(SWING_PARTS)
        # Columns are hops, the newest last; what lies before the first hop is stillness.
        self._known: Floats = np.zeros((numbers + 2 * parts + 1, _COLUMNS))
        self._memory = self._known[:numbers]
        self._power = self._known[numbers:][:parts]  # sum of squares over NOW_HOPS
        self._inverse = self._known[numbers + parts :][:parts]  # 1 / twice the power
        self._moment = self._known[-1]  # square of the hop's acceleration
        self._common: Floats = np.zeros((NOW_HOPS, parts, FURTHEST_HOPS))  # 2 x now x past
        self._difference: Floats = np.zeros(RHYTHM_FURTHEST_HOPS)  # mean of (now - past)^2
        self._squares = [[0.0] * parts] * NOW_HOPS
        self._end = FURTHEST_HOPS  # of the memory
        self._place = 0  # of the newest hop in what is kept for NOW_HOPS
        self.novelty = [0.0] * parts
        self.interrupt()

    def interrupt(self) -> None:
        """Samples are missing: distances in time mean nothing across it.

        What the gait looked like stays known: its next steps will be like the earlier ones.
        """
        self.rhythm = 0.0
        self._difference[:] = 0.0
        self._seen = 0  # frames since the beginning, or since the interruption

    def compare(self, swing: Floats, *, rhythm: bool = True) -> None:
        """Take in the movement (7,) of the next frame (see `coach.balance.motion.Movement.swing`).

        Without `rhythm` none is looked for, and it begins anew once it is: half of the time.
        """
        past = slice(self._end - FURTHEST_HOPS, self._end)
        self._place = (self._place + 1) % NOW_HOPS
        common = self._common[self._place]
        # Not as a product of matrices: the library behind those is large, and cold at each hop.
        products = self._memory[:, past] * (swing + swing)[:, None]
        for part, own in enumerate(_PARTS):
            np.add.reduce(products[own], out=common[part])
        numbers = swing.tolist()
        squares = [sum([x * x for x in numbers[own]]) for own in _PARTS]
        if rhythm:
            self._average(squares[0], common[0])
            self._seen += 1
        elif self._seen:
            self.interrupt()
        self._squares[self._place] = squares
        power = [sum(part) for part in zip(*self._squares, strict=True)]
        self._fit(power, slice(past.start, past.start + _COMPARED))
        self._remember(numbers, power, squares[0])
        if rhythm and self._seen % RHYTHM_EVERY_HOPS == 0:
            self._find_rhythm()

    def _average(self, square: float, common: Floats) -> None:
        """Let the differences between now and the earlier moments enter their means."""
        known = min(self._seen, RHYTHM_FURTHEST_HOPS)
        if known:
            difference = self._moment[self._end - known : self._end] - common[-known:]
            difference += square
            difference *= 1.0 - self._keep
            mean = self._difference[-known:]
            mean *= self._keep
            mean += difference

    def _fit(self, power: list[float], past: slice) -> None:
        """The novelty: least squares of now - gain x earlier, over all earlier stretches."""
        common = np.add.reduce(self._common)[:, :_COMPARED]
        gain = common * self._inverse[:, past]  # in place from here: half the time of a formula
        np.maximum(gain, 1.0 / self._gain, out=gain)
        np.minimum(gain, self._gain, out=gain)
        left = gain * self._power[:, past]
        left -= common
        left *= gain
        least = np.minimum.reduce(left, axis=1).tolist()
        self.novelty = [
            math.sqrt(max(now + less, 0.0) / NOW_HOPS)
            for now, less in zip(power, least, strict=True)
        ]

    def _remember(self, swing: list[float], power: list[float], moment: float) -> None:
        if self._end == _COLUMNS:
            self._known[:, :FURTHEST_HOPS] = self._known[:, -FURTHEST_HOPS:]
            self._end = FURTHEST_HOPS
        inverse = [0.5 / (part + _TINY) for part in power]
        self._known[:, self._end] = [*swing, *power, *inverse, moment]
        self._end += 1

    def _find_rhythm(self) -> None:
        proved = min(self._seen - RHYTHM_PROOF_HOPS, RHYTHM_FURTHEST_HOPS)
        if proved < RHYTHM_NEAREST_HOPS:
            return
        mean = self._difference[::-1][:proved]
        if self._seen < _SETTLED:  # the k-th distance has seen k differences less
            mean = mean / self._weight[self._seen - proved : self._seen][::-1]
        between = np.maximum.accumulate(mean) + 1e-9
        first = RHYTHM_NEAREST_HOPS - 1
        self.rhythm = 1.0 - float(np.minimum.reduce(mean[first:] / between[first:]))
