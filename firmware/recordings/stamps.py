"""When each sample was taken: stamps as they are, made even where a logger's jitter, or refused.

The engine puts samples onto its own raster and takes an interval that is too long for a gap. Exact
stamps of a stream that has lost samples are good as they are: their intervals are whole multiples
of the period. A phone's stamps may jitter by milliseconds or come in ticks of 15.6 ms; the samples
were taken evenly all the same, so they are put on a line through the stamps.
"""

from __future__ import annotations

import itertools

import numpy as np

from coach.samples import RATE_MAX_HZ, RATE_MIN_HZ, Floats
from firmware.errors import UserError

AT_ONCE = 10_000
"""Intervals that are looked at together: those of hours would take tens of megabytes."""

EVEN = 0.25
"""Of the period: a stamp further from a whole multiple after the one before it is uneven."""

FEW = 0.02
"""Of all intervals: so many uneven ones are slips of a clock, each to be taken as it stands."""

BREAK_S = 0.25
"""An interval this long is a gap, whatever the clock: the line begins anew behind it."""

OFF_S = 0.05
"""How far a stamp may be from the line: beyond three ticks of 15.6 ms, samples are missing."""

CHANGED = 0.2
"""Of the rate, between the quarters of a recording: more is another rate, not a drifting clock."""


def scaled(t: Floats, factor: float | None) -> Floats:
    """Stamps in seconds: by the factor that the head tells, or the only one that makes a rate."""
    if factor is None:
        rising = np.diff(t)
        period = float(np.median(rising[rising > 0])) if (rising > 0).any() else 0.0
        fits = (f for f in (1.0, 1e-3, 1e-6, 1e-9) if _is_period(period * f))
        factor = next(fits, 1.0)
    return (t - t[0]) * factor if factor != 1.0 else t


def _is_period(seconds: float) -> bool:
    return 1 / RATE_MAX_HZ <= round(seconds, 4) <= 1 / RATE_MIN_HZ


def check_rate(t: Floats) -> None:
    """Raises `UserError`, the end of a sentence, where this is no rate that can be read."""
    period = _period(t)
    if period <= 0:
        raise UserError("line 3: expected t to rise from line to line")
    if not _is_period(period):
        raise UserError(
            f"line 3: expected a rate from {RATE_MIN_HZ:g} to {RATE_MAX_HZ:g} Hz, "
            f"found {1 / period:.4g} Hz"
        )


def _period(t: Floats) -> float:
    """The mean interval, gaps left out."""
    intervals = np.diff(t)
    within = intervals[intervals < BREAK_S]
    if not len(within):
        return float(intervals[0])
    middle = float(np.median(within))
    # ticks have no middle; single lost samples must not count
    return middle if is_even(within, middle) else float(within.mean())


def is_even(intervals: Floats, period: float) -> bool:
    """Whether all intervals but a few are the period, or a whole multiple of it."""
    if period <= 0:
        return False
    uneven = 0
    for part in np.array_split(intervals, 1 + len(intervals) // AT_ONCE):
        periods = part / period
        uneven += int(np.count_nonzero(np.abs(periods - np.maximum(1.0, np.round(periods))) > EVEN))
    return uneven <= FEW * len(intervals)


def steadied(t: Floats) -> tuple[Floats, str]:
    """The stamps to use, and a sentence where they are not those of the file.

    Raises `UserError`, the end of a sentence, where samples cannot have been taken like that.
    """
    period = _period(t)
    parts = [part for part in np.array_split(t, 4) if len(part) > 1 / period]
    quarters = [of_part for part in parts if (of_part := _period(part)) > 0]
    if quarters and max(quarters) > (1 + CHANGED) * min(quarters):
        raise UserError(
            f"its rate changes from {1 / quarters[0]:.3g} to {1 / quarters[-1]:.3g} Hz within the "
            "recording: cut it there, or record at one rate"
        )
    if is_even(np.diff(t), period):
        return t, ""
    made = np.empty_like(t)
    worst = 0.0
    cuts = [0, *(np.flatnonzero(np.diff(t) >= BREAK_S) + 1).tolist(), len(t)]
    for start, end in itertools.pairwise(cuts):
        part = t[start:end]
        n = np.arange(len(part))
        slope, first = np.polyfit(n, part - part[0], 1) if len(part) > 2 else (period, 0.0)
        made[start:end] = part[0] + first + slope * n
        worst = max(worst, float(np.abs(made[start:end] - part).max()))
    if worst > OFF_S or (np.diff(made) <= 0).any():
        raise UserError(
            f"its stamps are uneven by up to {1000 * worst:.0f} ms: samples are missing or were "
            "not taken at one rate; record at a steady rate from 50 to 200 Hz"
        )
    rms = 1000 * float(np.sqrt(np.mean((made - t) ** 2)))
    return made, f"uneven stamps ({rms:.1f} ms rms) are put on a line of {1 / period:.4g} Hz"
