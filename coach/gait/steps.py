"""The instants of steps: the chain of impacts that best fits the rhythm.

Each step's landing raises the magnitude of the acceleration. Its band around the step rate has a
local maximum per step, and some that are none. Of all chains of maxima the best one is taken: high
maxima, and intervals close to the step time that the rhythm says. The maximum comes a tenth of a
second or so after the foot's contact, the same in every step of a walker. The penalty on an
interval is in its logarithm.
"""

from __future__ import annotations

import math
import statistics
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coach.events import Side
from coach.gait.stride import STRIDE_MAX_S
from coach.gait.window import RHYTHM_HZ, RHYTHM_N, STEP_HZ, STEP_N
from coach.samples import Floats

HURRIED, DELAYED = 30.0, 8.0
"""Cost of an interval e times shorter or longer than the expected one, in heights of a usual
maximum (by the square of the logarithm). A step is more easily late than early: walkers hesitate,
and 30 % late costs half a maximum, 30 % early four."""

NARROW, WIDE = 0.75, 2.4
"""Widths of the two smoothing windows, in step times: one maximum a step is left, and no trend."""

USUAL_N: Final = 6 * STEP_HZ
"""Samples whose rms is the unit of height."""

MISSING: Final = 20.0
"""Further cost, by the fourth power: an interval of two steps, one missing, costs 5 more."""

ANEW: Final = 3.0
"""Cost of a chain that begins anew where another could go on, in heights."""

_REACH: Final = 2.6  # longest interval, in step times: one missed step
_SHORTEST: Final = 0.45
_BACK: Final = 7  # maxima of the band lie too far apart for more within the longest interval
_APART: Final = 10.0 * STEP_N  # between windows: more than the longest interval

_PAD: Final = int(WIDE * STRIDE_MAX_S / 2.0 * STEP_HZ / 2.0) + 2
"""Samples that the widest smoothing needs beyond either end: the end values are taken to go on."""


class Maxima(NamedTuple):
    """Local maxima of a band, in order of time: places (samples, fractional) and heights.

    `pairs` are those between which a step may last: (later, earlier, what the interval costs a
    chain), by the later, then from the nearest earlier one on.
    """

    places: list[float]
    heights: list[float]
    pairs: list[tuple[int, int, float]]


def find_maxima(magnitude: Floats, stride_s: list[float]) -> list[Maxima]:
    """Of each of S windows `magnitude` (S, STEP_N): maxima, for a chain of that `stride_s` (S,)."""
    bands = np.empty(magnitude.shape)
    each = zip(_twice_summed(magnitude), magnitude, stride_s, bands, strict=True)
    for twice, size, period, band in each:
        _step_band(twice, size, period / 2.0, band)
    higher = bands[:, 1:] > bands[:, :-1]
    second, i = np.nonzero(higher[:, :-1] > higher[:, 1:])
    i += 1
    flat = second * magnitude.shape[1] + i
    left, mid, right = bands.take(flat - 1), bands.take(flat), bands.take(flat + 1)
    places = i + 0.5 * (left - right) / (left - 2.0 * mid + right)
    step_n = np.array(stride_s).take(second) * (STEP_HZ / 2.0)
    borders = second.searchsorted(np.arange(len(bands) + 1)).tolist()
    later, back, costs = interval_costs(places, second, step_n)
    parts = later.searchsorted(borders).tolist()
    at, heights, cost = places.tolist(), mid.tolist(), costs.tolist()
    found = []
    for k in range(len(bands)):
        own, of_pairs = slice(borders[k], borders[k + 1]), slice(parts[k], parts[k + 1])
        j = later[of_pairs] - own.start
        pairs = [*zip(j.tolist(), (j - back[of_pairs]).tolist(), cost[of_pairs], strict=True)]
        found.append(Maxima(at[own], heights[own], pairs))
    return found


def interval_costs(
    places: Floats, second: NDArray[np.intp], step_n: Floats
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """The intervals between `places` (n,) that a step may last, and what each costs.

    `second` (n,) says to which window each belongs: no interval leads across; `step_n` (n,) is the
    expected interval. Returns, for each interval, (m,) at which of `places` it ends, how many
    places before it begins, and its cost; by the former, then by the latter.
    """
    n = len(places)
    known = np.full(n + _BACK, -math.inf)
    known[_BACK:] = places + _APART * second
    (item,) = known.strides
    earlier = np.ndarray((n, _BACK), float, known, (_BACK - 1) * item, (item, -item))
    near = known[_BACK:, None] - earlier <= (_REACH + 0.1) * step_n[:, None]
    later, back = near.nonzero()
    back += 1
    ratio = places.take(later)
    ratio -= places.take(later - back)
    ratio /= step_n.take(later)
    fits = ((ratio >= _SHORTEST) & (ratio <= _REACH)).nonzero()[0]
    off = np.log(ratio.take(fits))
    delay = np.where(off < 0.0, HURRIED, DELAYED)
    off *= off
    return later.take(fits), back.take(fits), off * (delay + MISSING * off)


def _twice_summed(magnitude: Floats) -> Floats:
    """Running sum of the running sum of `magnitude` (S, n), with its ends drawn out by `_PAD`."""
    n = magnitude.shape[1]
    out = np.zeros((len(magnitude), n + 2 * _PAD + 2))
    drawn = out[:, 2:]
    drawn[:, :_PAD], drawn[:, n + _PAD :] = magnitude[:, :1], magnitude[:, -1:]
    drawn[:, _PAD : n + _PAD] = magnitude
    np.cumsum(drawn, axis=1, out=drawn)
    np.cumsum(drawn, axis=1, out=drawn)
    return out


@lru_cache(maxsize=256)
def _hann(half: int) -> Floats:
    window: Floats = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    return window


def _step_band(twice: Floats, magnitude: Floats, step_s: float, out: Floats) -> None:
    """Into `out` (n,): the band around one step in `step_s` seconds, in units of its own rms.

    The narrow window is Hann's, which places maxima best; for the wide one a triangle does, which
    is two moving means, read off `twice`, the sums of `_twice_summed`.
    """
    half = max(int(NARROW * step_s * STEP_HZ) // 2, 1)
    padded = np.empty(len(out) + 2 * half)
    padded[:half], padded[half:-half], padded[-half:] = magnitude[0], magnitude, magnitude[-1]
    narrow = np.convolve(padded, _hann(half), mode="valid")
    half = round(WIDE * step_s * STEP_HZ / 2.0)
    first, n = _PAD + 1, len(out)
    wide = twice[first - half :][:n] - 2.0 * twice[first:][:n] + twice[first + half :][:n]
    wide /= half**2
    np.subtract(narrow, wide, out=out)
    newest = out[-USUAL_N:]
    out /= math.sqrt(float(newest @ newest) / USUAL_N) + 1e-9


def chain(maxima: Maxima, step_n: float) -> list[int]:
    """The best chain of `maxima` for a step time of `step_n` samples, as their indices in order."""
    heights = maxima.heights
    if not heights:
        return []
    top = [-ANEW] * len(heights)  # of the best chain that could go on here
    before = [-1] * len(heights)
    best = [height - ANEW for height in heights]
    for j, i, cost in maxima.pairs:
        value = best[i] - cost
        if value > top[j]:
            top[j], before[j], best[j] = value, i, value + heights[j]
    newest = maxima.places[-1]
    late = [j for j, place in enumerate(maxima.places) if newest - place < 1.2 * step_n]
    j = max(late, key=best.__getitem__)
    found = []
    while j >= 0:
        found.append(j)
        j = before[j]
    return found[::-1]


# A walk begins slowly, and with small steps: intervals that do not fit the rhythm that has come
# of it, so the chain begins after them. They are taken up from there, backward, each against the
# tempo of the steps after it.

FIRST_HEIGHT: Final = 0.3
"""Least height of a step before the chain, in heights of a usual maximum: more than noise."""

FIRST_SHORTER, FIRST_LONGER = 0.7, 1.7
"""How long the interval to it may be, in those that follow: the first step of a walk on a belt
that starts takes half as long again."""

FIRST_USUAL: Final = 1.1
"""How long it usually is: walkers speed up."""


def reach_back(maxima: Maxima, found: list[int]) -> list[int]:
    """`found`, a chain of three steps or more, with the slower steps of its beginning in front."""
    places, heights = maxima.places, maxima.heights
    found = [*found]
    while True:
        first = places[found[0]]
        usual = (places[found[2]] - first) / 2.0
        worth, link = -math.inf, -1
        for i in range(found[0] - 1, -1, -1):
            ratio = (first - places[i]) / usual
            if ratio > FIRST_LONGER:
                break
            if ratio < FIRST_SHORTER or heights[i] < FIRST_HEIGHT:
                continue
            value = heights[i] - DELAYED * math.log(ratio / FIRST_USUAL) ** 2
            if value > worth:
                worth, link = value, i
        if link < 0:
            return found
        found.insert(0, link)


REAL: Final = 0.2
"""Least height of a maximum that may be a step, in the median height of the chain: 99 % of steps
reach 0.4, and what moves in standing mostly stays below."""


class StepInstants(NamedTuple):
    """Steps of a window as seconds before its last sample, oldest first (<= 0).

    `newest`: the last maximum that may be one, be it in the chain or not; -inf where there is none.
    """

    ago: list[float]
    newest: float


def step_instants(maxima: Maxima, stride_s: float) -> StepInstants:
    """The steps among a window's `maxima`."""
    found = chain(maxima, stride_s / 2.0 * STEP_HZ)
    if len(found) > 2:
        found = reach_back(maxima, found)
    if not found:
        return StepInstants([], -math.inf)
    ago = [(maxima.places[i] - (STEP_N - 1)) / STEP_HZ for i in found]
    least = REAL * statistics.median([maxima.heights[i] for i in found])
    each = zip(maxima.places, maxima.heights, strict=True)
    newest = max((place for place, height in each if height > least), default=-math.inf)
    return StepInstants(ago, (newest - (STEP_N - 1)) / STEP_HZ)


SIDED: Final = 0.6
"""How consistently the pelvis must turn to and fro with the steps for sides to be named."""


def sides(ago: list[float], angle: Floats) -> list[Side | None]:
    """Left or right for each step, from the pelvis's turning about gravity, or None throughout.

    `ago`: seconds before now (<= 0); `angle` (RHYTHM_N,): running sum of the rotation along
    gravity. The pelvis turns to one side with one step and back with the other. "left" is a step
    at which it stands turned counter-clockwise, seen from above, against the steps next to it. So
    the names alternate, and are the same in any mounting and from one session of a walker to the
    next; that "left" is the left foot is likely but depends on the gait, and no sensor at the waist
    alone can tell.
    """
    if len(ago) < 4:
        return [None] * len(ago)
    last = RHYTHM_N - 1
    at_steps = [angle.item(max(last + round(since * RHYTHM_HZ), 0)) for since in ago]
    signed = total = 0.0
    for i in range(1, len(ago) - 1):  # each against the steps next to it
        turned = at_steps[i] - 0.5 * (at_steps[i - 1] + at_steps[i + 1])
        signed += -turned if i % 2 else turned
        total += abs(turned)
    if abs(signed) < SIDED * total + 1e-9:
        return [None] * len(ago)
    names: list[Side | None] = ["left", "right"] if signed > 0.0 else ["right", "left"]
    return (names * len(ago))[: len(ago)]


CHANGE: Final = 0.12
"""A new tempo differs this much (of the logarithm) from the old: 10 steps/min at 100."""

CHANGE_SCATTER: Final = 8.0
"""... and by so many standard errors of the two means."""


CONFIRMED: Final = 0.07
"""How well (of the logarithm) likeness must confirm the new tempo."""

CHANGE_STRIDES: Final = 3
"""Overlapping strides that each of the two must have: four steps, two whole strides."""


def since_change(steps: list[float], newest_stride_s: float) -> int | None:
    """How many (even) newest intervals belong to a tempo that was taken up suddenly, or None.

    `steps`: instants (s) in order. The two halves of every split must each be steady, and differ.
    Intervals are averaged over two steps first, so that a limp is no change. The newest tempo must
    agree with `newest_stride_s`, the period by likeness: a step that was mistaken is no change.
    """
    n = len(steps) - 2
    if n < 4:
        return None
    logs = [math.log((later - step) / 2.0) for step, later in zip(steps, steps[2:], strict=False)]
    if max(logs) - min(logs) < CHANGE:
        return None
    newest = math.log(newest_stride_s / 2.0)
    best, kept = CHANGE_SCATTER, None
    for split in range(2, n - 1):  # logs[split - 1] is the one stride that straddles the change
        old, new = logs[: split - 1], logs[split:]
        if len(new) < CHANGE_STRIDES or len(old) < CHANGE_STRIDES:
            continue
        mean_old, mean_new = sum(old) / len(old), sum(new) / len(new)
        if abs(mean_new - mean_old) < CHANGE or abs(mean_new - newest) > CONFIRMED:
            continue
        squares = sum((v - mean_old) ** 2 for v in old) + sum((v - mean_new) ** 2 for v in new)
        scatter = math.sqrt(squares / (len(logs) - 3) + 0.02**2)
        score = abs(mean_new - mean_old) / scatter / math.sqrt(1.0 / len(old) + 1.0 / len(new))
        if score > best:
            best, kept = score, len(new) + 1
    return kept // 2 * 2 if kept else None
