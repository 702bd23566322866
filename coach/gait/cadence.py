"""From movement to cadence: the walker's tempo, steps and steadiness, a second at a time.

A filter over stride periods (`coach.gait.stride`) says whether the movement has a rhythm, and
which; the chain of steps (`coach.gait.steps`) then measures it. All of it is blind to how the
sensor is mounted: only magnitudes, and what lies along and across gravity, are used.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from coach.events import Cadence, Steadiness, Step
from coach.gait.confidence import CLOSE_SPM, Signs, confidence
from coach.gait.steps import Maxima, find_maxima, sides, since_change, step_instants
from coach.gait.stride import (
    ESTABLISHED_S,
    LONG,
    SHORT,
    RhythmFilter,
    best_period_s,
    energy,
    evidence,
    likeness,
    nearest,
)
from coach.gait.variability import SPAN_S, regularity_and_symmetry, step_time_cv, vigour
from coach.gait.window import RHYTHM_HZ, RHYTHM_N, Window, movement
from coach.samples import GRID_HZ, Floats, Hop

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

OVERDUE_S, OVERDUE = 1.3, 1.3
"""No step for this long, in seconds and in step times, is standing, unless in a turn, where steps
do not show. Seconds: told at the next whole one, that makes at most 2.3 s."""

ALIKE: Final = 0.6
"""Resemblance of strides over the longer stretch that only a steady walk has."""

SURE_ENOUGH: Final = 0.3
"""Confidence with which telling a cadence begins; once begun it goes on while there is a rhythm."""

FIRST_STEPS, FIRST_S, FIRST_EVEN = 3, 4.0, 0.25
"""... and so many steps within these seconds (or two strides), as even as this: the standard
deviation of the interval's logarithm is 0.1 at the start of a walk, 0.2 and more in handling."""

BATCH_S: Final = 16
"""Seconds that are analysed together: more cost memory, and are no faster."""

AT_ONCE_BYTES: Final = 4 << 20
"""More than a batch needs in passing. The C library gives freed memory back to the system, and then
has to fetch it page by page for the next batch, a quarter of the whole time; unless a piece as
large as this has been freed before (mallopt(3), on M_MMAP_THRESHOLD). It is never touched."""

np.empty(AT_ONCE_BYTES, np.uint8)

SLOWEST_SPM: Final = 27.0
"""The slowest walk that is meant is one of 30 steps/min; a tenth below it is handling."""

MISCOUNTED: Final = 0.25
"""Steps and likeness that are further apart than this (of the logarithm): a step in four or five
was missed, or counted twice, while the rhythm has been followed all the time."""

AGREE: Final = 0.05
"""Two measurements of the cadence this close are of the same thing."""

NEVER: Final = -2  # before any grid index, and before the one before the first

SETTLED_S: Final = 0.3
"""A maximum this young may still be overtaken by a higher one: it is not yet called a step."""


class _Second(NamedTuple):
    """What is known of a second in which there is a rhythm, before its steps are looked at."""

    stride_s: float
    resemblance: Floats  # (len(RECENT_S), periods)
    since_turn: int  # seconds
    held_s: int  # for how long there has been a rhythm
    along: Floats  # (RHYTHM_N,) acceleration along gravity, g
    angle: Floats  # (RHYTHM_N,) by which the body has turned about it
    magnitude: Floats  # (STEP_N,) |acceleration|, g


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
        self._second[place:] = x[: GRID_HZ - place]
        x = x[GRID_HZ - place :]
        now = (index + GRID_HZ - place) // GRID_HZ
        events = self._analyse(now, self._second[None])
        for first in range(0, len(x) // GRID_HZ, BATCH_S):
            batch = x[first * GRID_HZ : (first + BATCH_S) * GRID_HZ]
            whole = len(batch) // GRID_HZ * GRID_HZ
            events += self._analyse(now + first + 1, batch[:whole].reshape(-1, GRID_HZ, 6))
        begun = len(x) % GRID_HZ
        self._second[:begun] = x[len(x) - begun :]
        return events

    def _bridge(self, index: int, value: Floats) -> None:
        """Let `value` stand for the missing samples up to grid index `index`."""
        known = self._last_end if self._last_end != NEVER else index // GRID_HZ * GRID_HZ
        for missing in range(known, index):
            self._second[missing % GRID_HZ] = value
            if missing % GRID_HZ == GRID_HZ - 1:
                self._window.push(self._second[None])

    def _analyse(self, first: int, seconds: Floats) -> list[GaitEvent]:
        """The events of `seconds` (S, GRID_HZ, 6), the first of which ends at second `first`.

        What needs no memory is done for all of them at once; the rest follows second by second.
        """
        six, magnitude = self._window.push(seconds)
        moved, turning, leaned_deg = movement(six)
        energies = energy(moved)
        angle = np.cumsum(moved[:, 3], axis=1)
        resemblance, scores = evidence(likeness(moved, energies))
        quiet = _is_quiet(energies)
        known: dict[int, _Second] = {}
        for i, turns in enumerate(turning):
            self._since_turn = 0 if turns else self._since_turn + 1
            rhythm = self._rhythm
            rhythm.update(scores[i], self._since_turn < TURN_LASTS_S, leaned_deg[i])
            if quiet[i]:
                rhythm.forget()
            if rhythm.walking:
                known[i] = _Second(
                    rhythm.stride_s(),
                    resemblance[i],
                    self._since_turn,
                    rhythm.held_s,
                    moved[i, 0],
                    angle[i],
                    magnitude[i],
                )
        maxima = iter(find_maxima(magnitude[list(known)], [s.stride_s for s in known.values()]))
        events: list[GaitEvent] = []
        for i in range(len(seconds)):
            if i in known:
                events += self._tell(float(first + i), known[i], next(maxima))
            else:
                events += self._nobody_walks(float(first + i))
        return events

    def _nobody_walks(self, t: float) -> list[GaitEvent]:
        self._shown = False
        self._steps.clear()
        return [Cadence(t, None, 0.0)]

    def _tell(self, t: float, now: _Second, maxima: Maxima) -> list[GaitEvent]:
        """The events of a second in which there is a rhythm."""
        ago, newest = step_instants(maxima, now.stride_s)
        overdue_s = max(OVERDUE_S, OVERDUE * now.stride_s / 2.0)
        if now.since_turn >= TURN_LASTS_S and newest < -overdue_s:
            return self._nobody_walks(t)
        spm, sure, recent_spm = self._measure(t, ago, now)
        begins = self._shown or (sure >= SURE_ENOUGH and _first_steps(ago, now.stride_s))
        if spm < SLOWEST_SPM or not begins:
            return [Cadence(t, None, 0.0)]
        self._shown = True
        events: list[GaitEvent] = [Cadence(t, spm, sure, recent_spm)]
        events += self._new_steps(t, ago, now)
        if round(t) % STEADINESS_EVERY_S == 0:
            events.append(self._steadiness(t, now))
        return events

    def _measure(self, t: float, ago: list[float], now: _Second) -> tuple[float, float, float]:
        """Steps/min, confidence and the newest steps/min, from steps and likeness of strides."""
        long, short = now.resemblance[LONG], now.resemblance[SHORT]
        newest_s = best_period_s(short, now.stride_s, CHANGE_REACH)
        likeness_s = best_period_s(long, now.stride_s, REFINE_REACH)
        by_likeness = 120.0 / likeness_s
        by_steps = _by_steps(self._of_this_tempo(t, ago, now, newest_s)) or by_likeness
        apart = abs(by_steps - by_likeness)
        # The one errs with the instants of two steps, the other with the shape of strides: where
        # they agree, the mean of both is nearer still. Where they do not, strides that are alike
        # and of one tempo are right, and otherwise the steps are nearer to what just happened, as
        # they are at the start of a walk and after a turn, where likeness knows the newest tempo
        # alone.
        alike = float(long[nearest(likeness_s)]) > ALIKE
        of_one_tempo = abs(math.log(newest_s / likeness_s)) < AGREE
        miscounted = abs(math.log(by_steps / by_likeness)) > MISCOUNTED
        turned = now.since_turn < AVERAGE_S
        spm = by_steps
        if apart < AGREE * by_steps:
            if now.held_s >= ESTABLISHED_S and not turned:
                spm = 0.5 * (by_steps + by_likeness)
        elif miscounted or (alike and of_one_tempo):
            spm = by_likeness
        signs = Signs(
            apart / CLOSE_SPM,
            abs(120.0 / newest_s - by_likeness) / CLOSE_SPM,
            float(long[nearest(120.0 / spm)]),
            turned,
        )
        return spm, confidence(signs), 120.0 / newest_s

    def _of_this_tempo(
        self, t: float, ago: list[float], now: _Second, newest_s: float
    ) -> list[float]:
        """Those of the last seconds' steps that lie after the last sudden change of tempo."""
        if min(now.since_turn, now.held_s) >= SETTLED_TEMPO_S:
            new = since_change(ago, newest_s)
            if new is not None:
                self._changed_at = t + ago[-1 - new] - 0.01
        oldest = max(-max(AVERAGE_S, 1.7 * now.stride_s), self._changed_at - t)
        return [since for since in ago if since >= oldest]

    def _new_steps(self, t: float, ago: list[float], now: _Second) -> list[Step]:
        found: list[Step] = []
        after = (self._steps[-1] if self._steps else t - 1.0) + 0.2 * now.stride_s
        for since, side in zip(ago, sides(ago, now.angle), strict=True):
            at = t + since
            if since <= -SETTLED_S and at > after:
                found.append(Step(t, at, side))
                self._steps.append(at)
        while self._steps and self._steps[0] < t - SPAN_S:
            self._steps.popleft()
        return found

    def _steadiness(self, t: float, now: _Second) -> Steadiness:
        regularity, symmetry = regularity_and_symmetry(now.along, now.stride_s) or (None, None)
        cv = step_time_cv(list(self._steps))
        return Steadiness(t, cv, regularity, symmetry, vigour(now.magnitude, now.stride_s))


def _is_quiet(energies: Floats) -> list[bool]:
    """Whether the newest second moves far less than the last six did, or than the chip's noise.

    `energies` (S, 4, RHYTHM_N + 1) of `coach.gait.stride.energy`.
    """
    average_n = int(AVERAGE_S) * RHYTHM_HZ
    total = energies[..., RHYTHM_N]
    now = (total - energies[..., RHYTHM_N - RHYTHM_HZ]).tolist()
    usual = (total - energies[..., RHYTHM_N - average_n]).tolist()
    quiet = []
    for (along, across, yaw, tilt), (a, b, c, d) in zip(now, usual, strict=True):
        acc, gyro = along + across, yaw + tilt
        still = acc < RHYTHM_HZ * STILL_G**2 and gyro < RHYTHM_HZ * STILL_DPS**2
        share = acc * AVERAGE_S / (a + b + 1e-12) + gyro * AVERAGE_S / (c + d + 1e-12)
        quiet.append(still or 0.5 * share < QUIET**2)
    return quiet


def _first_steps(ago: list[float], stride_s: float) -> bool:
    """Whether the newest steps are those of somebody who has begun to walk."""
    newest = [since for since in ago if since >= -max(FIRST_S, 2.0 * stride_s)]
    if len(newest) < FIRST_STEPS:
        return False
    return statistics.pstdev([math.log(b - a) for a, b in itertools.pairwise(newest)]) < FIRST_EVEN


def _by_steps(steps: list[float]) -> float | None:
    """Steps/min of `steps` (s): the mean of two ways to weigh their instants, None below three.

    One is the mean over the newest even number of intervals, which is exact but hangs on two
    instants; the other the slope of a line through all of them, each foot with its own intercept
    so that a limp does not tilt it, which hangs on none.
    """
    even = (len(steps) - 1) // 2 * 2
    if even < 2:
        return None
    mean_s = (steps[-1] - steps[-1 - even]) / even
    up = down = 0.0
    for own in (steps[0::2], steps[1::2]):
        centre = 0.5 * (len(own) - 1)
        for i, at in enumerate(own):
            up += (i - centre) * at
            down += (i - centre) ** 2
    return 30.0 / mean_s + 60.0 * down / up
