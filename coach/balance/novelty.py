"""What the next moment of this gait looks like, and how unlike that it is.

A gait repeats itself. The 0.6 s that came before the newest 0.15 s say in which phase of the step
the walker is: of the last six seconds, the three moments after the stretches most like them are
what the next moment looks like. What the best of these leaves unexplained of the newest 0.3 s is
*novelty*. It needs no model of a step, no detected steps, no known cadence, and serves a limp as
well as a march. A heel strike at the wrong time is new, though it is like every other: it is
looked for where the phase says, give or take 0.1 s, and not wherever it may fit. No step is exactly
as large as another: the earlier one may be stretched or shrunk by a quarter or so before it is
compared. (Prediction by analogues: Lorenz, J. Atmos. Sci. 1969, 26:636-646.)
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coach.balance.motion import NOW_HOPS
from coach.balance.parameters import CHIP_ACC_G, CHIP_ROTATION_DPS, NoveltyParameters
from coach.samples import Floats

FURTHEST_HOPS: Final = 120
"""Six seconds: two strides at 40 steps/min. With only one stride to compare with, every second
step of an uneven slow gait would be new."""

NEAREST_HOPS: Final = 12
"""0.6 s: no stride is shorter."""

CONTEXT_FIRST: Final = 3
CONTEXT_HOPS: Final = 2 * NOW_HOPS
"""The newest 0.15 s are to be predicted; the 0.6 s before them tell the phase."""

SHIFT_HOPS: Final = 2
"""0.1 s: a step may come so much early or late."""

_COLUMNS: Final = 4 * FURTHEST_HOPS  # of the memory; it is moved to the front when it is full
_KEPT: Final = FURTHEST_HOPS + CONTEXT_FIRST  # columns that are still looked at
_RING: Final = CONTEXT_FIRST + CONTEXT_HOPS  # hops of which the products are kept
_PHASES: Final = slice(SHIFT_HOPS, FURTHEST_HOPS - NEAREST_HOPS + 1)  # of the furthest hops
_TINY: Final = 1e-12  # keeps a division by the power of stillness finite
_PARTS, _NUMBERS = 3, 3  # acceleration, rotation and load (two zeros below it)
_NOISE: Final = [CONTEXT_HOPS * x * x for x in (CHIP_ACC_G, CHIP_ROTATION_DPS, CHIP_ACC_G)]

Indices = NDArray[np.intp]
_AROUND: Final[Indices] = np.arange(FURTHEST_HOPS)[:, None] + np.arange(2 * SHIFT_HOPS + 1)


class Novelty:
    """Remembers six seconds of movement: acceleration, rotation, load, each for itself.

    After `compare`: `novelty`: what is left unexplained of each part (rms; g, deg/s, g).
    """

    def __init__(self, parameters: NoveltyParameters) -> None:
        self._gain = parameters.gain
        self._alike = round(parameters.alike)
        # Columns are hops, the newest last; what lies before the first hop is stillness.
        self._memory: Floats = np.zeros((_PARTS, _NUMBERS, _COLUMNS))
        self._power: Floats = np.zeros((_PARTS, _COLUMNS))  # sum of squares over NOW_HOPS
        self._inverse: Floats = np.zeros((_PARTS, _COLUMNS))  # 1 / size of the context up to here
        self._inverse[:] = [[1.0 / math.sqrt(noise)] for noise in _NOISE]
        # Products of a hop with each of the hops before it, the furthest first; and their sums.
        self._products: Floats = np.zeros((_PARTS, _NUMBERS, FURTHEST_HOPS))
        self._common: Floats = np.zeros((_RING, _PARTS, FURTHEST_HOPS))
        self._now: Floats = np.zeros((_PARTS, FURTHEST_HOPS))  # over NOW_HOPS
        self._context: Floats = np.zeros((_PARTS, FURTHEST_HOPS))  # over the context
        self._squares = deque([(0.0,) * _PARTS] * NOW_HOPS, maxlen=NOW_HOPS)
        self._powers = deque([[0.0] * _PARTS] * NOW_HOPS, maxlen=NOW_HOPS)
        self._end = _KEPT  # of the memory
        self._place = 0  # of the newest hop in the ring
        self.novelty = [0.0] * _PARTS

    def compare(self, swing: Sequence[float]) -> None:
        """Take in the movement of the next frame (see `coach.balance.motion.Movement.swing`)."""
        x, y, z, u, v, w, load = swing
        end = self._end
        place = self._place = (self._place + 1) % _RING
        common = self._common[place]
        self._context -= common
        # Not as a product of matrices: the library behind those is large, and cold at each hop.
        newest = self._memory[:, :, end]
        newest[:] = (x, y, z), (u, v, w), (load, 0.0, 0.0)
        past = self._memory[:, :, end - FURTHEST_HOPS : end]
        np.multiply(past, newest[:, :, None], out=self._products)
        np.add.reduce(self._products, axis=1, out=common)
        self._context += self._common[place - CONTEXT_FIRST]
        self._now += common
        self._now -= self._common[place - NOW_HOPS]
        self._squares.append((x * x + y * y + z * z, u * u + v * v + w * w, load * load))
        power = [sum(part) for part in zip(*self._squares, strict=True)]
        self._predict(power, self._moments_alike())
        self._power[:, end] = power
        self._inverse[:, end] = [
            1.0 / math.sqrt(noise + before + now)
            for noise, before, now in zip(_NOISE, self._powers[0], power, strict=True)
        ]
        self._powers.append(power)
        self._end += 1
        if self._end == _COLUMNS:
            for kept in (self._memory, self._power, self._inverse):
                kept[..., :_KEPT] = kept[..., -_KEPT:]
            self._end = _KEPT

    def _moments_alike(self) -> Indices:
        """Places, among the furthest hops, of this phase in earlier steps: the best, and around."""
        end = self._end
        past = slice(end - _KEPT + _PHASES.start, end - _KEPT + _PHASES.stop)
        likeness = self._context[:, _PHASES] * self._inverse[:, past]
        likeness *= self._inverse[:, end - CONTEXT_FIRST, None]
        total = np.add.reduce(likeness)
        alike = []
        for _ in range(self._alike):
            best = int(total.argmax())
            alike.append(best)
            total[max(best - SHIFT_HOPS, 0) : best + SHIFT_HOPS + 1] = -math.inf
        return _AROUND.take(alike, axis=0).ravel()

    def _predict(self, power: list[float], alike: Indices) -> None:
        """The novelty: least squares of now - gain x earlier, of those alike."""
        common = self._now.take(alike, axis=1)
        left = self._power[:, self._end - FURTHEST_HOPS : self._end].take(alike, axis=1)
        gain = common / (left + _TINY)
        np.maximum(gain, 1.0 / self._gain, out=gain)
        np.minimum(gain, self._gain, out=gain)
        left *= gain  # gain x (gain x earlier power - 2 x common), in place
        left -= common
        left -= common
        left *= gain
        least = np.minimum.reduce(left, axis=1).tolist()
        self.novelty = [
            math.sqrt(max(now + less, 0.0) / NOW_HOPS)
            for now, less in zip(power, least, strict=True)
        ]
