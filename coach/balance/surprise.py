"""How surprising the newest movement is: how many times as new as its moment of a step usually is.

No two heel strikes turn the trunk alike, while a leg swings as it did before. So how new each
moment was is remembered, and handed on from step to step, half of it new. A small stumble between
two steps is surprising, though it is no newer than a heel strike. (As in Itti and Baldi, Vision
Research 2009, 49:1295-1306, what counts is how far a moment changes what was believed of it.)
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

Pair = tuple[float, float]

_UNKNOWN: Final = -1.0  # how new a moment was with which nothing was compared


class Surprise:
    """Of the last frames how new two parts of the movement were, and what is usual at that moment.

    `frames`: so many, up to the newest, are remembered. `noise`: power of each part that the chip
    alone has.
    """

    def __init__(self, frames: int, noise: Pair) -> None:
        self._noise = noise
        self._usual = deque([(_UNKNOWN, _UNKNOWN)] * frames, maxlen=frames)
        self._since = 0  # frames since the last one that was compared

    def remember(self) -> None:
        """Take in the next frame; until one is compared it is as usual as the one before."""
        self._usual.append(self._usual[-1])
        self._since += 1

    def compare(self, new: Pair, like: tuple[int, int]) -> Pair:
        """How many times as new as usual (an amplitude) each part of the newest frame is.

        `new`: its power, of each part. `like`: the frame that each is like, counted from the
        furthest that is remembered. What nothing is known of is no surprise. Frames that were not
        compared are as usual as the newer of those around them: else the next step would surprise.
        """
        (new_a, new_b), (like_a, like_b), (noise_a, noise_b) = new, like, self._noise
        usual_a, usual_b = self._usual[like_a][0], self._usual[like_b][1]
        if usual_a == _UNKNOWN:
            usual_a = new_a
        if usual_b == _UNKNOWN:
            usual_b = new_b
        before_a, before_b = self._usual[-1]
        now_a, now_b = self._usual[-1] = 0.5 * (usual_a + new_a), 0.5 * (usual_b + new_b)
        if self._since > 1 and _UNKNOWN not in (before_a, before_b):
            between = max(before_a, now_a), max(before_b, now_b)
            for back in range(2, min(self._since, len(self._usual)) + 1):
                self._usual[-back] = between
        self._since = 0
        return math.sqrt(new_a / (usual_a + noise_a)), math.sqrt(new_b / (usual_b + noise_b))
