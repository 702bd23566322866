"""The walker's own measure: how strongly this gait moves when nothing happens.

The baseline of a quantity is its largest value of the last twenty seconds, and after that a memory
that fades over thirty: many steps, so that a heavy stepper, a limp and an uneven gait are their
own measure, and long enough that the first step after a pause or a turn is not held against the
pause. What is learned while hardly anything is known of a walk is forgotten sooner: then every
step is new. The newest 0.4 s are left out and an incident does not enter, so that a stumble is
never its own measure. Nor does one that was too small to be told hide the next: the baseline of a
known walker grows no quicker than people change their gait.

Steps that are strong in one way are seldom strong in all. So the quantities have a baseline
together too, of their geometric mean, which is nearer than those of each.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.novelty import FURTHEST_FRAMES
from coach.balance.parameters import BaselineParameters, UnevennessParameters
from coach.balance.unevenness import Unevenness
from coach.samples import FRAME_S

SHAKING, JERK, TILTING, NEW_ACC, NEW_ROTATION, NEW_LOAD, SURPRISE, LOAD_SURPRISE = range(8)
"""The quantities, in this order: strengths of movement, novelty of each part of it, and surprise of
rotation and of load."""

OF_GYROSCOPE: Final = (TILTING, NEW_ROTATION)
OF_ALL: Final = range(6)
"""Surprise is apart: it says something where each moment of a step has had others like it."""
TURNED: Final = (TILTING, NEW_ACC, NEW_ROTATION)
UNTURNED: Final = (SHAKING, JERK, NEW_LOAD)
"""What a device that turns in its clip feels, and what it does not: lengths are not turned."""
OF_ACCELEROMETER: Final = (SHAKING, JERK, NEW_ACC, NEW_LOAD)
_OWN: Final = 7
"""So many of them have a baseline: surprise of load says how much that of rotation counts."""
TOGETHER, WITH_SURPRISE = range(_OWN, _OWN + 2)
"""The geometric mean of all, each in units of its noise, has a baseline as if it were one more; so
has that of all and of surprise."""


class Baseline:
    """The largest of each quantity, held and then fading; and the anomaly ratio to it."""

    def __init__(self, parameters: BaselineParameters, unevenness: UnevennessParameters) -> None:
        p = self._p = parameters
        self._unevenness = Unevenness(unevenness)
        self.learned = 0
        self._least = [p.noise_acc_g] * len(OF_ALL) + [1.0] * 3
        for i in OF_GYROSCOPE:
            self._least[i] = p.noise_rotation_dps
        self._fade = math.exp(-FRAME_S / p.fade_s)
        self._growth = [1.0 + FRAME_S / p.grows_s] * _OWN + [1.0 + FRAME_S / p.together_grows_s] * 2
        self._held_frames = round(p.held_s / FRAME_S)
        self._held_least = round(p.held_least_s / FRAME_S)
        self._largest = [0.0] * len(self._least)
        self._size = self._least.copy()  # each baseline: the largest, and at least its least
        self._held = [0] * len(self._least)  # frames before each begins to fade
        self._together = 1.0, 1.0  # without surprise, and with it
        self._newest: deque[list[float]] = deque()  # not yet in the baseline
        self._going_on: deque[list[float]] = deque(maxlen=round(p.newest_frames))

    def interrupt(self) -> None:
        """Samples are missing: the baseline stays, what was going on does not."""
        self._newest.clear()
        self._going_on.clear()

    @property
    def usual_novelty(self) -> list[float]:
        """What is usual of new acceleration (g), rotation (deg/s) and load (g)."""
        return self._size[NEW_ACC : NEW_LOAD + 1]

    def share(self, shaking_g: float, tilting_dps: float) -> tuple[float, float]:
        """Shaking and tilting as parts of their baselines."""
        return shaking_g / self._size[SHAKING], tilting_dps / self._size[TILTING]

    def anomaly(self, now: list[float], *, known: int, dead: bool) -> float:
        """Take in the newest frame; how many times its baseline the movement is.

        Of each quantity the largest within 0.4 s counts; of what turns no more than goes with what
        shakes: a clip that slips does the one without the other. The geometric mean of two: of the
        ratios of each, and of the ratio of all together. Without those of a `dead` gyroscope. Of a
        walker who is `known` (frames walked) new rotation counts several times, and so does how
        surprising it is, once six seconds are known; but not far beyond the surprise of load, for a
        clip that slips is no step.
        """
        self._going_on.append(now)
        counted = OF_ACCELEROMETER if dead else OF_ALL
        values = list(map(max, now, *self._going_on))
        size, least, most = self._size, self._least, self._p.ratio_most
        shaken = self._p.turns_most * sum([values[i] / size[i] for i in UNTURNED]) / len(UNTURNED)
        for i in TURNED:
            if values[i] > shaken * size[i]:
                values[i] = shaken * size[i]
        each = together = 1.0
        for i in counted:
            value = values[i]
            ratio = value / size[i]
            each *= ratio if ratio < most else most
            if value > least[i]:
                together *= value / least[i]
        count = float(len(counted))
        surprise = min(values[SURPRISE], self._p.surprise_most * values[LOAD_SURPRISE])
        surprised = self._take_together(together, count, surprise)
        together = self._together[0] / size[TOGETHER]
        if not dead and known >= self._p.known_frames:
            counts = self._p.rotation_counts
            each *= min(values[NEW_ROTATION] / size[NEW_ROTATION], most) ** (counts - 1.0)
            count += counts - 1.0
            if known >= FURTHEST_FRAMES:
                each *= min(surprise / size[SURPRISE], most) ** counts
                count += counts
                together = surprised / size[WITH_SURPRISE]
        return math.sqrt(each ** (1.0 / count) * together)

    def _take_together(self, product: float, count: float, surprise: float) -> float:
        """The geometric mean with surprise; and what enters the baselines of both means.

        What is beyond the usual surprise is not usual, and does not enter.
        """
        counts = self._p.rotation_counts
        part, usual = 1.0 / (count + counts), self._size[SURPRISE]
        with_usual: float = (product * max(min(surprise, usual), 1.0) ** counts) ** part
        self._together = product ** (1.0 / count), with_usual
        if surprise <= usual:
            return with_usual
        beyond: float = (surprise / usual) ** (counts * part)
        return with_usual * beyond

    def unevenness(self, known: int) -> float:
        """How many times as far away as usual a stumble is of who has walked so many frames."""
        return self._unevenness.times(known - len(self._newest))

    def pass_over(self, now: list[float]) -> None:
        """Take in a frame that is not judged: all together is as it was in the one before."""
        self._going_on.append(now)
        if self._newest:
            self._keep(now)

    def _keep(self, now: list[float]) -> None:
        """Let a frame wait until it is old enough to enter the baseline."""
        self._newest.append([*now[:_OWN], *self._together])
        self.learned += 1

    def unlearn(self, frames: int) -> None:
        """What was learned in the last `frames` was the beginning of a stumble."""
        for _ in range(min(frames, len(self._newest))):
            self._newest.pop()

    def learn(self, now: list[float], *, known: int, larger: bool) -> None:
        """Let the newest frame enter, from 0.4 s on.

        `known`: frames walked. Of a walker who is known not more enters than a gait grows, unless
        what goes on are the same steps, only `larger`.
        """
        p = self._p
        self._keep(now)
        is_known = known >= p.known_frames
        held_frames = min(self._held_frames, self._held_least + known)
        if larger:
            self._unevenness.forget()
        while len(self._newest) >= p.newest_frames:
            self._enter(self._newest.popleft(), held_frames, known=is_known, larger=larger)

    def _enter(self, values: list[float], held: int, *, known: bool, larger: bool) -> None:
        largest, size, frames = self._largest, self._size, self._held
        for i, x in enumerate(values):
            if x >= largest[i]:
                # Steps that have become larger are surprising once, and then no more.
                grows = known and (not larger or i == SURPRISE)
                most = self._growth[i] * size[i] if grows else x
                largest[i], frames[i] = x if x < most else most, held
            elif frames[i] > 0:
                frames[i] -= 1
                continue
            else:
                largest[i] *= self._fade
            size[i] = largest[i] if largest[i] > self._least[i] else self._least[i]
        # No more than the baseline: a stumble that was not told is not how somebody walks.
        self._unevenness.take(min(values[TOGETHER], size[TOGETHER]))

    def rest(self, frames: int) -> None:
        """Nobody has moved for `frames`: it is as if nothing had been learned all the while."""
        self.interrupt()
        for i, held in enumerate(self._held):
            self._held[i] = max(held - frames, 0)
            self._largest[i] *= self._fade ** max(frames - held, 0)
            self._size[i] = max(self._largest[i], self._least[i])
