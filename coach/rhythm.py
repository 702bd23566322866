"""Which stride period the movement has: evidence from the last seconds, memory from before.

Walking repeats with the stride: two steps. The pelvis sways and rotates to one side with one step
and to the other with the next, so these movements repeat with the stride and never with the step,
while the vertical acceleration repeats with both. Comparing the newest movement with what was
there one candidate period ago, in four groups of channels (acceleration and rotation, along
gravity and across it), tells a stride from a step and from two strides. A filter over a grid of
periods remembers from second to second: cadence drifts, and seldom jumps.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from coach.samples import Floats
from coach.signal import RHYTHM_HZ, RHYTHM_N

STRIDE_MIN_S, STRIDE_MAX_S = 0.76, 4.3
"""Periods that are considered: 158 to 28 steps/min, a little more than the range promised."""

GRID_RATIO: Final = 0.02
"""Spacing of the periods (of their logarithm): 2 %, half of the narrowest change of a second."""

PERIODS_S: Final[Floats] = np.exp(np.arange(np.log(STRIDE_MIN_S), np.log(STRIDE_MAX_S), GRID_RATIO))
LOG_PERIODS: Final[Floats] = np.log(PERIODS_S)

RECENT_S: Final = (1.6, 3.0, 5.0)
"""How much of the newest movement is compared with the past: a short stretch reacts to a change
of tempo, a long one is less fooled by a single odd step."""

_RECENT_N = tuple(int(s * RHYTHM_HZ) for s in RECENT_S)


class _Lag:
    """Linear interpolation of a correlation at fixed, fractional lags."""

    def __init__(self, lags: Floats) -> None:
        self._below = np.floor(lags).astype(int)
        self._above = self._below + 1
        self._weight = lags - self._below

    def of(self, correlation: Floats) -> Floats:
        low = correlation[..., self._below]
        return low + self._weight * (correlation[..., self._above] - low)


_STRIDE, _STEP = _Lag(PERIODS_S * RHYTHM_HZ), _Lag(PERIODS_S * RHYTHM_HZ / 2)

_STILL: Final = np.array([0.004, 0.004, 0.6, 0.6])
"""Movement (g, g, deg/s, deg/s; rms) that counts as none: the chip's noise, twice over. A group
of channels that moves less than this has nothing to say."""


def likeness(moved: Floats) -> Floats:
    """How alike the newest movement and the movement some lag ago are.

    `moved` (6, RHYTHM_N) as `coach.signal.Window.movement` gives it. Returns (len(RECENT_S), 4,
    lags): normalised correlation, -1 to 1, of the newest stretch of each length with the one
    that lies 0, 1, 2... samples before; the four groups are acceleration along and across
    gravity, rotation along and across it.
    """
    spectrum = np.fft.rfft(moved, axis=1)
    energy = np.zeros((4, RHYTHM_N + 1))
    squares = moved * moved
    np.cumsum(_grouped(squares), axis=1, out=energy[:, 1:])
    lags = RHYTHM_N - max(_RECENT_N)
    out = np.empty((len(_RECENT_N), 4, lags))
    newest = np.zeros_like(moved)
    for row, n in enumerate(_RECENT_N):
        newest[:] = 0.0
        newest[:, :n] = moved[:, -n:]
        cross = np.fft.irfft(
            _grouped(spectrum * np.conj(np.fft.rfft(newest, axis=1))), RHYTHM_N, axis=1
        )
        start = np.arange(RHYTHM_N - n, RHYTHM_N - n - lags, -1)
        past = energy[:, start + n] - energy[:, start]
        here = past[:, :1] + n * _STILL[:, None] ** 2
        out[row] = cross[:, start] / (np.sqrt(here * np.maximum(past, 0.0)) + 0.02 * here)
    return out


def _grouped(six: np.ndarray) -> np.ndarray:
    """Six rows to four: the two across gravity are added up, which makes them invariant."""
    return np.stack([six[0], six[1] + six[2], six[3], six[4] + six[5]])


def evidence(alike: Floats) -> Floats:
    """Score of each period in `PERIODS_S` from `likeness`: the higher the more likely.

    A stride resembles itself in all groups; half of it must not, in those that alternate sides;
    and of a stride and its multiples, which all resemble, the shortest is the stride.
    """
    stride = _STRIDE.of(alike).mean(axis=1)
    step = _STEP.of(alike)
    per_length = stride + 0.1 * step[:, 0] - 0.3 * step[:, 1:].mean(axis=1)
    score: Floats = per_length.mean(axis=0) - 0.2 * LOG_PERIODS
    return score


DRIFT_SD: Final = 0.03
"""Change of the period from one second to the next in steady walking (relative)."""

CHANGE_SD, CHANGE_SHARE = 0.12, 0.1
"""The same while the tempo is changed, and the share of seconds in which it is."""

JUMP_SHARE: Final = 1e-3
"""Share of seconds after which nothing of the past holds."""

TRUST: Final = 8.0
"""How much log-likelihood one unit of evidence is worth; seconds overlap, so less than it says."""


def _transition() -> Floats:
    """(periods, periods): from row to column in one second."""
    step = LOG_PERIODS[:, None] - LOG_PERIODS[None]

    def kernel(sd: float) -> Floats:
        k: Floats = np.exp(-0.5 * (step / sd) ** 2)
        return k / k.sum(axis=1, keepdims=True)

    return (
        (1.0 - CHANGE_SHARE - JUMP_SHARE) * kernel(DRIFT_SD)
        + CHANGE_SHARE * kernel(CHANGE_SD)
        + JUMP_SHARE / len(PERIODS_S)
    )


_TRANSITION = _transition()


class StrideFilter:
    """Belief about the stride period: a probability for each of `PERIODS_S`."""

    def __init__(self) -> None:
        self.belief: Floats = np.full(len(PERIODS_S), 1.0 / len(PERIODS_S))

    def forget(self) -> None:
        """Know nothing."""
        self.belief[:] = 1.0 / len(PERIODS_S)

    def update(self, score: Floats) -> None:
        """One second passed, with the `evidence` that it brought."""
        belief = (self.belief @ _TRANSITION) * np.exp(TRUST * (score - score.max()))
        self.belief = belief / belief.sum()

    def period_s(self) -> float:
        """The most probable stride period, in seconds."""
        return float(PERIODS_S[int(np.argmax(self.belief))])
