"""How even the rhythm is: step-time variability, stride regularity, step symmetry.

Variability is the coefficient of variation of the step time, each foot against its own mean, so
that a limp is not counted as unsteadiness (Hausdorff, J NeuroEng Rehabil 2005, 2:19, on stride
variability as a measure of steadiness). Regularity and symmetry come from the unbiased
autocorrelation of the acceleration along gravity (Moe-Nilssen & Helbostad, J Biomech 2004,
37:121-126): its value one stride later, and the one a step later against it.
"""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Final

import numpy as np
from numpy import fft  # here: numpy would load it in the middle of the first walk

from coach.gait.movement import IMPACT_HZ, SLOW_HZ
from coach.samples import Floats

SPAN_S: Final = 30.0
"""Steps of this long count for the variability: some 20 to 60, enough for 10 % precision."""

INTERVALS_MIN: Final = 8
"""Fewer step times than this say nothing about their scatter."""

MISSED: Final = 1.5
"""A step time this many medians long is one that was missed, not one that was long."""

_SEARCH: Final = 0.12  # the correlation's peak lies within this share of the expected lag


def step_time_cv(steps: list[float]) -> float | None:
    """Coefficient of variation (%) of the step time from consecutive instants (s), in order.

    None with fewer than `INTERVALS_MIN` intervals. Missed steps are left out, and counted, so
    that each interval is compared with those of the same foot.
    """
    intervals = [later - step for step, later in itertools.pairwise(steps)]
    if len(intervals) < INTERVALS_MIN:
        return None
    usual = statistics.median(intervals)
    feet: tuple[list[float], list[float]] = [], []
    foot = 0
    for interval in intervals:
        foot += max(round(interval / usual), 1)
        if interval < MISSED * usual:
            feet[foot % 2].append(interval)
    squares, freedom = 0.0, 0
    for own in feet:
        if len(own) < INTERVALS_MIN // 2 - 1:
            return None
        off = np.array(own)
        off -= np.add.reduce(off) / len(own)
        off *= off
        squares += float(np.add.reduce(off))
        freedom += len(own) - 1
    return 100.0 * math.sqrt(squares / freedom) / usual


def regularity_and_symmetry(along: Floats, stride_s: float) -> tuple[float, float] | None:
    """Stride regularity and step symmetry, 0 to 1, of `along` (n,): acc along gravity at 20 Hz.

    None where less than two strides fit. Symmetry is step regularity over stride regularity.
    """
    n, stride = len(along), stride_s * SLOW_HZ
    if 2.0 * stride > n:
        return None
    size = 2 * n
    power = np.abs(fft.rfft(along - np.add.reduce(along) / n, size)) ** 2
    biased = fft.irfft(power, size)[:n]
    unbiased = biased * n / (np.arange(n, 0, -1) * max(float(biased[0]), 1e-12))
    stride_peak = _peak(unbiased, stride)
    step_peak = _peak(unbiased, stride / 2.0)
    if stride_peak <= 0.0:
        return 0.0, 0.0
    return min(stride_peak, 1.0), min(max(step_peak, 0.0) / stride_peak, 1.0)


def step_amplitude(magnitude: Floats, stride_s: float) -> float:
    """How strongly the steps move the body: half of the peak-to-peak (g) within a step, their mean.

    `magnitude` (n,) is |acc| (g) at 50 Hz, at least a step of it. A piece as long as a step holds
    each of its phases once, wherever it begins.
    """
    step_n = max(round(0.5 * stride_s * IMPACT_HZ), 1)
    whole = magnitude[len(magnitude) % step_n :].reshape(-1, step_n)
    return 0.5 * float(np.mean(np.ptp(whole, axis=1)))


def _peak(correlation: Floats, lag: float) -> float:
    reach = max(_SEARCH * lag, 1.0)
    return float(correlation[round(lag - reach) : round(lag + reach) + 1].max())
