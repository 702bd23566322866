"""How alike the newest movement and the movement some time ago are, and which stride that means.

Walking repeats with the stride: two steps. The pelvis sways and rotates to one side with one step
and to the other with the next, so these movements repeat with the stride and never with the step,
while the bounce repeats with both. So a stride period explains the movement if all channels
resemble themselves one period earlier, the bounce also half a period earlier, the others not; and
if nothing repeats with a third of it.

The products of the newest movement with all of the earlier ones are made once, half a second at a
time, and only their sums over the newest seconds are taken anew.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from coach.gait.movement import GROUPS, PIECE_SLOW_N, ROWS, SLOW_HZ, SLOW_N, grouped
from coach.gait.parameters import EvidenceParameters
from coach.samples import Floats

STRIDE_MIN_S, STRIDE_MAX_S = 0.76, 4.3
"""Periods that are considered: 158 to 28 steps/min, a little more than the range promised."""

GRID_RATIO: Final = 0.02
"""Spacing of the periods (of their logarithm)."""

PERIODS_S: Final[Floats] = np.exp(
    np.arange(math.log(STRIDE_MIN_S), math.log(STRIDE_MAX_S), GRID_RATIO)
)

_LAGS = np.arange(int(STRIDE_MIN_S / 3.0 * SLOW_HZ), int(STRIDE_MAX_S * SLOW_HZ) + 2)
_PIECES = 12  # half seconds of products that are kept
_USUAL = 6  # half seconds that say how much moves at present

_SHORT = np.clip(np.ceil(_LAGS / PIECE_SLOW_N), 2, _PIECES).astype(int)
_LONG = np.clip(np.ceil(2.5 * _LAGS / PIECE_SLOW_N), _USUAL, _PIECES).astype(int)
"""Half seconds that are compared at each lag: one stride, and two to three of them."""

_BARELY: Final = 0.02
"""Share of the newest energy that is added where the past had none, as after standing."""

_HEARD: Final = 0.2
"""A group of channels has something to say when it moves well above its noise: its share of the
energy that is no noise, at which it has half of its voice."""

_ENERGY_N = _PIECES * PIECE_SLOW_N + int(_LAGS[-1])


def _interpolation(parts: float) -> Floats:
    """(lags, periods): from values at the lags to those at each period's part, linearly."""
    place = PERIODS_S / parts * SLOW_HZ - _LAGS[0]
    before = np.clip(place.astype(int), 0, len(_LAGS) - 2)
    out = np.zeros((len(_LAGS), len(PERIODS_S)))
    columns = np.arange(len(PERIODS_S))
    out[before, columns] = 1.0 - (place - before)
    out[before + 1, columns] = place - before
    return out


_AT_STRIDE, _AT_HALF, _AT_THIRD = (_interpolation(parts) for parts in (1.0, 2.0, 3.0))

_COLUMN = np.arange(len(_LAGS))
_COUNTS = np.stack([_SHORT, _LONG])  # (2, lags)
_BACK = _COUNTS * PIECE_SLOW_N
_NOW_FROM = _ENERGY_N - _BACK
_PAST_TO = np.broadcast_to(_ENERGY_N - _LAGS, _BACK.shape)
_PAST_FROM = _PAST_TO - _BACK


class Likeness:
    """Follows the slow stream; `update` after each half second, then ask for the `evidence`.

    With it comes `newest` (periods,): how alike the newest stride and the one before are, -1 to 1.
    """

    def __init__(self, parameters: EvidenceParameters) -> None:
        self._p = parameters
        floor = np.array([parameters.still_g] * 2 + [parameters.still_dps] * 2) ** 2
        self._floor: Floats = floor[:, None]
        self._weights: Floats = np.array([parameters.short, parameters.long])
        self._products: Floats = np.zeros((_PIECES, GROUPS, len(_LAGS)))
        self._energies: Floats = np.zeros((GROUPS, _ENERGY_N))
        self.forget()

    def forget(self) -> None:
        """There is no past."""
        self.interrupt()
        self._energies[:] = 0.0
        self.newest: Floats = np.zeros(len(PERIODS_S))

    def interrupt(self) -> None:
        """What moves from now on has nothing to do with what was before."""
        self._products[:] = 0.0

    def update(self, slow: Floats) -> None:
        """`slow` (ROWS, SLOW_N) has gone on by half a second."""
        new = slow[:, -PIECE_SLOW_N:]
        row, item = slow.strides
        first = SLOW_N - PIECE_SLOW_N - int(_LAGS[0])
        shape, strides = (ROWS, PIECE_SLOW_N, len(_LAGS)), (row, item, -item)
        past = np.ndarray(shape, float, slow, first * item, strides)
        self._products[1:] = self._products[:-1].copy()
        self._products[0] = grouped(np.einsum("ci,cil->cl", new, past))
        self._energies[:, :-PIECE_SLOW_N] = self._energies[:, PIECE_SLOW_N:].copy()
        self._energies[:, -PIECE_SLOW_N:] = np.maximum(grouped(new * new), 0.0)

    def movement(self, seconds: int) -> list[float]:
        """Mean square of each group of channels over the newest `seconds`."""
        newest = self._energies[:, -seconds * SLOW_HZ :]
        mean: list[float] = (np.add.reduce(newest, axis=1) / newest.shape[1]).tolist()
        return mean

    def evidence(self) -> Floats:
        """(periods,): the log-likelihood of each of `PERIODS_S`, but for a constant."""
        p = self._p
        sums = np.zeros((GROUPS, _ENERGY_N + 1))
        np.cumsum(self._energies, axis=1, out=sums[:, 1:])
        now = sums[:, -1:, None] - sums.take(_NOW_FROM, axis=1) + self._floor[..., None] * _BACK
        past = np.maximum(sums.take(_PAST_TO, axis=1) - sums.take(_PAST_FROM, axis=1), 0.0)
        products = np.cumsum(self._products, axis=0)[_COUNTS - 1, :, _COLUMN]
        alike = np.moveaxis(products, 2, 0) / (np.sqrt(past * now) + _BARELY * now)
        usual = np.array(self.movement(_USUAL * PIECE_SLOW_N // SLOW_HZ))[:, None]
        heard = usual / (usual + self._floor)
        heard *= (1.0 + _HEARD) / (heard + _HEARD)
        said = heard[..., None] * alike  # (GROUPS, 2, lags)
        pooled = said.sum(axis=0) / max(float(heard.sum()), 0.5)
        stride = self._weights @ pooled
        bounce = said[0, 1]
        sway = said[1:, 1].sum(axis=0) / max(float(heard[1:].sum()), 0.5)
        self.newest = pooled[0] @ _AT_STRIDE
        found: Floats = stride @ _AT_STRIDE
        found += (p.bounce_half * bounce + p.sway_half * sway) @ _AT_HALF
        found += (p.third * bounce) @ _AT_THIRD
        size_g = math.sqrt(float(usual[0, 0]))
        size_g = min(max(size_g, p.bounce_least_g), p.bounce_most_g)
        found += p.bounce * math.log(size_g / p.bounce_usual_g)
        return found
