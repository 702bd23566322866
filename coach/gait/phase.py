"""The tempo, from the phase of the strides.

A gait is a sum of waves at the stride's rate and at the step's, in all channels at once. Each
channel is turned back by the believed rate and averaged over exactly one stride: every other
harmonic cancels, and what is left is a phase that stands still if the belief was exact and drifts
if it was not. How fast it drifts, at each instant and over all channels together, corrects the
tempo. No single impact and no single axis decides: a limp, which shifts every second impact,
shifts no phase of a stride.
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coach.gait.movement import SLOW_HZ, grouped
from coach.gait.parameters import TempoParameters
from coach.samples import Floats

_STRIDES: Final = 1.5
"""A cadence is a mean over so many strides at the least."""

_CERTAIN: Final = 0.98
"""Steadiness (squared) of a group's phase beyond which it gets no more weight."""

_HARMONICS: Final = np.array([1.0, 2.0])

_EVERY: Final = 2
RATE_HZ: Final = SLOW_HZ // _EVERY
"""The tempo is found at every other sample: it has no more to tell."""

_LEAST_N = 4  # phases, or no tempo


class Tempo(NamedTuple):
    """Stride rates (m,), in 1/s, in the slow stream's newest `n` samples, at `RATE_HZ`, in order.

    Value j is that of sample `first + _EVERY * j` (fractional) of these n. `steadiness`: how
    little the phases wander, 0 to 1.
    """

    rates: Floats
    first: float
    n: int
    steadiness: float

    @property
    def spm(self) -> float:
        """Steps/min over all of it."""
        return 120.0 * float(np.add.reduce(self.rates)) / len(self.rates)

    @property
    def scatter_spm(self) -> float:
        """Standard deviation of the tempo, steps/min."""
        off = self.rates - np.add.reduce(self.rates) / len(self.rates)
        return 120.0 * math.sqrt(float(off @ off) / len(off))

    def ago_s(self) -> Floats:
        """(m,): how long before the newest sample each of the rates was, in seconds."""
        ago: Floats = (self.n - 1.0 - self._places()) / SLOW_HZ
        return ago

    def newest_spm(self, seconds: float) -> float:
        """Steps/min over the newest `seconds`, where each instant speaks of a stride and more."""
        newest = self.rates[-round(seconds * RATE_HZ) :]
        return 120.0 * float(np.add.reduce(newest)) / len(newest)

    def since_change(self, p: TempoParameters) -> Tempo:
        """That part of it which is of the newest tempo."""
        newest = float(np.median(self.rates[-RATE_HZ:]))
        other = (np.abs(np.log(self.rates / newest)) > 0.5 * p.sudden).nonzero()[0]
        kept = min(other[-1].item() + 1 if len(other) else 0, len(self.rates) - RATE_HZ)
        return self._replace(rates=self.rates[kept:], first=self.first + _EVERY * kept)

    def at_samples(self) -> Floats:
        """(n,): the stride rate at each sample; at the ends the last known one."""
        rates: Floats = np.interp(np.arange(self.n), self._places(), self.rates)
        return rates

    def _places(self) -> Floats:
        """(m,): which of the `n` samples, fractional, each of the rates is that of."""
        places: Floats = self.first + np.arange(0, _EVERY * len(self.rates), _EVERY, dtype=float)
        return places


@lru_cache(maxsize=16)
def _turning_back(n: int, stride_n: float) -> tuple[Floats, int]:
    """What turns n samples back by the stride's rate and its double, and sums over a stride each.

    (n, 4 m): cosine and sine, at `m` ends of a stride, for both harmonics; and the first end.
    """
    first_end = math.ceil(stride_n)
    first_end += (n - first_end) % _EVERY
    ends = np.arange(first_end, n + 1, _EVERY)
    at = np.arange(n)[:, None]
    within = np.clip(at + 1.0 - (ends - stride_n), 0.0, 1.0) * (at < ends)
    turn = np.exp(-2j * np.pi / stride_n * at * _HARMONICS)  # (n, harmonics)
    kernel = (turn[:, :, None] * within[:, None]).reshape(n, -1)
    return kernel.view(np.float64), first_end


def tempo(slow: Floats, stride_s: float, p: TempoParameters, noise: Floats) -> Tempo | None:
    """The tempo of `slow` (ROWS, n) near strides of `stride_s`; None if that is too short.

    `noise` (GROUPS,): mean squares that count as no movement.
    """
    n = min(round(max(p.average_s, _STRIDES * stride_s) * SLOW_HZ), slow.shape[1])
    stride_n = stride_s * SLOW_HZ
    apart = round(p.apart_s * RATE_HZ)
    kernel, first_end = _turning_back(n, stride_n)
    m = kernel.shape[1] // 4
    if m < apart + _LEAST_N:
        return None
    phases = (slow[:, -n:] @ kernel).view(complex).reshape(len(slow), 2, m)
    moved = grouped(phases[..., apart:] * phases[..., :-apart].conj())
    size = phases.real**2 + phases.imag**2
    size = np.add.reduce(size[..., apart:], axis=2) + np.add.reduce(size[..., :-apart], axis=2)
    usual = grouped(size)  # (groups, harmonics)
    usual *= 0.5
    usual += noise[:, None] * (stride_n * (m - apart))
    alike, voice = _heard(np.add.reduce(moved, axis=2), usual)
    moved *= (voice / usual)[..., None]
    together = np.add.reduce(moved, axis=0)
    loud = np.abs(together)
    weight = np.square(_HARMONICS) @ loud + 1e-12
    loud *= np.angle(together)
    angle = _HARMONICS @ loud
    certain = np.add.reduce(voice, axis=None).item()
    steadiness = np.add.reduce(alike * voice, axis=None).item() / max(certain, 1e-9)
    rates = angle / weight * (RATE_HZ / (2.0 * np.pi * apart)) + 1.0 / stride_s
    rates = np.minimum(np.maximum(rates, 0.5 / stride_s), 2.0 / stride_s)
    first = first_end - 1.0 - 0.5 * stride_n + 0.5 * _EVERY * apart
    return Tempo(rates, first, n, steadiness)


def _heard(moved: NDArray[np.complex128], usual: Floats) -> tuple[Floats, Floats]:
    """How alike (0 to 1) phases of this size are, which have `moved` so far, and their weight."""
    alike = np.abs(moved) / usual
    alike = np.minimum(alike * alike, _CERTAIN)
    return alike, alike / (1.0 - alike)


def clear_of(stride_s: float, p: TempoParameters) -> int:
    """Samples of the slow stream that `steps_between` looks at: a stride, and what is averaged."""
    return math.ceil(stride_s * SLOW_HZ) + _EVERY * (round(p.apart_s * RATE_HZ) - 1)


def steps_between(before: Floats, after: Floats, stride_s: float, noise: Floats) -> float:
    """Steps from one stride to another (ROWS, `clear_of`), 0 to 1: but for whole ones.

    It is the phase of the step, which both feet share, that is compared.
    """
    kernel, _ = _turning_back(before.shape[1], stride_s * SLOW_HZ)
    strides = np.concatenate([before, after]) @ kernel
    before, after = strides.view(complex).reshape(2, len(before), 2, -1)[:, :, 1]
    moved = np.add.reduce(grouped(after * before.conj()), axis=1)
    size = before.real**2 + before.imag**2 + after.real**2 + after.imag**2
    usual = 0.5 * np.add.reduce(grouped(size), axis=1)
    usual += noise * (stride_s * SLOW_HZ * before.shape[1])
    _, voice = _heard(moved, usual)
    together = complex(np.add.reduce(moved * (voice / usual)))
    return cmath.phase(together) / (2.0 * math.pi) % 1.0
