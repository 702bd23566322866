"""The walker's own measure: how strongly this gait moves when nothing happens.

The baseline of a quantity is its largest value of the last twenty seconds, and after that a memory
that fades over thirty: many steps, so that a heavy stepper, a limp and an uneven gait are their
own measure, and long enough that the first step after a pause or a turn is not held against the
pause. The newest 0.4 s are left out and an incident does not enter, so that a stumble is never its
own measure. Nor does one that was too small to be told hide the next: the baseline of a known
walker grows no quicker than people change their gait.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.motion import HOP_S
from coach.balance.parameters import BaselineParameters

SHAKING, JERK, TILTING, NEW_ACC, NEW_ROTATION, NEW_LOAD = range(6)
"""The quantities, in this order: strengths of movement, and novelty of each part of it."""

OF_GYROSCOPE: Final = (TILTING, NEW_ROTATION)


class Baseline:
    """The largest of each quantity, held and then fading; and the anomaly ratio to it."""

    def __init__(self, parameters: BaselineParameters) -> None:
        p = self._p = parameters
        self.learned = 0
        self._least = [p.noise_acc_g] * 6
        for i in OF_GYROSCOPE:
            self._least[i] = p.noise_rotation_dps
        self._fade = math.exp(-HOP_S / p.fade_s)
        self._growth = 1.0 + HOP_S / p.grows_s
        self._held_frames = round(p.held_s / HOP_S)
        self._largest = [0.0] * 6
        self._held = [0] * 6  # frames before each begins to fade
        self._newest: deque[list[float]] = deque()  # not yet in the baseline
        self._going_on: deque[list[float]] = deque(maxlen=round(p.newest_frames))

    def interrupt(self) -> None:
        """Samples are missing: the baseline stays, what was going on does not."""
        self._newest.clear()
        self._going_on.clear()

    def share(self, shaking_g: float, tilting_dps: float) -> tuple[float, float]:
        """Shaking and tilting as parts of their baselines."""
        largest, least = self._largest, self._least
        return (
            shaking_g / max(largest[SHAKING], least[SHAKING]),
            tilting_dps / max(largest[TILTING], least[TILTING]),
        )

    def anomaly(self, now: list[float], *, dead: bool) -> float:
        """Take in the newest frame; how many times its baseline the movement is.

        The geometric mean over the quantities, of each the largest within 0.4 s, but the one that
        says least: a body that topples slowly is not jerked. Without those of a `dead` gyroscope.
        """
        self._going_on.append(now)
        largest, least = self._largest, self._least
        ratios = [
            max(values) / max(largest[i], least[i])
            for i, values in enumerate(zip(*self._going_on, strict=True))
            if not (dead and i in OF_GYROSCOPE)
        ]
        ratios.remove(min(ratios))
        product = math.prod([min(ratio, self._p.ratio_most) for ratio in ratios])
        return float(product ** (1.0 / len(ratios)))

    def unlearn(self, frames: int) -> None:
        """What was learned in the last `frames` was the beginning of a stumble."""
        for _ in range(min(frames, len(self._newest))):
            self._newest.pop()

    def learn(self, now: list[float], *, known: bool) -> None:
        """Let `now` enter, from 0.4 s on; of a `known` walker not more than a gait grows."""
        self.learned += 1
        self._newest.append(now)
        if len(self._newest) < self._p.newest_frames:
            return
        largest, held = self._largest, self._held
        for i, x in enumerate(self._newest.popleft()):
            if x >= largest[i]:
                most = self._growth * max(largest[i], self._least[i]) if known else x
                largest[i], held[i] = min(x, most), self._held_frames
            elif held[i] > 0:
                held[i] -= 1
            else:
                largest[i] *= self._fade
