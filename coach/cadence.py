"""From movement to cadence: the walker's tempo, steps and steadiness, a second at a time.

A filter over stride periods (`coach.rhythm`) says which rhythm the movement has; the chain of
steps (`coach.steps`) and the correlation over the last six seconds then measure it. Both are
blind to how the sensor is mounted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from coach.events import Cadence, Steadiness, Step
from coach.rhythm import LOG_PERIODS, StrideFilter, evidence, likeness
from coach.samples import GRID_HZ, Floats, Hop
from coach.signal import Window
from coach.steps import step_instants

AVERAGE_S: Final = 6.0
"""What the cadence is a mean over, while the walker keeps the tempo."""

FORGET_S: Final = 2.0
"""A gap longer than this forgets the walker: nobody knows what happened in it."""

_MOVING_G: Final = 0.006
"""rms of |acc| over the newest second below which nobody walks (a quarter of the softest step)."""


class GaitTracker:
    """Feed it hops; it answers with cadence (each second), steps and steadiness."""

    def __init__(self) -> None:
        self._window = Window()
        self._stride = StrideFilter()
        self._second: Floats = np.zeros((GRID_HZ, 6))
        self._filled = 0  # samples of the running second, up to its newest
        self._last_end = -1

    def gap(self, missing_s: float) -> None:
        """Samples are missing between the last hop and the next."""
        if missing_s > FORGET_S:
            self._window.forget()
            self._stride.forget()
            self._last_end = -1

    def feed(self, hop: Hop) -> list[Cadence | Step | Steadiness]:
        """Take a hop (or several in one: `x` may be any number of samples that end there)."""
        start = hop.end - len(hop.x) + 1
        events: list[Cadence | Step | Steadiness] = []
        if self._last_end < 0:
            self._hold(start - (start - 1) % GRID_HZ, start, hop.x[0])
        elif start > self._last_end + 1:
            self._hold(self._last_end + 1, start, hop.x[0])
        self._last_end = hop.end
        x = hop.x
        while len(x):
            place = (start - 1) % GRID_HZ
            part = x[: GRID_HZ - place]
            self._second[place : place + len(part)] = part
            start += len(part)
            x = x[len(part) :]
            if place + len(part) == GRID_HZ:
                events += self._analyse((start - 1) / GRID_HZ)
        return events

    def _hold(self, start: int, stop: int, value: Floats) -> None:
        """Let `value` stand for the grid samples from `start` up to `stop`."""
        for index in range(start, stop):
            place = (index - 1) % GRID_HZ
            self._second[place] = value
            if place == GRID_HZ - 1:
                self._window.push(self._second)

    def _analyse(self, t: float) -> list[Cadence | Step | Steadiness]:
        window = self._window
        window.push(self._second)
        self._stride.update(evidence(likeness(window.movement())))
        if float(window.magnitude[-75:].std()) < _MOVING_G:
            return [Cadence(t, None, 0.9)]
        period = self._stride.period_s()
        steps = [s for s in step_instants(window.magnitude, period) if s >= -AVERAGE_S]
        intervals = np.diff(steps)
        even = len(intervals) // 2 * 2
        if even < 2:
            return [Cadence(t, None, 0.5)]
        spm = 60.0 / float(intervals[-even:].mean())
        near = np.abs(LOG_PERIODS - np.log(120.0 / spm)) < 0.04
        return [Cadence(t, spm, float(self._stride.belief[near].sum()))]
