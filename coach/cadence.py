"""From movement to cadence: the walker's tempo, steps and steadiness, a second at a time.

A filter over stride periods (`coach.rhythm`) says whether the movement has a rhythm, and which;
the chain of steps (`coach.steps`) then measures it. All of it is blind to how the sensor is
mounted: only magnitudes, and what lies along and across gravity, are used.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from coach.events import Cadence, Side, Steadiness, Step
from coach.rhythm import LOG_PERIODS, RhythmFilter, best_period_s, evidence, likeness
from coach.samples import GRID_HZ, Floats, Hop
from coach.signal import RHYTHM_HZ, Window
from coach.steadiness import SPAN_S, regularity_and_symmetry, step_time_cv
from coach.steps import sides, since_change, step_instants

GaitEvent = Cadence | Step | Steadiness

AVERAGE_S: Final = 6.0
"""What the cadence is a mean over, while the walker keeps the tempo."""

FORGET_S: Final = 2.0
"""A gap longer than this forgets the walker: nobody knows what happened in it."""

QUIET: Final = 0.2
"""Movement of the newest second, against that of the last six, below which the walker stands."""

TURN_LASTS_S: Final = 3
"""A turn is among what the newest movement is compared with for this long."""

SETTLED_TEMPO_S: Final = 10
"""Seconds of walking, and since a turn, before a change of tempo is one: at first everybody
speeds up, and the mean over the last seconds is what there is to say."""

STEADINESS_EVERY_S: Final = 5
"""Rhythm of the steadiness events: several steps anew, even at a slow walk."""

REFINE_REACH, CHANGE_REACH = 0.12, 0.4
"""How far (of the logarithm) from the believed period it is refined, and looked for after a
sudden change of tempo, which the belief follows with a delay."""

AGREE: Final = 0.05
"""Two measurements of the cadence this close are of the same thing."""

SETTLED_S: Final = 0.3
"""A maximum this young may still be overtaken by a higher one: it is not yet called a step."""


class GaitTracker:
    """Feed it hops; it answers with cadence (each second), steps and steadiness.

    A hop may hold any number of grid samples that end at a multiple of 50 ms: an hour in one call
    gives the same events as hop by hop.
    """

    def __init__(self) -> None:
        self._window = Window()
        self._rhythm = RhythmFilter()
        self._second: Floats = np.zeros((GRID_HZ, 6))
        self._last_end = -1
        self._since_turn = SETTLED_TEMPO_S
        self._changed_at = -math.inf
        self._steps: deque[float] = deque()

    def gap(self, missing_s: float) -> None:
        """Tell that `missing_s` seconds of samples are missing before the next hop."""
        if missing_s > FORGET_S:
            self._window.forget()
            self._rhythm.forget()
            self._steps.clear()
            self._last_end = -1

    def feed(self, hop: Hop) -> list[GaitEvent]:
        """The events that these samples complete."""
        x, end = hop.x, hop.end
        index = end - len(x)  # grid index of the last sample before these
        if index != self._last_end:
            self._bridge(index, x[0])
        self._last_end = end
        place = index % GRID_HZ
        if place + len(x) < GRID_HZ:
            self._second[place : place + len(x)] = x
            return []
        events: list[GaitEvent] = []
        while len(x):
            part = x[: GRID_HZ - place]
            self._second[place : place + len(part)] = part
            index += len(part)
            x, place = x[len(part) :], index % GRID_HZ
            if place == 0:
                events += self._analyse(index / GRID_HZ)
        return events

    def _bridge(self, index: int, value: Floats) -> None:
        """Let `value` stand for the missing samples up to grid index `index`."""
        known = self._last_end if self._last_end >= 0 else index // GRID_HZ * GRID_HZ
        for missing in range(known, index):
            self._second[missing % GRID_HZ] = value
            if missing % GRID_HZ == GRID_HZ - 1:
                self._window.push(self._second)

    def _analyse(self, t: float) -> list[GaitEvent]:
        self._window.push(self._second)
        moved = self._window.movement()
        self._since_turn = 0 if self._window.turning() else self._since_turn + 1
        alike = likeness(moved)
        self._rhythm.update(evidence(alike), self._since_turn < TURN_LASTS_S)
        if _is_quiet(moved):
            self._rhythm.forget()
        if not self._rhythm.walking:
            self._steps.clear()
            return [Cadence(t, None, 0.0)]
        stride_s = self._rhythm.stride_s()
        ago = step_instants(self._window.magnitude, stride_s)
        recent = self._of_this_tempo(
            t, ago, stride_s, best_period_s(alike, 0, stride_s, CHANGE_REACH)
        )
        spm = _cadence(recent, 120.0 / best_period_s(alike, -1, stride_s, REFINE_REACH))
        near = np.abs(LOG_PERIODS - np.log(120.0 / spm)) < 3.0 / spm + 0.01
        events: list[GaitEvent] = [Cadence(t, spm, float(self._rhythm.periods[near].sum()))]
        events += self._new_steps(t, ago, stride_s, moved[3])
        if round(t) % STEADINESS_EVERY_S == 0:
            events.append(self._steadiness(t, moved[0], stride_s))
        return events

    def _of_this_tempo(
        self, t: float, ago: list[float], stride_s: float, newest_s: float
    ) -> list[float]:
        """Those of the last seconds' steps that lie after the last sudden change of tempo."""
        if min(self._since_turn, self._rhythm.held_s) >= SETTLED_TEMPO_S:
            new = since_change(ago, newest_s)
            if new is not None:
                self._changed_at = t + ago[-1 - new] - 0.01
        oldest = max(-max(AVERAGE_S, 1.7 * stride_s), self._changed_at - t)
        return [since for since in ago if since >= oldest]

    def _new_steps(self, t: float, ago: list[float], stride_s: float, yaw: Floats) -> list[Step]:
        found: list[Step] = []
        after = self._steps[-1] if self._steps else t - 1.0
        feet: list[Side | None] = sides(ago, yaw)
        for since, side in zip(ago, feet, strict=True):
            at = t + since
            if since <= -SETTLED_S and at > after + 0.2 * stride_s:
                found.append(Step(t, at, side))
                self._steps.append(at)
        while self._steps and self._steps[0] < t - SPAN_S:
            self._steps.popleft()
        return found

    def _steadiness(self, t: float, along: Floats, stride_s: float) -> Steadiness:
        regularity, symmetry = regularity_and_symmetry(along, stride_s) or (None, None)
        return Steadiness(t, step_time_cv(list(self._steps)), regularity, symmetry)


def _is_quiet(moved: Floats) -> bool:
    """Whether the newest second moves far less than the last six did, or than the chip's noise."""
    squares = moved[:, -int(AVERAGE_S) * RHYTHM_HZ :] ** 2
    acc, gyro = squares[:3].sum(axis=0), squares[3:].sum(axis=0)
    acc_now, gyro_now = float(acc[-RHYTHM_HZ:].mean()), float(gyro[-RHYTHM_HZ:].mean())
    if acc_now < 0.008**2 and gyro_now < 1.5**2:
        return True
    shares = acc_now / (float(acc.mean()) + 1e-12) + gyro_now / (float(gyro.mean()) + 1e-12)
    return shares / 2.0 < QUIET**2


def _cadence(steps: list[float], by_likeness: float) -> float:
    """Steps/min over the newest even number of intervals between `steps` (s).

    Where the likeness of strides says nearly the same, the mean of both is nearer still: the one
    errs with the instants of two steps, the other with the shape of strides.
    """
    even = (len(steps) - 1) // 2 * 2
    if even < 2:
        return by_likeness
    by_steps = 60.0 * even / (steps[-1] - steps[-1 - even])
    if abs(by_steps - by_likeness) > AGREE * by_steps:
        return by_steps
    return 0.5 * (by_steps + by_likeness)
