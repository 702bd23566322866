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
import operator
import struct
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from coach.balance.motion import NOW_FRAMES
from coach.balance.parameters import CHIP_ACC_G, CHIP_ROTATION_DPS, NoveltyParameters
from coach.balance.surprise import Surprise
from coach.samples import Floats

FURTHEST_FRAMES: Final = 120
"""Six seconds: two strides at 40 steps/min. With only one stride to compare with, every second
step of an uneven slow gait would be new."""

NEAREST_FRAMES: Final = 12
"""0.6 s: no stride is shorter."""

CONTEXT_FIRST: Final = 3
CONTEXT_FRAMES: Final = 2 * NOW_FRAMES
"""The newest 0.15 s are to be predicted; the 0.6 s before them tell the phase."""

SHIFT_FRAMES: Final = 2
"""0.1 s: a step may come so much early or late."""

_PARTS: Final = 3
_NUMBERS: Final = 7  # of a frame: acceleration (3), rotation (3), load
_ALL: Final = _NUMBERS + _PARTS  # ... and the power of each part over NOW_FRAMES
_NEW: Final = FURTHEST_FRAMES + 1  # what lies before the newest 0.3 s begins with the furthest
_KEPT: Final = FURTHEST_FRAMES + CONTEXT_FIRST + NOW_FRAMES  # frames that are still looked at
_ROOM: Final = 4 * _KEPT  # frames of the memory; the newest move to the front when it is full
_PHASES: Final = slice(SHIFT_FRAMES, FURTHEST_FRAMES - NEAREST_FRAMES + 1)  # of the furthest frames
_TINY: Final = 1e-12  # keeps a division by the power of stillness finite
_NOISE: Final = [CONTEXT_FRAMES * x * x for x in (CHIP_ACC_G, CHIP_ROTATION_DPS, CHIP_ACC_G)]

# Of so few numbers a structure is packed in a third of the time of an assignment to an array.
_FRAME: Final = struct.Struct(f"{_ALL}d")
_SCALE: Final = struct.Struct(f"{_NUMBERS}d")
_BY_PART: Final = struct.Struct(f"{_NUMBERS * _PARTS}d{_PARTS * _PARTS * 8}x")

Indices = NDArray[np.intp]
_AROUND: Final[Indices] = np.arange(FURTHEST_FRAMES)[:, None] + np.add.outer(
    np.arange(2 * SHIFT_FRAMES + 1), np.arange(NOW_FRAMES)
).reshape(-1)
"""The frames that end with each of the furthest, or a shift later: NOW_FRAMES for each shift."""


class Novelty:
    """Remembers six seconds of movement: acceleration, rotation, load, each for itself.

    Every frame is remembered; only those are compared that are to be judged. After `compare`:
    `novelty`: what is left unexplained of each part (rms; g, deg/s, g); `surprise`: of rotation and
    of load how many times as much that is as is usual at this moment of the step.
    """

    # A call of numpy costs more than its numbers: few calls, on arrays that lie in one piece.

    def __init__(self, parameters: NoveltyParameters) -> None:
        self._least_gain = np.array(1.0 / parameters.gain)  # an array: see above
        self._most_gain = np.array(parameters.gain)
        self._alike = round(parameters.alike)
        # Rows are frames, the newest last; what lies before the first frame is stillness.
        self._frames: Floats = np.zeros((_ROOM, _ALL))
        self._frames[:, _NUMBERS:] = _TINY
        # What they are multiplied with: each number in the column of its part, a power in none.
        self._by_part: Floats = np.zeros((_ROOM, _ALL * _PARTS))
        # The frames up to here, each part of length 1; and in one piece what is compared.
        self._contexts: Floats = np.zeros((_ROOM, CONTEXT_FRAMES, _NUMBERS))
        self._compared: Floats = self._contexts.reshape(_ROOM, -1)
        self._scale: Floats = np.zeros(_NUMBERS)
        self._into = self._frames.data, self._by_part.data, self._scale.data
        # Likeness of each phase, after room for what lies around the first.
        self._around_total: Floats = np.zeros(SHIFT_FRAMES + _PHASES.stop - _PHASES.start)
        self._total = self._around_total[SHIFT_FRAMES:]
        nothing = (0.0,) * _PARTS
        self._squares = deque([nothing] * NOW_FRAMES, maxlen=NOW_FRAMES)
        self._powers = deque([nothing] * NOW_FRAMES, maxlen=NOW_FRAMES)
        self._end = _KEPT  # of the memory
        none: Floats = np.ones((1, _PARTS))
        self._fits = 0.0 * none, none  # of the moments alike: power in common with now, and own
        self._surprise = Surprise(_NEW, (_NOISE[1], _NOISE[2]))
        self.novelty = [0.0] * _PARTS
        self.surprise = 0.0, 0.0

    def remember(self, swing: Sequence[float]) -> None:
        """Take in the movement of the next frame (see `coach.balance.motion.Movement.swing`)."""
        x, y, z, u, v, w, load = swing
        end, o = self._end, 0.0
        frames, by_part, scale = self._into
        at = _BY_PART.size * end
        _BY_PART.pack_into(
            by_part, at, x, o, o, y, o, o, z, o, o, o, u, o, o, v, o, o, w, o, o, o, load
        )
        self._squares.append((x * x + y * y + z * z, u * u + v * v + w * w, load * load))
        p = q = r = 0.0
        for a, b, c in self._squares:
            p, q, r = p + a, q + b, r + c
        a, b, c = p + _TINY, q + _TINY, r + _TINY
        _FRAME.pack_into(frames, _FRAME.size * end, x, y, z, u, v, w, load, a, b, c)
        (a, b, c), (i, j, k) = self._powers[0], _NOISE  # with the squares before those: a context
        s = 1.0 / math.sqrt(i + a + p)
        t = 1.0 / math.sqrt(j + b + q)
        u = 1.0 / math.sqrt(k + c + r)
        self._powers.append((p, q, r))
        self._surprise.remember()
        _SCALE.pack_into(scale, 0, s, s, s, t, t, t, u)
        newest = self._frames[end + 1 - CONTEXT_FRAMES : end + 1, :_NUMBERS]
        np.multiply(newest, self._scale, out=self._contexts[end])
        self._end += 1
        if self._end == _ROOM:
            for kept in (self._frames, self._by_part, self._contexts):
                kept[:_KEPT] = kept[-_KEPT:]
            self._end = _KEPT

    def compare(self) -> None:
        """Hold the newest 0.3 s against the moments that they should be like."""
        alike = self._moments_alike()
        left = self._predict(alike)
        least = np.minimum.reduce(left).tolist()
        new = [max(each, 0.0) for each in map(operator.add, self._powers[-1], least)]
        self.novelty = [math.sqrt(power / NOW_FRAMES) for power in new]
        # A stretch that begins so long after the furthest frame ends as long after the first new.
        _, rotation, load = alike.take(left.argmin(axis=0) * NOW_FRAMES).tolist()
        self.surprise = self._surprise.compare((new[1], new[2]), (rotation, load))

    def unlike(self, usual: Sequence[float]) -> float:
        """Share (0 to 1) of the newest 0.3 s that no earlier step explains, however much enlarged.

        It is a share of the power of all three parts together, each in units of its `usual` novelty
        (g, deg/s, g), and one enlargement holds for all: hands that let go of the rails free the
        whole gait. With the gain free, the least squares leave 1 - r^2.
        """
        weights = np.array([1.0 / (x * x) for x in usual])
        common, power = (of_parts @ weights for of_parts in self._fits)
        now = float(np.dot(self._powers[-1], weights))
        explained = np.maximum(common, 0.0) ** 2 / power
        return 1.0 - float(explained.max()) / max(now, _TINY)

    def _moments_alike(self) -> Indices:
        """Frames, counted from the furthest, of this phase in earlier steps: best, and around."""
        newest, total = self._end - 1 - CONTEXT_FIRST, self._total
        past = self._compared[newest - FURTHEST_FRAMES : newest][_PHASES]
        np.dot(past, self._compared[newest], out=total)
        alike = []
        for _ in range(self._alike):
            best = int(total.argmax())
            alike.append(best)
            self._around_total[best : best + 2 * SHIFT_FRAMES + 1] = -math.inf
        return _AROUND.take(alike, axis=0)

    def _predict(self, alike: Indices) -> Floats:
        """(moments, parts): squares of now - gain x earlier, of those alike, less those of now."""
        end = self._end - 1
        now = self._by_part[end + 1 - NOW_FRAMES : end + 1].reshape(-1, _PARTS)
        first = end - FURTHEST_FRAMES - NOW_FRAMES + 1
        earlier = self._frames[first:end].take(alike, axis=0).reshape(-1, NOW_FRAMES * _ALL)
        common = np.dot(earlier, now)  # (moments, parts)
        power: Floats = earlier[:, -_PARTS:]
        self._fits = common, power
        gain = common / power
        np.maximum(gain, self._least_gain, out=gain)
        np.minimum(gain, self._most_gain, out=gain)
        left: Floats = gain * power  # gain x (gain x earlier power - 2 x common), in place
        left -= common
        left -= common
        left *= gain
        return left
