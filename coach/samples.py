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
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Row = list[float]
"""One sample as plain floats: ax ay az in g, gx gy gz in deg/s."""

Rows = list[Row]
"""The samples of a frame as plain floats: of five, each function of numpy costs more than all."""

RASTER_HZ = 100
"""Raster of every decision: the chip's own rate. Steps have nothing above 20 Hz that we use."""

FRAME_N = 5
"""Raster samples a frame: 50 ms, the daemon's rhythm where it counts; the mean delay is 25 ms."""

FRAME_S = FRAME_N / RASTER_HZ

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
"""Samples that are plain floats at a time: an hour of them would take 100 MB."""

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

    `end` is the raster index of the last sample (its time is end / RASTER_HZ). There are fewer
    `rows` than `FRAME_N` only in the first frame after a start or gap. They are readings that a
    sensor may give (`READING_MAX`).
    """

    end: int
    rows: Rows

    @property
    def t(self) -> float:
        """Seconds since the first sample of the stream, at the last sample of the frame."""
        return self.end / RASTER_HZ

    @property
    def x(self) -> Floats:
        """(n, 6): the same rows."""
        return np.array(self.rows)


class Resampler:
    """Puts a stream of blocks onto the 100 Hz raster, in frames, with its gaps made explicit.

    Times that come out count from the first sample that went in. What a gap is follows from the
    stream's own sample period, a running mean over the intervals so far.
    """

    # A live block holds five samples, and between two of them the processor has done other things:
    # each function of numpy then costs more than all of the arithmetic in plain floats.

    def __init__(self) -> None:
        self._period_s = 1.0 / RATE_MIN_HZ  # until the stream shows its own
        self._origin = float("nan")
        self._last_t = float("nan")  # of the last sample, from the origin
        self._last_x: Row = []
        self._next = 0  # raster index of the first point not yet made
        self._pending: Rows = []  # points of the frame that is not complete

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
            return self._take(*_plain(*block))
        return self._take_parts(block)

    def _take_parts(self, block: Block) -> Iterator[Frame | Gap]:
        for first in range(0, len(block.t), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            yield from self._take(*_plain(block.t[part], block.acc[part], block.gyro[part]))

    def _take(self, instants: list[float], samples: Rows) -> list[Frame | Gap]:
        if math.isnan(self._origin):
            self._origin = instants[0]
        origin = self._origin
        t = [instant - origin for instant in instants]
        t.insert(0, self._last_t)
        x = [self._last_x, *samples]
        if math.isnan(self._last_t):
            self._stand_on(t, x, 1)
        made: list[Frame | Gap] = []
        start = 0
        for cut, missing_s in self._missing(t):
            if cut > start + 1:
                made += self._run(t[start:cut], x[start:cut])
            made.append(Gap(t[cut - 1], t[cut], missing_s))
            self._pending = []
            self._next = math.ceil((t[cut] - _ON_TIME_S) * RASTER_HZ)
            start = cut - 1
            self._stand_on(t, x, cut)
        self._last_t, self._last_x = t[-1], x[-1]
        if not made:  # nearly always
            return [*self._run(t, x)]
        return made + self._run(t[start:], x[start:])

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

    def _stand_on(self, t: list[float], x: list[Row], first: int) -> None:
        """Begin a run: its first sample is its own predecessor, so that it too can be a point."""
        t[first - 1], x[first - 1] = t[first] - self._period_s, x[first]

    def _run(self, t: list[float], x: list[Row]) -> list[Frame]:
        """Interpolate between samples that follow each other without a gap, and cut into frames.

        The first of them is the last one of before.
        """
        frames = []
        begun = self._pending
        i, newest = 0, len(t) - 2
        last = math.floor((t[-1] + _ON_TIME_S) * RASTER_HZ)
        for point in range(self._next, last + 1):
            at = point / RASTER_HZ
            due = at - _ON_TIME_S
            while i < newest and t[i + 1] < due:
                i += 1
            begun.append(_between(x[i], x[i + 1], (at - t[i]) / (t[i + 1] - t[i])))
            if point % FRAME_N == 0:
                frames.append(Frame(point, begun))
                begun = []
        self._pending = begun
        self._next = max(self._next, last + 1)
        return frames


def _plain(t: Floats, acc: Floats, gyro: Floats) -> tuple[list[float], Rows]:
    """A block in plain floats: its instants and its rows, which are possible readings."""
    rows = list(map(add, acc.tolist(), gyro.tolist()))
    # The length of all of it is no less than the largest, and quicker to have.
    if math.hypot(*itertools.chain.from_iterable(rows)) > READING_MAX:
        rows = np.clip(rows, -READING_MAX, READING_MAX).tolist()
    return t.tolist(), rows


def _between(before: Row, after: Row, part: float) -> Row:
    """The point at this part of the way from one sample to the next."""
    a, b, c, d, e, f = before
    u, v, w, x, y, z = after
    return [
        (u - a) * part + a,
        (v - b) * part + b,
        (w - c) * part + c,
        (x - d) * part + d,
        (y - e) * part + e,
        (z - f) * part + f,
    ]
