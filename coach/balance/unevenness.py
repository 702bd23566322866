"""How uneven a walk is: how much the strength of movement scatters from second to second.

The baseline is the largest of many steps. How far the next one may be beyond it depends on how much
they differ: steps as even as a clock's hardly ever pass it, while somebody who feels the way on a
belt that gathers speed, climbs, or limps, does so in any minute. A few seconds say little of that,
so they are taken together with what is usual, which counts as a few seconds more.
"""

from __future__ import annotations

import math
from collections import deque

from coach.balance.parameters import UnevennessParameters
from coach.samples import FRAMES_PER_S


class Unevenness:
    """Scatter of the logarithm of the largest of each second, over the newest ten seconds."""

    def __init__(self, parameters: UnevennessParameters) -> None:
        self._p = parameters
        self._seconds: deque[float] = deque(maxlen=round(parameters.remembered_s))
        self._largest = 0.0  # of the second that is not over
        self._frames = 0  # of it
        self._whole, self._times = 0, 1.0  # seconds (-1: others by now), and what they say

    def forget(self) -> None:
        """What was before says nothing of the steps to come: they have become larger."""
        self._seconds.clear()
        self._largest, self._frames = 0.0, 0
        self._whole = -1

    def take(self, strength: float) -> None:
        """The next frame's strength of movement, in units of noise (at least 1)."""
        if strength > self._largest:
            self._largest = strength
        self._frames += 1
        if self._frames == FRAMES_PER_S:
            self._seconds.append(math.log(self._largest))
            self._largest, self._frames = 0.0, 0
            self._whole = -1

    def times(self, walked_frames: int) -> float:
        """How many times as far away as usual a stumble is, by the seconds of this walk alone.

        `walked_frames`: so many of the frames taken, the newest, are of it.
        """
        whole = max(walked_frames - self._frames, 0) // FRAMES_PER_S
        if whole != self._whole:  # once a second
            self._whole = whole
            self._times = self._of(list(self._seconds)[-whole:] if whole else [])
        return self._times

    def _of(self, logs: list[float]) -> float:
        p = self._p
        squares, counts = p.usual_counts * p.usual**2, p.usual_counts
        if len(logs) > 1:
            mean = sum(logs) / len(logs)
            squares += sum([(x - mean) ** 2 for x in logs])
            counts += len(logs) - 1
        return math.exp(p.counts * (math.sqrt(squares / counts) - p.usual))
