"""The newest seconds of the stream, in the forms in which the gait analysis looks at it.

Every half second fifty grid samples become ten of a slow stream: low-passed below 4 Hz, where all
of a gait's rhythm lies and where soft clips, belts and impacts do not reach, and freed of gravity
and posture. Beside the six channels it holds what lies along gravity: the bounce of the body and
its turning about the vertical. Both filters are finite and causal: what the analysis sees depends
on the newest samples alone, and any cutting of the stream gives the same numbers.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.samples import GRID_HZ, HOP, Floats

SLOW_HZ: Final = GRID_HZ // HOP
"""Rate of the slow stream: one sample a hop."""

PIECE_N: Final = GRID_HZ // 2
"""Grid samples of a piece: the analysis goes on by half a second."""

PIECE_SLOW_N: Final = PIECE_N // HOP

WINDOW_S: Final = 10
SLOW_N: Final = WINDOW_S * SLOW_HZ
"""Samples of the slow stream that are kept: two strides at 30 steps/min, and room."""

IMPACT_HZ: Final = 50
IMPACT_N: Final = WINDOW_S * IMPACT_HZ
"""Rate and number of the acceleration's magnitudes, which show how strongly the feet land."""

VERTICAL, YAW = 6, 7  # rows of the slow stream, after ax ay az gx gy gz
ROWS: Final = 8

GROUPS: Final = 4
"""Of channels: acceleration along and across gravity, rotation along and across it. Sums over the
two axes across are the same in any mounting."""

BEYOND: Final = 5000.0
"""No sensor of this product reads more (g, deg/s): what does is an error, and must not overflow."""

_LOW_N = GRID_HZ // 5  # Hann's window of 0.2 s: half is left at 5 Hz, nothing at 10
_POSTURE = 4 * SLOW_HZ  # moving means (s) that are taken off: a stride at 30 steps/min,
_GRAVITY = 3 * SLOW_HZ  # ... that is called up,
_LEAN = 3 * SLOW_HZ // 2  # ... and three that tell how the trunk leans: a stride cancels the sway
_TURN = 8 * SLOW_HZ // 5  # ... and one that tells turning round, which takes 2 to 4 s
_HOPS = _POSTURE + PIECE_SLOW_N

assert _HOPS == 3 * _LEAN, "the hops that are kept are those that the longest look needs"


def _low_pass() -> Floats:
    """(PIECE_SLOW_N, _LOW_N + PIECE_N - HOP): from the newest grid samples to the slow ones."""
    hann = np.hanning(_LOW_N + 2)[1:-1]
    rows = np.zeros((PIECE_SLOW_N, _LOW_N - HOP + PIECE_N))
    for k in range(PIECE_SLOW_N):
        rows[k, HOP * k : HOP * k + _LOW_N] = hann / hann.sum()
    return rows


_LOW = _low_pass()
_TAIL_N = _LOW_N - HOP


class Movement:
    """Takes in pieces of the stream; before the first one it is as if that had always been.

    `slow` (ROWS, SLOW_N): acc (g), gyro (deg/s), acc and rotation along gravity, newest last;
    `magnitude` (IMPACT_N,): |acc| in g; `leaned_deg`: the largest angle between the directions of
    gravity in the last three stretches of 1.5 s; `turning_dps`: the mean rotation about gravity in
    the last 1.6 s, 0 where the body rotates otherwise as much.
    """

    def __init__(self) -> None:
        self.slow: Floats = np.zeros((ROWS, SLOW_N))
        self.magnitude: Floats = np.zeros(IMPACT_N)
        self._tail: Floats = np.zeros((_TAIL_N, 6))
        self._sums: Floats = np.zeros((_HOPS, 6))  # of each of the newest hops
        self.forget()

    def forget(self) -> None:
        """Start anew, as after a long gap."""
        self._empty = True
        self.leaned_deg = self.turning_dps = 0.0
        self.slow[:] = 0.0

    def push(self, piece: Floats) -> None:
        """Take in the next `piece` (PIECE_N, 6), sensor axes."""
        x = np.minimum(np.maximum(piece, -BEYOND), BEYOND)
        halves = x[0::2, :3] + x[1::2, :3]
        magnitude = 0.5 * np.sqrt((halves * halves).sum(axis=1))
        if self._empty:
            self._empty = False
            self._tail[:] = x[0]
            self._sums[:] = HOP * x[0]
            self.magnitude[:] = magnitude[0]
        low = _LOW @ np.concatenate([self._tail, x])
        self._tail = x[-_TAIL_N:]
        self._sums = np.concatenate([self._sums[PIECE_SLOW_N:], x.reshape(-1, HOP, 6).sum(axis=1)])
        sums = np.zeros((_HOPS + 1, 6))
        np.cumsum(self._sums, axis=0, out=sums[1:])
        newest = sums[-PIECE_SLOW_N:]
        low -= (newest - sums[1 : PIECE_SLOW_N + 1]) / (HOP * _POSTURE)
        up = newest[:, :3] - sums[-PIECE_SLOW_N - _GRAVITY : -_GRAVITY, :3]
        up /= np.maximum(np.sqrt((up * up).sum(axis=1)), 1e-6)[:, None]
        along = (low.reshape(-1, 2, 3) * up[:, None]).sum(axis=2)
        slow = np.concatenate([low, along], axis=1).T
        self.slow = np.concatenate([self.slow[:, PIECE_SLOW_N:], slow], axis=1)
        self.magnitude = np.concatenate([self.magnitude[len(magnitude) :], magnitude])
        self.turning_dps = _turning((sums[-1] - sums[-1 - _TURN])[3:] / (HOP * _TURN), up[-1])
        self.leaned_deg = _leaned_deg((sums[_LEAN::_LEAN, :3] - sums[:-1:_LEAN, :3]).tolist())


def grouped(rows: np.ndarray) -> np.ndarray:
    """(ROWS, ...) of products within each channel to (GROUPS, ...) of sums within each group."""
    out = np.empty((GROUPS, *rows.shape[1:]), rows.dtype)
    for group, along, first in ((0, VERTICAL, 0), (2, YAW, 3)):
        out[group] = rows[along]
        across = np.add(rows[first], rows[first + 1], out=out[group + 1, ...])
        across += rows[first + 2]
        across -= rows[along]
    return out


def _turning(rate: Floats, up: Floats) -> float:
    """How much of `rate` (deg/s) is about `up`; 0 where more than half as much is not."""
    along = abs(float(rate @ up))
    return along if along**2 > 0.8 * float(rate @ rate) else 0.0


def _leaned_deg(directions: list[list[float]]) -> float:
    """The largest angle between any two of three `directions`; 90 where one has no length."""
    a, b, c = directions
    return math.degrees(max(_angle(a, b), _angle(b, c), _angle(a, c)))


def _angle(a: list[float], b: list[float]) -> float:
    size = math.hypot(*a) * math.hypot(*b)
    if size < 1e-12:
        return math.pi / 2.0
    return math.acos(min(max(sum(p * q for p, q in zip(a, b, strict=True)) / size, -1.0), 1.0))
