"""Whether there is a rhythm, and which: a belief over stride periods, half a second at a time.

A walker's tempo drifts, and seldom jumps; people start and stop. These few numbers and the
evidence of `coach.gait.self_similarity` make a filter (a hidden Markov model over a row of
periods): what it believes of a second takes all of the seconds before into account.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.gait.parameters import RhythmParameters
from coach.gait.self_similarity import PERIODS_S
from coach.samples import Floats

_LOGS: Final[Floats] = np.log(PERIODS_S)
_NEAR = 4  # periods next to each other (8 %) around the believed period that are the same rhythm


def _transition(p: RhythmParameters) -> Floats:
    """(periods + 1, periods + 1): from row to column in half a second; the last is no rhythm."""
    step = _LOGS[:, None] - _LOGS[None]

    def kernel(spread: float) -> Floats:
        near: Floats = np.exp(-0.5 * (step / spread) ** 2)
        near /= near.sum(axis=1, keepdims=True)
        return near

    n = len(PERIODS_S)
    moves = np.empty((n + 1, n + 1))
    moves[:n, :n] = (1.0 - p.change_share) * kernel(p.drift) + p.change_share * kernel(p.change)
    moves[:n, :n] *= 1.0 - p.stop_share
    moves[:n, n] = p.stop_share
    start = np.exp(-0.5 * ((_LOGS - math.log(p.start_period_s)) / p.start_spread) ** 2)
    moves[n, :n] = p.start_share * start / start.sum()
    moves[n, n] = 1.0 - p.start_share
    return moves


class RhythmFilter:
    """Belief about the rhythm: a probability for each of `PERIODS_S`, and for there being none."""

    def __init__(self, parameters: RhythmParameters) -> None:
        self._p = parameters
        self._moves = _transition(parameters)
        self._belief: Floats = np.zeros(len(PERIODS_S) + 1)
        self.forget()

    def forget(self) -> None:
        """Nobody walks, as far as is known."""
        self._belief[:] = 0.0
        self._belief[-1] = 1.0
        self._likeliest = 0
        self._broken = False

    def update(self, evidence: Floats, newest: Floats | None, leaned_deg: float) -> None:
        """Half a second has passed, and brought `evidence` (periods,).

        `newest` (periods,): how alike the last two strides are; None where that says nothing.
        """
        p = self._p
        if leaned_deg > p.topples_deg:
            self.forget()
            return
        offered = np.maximum(evidence - p.chance, -p.worst)
        if leaned_deg > p.leans_deg and not self.walking:
            offered -= p.leaning
        belief = self._belief @ self._moves
        belief[:-1] *= np.exp(p.trust * offered)
        belief /= np.add.reduce(belief)
        self._belief = belief
        self._likeliest = int(belief[:-1].argmax())
        self._broken = newest is not None and self._unlike(newest)

    def _unlike(self, newest: Floats) -> bool:
        """Whether the newest stride is not like the one before it: the walk is over."""
        return float(np.maximum.reduce(newest[self._near()])) < self._p.unlike

    def _near(self) -> slice:
        """The periods that are the same rhythm."""
        return slice(max(self._likeliest - _NEAR, 0), self._likeliest + _NEAR + 1)

    @property
    def walking(self) -> bool:
        """Whether there is a rhythm now."""
        return self._belief.item(-1) < 0.5 and not self._broken

    @property
    def stride_s(self) -> float:
        """The most probable stride period, in seconds."""
        return PERIODS_S.item(self._likeliest)

    @property
    def log_stride(self) -> float:
        """Logarithm of the stride period (s), finer than `stride_s`: the mean of what is near."""
        near = self._near()
        belief, logs = self._belief[:-1][near], _LOGS[near]
        certain = float(np.add.reduce(belief))
        return float(belief @ logs) / certain if certain else _LOGS.item(self._likeliest)
