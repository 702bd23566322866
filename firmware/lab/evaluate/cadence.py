"""Cadence against known steps.

At every whole second from the sixth on at which the six seconds before it are steady walking, the
newest answer (no older than 2 s) is held against the mean over those seconds, taken over an even
number of steps so that an asymmetric gait does not bias it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import numpy as np

from coach.events import Cadence, Event
from coach.frozen import frozen
from coach.gait.confidence import CLOSE_SPM
from coach.samples import Block, Floats
from firmware.lab.evaluate.folder import Item

WINDOW_S = 6.0
STALE_S = 2.0
EDGE_S = 1.3
"""The window is covered when its first and last step are no further than this from its ends."""
BREAK = 2.2
"""An interval this many times the median is a break in the walk, not a step."""
OCTAVE = 0.25
"""Off by more than this share: the stride was taken for the step, or the reverse."""


@frozen
class Windows:
    """Of one recording, a row a window: true and shown cadence (NaN: unanswered), confidence, and
    the size of the movement (rms of the acceleration about its mean, g)."""

    dataset: str
    subject: str
    true: Floats
    shown: Floats
    confidence: Floats
    amplitude: Floats


def windows(item: Item, steps: Floats, block: Block, events: Sequence[Event]) -> Windows:
    """What the coach said of these samples against the instants of the steps (s)."""
    answers = [e for e in events if isinstance(e, Cadence)]
    times = np.array([a.t for a in answers])
    rows = []
    t0 = block.t[0]
    for t in np.arange(WINDOW_S, block.t[-1] - t0 + 1e-9):
        true = true_cadence(steps, float(t))
        if true is None:
            continue
        newest = int(np.searchsorted(times, t + 1e-6)) - 1
        fresh = newest >= 0 and t - times[newest] <= STALE_S
        shown = answers[newest].spm if fresh else None
        confidence = answers[newest].confidence if fresh else 0.0
        rows.append((true, np.nan if shown is None else shown, confidence, _size(block, t0 + t)))
    return Windows(item.dataset, item.subject, *np.array(rows).reshape(-1, 4).T)


def true_cadence(steps: Floats, t: float) -> float | None:
    """Steps/min over the window that ends at t (s); None where it is not all steady walking."""
    inside = steps[(steps >= t - WINDOW_S) & (steps <= t)]
    if len(inside) < 4 or inside[0] > t - WINDOW_S + EDGE_S or inside[-1] < t - EDGE_S:
        return None
    intervals = np.diff(inside)
    if intervals.max() > BREAK * np.median(intervals):
        return None
    return float(60.0 / intervals[-(len(intervals) // 2 * 2) :].mean())


def _size(block: Block, t: float) -> float:
    inside = block.acc[(block.t > t - WINDOW_S) & (block.t <= t)]
    return float(np.sqrt(inside.var(axis=0).sum())) if len(inside) else 0.0


@frozen
class Row:
    """One line of the table; shares are of all windows, errors of those answered."""

    dataset: str
    subject: str
    windows: int
    unanswered: float
    within_3: float
    off_25_percent: float
    mean_abs_error: float
    bias: float


def table(measured: list[Windows]) -> list[Row]:
    """A row per dataset (`subject` is `all`) and per subject in it."""
    rows = []
    by_subject = attrgetter("dataset", "subject")
    ordered = sorted(measured, key=by_subject)
    for dataset, of_dataset in groupby(ordered, key=attrgetter("dataset")):
        members = list(of_dataset)
        rows.append(_row(dataset, "all", members))
        for subject, own in groupby(members, key=attrgetter("subject")):
            rows.append(_row(dataset, subject, own))
    return [row for row in rows if row.windows]


def _row(dataset: str, subject: str, measured: Iterable[Windows]) -> Row:
    members = list(measured)
    true = np.concatenate([m.true for m in members])
    shown = np.concatenate([m.shown for m in members])
    if not len(true):
        return Row(dataset, subject, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    error = shown - true
    answered = error[~np.isnan(error)]
    octave = np.abs(answered) / true[~np.isnan(error)] > OCTAVE
    return Row(
        dataset,
        subject,
        windows=len(true),
        unanswered=float(np.isnan(error).mean()),
        within_3=float((np.abs(answered) <= CLOSE_SPM).sum() / len(true)),
        off_25_percent=float(octave.mean()) if len(answered) else 0.0,
        mean_abs_error=float(np.abs(answered).mean()) if len(answered) else float("nan"),
        bias=float(answered.mean()) if len(answered) else float("nan"),
    )


@frozen
class Reliability:
    """Of the windows whose confidence lies in a band: how often the answer was within 3."""

    low: float
    high: float
    windows: int
    said: float
    within_3: float


def reliability(measured: list[Windows]) -> list[Reliability]:
    """Confidence against truth, in bands of a tenth."""
    confidence = np.concatenate([m.confidence for m in measured])
    error = np.abs(np.concatenate([m.shown - m.true for m in measured]))
    answered = ~np.isnan(error)
    rows = []
    for tenth in range(10):
        inside = answered & (np.minimum((confidence * 10).astype(int), 9) == tenth)
        if inside.any():
            rows.append(
                Reliability(
                    tenth / 10,
                    (tenth + 1) / 10,
                    int(inside.sum()),
                    float(confidence[inside].mean()),
                    float((error[inside] <= CLOSE_SPM).mean()),
                )
            )
    return rows
