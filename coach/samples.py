"""What the coach is fed with, and the one raster on which it thinks.

A sensor's clock is its own: recordings come at 50 to 200 Hz and the chip's oscillator is off by a
per cent or more. `Resampler` puts every stream onto the same 100 Hz raster by linear interpolation,
so that no part behind it knows about rates, and it cuts the raster into frames of 50 ms that lie at
fixed instants. All decisions are made at the end of a frame: that is why cutting the same samples
into other blocks changes nothing, and why an event never depends on a later sample.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Row = list[float]
"""A reading: ax ay az in g, gx gy gz in deg/s."""

Rows = list[Row]
"""The samples of a frame as plain floats: of five, each function of numpy costs more than all."""

CHANNELS = 6

G_MPS2 = 9.80665
"""m/s^2 in a g (CGPM 1901)."""

RASTER_HZ = 100
"""Raster of every decision: the chip's own rate. Steps have nothing above 20 Hz that we use."""

FRAME_N = 5
"""Raster samples a frame: 50 ms, the daemon's rhythm where it counts; the mean delay is 25 ms."""

FRAME_S = FRAME_N / RASTER_HZ
FRAMES_PER_S = RASTER_HZ // FRAME_N

GAP_PERIODS = 1.5
"""An interval longer than this many sample periods means that at least one sample is missing."""

BRIDGED_S = 0.0305
"""... and that much missing is no gap: up to three samples at 100 Hz are drawn between those around
them (and a little rounding). Nothing that a body does begins and ends in so short a time."""

PERIOD_LEARNING = 0.1
"""Weight of the newest interval in the mean: a dozen samples show it, and jitter averages out."""

RATE_MIN_HZ, RATE_MAX_HZ = 50.0, 200.0
"""Below, a step's impact is lost; above, no reader of this product delivers."""

READING_MAX = 5000.0
"""No sensor of this product reads more (g, deg/s): what does is an error, and is cut off, so that
no square of it overflows."""

AT_ONCE = 1000
"""Samples that are looked at in one piece: their instants are plain floats, and an hour of those
would take 30 MB."""

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


class Frame(NamedTuple):
    """At most `FRAME_N` raster samples, ending at a multiple of 50 ms, never spanning a gap.

    `end` is the raster index of the last sample (its time is end / RASTER_HZ). `x` (n, 6): ax ay az
    in g, gx gy gz in deg/s; n is less than `FRAME_N` only in the first frame after a start or gap.
    They are readings that a sensor may give (`READING_MAX`).
    """

    end: int
    x: Floats

    @property
    def t(self) -> float:
        """Seconds since the first sample of the stream, at the last sample of the frame."""
        return self.end / RASTER_HZ

    @property
    def rows(self) -> Rows:
        """The same samples as plain floats, made anew at each call."""
        rows: Rows = self.x.tolist()
        return rows


class Resampler:
    """Puts a stream of blocks onto the 100 Hz raster, in frames, with its gaps made explicit.

    Times that come out count from the first sample that went in. What a gap is follows from the
    stream's own sample period, a running mean over the intervals so far.
    """

    # Of a live block, five or ten samples, each call of numpy costs more than its numbers: instant
    # and readings lie in one array (n, 1 + 6), and so are taken, subtracted and drawn together.

    def __init__(self) -> None:
        self._period_s = 1.0 / RATE_MIN_HZ  # until the stream shows its own
        self._origin = float("nan")
        self._last: Floats = np.full(1 + CHANNELS, np.nan)  # sample; its instant from the origin
        self._next = 0  # raster index of the first point not yet made
        self._pending: Floats = np.empty((0, CHANNELS))  # points of the frame that is not complete

    def next_t(self, every: int) -> float:
        """When the next sample will be made whose raster index is a multiple of `every`.

        In seconds from the first sample; with `FRAME_N`, when the next frame will be complete.
        """
        return -(-self._next // every) * every / RASTER_HZ

    def resample(self, block: Block) -> Iterable[Frame | Gap]:
        """In order, the frames that `block` completes and the gaps that it shows.

        Consume them to their end before the next block.
        """
        if 0 < len(block.t) <= AT_ONCE:
            return self._take(*block)
        return self._take_parts(block)

    def _take_parts(self, block: Block) -> Iterator[Frame | Gap]:
        for first in range(0, len(block.t), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            yield from self._take(block.t[part], block.acc[part], block.gyro[part])

    def _take(self, instants: Floats, acc: Floats, gyro: Floats) -> list[Frame | Gap]:
        samples: Floats = np.empty((len(instants) + 1, 1 + CHANNELS))
        samples[0] = self._last
        begins = math.isnan(self._origin)
        if begins:
            self._origin = instants.item(0)
        new = samples[1:]
        np.subtract(instants, self._origin, out=new[:, 0])
        new[:, 1:4], new[:, 4:] = acc, gyro
        # The length of all of it is no less than the largest, and quicker to have.
        if np.vdot(acc, acc) + np.vdot(gyro, gyro) > READING_MAX * READING_MAX:
            new[:, 1:] = np.clip(new[:, 1:], -READING_MAX, READING_MAX)
        if begins:
            self._stand_on(samples, 1)
        self._last = samples[-1]
        t: list[float] = samples[:, 0].tolist()
        gaps = self._missing(t)
        if not gaps:  # nearly always
            return [*self._run(samples, t[-1])]
        made: list[Frame | Gap] = []
        start = 0
        for cut, missing_s in gaps:
            if cut > start + 1:
                made += self._run(samples[start:cut], t[cut - 1])
            made.append(Gap(t[cut - 1], t[cut], missing_s))
            self._pending = self._pending[:0]
            self._next = math.ceil((t[cut] - _ON_TIME_S) * RASTER_HZ)
            start = cut - 1
            self._stand_on(samples, cut)
        return made + self._run(samples[start:], t[-1])

    def _missing(self, t: list[float]) -> list[tuple[int, float]]:
        """Before which of `t` there are gaps, and the time missing there; learns the period."""
        gaps = []
        period = self._period_s
        for i, (before, now) in enumerate(itertools.pairwise(t), start=1):
            interval = now - before
            if interval > GAP_PERIODS * period:
                if interval - period > BRIDGED_S:
                    gaps.append((i, interval - period))
            else:
                period += PERIOD_LEARNING * (interval - period)
        self._period_s = period
        return gaps

    def _stand_on(self, samples: Floats, first: int) -> None:
        """Begin a run: its first sample is its own predecessor, so that it too can be a point."""
        samples[first - 1] = samples[first]
        samples[first - 1, 0] -= self._period_s

    def _run(self, samples: Floats, until: float) -> list[Frame]:
        """Interpolate between samples that follow each other without a gap, and cut into frames.

        The first of them is the last one of before; the last one is at `until`.
        """
        last = math.floor((until + _ON_TIME_S) * RASTER_HZ)
        begun = self._pending
        first = self._next - len(begun)
        points = _between(samples, np.arange(self._next, last + 1, dtype=float))
        if len(begun):
            points = np.concatenate((begun, points))
        frames, done = [], 0
        for end in range(-(-first // FRAME_N) * FRAME_N, last + 1, FRAME_N):
            frames.append(Frame(end, points[done : end + 1 - first]))
            done = end + 1 - first
        self._pending = points[done:]
        self._next = max(self._next, last + 1)
        return frames


def means_of_frames(x: Floats) -> Floats:
    """(n / FRAME_N, 6): of samples (n, 6) that are whole frames, the mean of each."""
    means: Floats = np.add.reduce(x.reshape(-1, FRAME_N, CHANNELS), axis=1)
    means /= FRAME_N
    return means


def _between(samples: Floats, points: Floats) -> Floats:
    """(n, 6): readings at `points` (n,) of the raster, straight from one sample to the next."""
    # In the very numbers by which `_run` knows that a sample has come: a stream that ends with it
    # takes it for the same point as one that goes on.
    before = ((samples[1:-1, 0] + _ON_TIME_S) * RASTER_HZ).searchsorted(points)
    points /= RASTER_HZ
    from_ = samples.take(before, axis=0)
    before += 1
    drawn: Floats = samples.take(before, axis=0)
    drawn -= from_
    points -= from_[:, 0]
    points /= drawn[:, 0]
    by_channel = drawn.T
    by_channel *= points
    drawn += from_
    return drawn[:, 1:]
