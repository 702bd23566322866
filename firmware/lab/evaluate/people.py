"""How much a figure hangs on single people: each left out in turn, or a whole dataset.

Nothing is chosen anew for those left out: the coach is one for all. So what a figure says of
somebody new is what it says of those left out on whom no constant was chosen (which were,
docs/validation.md tells). The intervals are of the bootstrap over people (Efron and Tibshirani, An
Introduction to the Bootstrap, 1993): windows and recordings of one person are no independent
witnesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np

from coach.frozen import frozen
from coach.gait.confidence import CLOSE_SPM
from coach.samples import Floats
from firmware.lab.evaluate.trial import Score

LeaveOut = Literal["person", "dataset"]

DRAWS = 2000
LOW, HIGH = 2.5, 97.5
"""Percentiles of the draws: 95 % lie between."""


@frozen
class Row:
    """A figure on those left out, with its interval over people, and on all the others."""

    figure: str
    left_out: str
    people: int
    value: float
    low: float | None
    high: float | None
    others: float | None


Share = tuple[float, float]
"""What is counted, and of how much."""


def _within_3(score: Score) -> Share:
    w = score.cadence
    if w is None:
        return 0.0, 0.0
    return float((np.abs(w.shown - w.true) <= CLOSE_SPM).sum()), float(len(w.true))


def _alarmed(kind: str) -> Callable[[Score], Share]:
    def counted(score: Score) -> Share:
        own = [a for a in score.alarms if a.kind == kind]
        return float(sum(bool(a.alarms) for a in own)), float(len(own))

    return counted


def _told_of_fall(score: Score) -> Share:
    own = [a for a in score.alarms if a.kind == "fall"]
    return float(sum(a.fell for a in own)), float(len(own))


def _false_an_hour(kind: str) -> Callable[[Score], Share]:
    def counted(score: Score) -> Share:
        own = [a for a in score.alarms if a.kind == kind]
        return float(sum(len(a.alarms) for a in own)), sum(a.seconds for a in own) / 3600

    return counted


def _told_at_rest(score: Score) -> Share:
    return (0.0, 0.0) if score.rest is None else (score.rest.told, score.rest.seconds)


FIGURES: dict[str, Callable[[Score], Share]] = {
    "cadence within 3": _within_3,
    "cadence told, nobody walks": _told_at_rest,
    "stumbles alarmed": _alarmed("stumble"),
    "falls alarmed": _alarmed("fall"),
    "falls told as falls": _told_of_fall,
    "false alarms/h walking": _false_an_hour("walking"),
    "false alarms/h active": _false_an_hour("active"),
    "other movements alarmed": _alarmed("other"),
    "falls told of handling": _alarmed("handled"),
}
"""Each as a count and what it is a share of, by recording."""


def figure(name: str, scores: Iterable[Score]) -> float | None:
    """One figure over all of them; None where no recording has the truth for it."""
    count, of = np.sum([FIGURES[name](score) for score in scores] or [(0.0, 0.0)], axis=0)
    return float(count / of) if of else None


def table(scores: Sequence[Score], leave_out: LeaveOut) -> list[Row]:
    """For each figure: all people, then each unit left out, the lowest value first."""
    rows = []
    for name, counted in FIGURES.items():
        of_person: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(2))
        for score in scores:
            of_person[score.item.dataset, score.person] += counted(score)
        known = {who: shares for who, shares in of_person.items() if shares[1]}
        if not known:
            continue
        units = sorted({dataset if leave_out == "dataset" else who for dataset, who in known})
        each = []
        for unit in units:
            inside = [shares for who, shares in known.items() if unit in who]
            outside = [shares for who, shares in known.items() if unit not in who]
            each.append(_row(name, unit, inside, outside))
        rows.append(_row(name, "nobody: all", list(known.values()), []))
        rows += sorted(each, key=lambda row: row.value)
    return rows


def _row(name: str, unit: str, inside: list[Floats], outside: list[Floats]) -> Row:
    low, high = interval(np.array(inside)) if len(inside) > 1 else (None, None)
    others = ratio(np.array(outside)) if outside else None
    return Row(name, unit, len(inside), ratio(np.array(inside)), low, high, others)


def ratio(shares: Floats) -> float:
    """What is counted over what it is of, of `shares` (people, 2)."""
    count, of = shares.sum(axis=0)
    return float(count / of)


def interval(shares: Floats) -> tuple[float, float]:
    """Of the ratio of `shares` (people, 2), over as many people drawn with replacement.

    The same draws every time.
    """
    drawn = np.random.default_rng(0).integers(len(shares), size=(DRAWS, len(shares)))
    counts, of = shares[drawn].sum(axis=1).T
    low, high = np.percentile(counts / of, (LOW, HIGH))
    return float(low), float(high)
