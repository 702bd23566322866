"""The instants of steps: the chain of impacts that best fits the rhythm.

Each step's landing raises the magnitude of the acceleration. Its band around the step rate has a
local maximum per step, and some that are none. Of all chains of maxima the best one is taken: high
maxima, and intervals close to the step time that the rhythm says. The maximum comes a tenth of a
second or so after the foot's contact, the same in every step of a walker. The penalty on an
interval is in its logarithm.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from coach.events import Side
from coach.samples import Floats
from coach.signal import RHYTHM_HZ, RHYTHM_N, STEP_HZ, STEP_N

HURRIED, DELAYED = 30.0, 8.0
"""Cost of an interval e times shorter or longer than the expected one, in heights of a usual
maximum (by the square of the logarithm). A step is more easily late than early: walkers hesitate,
and 30 % late costs half a maximum, 30 % early four."""

NARROW, WIDE = 0.75, 2.6
"""Widths of the two smoothing windows, in step times: one maximum a step is left, and no trend."""

USUAL_N: Final = 6 * STEP_HZ
"""Samples whose rms is the unit of height."""

MISSING: Final = 20.0
"""Further cost, by the fourth power: an interval of two steps, one missing, costs 5 more."""

ANEW: Final = 3.0
"""Cost of a chain that begins anew where another could go on, in heights."""

_REACH: Final = 2.6  # longest interval, in step times: one missed step
_SHORTEST: Final = 0.45


@lru_cache(maxsize=256)
def _hann(width: int) -> Floats:
    h: Floats = np.hanning(width + 2)[1:-1]
    h /= h.sum()
    return h


def _smooth(x: Floats, seconds: float) -> Floats:
    """`x` (n,) smoothed over `seconds`; beyond its ends, the end values are taken to go on."""
    half = max(int(seconds * STEP_HZ) // 2, 1)
    padded = np.empty(len(x) + 2 * half)
    padded[:half], padded[half:-half], padded[-half:] = x[0], x, x[-1]
    return np.convolve(padded, _hann(2 * half + 1), mode="valid")


def step_band(magnitude: Floats, step_s: float) -> Floats:
    """`magnitude` (n,) at 50 Hz, band-passed around one step in `step_s` s, in its own rms."""
    band = _smooth(magnitude, NARROW * step_s) - _smooth(magnitude, WIDE * step_s)
    newest = band[-USUAL_N:]
    return band / (math.sqrt(float(newest @ newest) / USUAL_N) + 1e-9)


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
        top, link = -ANEW, -1
        for i in range(j - 1, -1, -1):
            ratio = (place - places[i]) / step_n
            if ratio > _REACH:
                break
            if ratio < _SHORTEST:
                continue
            off = math.log(ratio) ** 2
            value = best[i] - off * ((HURRIED if ratio < 1.0 else DELAYED) + MISSING * off)
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


SIDED: Final = 0.6
"""How consistently the pelvis must turn to and fro with the steps for sides to be named."""


def sides(ago: list[float], yaw: Floats) -> list[Side | None]:
    """Left or right for each step, from the pelvis's turning about gravity, or None throughout.

    `ago`: seconds before now (<= 0); `yaw` (RHYTHM_N,): rotation along gravity, deg/s. The pelvis
    turns to one side with one step and back with the other. "left" is a step at which it stands
    turned counter-clockwise, seen from above, against the steps next to it. So the names
    alternate, and are the same in any mounting and from one session of a walker to the next;
    that "left" is the left foot is likely but depends on the gait, and no sensor at the
    waist alone can tell.
    """
    if len(ago) < 4:
        return [None] * len(ago)
    angle = np.cumsum(yaw)
    last = RHYTHM_N - 1
    at_steps = [float(angle[max(last + round(since * RHYTHM_HZ), 0)]) for since in ago]
    signed = total = 0.0
    for i in range(1, len(ago) - 1):  # each against the steps next to it
        turned = at_steps[i] - 0.5 * (at_steps[i - 1] + at_steps[i + 1])
        signed += -turned if i % 2 else turned
        total += abs(turned)
    if abs(signed) < SIDED * total + 1e-9:
        return [None] * len(ago)
    even: Side = "left" if signed > 0.0 else "right"
    odd: Side = "right" if signed > 0.0 else "left"
    return [odd if i % 2 else even for i in range(len(ago))]


CHANGE: Final = 0.12
"""A new tempo differs this much (of the logarithm) from the old: 10 steps/min at 100."""

CHANGE_SCATTER: Final = 8.0
"""... and by so many standard errors of the two means."""


CONFIRMED: Final = 0.07
"""How well (of the logarithm) likeness must confirm the new tempo."""

CHANGE_STRIDES: Final = 3
"""Overlapping strides that each of the two must have: four steps, two whole strides."""


def since_change(steps: list[float], newest_stride_s: float) -> int | None:
    """How many (even) newest intervals belong to a tempo that was taken up suddenly, or None.

    `steps`: instants (s) in order. The two halves of every split must each be steady, and differ.
    Intervals are averaged over two steps first, so that a limp is no change. The newest tempo must
    agree with `newest_stride_s`, the period by likeness: a step that was mistaken is no change.
    """
    n = len(steps) - 2
    if n < 4:
        return None
    logs = [math.log((steps[i + 2] - steps[i]) / 2.0) for i in range(n)]
    newest = math.log(newest_stride_s / 2.0)
    best, kept = CHANGE_SCATTER, None
    for split in range(2, n - 1):  # logs[split - 1] is the one stride that straddles the change
        old, new = logs[: split - 1], logs[split:]
        if len(new) < CHANGE_STRIDES or len(old) < CHANGE_STRIDES:
            continue
        mean_old, mean_new = sum(old) / len(old), sum(new) / len(new)
        if abs(mean_new - mean_old) < CHANGE or abs(mean_new - newest) > CONFIRMED:
            continue
        squares = sum((v - mean_old) ** 2 for v in old) + sum((v - mean_new) ** 2 for v in new)
        scatter = math.sqrt(squares / (len(logs) - 3) + 0.02**2)
        score = abs(mean_new - mean_old) / scatter / math.sqrt(1.0 / len(old) + 1.0 / len(new))
        if score > best:
            best, kept = score, len(new) + 1
    return kept // 2 * 2 if kept else None
