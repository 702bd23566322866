"""How uneven a walk is: step times and sizes, from samples and the instants of the steps."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

LEAST_STEPS = 24
"""A bout of fewer steps says too little."""

FIRST, LAST = 3, 2
"""Steps at the two ends of a bout that start and stop it."""

SMOOTHED = 9
"""Steps over which a mean is taken to see what is slow."""

ODD = 3.0
"""Robust standard deviations beyond which a step is odd."""


@dataclass(frozen=True)
class Unevenness:
    """One bout. Times and sizes are relative to the mean of their side; sizes are logarithms."""

    cadence: float
    amplitude: float
    asymmetry: float
    step_time: float
    stride_time: float
    next_stride: float
    fifth_stride: float
    slow_time: float
    odd_steps: float
    size: float
    slow_size: float
    next_size: float
    eighth_size: float
    rotation: float
    slow_rotation: float
    hardest: float


MEANING = {
    "cadence": "steps/min",
    "amplitude": "half of the vertical peak-to-peak within a step, g",
    "asymmetry": "(left - right) / mean of the step times",
    "step_time": "its coefficient of variation",
    "stride_time": "its coefficient of variation",
    "next_stride": "autocorrelation of stride times, next stride",
    "fifth_stride": "the same, fifth stride",
    "slow_time": "deviation of the mean step time of nine steps",
    "odd_steps": "share beyond three robust deviations",
    "size": "deviation of the amplitude",
    "slow_size": "deviation of the mean amplitude of nine steps",
    "next_size": "autocorrelation of the amplitude, next step",
    "eighth_size": "the same, eighth step",
    "rotation": "deviation of a step's fastest rotation",
    "slow_rotation": "deviation of its mean over nine steps",
    "hardest": "largest |a| of the bout against the usual step's",
}


def bouts(t: np.ndarray, x: np.ndarray, steps: np.ndarray) -> list[Unevenness]:
    """Of samples `x` (n, 6; g, deg/s) at `t` (n,) and steps at the instants `steps` (m,), s."""
    gaps = np.diff(steps)
    parts = np.split(np.arange(len(steps)), np.flatnonzero(gaps > 1.8 * np.median(gaps)) + 1)
    found = []
    for part in parts:
        instants = np.unique(steps[part])[FIRST:-LAST]
        instants = instants[instants < t[-1] - 0.1]
        instants = instants[np.diff(instants, prepend=-1.0) > 0.1]
        if len(instants) >= LEAST_STEPS:
            found.append(_bout(t, x, instants))
    return found


def _bout(t: np.ndarray, x: np.ndarray, steps: np.ndarray) -> Unevenness:
    acc, rate = x[:, :3], np.linalg.norm(x[:, 3:], axis=1)
    up = acc[(t >= steps[0]) & (t < steps[-1])].mean(axis=0)
    vertical, size = acc @ (up / np.linalg.norm(up)), np.linalg.norm(acc, axis=1)
    pieces = [slice(a, b) for a, b in np.lib.stride_tricks.sliding_window_view(
        np.searchsorted(t, steps), 2)]  # fmt: skip
    amplitude = np.array([np.ptp(vertical[p]) / 2 for p in pieces])
    fastest = np.array([rate[p].max() for p in pieces])
    hardest = np.array([size[p].max() for p in pieces])
    gaps = np.diff(steps)
    even = len(gaps) // 2 * 2
    stride = gaps[:even:2] + gaps[1:even:2]
    times, sizes, turns = _relative(gaps), np.log(_relative(amplitude)), np.log(_relative(fastest))
    off = np.abs(times - np.median(times))
    left, right = gaps[:even:2].mean(), gaps[1:even:2].mean()
    return Unevenness(
        cadence=60 / gaps.mean(),
        amplitude=float(amplitude.mean()),
        asymmetry=abs(left - right) / gaps.mean(),
        step_time=float(times.std()),
        stride_time=float(stride.std() / stride.mean()),
        next_stride=_again(stride, 1),
        fifth_stride=_again(stride, 5),
        slow_time=_slow(times),
        odd_steps=float((off > ODD * 1.4826 * np.median(off)).mean()),
        size=float(sizes.std()),
        slow_size=_slow(sizes),
        next_size=_again(sizes, 1),
        eighth_size=_again(sizes, 8),
        rotation=float(turns.std()),
        slow_rotation=_slow(turns),
        hardest=float(hardest.max() / np.median(hardest)),
    )


def _relative(values: np.ndarray) -> np.ndarray:
    """Each side's against its own mean."""
    even = values[: len(values) // 2 * 2].copy()
    for side in (slice(0, None, 2), slice(1, None, 2)):
        even[side] /= even[side].mean()
    return even


def _again(values: np.ndarray, later: int) -> float:
    off = values - values.mean()
    return float((off[later:] * off[:-later]).mean() / off.var())


def _slow(values: np.ndarray) -> float:
    kernel = np.ones(SMOOTHED) / SMOOTHED
    return float(np.convolve(values - values.mean(), kernel, "valid").std())


def quantiles(found: list[Unevenness]) -> dict[str, np.ndarray]:
    """10th, 50th and 90th percentile of each quantity."""
    return {
        f.name: np.percentile([getattr(one, f.name) for one in found], [10, 50, 90])
        for f in fields(Unevenness)
    }


def distance(a: list[Unevenness], b: list[Unevenness], name: str) -> float:
    """Kolmogorov and Smirnov's: the largest difference between the two distributions."""
    x, y = (np.sort([getattr(one, name) for one in some]) for some in (a, b))
    at = np.concatenate([x, y])
    shares = (np.searchsorted(some, at, "right") / len(some) for some in (x, y))
    return float(np.abs(np.subtract(*shares)).max())
