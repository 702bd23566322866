"""The instants of steps: the chain of impacts that best fits the rhythm.

Each step's landing raises the magnitude of the acceleration. Its band around the step rate has a
local maximum per step, and some that are none. Of all chains of maxima the best one is taken: high
maxima, and intervals close to the step time that the rhythm says. The penalty on an interval is
in its logarithm, so that a missed step and an extra one cost alike.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.samples import Floats
from coach.signal import STEP_HZ, STEP_N

UNEVEN: Final = 40.0
"""Cost of an interval that is e times the expected one, in heights of a usual maximum. 30 % off
costs 2.8: dearer than to leave out one maximum, cheaper than two wrong intervals."""

_REACH: Final = 2.6  # longest interval, in step times: one missed step
_SHORTEST: Final = 0.45


def _hann(width: int) -> Floats:
    h: Floats = np.hanning(width + 2)[1:-1]
    return h / h.sum()


def _smooth(x: Floats, seconds: float) -> Floats:
    width = max(int(seconds * STEP_HZ) | 1, 3)
    return np.convolve(np.pad(x, width // 2, mode="edge"), _hann(width), mode="valid")


def step_band(magnitude: Floats, step_s: float) -> Floats:
    """`magnitude` (n,) at 50 Hz, band-passed around one step in `step_s` s, in its own rms."""
    band = _smooth(magnitude, step_s / 2.0) - _smooth(magnitude, 3.6 * step_s)
    return band / (float(np.sqrt((band * band).mean())) + 1e-9)


def maxima(band: Floats) -> tuple[Floats, Floats]:
    """Local maxima of `band`: their places (samples, by a parabola through three) and heights."""
    i = np.flatnonzero((band[1:-1] > band[:-2]) & (band[1:-1] >= band[2:])) + 1
    left, mid, right = band[i - 1], band[i], band[i + 1]
    return i + 0.5 * (left - right) / (left - 2.0 * mid + right), mid


def chain(places: list[float], heights: list[float], step_n: float) -> list[float]:
    """The best chain of maxima for a step time of `step_n` samples, in order of time."""
    best: list[float] = []
    before: list[int] = []
    for j, (place, height) in enumerate(zip(places, heights, strict=True)):
        top, link = 0.0, -1
        for i in range(j - 1, -1, -1):
            ratio = (place - places[i]) / step_n
            if ratio > _REACH:
                break
            if ratio < _SHORTEST:
                continue
            value = best[i] - UNEVEN * math.log(ratio) ** 2
            if value > top:
                top, link = value, i
        best.append(top + height)
        before.append(link)
    if not best:
        return []
    late = [j for j in range(len(places)) if places[-1] - places[j] < 1.2 * step_n]
    j = max(late, key=best.__getitem__)
    steps = []
    while j >= 0:
        steps.append(places[j])
        j = before[j]
    return steps[::-1]


def step_instants(magnitude: Floats, stride_s: float) -> list[float]:
    """Steps in `magnitude` (STEP_N,), as seconds before its last sample, oldest first (<= 0)."""
    step_s = stride_s / 2.0
    places, heights = maxima(step_band(magnitude, step_s))
    found = chain(places.tolist(), heights.tolist(), step_s * STEP_HZ)
    return [(p - (STEP_N - 1)) / STEP_HZ for p in found]
