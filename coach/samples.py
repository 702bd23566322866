"""What the coach is fed with, and the one grid on which it thinks.

A sensor's clock is its own: recordings come at 50 to 200 Hz and the chip's oscillator is off by
a per cent or more. `Grid` puts every stream onto the same 100 Hz raster by linear interpolation,
so that no part behind it knows about rates, and it cuts the raster into hops of 50 ms that lie at
fixed instants. All decisions are made at the end of a hop: that is why cutting the same samples
into other blocks changes nothing, and why an event never depends on a later sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID_HZ = 100
"""Raster of every decision: the chip's own rate. Steps have nothing above 20 Hz that we use."""

HOP = 5
"""Grid samples a hop: 50 ms, the daemon's reading rhythm; the mean delay that it costs is 25 ms."""

GAP_PERIODS = 1.5
"""An interval longer than this many sample periods means that at least one sample is missing."""

PERIOD_LEARNING = 0.1
"""Weight of the newest interval in the mean: a dozen samples show it, and jitter averages out."""

RATE_MIN_HZ, RATE_MAX_HZ = 50.0, 200.0
"""Below, a step's impact is lost; above, no reader of this product delivers."""

_ON_TIME_S = 1e-6  # a sample this little before its raster point counts as on it: float rounding


class Block(NamedTuple):
    """Consecutive samples in the order in which they were taken.

    `t` (n,) seconds on the sample clock, strictly rising; `acc` (n, 3) in g; `gyro` (n, 3) in
    deg/s; both in the sensor's own axes, whatever way it is mounted.
    """

    t: Floats
    acc: Floats
    gyro: Floats


class Gap(NamedTuple):
    """A stretch without samples. `start` and `end` are the last sample before and the first after.

    `missing_s` is the time that no sample stands for: (end - start) less the sample period.
    """

    start: float
    end: float
    missing_s: float


class Hop(NamedTuple):
    """At most `HOP` grid samples, ending at a multiple of 50 ms, never spanning a gap.

    `end` is the grid index of the last sample (its time is end / GRID_HZ); `x` is (n, 6):
    ax ay az in g, gx gy gz in deg/s. n is below `HOP` only in the first hop after a start or gap.
    """

    end: int
    x: Floats

    @property
    def t(self) -> float:
        """Seconds since the first sample of the stream, at the last sample of the hop."""
        return self.end / GRID_HZ


class Grid:
    """Puts a stream of blocks onto the 100 Hz raster, in hops, with its gaps made explicit.

    Times that come out count from the first sample that went in. What a gap is follows from the
    stream's own sample period, a running mean over the intervals so far.
    """

    def __init__(self) -> None:
        self._period_s = 1.0 / RATE_MIN_HZ  # until the stream shows its own
        self._origin = float("nan")
        self._last_t = float("nan")  # of the last sample, from the origin
        self._last_x: Floats = np.empty(6)
        self._next = 0  # grid index of the first point not yet made
        self._pending: Floats = np.empty((0, 6))  # points of the hop that is not complete

    @property
    def next_hop_t(self) -> float:
        """The time (seconds from the first sample) at which the next hop will be complete."""
        return -(-self._next // HOP) * HOP / GRID_HZ

    def feed(self, block: Block) -> Iterator[Hop | Gap]:
        """Yield, in order, the hops that `block` completes and the gaps that it shows.

        Consume the iterator to its end before feeding again.
        """
        if len(block.t) == 0:
            return
        if np.isnan(self._origin):
            self._origin = float(block.t[0])
        t = block.t - self._origin
        x = np.column_stack([block.acc, block.gyro])
        if np.isnan(self._last_t):
            self._stand_on(float(t[0]), x[0])
        start = 0
        for cut, missing_s in self._missing(np.diff(t, prepend=self._last_t).tolist()):
            if cut > start:
                yield from self._run(t[start:cut], x[start:cut])
            yield Gap(self._last_t, float(t[cut]), missing_s)
            self._pending = np.empty((0, 6))
            self._next = math.ceil((float(t[cut]) - _ON_TIME_S) * GRID_HZ)
            self._stand_on(float(t[cut]), x[cut])
            start = cut
        yield from self._run(t[start:], x[start:])

    def _missing(self, intervals: list[float]) -> list[tuple[int, float]]:
        """Where the intervals show gaps, and the time missing there; learns the period."""
        gaps = []
        period = self._period_s
        for i, interval in enumerate(intervals):
            if interval > GAP_PERIODS * period:
                gaps.append((i, interval - period))
            else:
                period += PERIOD_LEARNING * (interval - period)
        self._period_s = period
        return gaps

    def _stand_on(self, t: float, x: Floats) -> None:
        """Begin a run: its first sample is its own predecessor, so that it too can be a point."""
        self._last_t, self._last_x = t - self._period_s, x

    def _run(self, t: Floats, x: Floats) -> Iterator[Hop]:
        """Interpolate samples that follow the last one without a gap, and cut them into hops."""
        t = np.concatenate([[self._last_t], t])
        x = np.concatenate([self._last_x[None], x])
        self._last_t, self._last_x = float(t[-1]), x[-1]
        last = math.floor((self._last_t + _ON_TIME_S) * GRID_HZ)
        if last < self._next:
            return
        points = np.arange(self._next, last + 1) / GRID_HZ
        after = np.clip(np.searchsorted(t, points - _ON_TIME_S), 1, len(t) - 1)
        before = after - 1
        weight = ((points - t[before]) / (t[after] - t[before]))[:, None]
        made = np.concatenate([self._pending, x[before] + weight * (x[after] - x[before])])
        index = self._next - len(self._pending)  # of made[0]
        self._next = last + 1
        while True:
            end = -(-index // HOP) * HOP  # the first hop border at or after this point
            if end > last:
                break
            yield Hop(end, made[: end - index + 1])
            made, index = made[end - index + 1 :], end + 1
        self._pending = made
