"""When each sample was taken, on the host's clock, from nothing but how many had come by when.

The chip does not say when it takes a sample, and its oscillator is off by up to some per cent. What
the host knows after a look at the FIFO's fill is one pair of facts, both certain: the newest
sample was taken before the look ended, and the next one had not been taken when the look began. If
samples lie on a line, x = newest instant and p = period, each look is two straight cuts in the
plane of (x, p), and what is left after many looks is a small polygon that holds the truth. The
estimate is a point of it, which stays where it is until a look cuts it off, and then moves towards
the centre, just far enough. No cut can mislead: a look that was held up, however long, only cuts
less sharply, and a late read shows more samples and shifts nothing. Looks that fall just before or
just after a sample cut deepest, and because the two clocks are not locked, such looks come by
themselves within seconds. The period may wander (temperature): so once a second the polygon is
widened by what it may have wandered. Should the polygon ever become empty, the line has bent more
than that, and the estimate starts again from the present, with the period that it knew.

The stamps that come out follow the estimate with a gentle pull, so that they are smooth: a better
estimate bends the stamps by a small part of a period per sample, and never makes them jump.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.06
"""The chip's rate is within this part of the nominal one. PS-MPU-6000A-00 6.6: 1 % on the PLL at
25 C and 1 % over temperature, 5 % on the internal oscillator, onto which a PLL may fall back."""

DRIFT_PER_S = 3e-6
"""How much the period may wander in a second, as a part of it: about 1 % over 60 C (PS 6.6), with
a chip that warms by one degree a minute when it is clipped on."""

REOPENED = 1e-3
"""Part of the period by which it may differ from what was known, once the line has bent."""

PULL_SAMPLES = 25
"""Stamps make good what they are off by over about this many samples: a quarter of a second."""

PULL_LIMIT = 0.02
"""The largest bend, as a part of the period: within what the chip itself may be off by."""

CERTAIN = 0.5
"""After a loss the samples are counted on the line only if it is surer than this part of a
period."""

JITTER_S = 20e-6
"""How unevenly a chip may put its samples into the FIFO, and a host may tell the time."""

SLIVER_S = 10e-6
"""A look that would cut off no more than this from the region is not worth its arithmetic: half of
what `JITTER_S` leaves open anyway."""

SETTLE = 0.02
"""A cut-off estimate enters the region by this part of the rest of the way to its centre. Long
experience of the period is worth more than the centre of a region that drift has widened."""

_VERTICES_MAX = 24  # every other one is dropped beyond: of a curve so fine, nothing is lost
_EQUAL_S = 1e-12  # vertices nearer than this to each other are one: rounding, not knowledge

Point = tuple[float, float]  # (x, p): seconds, both relative to the line that the region is about
Stamps = NDArray[np.int64]


class SampleClock:
    """Gives every sample its instant. `nominal_s` is the sample period that the chip is set to.

    Instants that go in are seconds of the host's monotonic clock; stamps that come out are whole
    microseconds on the same scale, strictly rising.
    """

    def __init__(self, nominal_s: float) -> None:
        self._p_min = nominal_s * (1 - TOLERANCE)
        self._p_max = nominal_s * (1 + TOLERANCE)
        self._p = nominal_s  # the line: the period ...
        self._x = -math.inf  # ... and the instant of the newest sample counted
        self._region: list[Point] = []  # what (x, p) can be, relative to the line
        self._p_low, self._p_high = self._p_min, self._p_max  # what the period was known to be
        self._widened = 0.0
        self._stamp = -math.inf  # of the newest sample that was given one
        self._lossy = False

    @property
    def period_s(self) -> float:
        """The estimated sample period (s)."""
        return self._p

    @property
    def uncertainty_s(self) -> float:
        """The newest sample was taken within plus or minus this of its estimate (s)."""
        if not self._region:
            return math.inf
        return (max(x for x, _ in self._region) - min(x for x, _ in self._region)) / 2

    def surplus(self, count: int, after: float) -> float:
        """How many of `count` further samples, read before `after`, no line that it may be has.

        Below 1 all is well. Above, samples come faster than the chip can make them.
        """
        if not self._region:
            return 0.0
        earliest = min(x + count * p for x, p in self._region)
        return (self._x + count * self._p + earliest - after) / self._p

    def lose(self) -> None:
        """Say that samples were thrown away while the chip went on taking them.

        They are counted on the line. A look that falls on the very instant of a sample (nearer than
        the line is sure) may count one too many or too few; the looks after it set that right.
        """
        self._lossy = True

    def restart(self) -> None:
        """Say that the chip was stopped: its samples begin anew. Its period is still known."""
        if self._region:
            margin = REOPENED * self._p
            self._p_low = max(self._p_min, self._p + min(p for _, p in self._region) - margin)
            self._p_high = min(self._p_max, self._p + max(p for _, p in self._region) + margin)
            self._region = []
        self._lossy = False

    def stamp(self, count: int, before: float, after: float) -> Stamps:
        """The instants of `count` samples: all that were taken since the last call.

        The FIFO's fill was looked at between `before` and `after`.
        """
        started = bool(self._region)
        if started:
            self._advance(count, before, after)
        elif count:
            self._reopen(before, after)
        if not count:
            return np.empty(0, np.int64)
        period, newest = self._p, self._x
        if started and newest - self._stamp < (count + 1.5) * period:
            off = newest - self._stamp - count * period
            bend = off * min(1.0 / PULL_SAMPLES, 1.0 / count)
            period += min(max(bend, -PULL_LIMIT * period), PULL_LIMIT * period)
            first = self._stamp + period
        else:  # the first samples, or the first after a gap: they stand where they belong
            first = max(newest - (count - 1) * period, self._stamp + period)
        stamps = [first + period * i for i in range(count)]
        self._stamp = stamps[-1]
        return np.array([round(stamp * 1e6) for stamp in stamps], np.int64)

    def look(self, waiting: int, before: float, after: float) -> None:
        """One more look at the FIFO's fill: `waiting` samples since those that were stamped."""
        if not self._region:
            return
        # The newest of them was there, x + waiting p <= after, and the next was not.
        ahead = waiting + 1
        latest = after + JITTER_S - self._x - waiting * self._p
        earliest = before - JITTER_S - self._x - ahead * self._p
        for x, p in self._region:
            if x + waiting * p > latest + SLIVER_S or x + ahead * p < earliest - SLIVER_S:
                break
        else:
            return
        region = cut(self._region, 1.0, waiting, latest)
        region = cut(region, -1.0, -ahead, -earliest)
        if len(region) < 3:
            self.restart()
            self._reopen(before - waiting * self._p, after - waiting * self._p)
            return
        self._region = region
        if latest < 0 or earliest > 0:
            dx, dp = self._centre()
            need = max(
                latest / (dx + waiting * dp) if latest < 0 else 0.0,
                earliest / (dx + ahead * dp) if earliest > 0 else 0.0,
            )
            self._move(need + SETTLE * (1 - need))

    # --- The region

    def _advance(self, count: int, before: float, after: float) -> None:
        """Move the line on by `count` samples, and by those that were lost, to this look."""
        if before - self._widened >= 1.0:
            self._widen(before - self._widened)
            self._widened = before
        self._shift(count)
        if self._lossy or self._are_missing(before):
            self._lossy = False
            if not self._count_lost(before, after):
                self.restart()
                self._reopen(before, after)
        self.look(0, before, after)

    def _are_missing(self, now: float) -> bool:
        """Whether a sample was due by now for certain that has not been counted."""
        late = now - self._x - 2 * self._p
        return late > 0 and late > 2 * self.uncertainty_s

    def _shift(self, samples: int) -> None:
        self._x += samples * self._p
        self._region = [(x + samples * p, p) for x, p in self._region]

    def _count_lost(self, before: float, after: float) -> bool:
        """Move on by the samples that were lost; False where the line cannot tell how many."""
        lost = math.floor(((before + after) / 2 - self._x) / self._p)
        self._shift(max(lost, 0))
        return self.uncertainty_s <= CERTAIN * self._p / 2

    def _reopen(self, before: float, after: float) -> None:
        """Begin a line of which only the period is known, roughly, and this one look."""
        self._p = (self._p_low + self._p_high) / 2
        self._x = (before + after - self._p) / 2
        half = (self._p_high - self._p_low) / 2
        latest, earliest = after - self._x, before - self._x - self._p
        self._region = [
            (earliest + half, -half),
            (earliest - half, half),
            (latest, half),
            (latest, -half),
        ]
        self._widened = before

    def _widen(self, seconds: float) -> None:
        """Let the period have wandered: the sum of the region and a segment along p."""
        by = DRIFT_PER_S * seconds * self._p
        both = [(x, p - by) for x, p in self._region] + [(x, p + by) for x, p in self._region]
        hull = _hull(both)
        self._region = hull[::2] if len(hull) > _VERTICES_MAX else hull

    def _move(self, part: float) -> None:
        """Move the line by `part` of the way to the centre of the region."""
        dx, dp = self._centre()
        dx, dp = part * dx, part * dp
        self._x += dx
        self._p += dp
        self._region = [(x - dx, p - dp) for x, p in self._region]

    def _centre(self) -> Point:
        """The centre of gravity of the region."""
        x0, p0 = self._region[0]
        area = sum_x = sum_p = 0.0
        last_x, last_p = self._region[-1][0] - x0, self._region[-1][1] - p0
        for vertex_x, vertex_p in self._region:
            x, p = vertex_x - x0, vertex_p - p0
            cross = last_x * p - x * last_p
            area += cross
            sum_x += (last_x + x) * cross
            sum_p += (last_p + p) * cross
            last_x, last_p = x, p
        if area == 0.0:  # too thin for its own arithmetic: any point of it will do
            return x0, p0
        return x0 + sum_x / (3 * area), p0 + sum_p / (3 * area)


def cut(region: list[Point], a: float, b: float, limit: float) -> list[Point]:
    """The part of a convex region where a x + b p <= limit."""
    kept: list[Point] = []
    if not region:
        return kept
    last = region[-1]
    last_over = a * last[0] + b * last[1] - limit
    for point in region:
        over = a * point[0] + b * point[1] - limit
        if (over > 0) != (last_over > 0):
            part = last_over / (last_over - over)
            crossing = (
                last[0] + part * (point[0] - last[0]),
                last[1] + part * (point[1] - last[1]),
            )
            _add(kept, crossing)
        if over <= 0:
            _add(kept, point)
        last, last_over = point, over
    return kept


def _add(region: list[Point], point: Point) -> None:
    if region:
        x, p = region[-1]
        if abs(x - point[0]) < _EQUAL_S and abs(p - point[1]) < _EQUAL_S * 1e-3:
            return
    region.append(point)


def _hull(points: list[Point]) -> list[Point]:
    """The convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    chains: list[Point] = []
    for sequence in (ordered, ordered[::-1]):
        chain: list[Point] = []
        for point in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        chains += chain[:-1]
    return chains


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
