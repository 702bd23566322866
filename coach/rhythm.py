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
        low: Floats = correlation[..., self._below]
        out: Floats = low + self._weight * (correlation[..., self._above] - low)
        return out


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
    """Score of each period in `PERIODS_S` from `likeness`: (len(RECENT_S), periods), the more the
    likelier.

    A stride resembles itself in all groups; half of it must not, in those that alternate sides;
    and of a stride and its multiples, which all resemble, the shortest is the stride.
    """
    stride = _STRIDE.of(alike).mean(axis=1)
    step = _STEP.of(alike)
    score: Floats = stride + STEP_WEIGHT * step[:, 0] - HALF_WEIGHT * step[:, 1:].mean(axis=1)
    return score - SHORTEST_WEIGHT * LOG_PERIODS


STEP_WEIGHT: Final = 0.1
"""For a step that resembles the other one along gravity; small, as it does not in a limp."""

HALF_WEIGHT: Final = 0.3
"""Against half a stride that resembles itself where sides alternate: it would be the stride."""

SHORTEST_WEIGHT: Final = 0.15
"""Against long periods: 0.1 for twice the stride."""


def best_period_s(alike: Floats, length: int, stride_s: float, reach: float) -> float:
    """Stride period (s) near `stride_s` at which the newest stretch resembles the past most.

    `length` is an index into `RECENT_S`; `reach` says how near, in the period's logarithm.
    """
    near = np.abs(LOG_PERIODS - np.log(stride_s)) < reach
    same = _STRIDE.of(alike[length]).mean(axis=0)
    i = int(np.argmax(near)) + int(np.argmax(same[near]))
    if not 0 < i < len(same) - 1:
        return stride_s
    left, mid, right = same[i - 1], same[i], same[i + 1]
    bend = left - 2.0 * mid + right
    shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    return float(PERIODS_S[i] * np.exp(GRID_RATIO * min(max(shift, -1.0), 1.0)))


DRIFT_SD: Final = 0.03
"""Change of the period from one second to the next in steady walking (relative)."""

CHANGE_SD, CHANGE_SHARE = 0.12, 0.1
"""The same while the tempo is changed, and the share of seconds in which it is."""

START_SHARE, STOP_SHARE = 0.4, 0.01
"""Probability that somebody who does not walk starts within a second, and the reverse."""

TRUST: Final = 8.0
"""How much log-likelihood one unit of evidence is worth; seconds overlap, so less than it says."""

NO_RHYTHM: Final = 0.28
"""Evidence that movement without a rhythm offers by chance (95 % of it is below)."""

TURNING_TRUST: Final = 0.25
"""Share of `TRUST` that is left while the walker turns round: comparisons with before fail."""

BROKEN: Final = 0.3
"""Evidence of the shortest stretch for the believed period below which the rhythm is broken:
real treadmill walking falls below it in 2 of 1000 seconds, steps onto the side rails do at once."""

ESTABLISHED_S: Final = 3
"""Seconds of rhythm before it can break: at first the stretch has nothing to be compared with."""


def _transition() -> Floats:
    """(periods + 1, periods + 1): from row to column in one second; the last one is no rhythm."""
    step = LOG_PERIODS[:, None] - LOG_PERIODS[None]

    def kernel(sd: float) -> Floats:
        near: Floats = np.exp(-0.5 * (step / sd) ** 2)
        near /= near.sum(axis=1, keepdims=True)
        return near

    n = len(PERIODS_S)
    moves = np.empty((n + 1, n + 1))
    moves[:n, :n] = (1.0 - CHANGE_SHARE) * kernel(DRIFT_SD) + CHANGE_SHARE * kernel(CHANGE_SD)
    moves[:n, :n] *= 1.0 - STOP_SHARE
    moves[:n, n] = STOP_SHARE
    moves[n, :n] = START_SHARE / n
    moves[n, n] = 1.0 - START_SHARE
    return moves


_TRANSITION = _transition()


_NEAR = 4  # grid places (8 %) around the believed period that are the same rhythm


class RhythmFilter:
    """Belief about the rhythm: a probability for each of `PERIODS_S`, and for there being none."""

    def __init__(self) -> None:
        self._belief: Floats = np.empty(len(PERIODS_S) + 1)
        self._likelihood: Floats = np.empty(len(PERIODS_S) + 1)
        self.forget()

    def forget(self) -> None:
        """Nobody walks, as far as is known."""
        self._belief[:] = 0.0
        self._belief[-1] = 1.0
        self.held_s = 0  # for how long a rhythm has been believed in
        self._broken = False

    def update(self, scores: Floats, turning: bool) -> None:
        """One second passed, with the `evidence` that it brought."""
        self._likelihood[:-1] = scores.mean(axis=0)
        self._likelihood[-1] = NO_RHYTHM
        trust = TRUST * TURNING_TRUST if turning else TRUST
        belief = (self._belief @ _TRANSITION) * np.exp(trust * self._likelihood)
        self._belief = belief / belief.sum()
        self.held_s = self.held_s + 1 if self._belief[-1] < 0.5 else 0
        i = int(np.argmax(self._belief[:-1]))
        short = float(scores[0, max(i - _NEAR, 0) : i + _NEAR + 1].max())
        self._broken = self.held_s > ESTABLISHED_S and not turning and short < BROKEN

    @property
    def periods(self) -> Floats:
        """(periods,) the probability of each."""
        return self._belief[:-1]

    @property
    def walking(self) -> bool:
        """Whether there is a rhythm now."""
        return bool(self._belief[-1] < 0.5) and not self._broken

    def stride_s(self) -> float:
        """The most probable stride period, in seconds."""
        return float(PERIODS_S[int(np.argmax(self._belief[:-1]))])
