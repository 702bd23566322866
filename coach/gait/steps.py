"""The instants of steps: where the rhythm says that they must be, and the bounce that they are.

The phase of the strides says how many steps there were and about when. Each step's landing lifts
the body: the vertical movement, smoothed over most of a step, has one maximum for each, a tenth of
a second or so after the foot's contact, the same in every step of a walker. So each step is the
maximum near its place in the rhythm: a limp may shift it, and none is counted twice or missed.
"""

from __future__ import annotations

import math
import statistics
from functools import lru_cache
from typing import Final

import numpy as np

from coach.events import Side
from coach.gait.movement import SLOW_HZ, VERTICAL, YAW
from coach.gait.parameters import StepParameters
from coach.gait.phase import Tempo
from coach.samples import Floats


@lru_cache(maxsize=64)
def _hann(half: int) -> Floats:
    window: Floats = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    return window


def find_steps(slow: Floats, tempo: Tempo, p: StepParameters) -> list[float]:
    """The steps in the newest samples of the slow stream, which walk at this `tempo`.

    As seconds before the newest sample, oldest first (<= 0); those without movement are left out.
    """
    n = tempo.n
    per_sample = 2.0 / SLOW_HZ * tempo.at_samples()  # steps
    bounce = _smooth(slow[VERTICAL, -n:], p.narrow / float(np.add.reduce(per_sample) / n))
    turned = np.add.accumulate(per_sample)
    angle = 2.0 * np.pi * turned
    whole = math.atan2(float(bounce @ np.sin(angle)), float(bounce @ np.cos(angle)))
    phase = whole / (2.0 * np.pi)
    numbers = np.arange(math.ceil(turned.item(0) - phase), math.floor(turned.item(-1) - phase) + 1)
    if not len(numbers):
        return []
    places = np.interp(numbers + phase, turned, np.arange(n))
    begins = np.interp(numbers + (phase - 0.5), turned, np.arange(n)).astype(int)
    sizes = (np.maximum.reduceat(bounce, begins) - np.minimum.reduceat(bounce, begins)).tolist()
    at = bounce.tolist()
    found = [
        _maximum(at, place, p.reach / rate)
        for place, rate in zip(
            places.tolist(), per_sample[places.astype(int)].tolist(), strict=True
        )
    ]
    usual = max(statistics.median(sizes), statistics.median(sizes[-3:]))  # who stood before too
    real = [place for place, size in zip(found, sizes, strict=True) if size >= p.real * usual]
    return [(place - (n - 1)) / SLOW_HZ for place in real]


def _smooth(x: Floats, width_n: float) -> Floats:
    """`x` (n,) averaged with Hann's window of this width; the end values are taken to go on."""
    half = max(int(width_n) // 2, 1)
    padded = np.empty(len(x) + 2 * half)
    padded[:half] = x[0]
    padded[half:-half] = x
    padded[-half:] = x[-1]
    return np.correlate(padded, _hann(half))


def _maximum(x: list[float], place: float, reach: float) -> float:
    """Where `x` has its maximum within `reach` of `place`; `place` itself if it has none there."""
    first, last = max(round(place - reach), 1), min(round(place + reach), len(x) - 2)
    if last < first:
        return place
    near = x[first : last + 1]
    i = first + near.index(max(near))
    left, mid, right = x[i - 1 : i + 2]
    bend = left - 2.0 * mid + right
    if bend >= 0.0 or mid < max(left, right):
        return place
    return i + 0.5 * (left - right) / bend


SIDED: Final = 0.6
"""How consistently the pelvis must turn to and fro with the steps for sides to be named."""


def sides(ago: list[float], slow: Floats) -> list[Side | None]:
    """Left or right for each step, from the pelvis's turning about gravity, or None throughout.

    `ago`: seconds before now (<= 0); `slow` the slow stream. The pelvis turns to one side with one
    step and back with the other. "left" is a step at which it stands turned counter-clockwise, seen
    from above, against the steps next to it. So the names alternate, and are the same in any
    mounting and from one session of a walker to the next; that "left" is the left foot is likely
    but depends on the gait, and no sensor at the waist alone can tell.
    """
    if len(ago) < 4:
        return [None] * len(ago)
    angle = np.cumsum(slow[YAW])
    last = len(angle) - 1
    at_steps = [angle.item(max(last + round(since * SLOW_HZ), 0)) for since in ago]
    signed = total = 0.0
    for i in range(1, len(ago) - 1):  # each against the steps next to it
        turned = at_steps[i] - 0.5 * (at_steps[i - 1] + at_steps[i + 1])
        signed += -turned if i % 2 else turned
        total += abs(turned)
    if abs(signed) < SIDED * total + 1e-9:
        return [None] * len(ago)
    names: list[Side | None] = ["left", "right"] if signed > 0.0 else ["right", "left"]
    return (names * len(ago))[: len(ago)]
