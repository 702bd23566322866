"""Which stride period the movement has: evidence from the last seconds, memory from before.

Walking repeats with the stride: two steps. The pelvis sways and rotates to one side with one step
and to the other with the next, so these movements repeat with the stride and never with the step,
while the vertical acceleration repeats with both. Comparing the newest movement with what was
there one candidate period ago, in four groups of channels (acceleration and rotation, along
gravity and across it), tells a stride from a step and from two strides. A filter over a grid of
periods remembers from second to second: cadence drifts, and seldom jumps.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.gait.window import RHYTHM_HZ, RHYTHM_N
from coach.samples import Floats

STRIDE_MIN_S, STRIDE_MAX_S = 0.76, 4.3
"""Periods that are considered: 158 to 28 steps/min, a little more than the range promised."""

GRID_RATIO: Final = 0.02
"""Spacing of the periods (of their logarithm): 2 %, half of the narrowest change of a second."""

PERIODS_S: Final[Floats] = np.exp(np.arange(np.log(STRIDE_MIN_S), np.log(STRIDE_MAX_S), GRID_RATIO))
LOG_PERIODS: Final[Floats] = np.log(PERIODS_S)

RECENT_S: Final = (1.6, 5.0)
"""How much of the newest movement is compared with the past: a short stretch reacts to a change
of tempo, a long one is less fooled by a single odd step."""

SHORT, LONG = 0, 1  # indices into it

_RECENT_N = tuple(int(s * RHYTHM_HZ) for s in RECENT_S)
_LAGS = RHYTHM_N - max(_RECENT_N)

_STILL: Final = np.array([0.004, 0.004, 0.6, 0.6])
"""Movement (g, g, deg/s, deg/s; rms) that counts as none: the chip's noise, twice over. A group
of channels that moves less than this has nothing to say."""

_BARELY: Final = 0.02
"""Share of the newest energy that is added where the past had none, as after standing."""


def energy(moved: Floats) -> Floats:
    """(S, 4, RHYTHM_N + 1): running sum over the window of each group's squares.

    `moved` (S, 6, RHYTHM_N) as in `coach.gait.window.Movement`; the four groups of channels are the
    acceleration along and across gravity, and the rotation along and across it.
    """
    out = np.zeros((len(moved), 4, RHYTHM_N + 1))
    np.cumsum(_grouped(moved * moved), axis=2, out=out[..., 1:])
    return out


def likeness(moved: Floats, energies: Floats) -> Floats:
    """How alike the newest movement and the movement some lag ago are, in each of S seconds.

    `moved` (S, 6, RHYTHM_N), `energies` of it. Returns (S, len(RECENT_S), 4, lags): normalised
    correlation, -1 to 1, by group, of the newest stretch of each length with the one that lies
    lags - 1, ... 2, 1, 0 samples before.
    """
    stretches = np.zeros((len(moved), 1 + len(_RECENT_N), 6, RHYTHM_N))
    stretches[:, 0] = moved
    for row, n in enumerate(_RECENT_N, start=1):
        stretches[:, row, :, :n] = moved[..., -n:]
    spectrum = np.fft.rfft(stretches)
    cross = np.fft.irfft(_grouped(spectrum[:, :1] * np.conj(spectrum[:, 1:])), RHYTHM_N)
    out = np.empty((len(moved), len(_RECENT_N), 4, _LAGS))
    for row, n in enumerate(_RECENT_N):
        newest = RHYTHM_N - n  # where the stretch begins; the past ones begin before it
        began = slice(newest - _LAGS + 1, newest + 1)
        past = energies[..., RHYTHM_N - _LAGS + 1 :] - energies[..., began]
        here = past[..., -1:] + n * _STILL[:, None] ** 2
        size = np.maximum(past, 0.0, out=past)
        size *= here
        np.sqrt(size, out=size)
        size += _BARELY * here
        np.divide(cross[:, row, :, began], size, out=out[:, row])
    return out


def _grouped(six: np.ndarray) -> np.ndarray:
    """(..., 6, n) to (..., 4, n): the two across gravity are added up, and so invariant."""
    four = np.empty((*six.shape[:-2], 4, six.shape[-1]), six.dtype)
    four[..., ::2, :] = six[..., ::3, :]
    np.add(six[..., 1::3, :], six[..., 2::3, :], out=four[..., 1::2, :])
    return four


STEP_WEIGHT: Final = 0.1
"""For a step that resembles the other one along gravity; small, as it does not in a limp."""

HALF_WEIGHT: Final = 0.3
"""Against half a stride that resembles itself where sides alternate: it would be the stride."""


class _At:
    """Reads values of `likeness` at fractional lags, linearly interpolated."""

    def __init__(self, lags: Floats) -> None:
        whole = lags.astype(int)
        self._before = _LAGS - 1 - whole
        self._after = self._before - 1
        self._weight = lags - whole

    def __call__(self, values: Floats) -> Floats:
        """(..., lags) to (..., periods)."""
        before = values.take(self._before, axis=-1)
        after = values.take(self._after, axis=-1)
        after -= before
        after *= self._weight
        after += before
        return after


_AT_STRIDE, _AT_STEP = _At(PERIODS_S * RHYTHM_HZ), _At(PERIODS_S * RHYTHM_HZ / 2.0)


def evidence(alike: Floats) -> tuple[Floats, Floats]:
    """From `likeness`: resemblance and score of each period in `PERIODS_S`, the more the likelier.

    Both are (S, len(RECENT_S), periods). A stride resembles itself in all groups; half of it must
    not, in those that alternate sides. Of a stride and its multiples, which all resemble, the
    shortest resembles most, as walkers are never quite even, and reaches back least.
    """
    bounce = alike[:, :, 0]
    sway = alike[:, :, 1] + alike[:, :, 2] + alike[:, :, 3]
    resemblance = _AT_STRIDE((bounce + sway) / 4.0)
    return resemblance, resemblance + _AT_STEP(STEP_WEIGHT * bounce - HALF_WEIGHT / 3.0 * sway)


def nearest(stride_s: float) -> int:
    """Index of the period in `PERIODS_S` that is nearest to `stride_s`."""
    place = round((math.log(stride_s) - float(LOG_PERIODS[0])) / GRID_RATIO)
    return min(max(place, 0), len(PERIODS_S) - 1)


def best_period_s(resemblance: Floats, stride_s: float, reach: float) -> float:
    """Stride period (s) near `stride_s` at which the newest stretch resembles the past most.

    `resemblance` (periods,) of one length; `reach` says how near, in the period's logarithm.
    """
    place = (math.log(stride_s) - float(LOG_PERIODS[0])) / GRID_RATIO
    first = max(round(place - reach / GRID_RATIO), 0)
    i = first + int(resemblance[first : round(place + reach / GRID_RATIO) + 1].argmax())
    if not 0 < i < len(resemblance) - 1:
        return stride_s
    left, mid, right = resemblance[i - 1 : i + 2].tolist()
    bend = left - 2.0 * mid + right
    shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    return float(PERIODS_S[i]) * math.exp(GRID_RATIO * min(max(shift, -1.0), 1.0))


DRIFT_SD: Final = 0.03
"""Change of the period from one second to the next in steady walking (relative)."""

CHANGE_SD, CHANGE_SHARE = 0.12, 0.1
"""The same while the tempo is changed, and the share of seconds in which it is."""

START_SHARE, STOP_SHARE = 0.25, 0.01
"""Probability that somebody who does not walk starts within a second, and the reverse."""

OCTAVE_SHARE, OCTAVE_REACH = 0.01, 0.05
"""Probability that what was believed a stride is found to be a step or two strides (to 5 %): in
the first seconds of a slow walk there is no stride to compare with."""

TRUST: Final = 12.0
"""How much log-likelihood one unit of evidence is worth; seconds overlap, so less than it says."""

NO_RHYTHM: Final = 0.33
"""Evidence that movement without a rhythm offers by chance (more than 95 % of it is below)."""

NO_RHYTHM_FROM_REST: Final = 0.27
"""The same of the first movements after standing still, as long as the trunk keeps its lean. The
steps of somebody whose belt gathers speed resemble each other little, but nothing else that
people do upright after a rest is as regular."""

LEANS_DEG, NO_RHYTHM_LEANING = 12.0, 0.45
"""Whose trunk has leaned further than that within 4 s (99 % of walking stays below) bends, sits
down or handles the device, and that repeats itself by chance more easily."""

TOPPLES_DEG: Final = 35.0
"""No walk goes on through so much leaning: this is the device being taken off, or a fall."""

TURNING_TRUST: Final = 0.25
"""Share of `TRUST` that is left while the walker turns round: comparisons with before fail."""

BROKEN: Final = 0.3
"""Evidence of the shortest stretch for the believed period below which the rhythm is broken:
real treadmill walking falls below it in 2 of 1000 seconds, steps onto the side rails do at once."""

BROKEN_SLOW: Final = 0.15
"""The same for each unit of the period's logarithm: a stretch shorter than a stride resembles
something more easily."""

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
    octave = np.abs(np.abs(step) - math.log(2.0)) < OCTAVE_REACH
    moves[:n, :n] += OCTAVE_SHARE * octave / np.maximum(octave.sum(axis=1, keepdims=True), 1)
    moves[:n, :n] *= (1.0 - STOP_SHARE) / moves[:n, :n].sum(axis=1, keepdims=True)
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
        self._rested = True  # nothing has moved with a rhythm since
        self._likeliest = 0  # of the periods
        self._broken = False

    def update(self, scores: Floats, turning: bool, leaned_deg: float) -> None:
        """One second passed, with the scores (len(RECENT_S), periods) that it brought."""
        np.add(scores[SHORT], scores[LONG], out=self._likelihood[:-1])
        self._likelihood[:-1] *= 0.5
        self._likelihood[-1] = self._by_chance(leaned_deg)
        trust = TRUST * TURNING_TRUST if turning else TRUST
        belief = (self._belief @ _TRANSITION) * np.exp(trust * self._likelihood)
        belief /= np.add.reduce(belief)
        self._belief = belief
        held = belief.item(-1) < 0.5
        self.held_s = self.held_s + 1 if held else 0
        self._rested = self._rested and not held
        i = self._likeliest = int(belief[:-1].argmax())
        short = float(np.maximum.reduce(scores[SHORT, max(i - _NEAR, 0) : i + _NEAR + 1]))
        limit = BROKEN + BROKEN_SLOW * LOG_PERIODS.item(i)
        broken = self.held_s > ESTABLISHED_S and not turning and short < limit
        self._broken = broken or leaned_deg > TOPPLES_DEG

    def _by_chance(self, leaned_deg: float) -> float:
        """Evidence that this movement would offer if it had no rhythm."""
        if self.held_s:
            return NO_RHYTHM
        if leaned_deg > LEANS_DEG:
            return NO_RHYTHM_LEANING
        return NO_RHYTHM_FROM_REST if self._rested else NO_RHYTHM

    @property
    def walking(self) -> bool:
        """Whether there is a rhythm now."""
        return self._belief.item(-1) < 0.5 and not self._broken

    def stride_s(self) -> float:
        """The most probable stride period, in seconds."""
        return PERIODS_S.item(self._likeliest)
