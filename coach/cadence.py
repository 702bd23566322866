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

from coach.confidence import CLOSE_SPM, Signs, confidence
from coach.events import Cadence, Side, Steadiness, Step
from coach.rhythm import (
    LOG_PERIODS,
    LONG,
    SHORT,
    RhythmFilter,
    best_period_s,
    evidence,
    likeness,
    nearest,
)
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

STILL_G, STILL_DPS = 0.008, 1.5
"""Movement (rms over a second, all axes) of a sensor at rest, at the most."""

TURN_LASTS_S: Final = 3
"""A turn, or a gap, is among what the newest movement is compared with for this long."""

SETTLED_TEMPO_S: Final = 10
"""Seconds of walking, and since a turn, before a change of tempo is one: at first everybody
speeds up, and the mean over the last seconds is what there is to say."""

STEADINESS_EVERY_S: Final = 5
"""Rhythm of the steadiness events: several steps anew, even at a slow walk."""

REFINE_REACH, CHANGE_REACH = 0.12, 0.4
"""How far (of the logarithm) from the believed period it is refined, and looked for after a
sudden change of tempo, which the belief follows with a delay."""

ALIKE: Final = 0.6
"""Resemblance of strides over the longer stretch that only a steady walk has."""

SURE_ENOUGH: Final = 0.5
"""Confidence with which telling a cadence begins; once begun it goes on while there is a rhythm."""

SLOWEST_SPM: Final = 27.0
"""The slowest walk that is meant is one of 30 steps/min; a tenth below it is handling."""

AGREE: Final = 0.05
"""Two measurements of the cadence this close are of the same thing."""

NEVER: Final = -2  # before any grid index, and before the one before the first

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
        self._last_end = NEVER
        self._since_turn = SETTLED_TEMPO_S
        self._changed_at = -math.inf
        self._shown = False  # a cadence is being told
        self._steps: deque[float] = deque()

    def gap(self, missing_s: float) -> None:
        """Tell that `missing_s` seconds of samples are missing before the next hop."""
        if missing_s > FORGET_S:
            self._window.forget()
            self._rhythm.forget()
            self._steps.clear()
            self._last_end = NEVER
        else:
            self._since_turn = 0  # what was missed is no more like the rest than a turn is

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
        known = self._last_end if self._last_end != NEVER else index // GRID_HZ * GRID_HZ
        for missing in range(known, index):
            self._second[missing % GRID_HZ] = value
            if missing % GRID_HZ == GRID_HZ - 1:
                self._window.push(self._second)

    def _analyse(self, t: float) -> list[GaitEvent]:
        self._window.push(self._second)
        moved = self._window.movement()
        self._since_turn = 0 if self._window.turning() else self._since_turn + 1
        resemblance, scores = evidence(likeness(moved))
        self._rhythm.update(scores, self._since_turn < TURN_LASTS_S)
        if _is_quiet(moved):
            self._rhythm.forget()
        if not self._rhythm.walking:
            self._shown = False
            self._steps.clear()
            return [Cadence(t, None, 0.0)]
        stride_s = self._rhythm.stride_s()
        ago = step_instants(self._window.magnitude, stride_s)
        spm, sure = self._measure(t, ago, stride_s, resemblance)
        if spm < SLOWEST_SPM or (not self._shown and sure < SURE_ENOUGH):
            return [Cadence(t, None, 0.0)]
        self._shown = True
        events: list[GaitEvent] = [Cadence(t, spm, sure)]
        events += self._new_steps(t, ago, stride_s, moved[3])
        if round(t) % STEADINESS_EVERY_S == 0:
            events.append(self._steadiness(t, moved[0], stride_s))
        return events

    def _measure(
        self, t: float, ago: list[float], stride_s: float, resemblance: Floats
    ) -> tuple[float, float]:
        """Steps/min and confidence, from the instants of steps and from the likeness of strides."""
        newest_s = best_period_s(resemblance[SHORT], stride_s, CHANGE_REACH)
        likeness_s = best_period_s(resemblance[LONG], stride_s, REFINE_REACH)
        by_likeness = 120.0 / likeness_s
        by_steps = _by_steps(self._of_this_tempo(t, ago, stride_s, newest_s)) or by_likeness
        apart = abs(by_steps - by_likeness)
        # The one errs with the instants of two steps, the other with the shape of strides: where
        # they agree, the mean of both is nearer still. Where they do not, strides that are alike
        # and of one tempo are right, and otherwise the steps are nearer to what just happened.
        alike = float(resemblance[LONG, nearest(likeness_s)]) > ALIKE
        if apart < AGREE * by_steps:
            spm = 0.5 * (by_steps + by_likeness)
        elif alike and abs(math.log(newest_s / likeness_s)) < AGREE:
            spm = by_likeness
        else:
            spm = by_steps
        near = np.abs(LOG_PERIODS - math.log(120.0 / spm)) < CLOSE_SPM / spm
        place = nearest(120.0 / spm)
        signs = Signs(
            apart / CLOSE_SPM,
            abs(120.0 / newest_s - by_likeness) / CLOSE_SPM,
            float(resemblance[LONG, place]),
            float(resemblance[SHORT, place]),
            float(self._rhythm.periods[near].sum()),
        )
        return spm, confidence(signs)

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
    recent = moved[:, -int(AVERAGE_S) * RHYTHM_HZ :]
    newest = moved[:, -RHYTHM_HZ:]
    now = np.einsum("ij,ij->i", newest, newest).tolist()
    usual = np.einsum("ij,ij->i", recent, recent).tolist()
    acc_now, gyro_now = sum(now[:3]) / RHYTHM_HZ, sum(now[3:]) / RHYTHM_HZ
    if acc_now < STILL_G**2 and gyro_now < STILL_DPS**2:
        return True
    acc_share = sum(now[:3]) * AVERAGE_S / (sum(usual[:3]) + 1e-12)
    gyro_share = sum(now[3:]) * AVERAGE_S / (sum(usual[3:]) + 1e-12)
    return bool(0.5 * (acc_share + gyro_share) < QUIET**2)


def _by_steps(steps: list[float]) -> float | None:
    """Steps/min over the newest even number of intervals between `steps` (s)."""
    even = (len(steps) - 1) // 2 * 2
    return 60.0 * even / (steps[-1] - steps[-1 - even]) if even >= 2 else None
