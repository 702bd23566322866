"""The weights of the evidence for a rhythm, chosen from recordings as docs/validation.md says.

Of each half second it is known which stride period is right, or that nobody walks. The weights are
those under which that is likeliest (a logistic regression over all periods and 'none'); what
movement without a rhythm offers by chance is then what 95 % of it offers less than. Every person
counts alike within a dataset, every dataset alike, and walking as much as everything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coach.gait.movement import PIECE_N, Movement
from coach.gait.parameters import GAIT, EvidenceParameters, GaitParameters
from coach.gait.self_similarity import PERIODS_S, SelfSimilarity
from coach.samples import RASTER_HZ, Floats
from firmware.lab.evaluate.folder import STILL
from firmware.lab.evaluate.trial import Known
from tests.support import augmented
from tests.support.recordings import at_raster

WEIGHTS = ("short", "long", "bounce_half", "sway_half", "third")
"""Those that are fitted."""

SLOWER = 0.6
"""Copies of the walks are this much slower, and others have no gyroscope."""

CLOSE = 0.1
"""A period that differs by less (of its logarithm) is the right one."""

NOBODY = math.nan
"""The stride period of who does not walk."""

BY_CHANCE = 0.95
EVERY = 3
"""Of the half seconds, which follow each other closely, every how many-th is taken."""

LONGEST_STEP_S, UNEVENNESS = 2.0, 2.5
"""Foot contacts further apart, or so much more uneven, are no steady walk."""

ROUNDS = 30
RIDGE = 1e-3
"""Keeps a weight finite of which nothing is known."""


class Evidence(NamedTuple):
    """What is offered to each period at some half seconds, and which stride (s) is right.

    `offered` (m, periods, weights + 1): at a weight of 1; the last is that of the bounce's size.
    """

    dataset: str
    person: str
    offered: Floats
    stride_s: Floats


def _single() -> list[EvidenceParameters]:
    """Each weight alone, and all the rest of it with the one in force."""
    none = replace(GAIT.evidence, bounce=0.0, **dict.fromkeys(WEIGHTS, 0.0))
    weighed = [replace(none, **{name: 1.0}) for name in WEIGHTS]
    return [*weighed, replace(none, bounce=GAIT.evidence.bounce)]


def _half_seconds(x: Floats) -> Iterator[tuple[float, Floats]]:
    """When each half second with movement ends (s), and what it offers, (periods, weights + 1)."""
    movement, each = Movement(), [SelfSimilarity(parameters) for parameters in _single()]
    for end in range(PIECE_N, len(x) + 1, PIECE_N):
        movement.push(x[end - PIECE_N : end])
        for similarity in each:
            similarity.update(movement.ring, movement.end)
        if not each[0].rests:
            yield end / RASTER_HZ, np.stack([one.evidence() for one in each], axis=1)


def _stride_s(steps: Floats, t: float) -> float | None:
    """The stride period at `t`, the mean of two where they are known; None where it is not."""
    after = int(np.searchsorted(steps, t, side="right"))
    strides = 1 if after < 5 else 2
    if not 2 * strides < after < len(steps):
        return None
    apart = np.diff(steps[max(after - 5, 0) : after + 1])
    if apart.max() > min(LONGEST_STEP_S, UNEVENNESS * apart.min()):
        return None
    stride = float(steps[after - 1] - steps[after - 1 - 2 * strides]) / strides
    return stride if PERIODS_S[0] < stride < PERIODS_S[-1] else None


def evidence_of(known: Known) -> Iterator[Evidence]:
    """Of a recording whose steps are known, and of its copies; or of who does not walk in it."""
    x, who = at_raster(known.block), (known.item.dataset, known.item.subject)
    if known.steps is None:
        still = [span for span in known.spans if span.kind == STILL]
        if not still:
            return
        offered = [
            each for t, each in _half_seconds(x) if any(s.start <= t <= s.end for s in still)
        ][::EVERY]
        if offered:
            yield Evidence(*who, np.array(offered), np.full(len(offered), NOBODY))
        return
    slower, _ = augmented.belt_changes(x, -1.0, 1.0, SLOWER)
    for copy, steps in (
        (x, known.steps),
        (slower, known.steps / SLOWER),
        (augmented.dead_gyroscope(x), known.steps),
    ):
        found = [(each, _stride_s(steps, t)) for t, each in _half_seconds(copy)]
        right = [(each, stride) for each, stride in found if stride is not None][::EVERY]
        if right:
            of, strides = zip(*right, strict=True)
            yield Evidence(*who, np.array(of), np.array(strides))


def _shares(evidence: Sequence[Evidence]) -> Floats:
    """How much each half second counts; all of them together 1."""
    who = np.repeat(np.arange(len(evidence)), [len(e.stride_s) for e in evidence])
    nobody = np.isnan(np.concatenate([e.stride_s for e in evidence]))
    datasets = np.array([e.dataset for e in evidence])[who]
    people = np.array([f"{e.dataset} {e.person}" for e in evidence])[who]
    share: Floats = np.zeros(len(who))
    for kind in (nobody, ~nobody):
        for dataset in set(datasets[kind]):
            inside = kind & (datasets == dataset)
            everybody = set(people[inside])
            for person in everybody:
                own = inside & (people == person)
                count = len(set(datasets[kind])) * len(everybody) * int(own.sum())
                share[own] = 0.5 / count
    return share


def fitted(evidence: Sequence[Evidence]) -> GaitParameters:
    """The constants of the gait analysis, but with the weights chosen from this evidence alone."""
    offered = np.concatenate([e.offered for e in evidence])
    stride_s = np.concatenate([e.stride_s for e in evidence])
    share = _shares(evidence)
    right = np.abs(np.log(stride_s)[:, None] - np.log(PERIODS_S)) <= CLOSE  # of nobody: none
    weights = _likeliest(offered, right, share)
    nobody = np.isnan(stride_s)
    best = (offered[nobody] @ np.append(weights, 1.0)).max(axis=1)
    chance = _percentile(best, share[nobody]) if len(best) else GAIT.rhythm.chance
    chosen = dict(zip(WEIGHTS, weights.tolist(), strict=True))
    return replace(
        GAIT,
        evidence=replace(GAIT.evidence, **chosen),
        rhythm=replace(GAIT.rhythm, chance=chance),
    )


def _percentile(values: Floats, share: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(share[order])
    return float(values[order][np.searchsorted(reached, BY_CHANCE * reached[-1])])


def _likeliest(offered: Floats, right: NDArray[np.bool_], share: Floats) -> Floats:
    """The weights, by Newton's method on the likelihood as it would be with all rightness known."""
    p = GAIT.rhythm
    start = -0.5 * ((np.log(PERIODS_S / p.start_period_s)) / p.start_spread) ** 2
    start -= math.log(np.exp(start).sum())
    # What is taken off for being of no rhythm is one more weight, of -1 for every period.
    columns = np.concatenate([offered[..., :-1], np.full((*offered.shape[:2], 1), -1.0)], axis=2)
    fixed = offered[..., -1] + start
    weights = np.array([*(getattr(GAIT.evidence, name) for name in WEIGHTS), p.chance])
    flat = columns.reshape(-1, columns.shape[2])
    for _ in range(ROUNDS):
        logits = columns @ weights + fixed
        most = np.maximum(logits.max(axis=1), 0.0)[:, None]
        likely = np.exp(logits - most)
        likely /= likely.sum(axis=1, keepdims=True) + np.exp(-most)  # the last is none
        believed = likely * right  # of nobody: nothing
        believed /= np.maximum(believed.sum(axis=1), 1e-12)[:, None]
        off = share[:, None] * (believed - likely)
        slope = np.tensordot(off, columns, axes=2) - RIDGE * weights
        weighed = share[:, None] * likely
        means = np.einsum("ij,ijk->ik", likely, columns)
        curve = (flat * weighed.reshape(-1, 1)).T @ flat - (means * share[:, None]).T @ means
        step = np.linalg.solve(curve + RIDGE * np.eye(len(weights)), slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-3:
            break
    return np.asarray(weights[:-1])


def without(evidence: Iterable[Evidence], dataset: str, person: str | None) -> list[Evidence]:
    """All but that of a person, or of a whole dataset."""
    return [e for e in evidence if e.dataset != dataset or person not in (None, e.person)]
