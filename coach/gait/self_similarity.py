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
from numpy.typing import NDArray

from coach.gait.movement import GROUPS, PIECE_SLOW_N, ROWS, SLOW_HZ, grouped
from coach.gait.parameters import EvidenceParameters
from coach.samples import Floats

STRIDE_MIN_S, STRIDE_MAX_S = 0.6, 4.3
"""Periods that are considered: 200 to 28 steps/min. Who walks needs less, but who jogs on the belt
repeats with two and with five strides as well, and must not be told as a slow walker."""

PERIOD_RATIO: Final = 0.02
"""Spacing of the periods (of their logarithm)."""

PERIODS_S: Final[Floats] = np.exp(
    np.arange(math.log(STRIDE_MIN_S), math.log(STRIDE_MAX_S), PERIOD_RATIO)
)

_LAGS = np.arange(int(STRIDE_MAX_S * SLOW_HZ) + 1, int(STRIDE_MIN_S / 3.0 * SLOW_HZ) - 1, -1)
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

_ENERGY_N = _PIECES * PIECE_SLOW_N + int(_LAGS[0])
_ROOM: Final = 10
"""When a memory of so many times what is needed is full, the newest moves to the front."""


def _interpolation(row: int, parts: float) -> tuple[NDArray[np.intp], Floats]:
    """Linear interpolation, from a row of values at the lags to one at each period's part.

    (2, periods): places in (rows, lags), flat, and the shares that the values there have.
    """
    place = _LAGS[0] - PERIODS_S / parts * SLOW_HZ
    before = np.clip(place.astype(int), 0, len(_LAGS) - 2)
    after = place - before
    return row * len(_LAGS) + np.stack([before, before + 1]), np.stack([1.0 - after, after])


_AT_PARTS, _SHARES = map(
    np.concatenate,
    zip(*map(_interpolation, range(4), (1.0, 2.0, 3.0, 1.0)), strict=True),
)
"""(8, periods): at the stride, its half and its third; and, by itself, at the stride."""

_COUNTS = np.stack([_SHORT, _LONG])  # (2, lags)
_BACK = _COUNTS * PIECE_SLOW_N
_NOW_FROM = _ENERGY_N - _BACK
_PAST_TO = np.broadcast_to(_ENERGY_N - _LAGS, _BACK.shape)
_SUMMED = np.stack([_NOW_FROM, _PAST_TO, _PAST_TO - _BACK])  # (3, 2, lags)

_EACH = np.arange(GROUPS)[:, None, None] * len(_LAGS) + np.arange(len(_LAGS))
_ADDED = (_PIECES - _COUNTS) * (GROUPS * len(_LAGS)) + _EACH  # (GROUPS, 2, lags)


class SelfSimilarity:
    """Follows the slow stream; `update` after each half second, then ask for the `evidence`.

    With it comes `newest` (periods,): how alike the newest stride and the one before are, -1 to 1.
    `noise` (GROUPS,): mean squares that count as no movement.
    """

    # All sums are differences of running ones, which begin anew now and then.

    def __init__(self, parameters: EvidenceParameters) -> None:
        self._p = parameters
        floor = np.array([parameters.still_g] * 2 + [parameters.still_dps] * 2) ** 2
        self.noise: Floats = floor
        self._floors: Floats = floor[:, None, None] * _BACK
        self._noise: list[float] = floor.tolist()
        self._weights: Floats = np.zeros((4, 2 * GROUPS))
        self._products: Floats = np.zeros((_ROOM * _PIECES, GROUPS, len(_LAGS)))
        self._energies: Floats = np.zeros((GROUPS, _ROOM * _ENERGY_N))
        self._squares: Floats = np.zeros((ROWS, PIECE_SLOW_N + len(_LAGS)))
        self.forget()

    def forget(self) -> None:
        """There is no past."""
        self.interrupt()
        self._energies[:, : _ENERGY_N + 1] = 0.0
        self._moved_end = _ENERGY_N  # of the energies
        self.newest: Floats = np.zeros(len(PERIODS_S))

    def interrupt(self) -> None:
        """What moves from now on has nothing to do with what was before."""
        self._products[: _PIECES + 1] = 0.0
        self._end = _PIECES  # of the products

    def update(self, ring: Floats, end: int) -> None:
        """The slow stream, in the columns of `ring` (ROWS, n), has gone on to the one of `end`."""
        row, item = ring.strides
        begin = end - PIECE_SLOW_N
        new = ring[:, begin:end]
        shape, strides = (ROWS, PIECE_SLOW_N, len(_LAGS)), (row, item, item)
        past = np.ndarray(shape, float, ring, (begin - int(_LAGS[0])) * item, strides)
        if self._end == len(self._products) - 1:
            newest = self._products[-_PIECES - 1 :]
            self._products[: _PIECES + 1] = newest - newest[0]
            self._end = _PIECES
        if self._moved_end > self._energies.shape[1] - PIECE_SLOW_N - 1:
            kept = self._energies[:, self._moved_end - _ENERGY_N : self._moved_end + 1]
            self._energies[:, : _ENERGY_N + 1] = kept - kept[:, :1]
            self._moved_end = _ENERGY_N
        squares = self._squares
        np.einsum("ci,cil->cl", new, past, out=squares[:, PIECE_SLOW_N:])
        np.multiply(new, new, out=squares[:, :PIECE_SLOW_N])
        sums = grouped(squares)
        at, moved_at = self._end, self._moved_end
        np.add(self._products[at], sums[:, PIECE_SLOW_N:], out=self._products[at + 1])
        sums[:, 0] += self._energies[:, moved_at]
        newest = self._energies[:, moved_at + 1 : moved_at + 1 + PIECE_SLOW_N]
        np.add.accumulate(sums[:, :PIECE_SLOW_N], axis=1, out=newest)
        self._end += 1
        self._moved_end += PIECE_SLOW_N

    def movement(self, seconds: int) -> list[float]:
        """Mean square of each group of channels over the newest `seconds`."""
        n, end = seconds * SLOW_HZ, self._moved_end
        mean: list[float] = ((self._energies[:, end] - self._energies[:, end - n]) / n).tolist()
        return mean

    @property
    def rests(self) -> bool:
        """Whether nothing moves: no more than in a device at rest, or far less than just before."""
        second, three = self.movement(1), self.movement(3)
        acc, gyro = second[0] + second[1], second[2] + second[3]
        rest_g, rest_dps = self._p.rest
        if acc < rest_g**2 and gyro < rest_dps**2:
            return True
        share = acc / (three[0] + three[1] + 1e-12) + gyro / (three[2] + three[3] + 1e-12)
        return 0.5 * share < self._p.quiet**2

    def evidence(self) -> Floats:
        """(periods,): the log-likelihood of each of `PERIODS_S`, but for a constant."""
        p, end = self._p, self._moved_end
        sums = self._energies[:, end - _ENERGY_N : end + 1]
        summed = sums.take(_SUMMED, axis=1, mode="clip")  # (GROUPS, 3, 2, lags)
        now = sums[:, -1:, None] - summed[:, 0]
        now += self._floors
        past = summed[:, 1]
        past -= summed[:, 2]
        past *= now
        size = np.sqrt(np.maximum(past, 0.0, out=past), out=past)
        now *= _BARELY
        size += now
        products = self._products[self._end - _PIECES : self._end + 1]
        alike = products[-1, :, None] - products.take(_ADDED, mode="clip")
        alike /= size
        usual = self.movement(_USUAL * PIECE_SLOW_N // SLOW_HZ)
        similarity = self._weigh(usual) @ alike.reshape(2 * GROUPS, -1)
        at_parts = similarity.take(_AT_PARTS)
        at_parts *= _SHARES
        found: Floats = np.add.reduce(at_parts[:-2])
        self.newest = np.add.reduce(at_parts[-2:])
        size_g = min(max(math.sqrt(usual[0]), p.still_g), p.bounce_most_g)
        found += p.bounce * math.log(size_g / p.bounce_usual_g)
        return found

    def _weigh(self, usual: list[float]) -> Floats:
        """(4, 2 GROUPS): what each group's similarity, short and long, counts at the three parts of
        a stride, and the short one alone at a stride; of groups that move as is `usual`."""
        p = self._p
        shares = [each / (each + noise) for each, noise in zip(usual, self._noise, strict=True)]
        heard = [(1.0 + _HEARD) * share / (share + _HEARD) for share in shares]
        every, others = 1.0 / max(sum(heard), 0.5), p.sway_half / max(sum(heard[1:]), 0.5)
        weights = self._weights
        for i, each in enumerate(heard):
            weights[0, 2 * i] = p.short * each * every
            weights[0, 2 * i + 1] = p.long * each * every
            weights[1, 2 * i + 1] = each * (others if i else p.bounce_half)
            weights[3, 2 * i] = each * every
        weights[2, 1] = p.third * heard[0]
        return weights
