"""The newest seconds of the stream, in the forms in which the gait analysis looks at it.

Every half second fifty raster samples become ten of a slow stream: low-passed below 4 Hz, where all
of a gait's rhythm lies and where soft clips, belts and impacts do not reach, and freed of gravity
and posture. Beside the six channels it holds what lies along gravity: the bounce of the body,
wherever on it the device sits (`coach.gait.lever`), and its turning about the vertical. Both
filters are finite and causal: what the analysis sees depends on the newest samples alone, and any
cutting of the stream gives the same numbers.
"""

from __future__ import annotations

import itertools
import math
from operator import mul, sub
from typing import Final

import numpy as np

from coach.gait.lever import LEVER_N, RATES_N, rotation_along
from coach.gait.parameters import GAIT, LeverParameters
from coach.samples import FRAME_N, FRAMES_PER_S, RASTER_HZ, Floats

SLOW_HZ: Final = FRAMES_PER_S
"""Rate of the slow stream: one sample a frame."""

PIECE_N: Final = RASTER_HZ // 2
"""Raster samples of a piece: the analysis goes on by half a second."""

PIECE_SLOW_N: Final = PIECE_N // FRAME_N

WINDOW_S: Final = 10
SLOW_N: Final = WINDOW_S * SLOW_HZ
"""Samples of the slow stream that are kept: two strides at 30 steps/min, and room."""

IMPACT_HZ: Final = RASTER_HZ // 2
"""Rate of the acceleration's magnitudes, which show how strongly the feet land."""

VERTICAL, YAW = 6, 7  # rows of the slow stream, after ax ay az gx gy gz
ROWS: Final = YAW + 1

GROUPS: Final = 4
"""Of channels: the bounce, all other acceleration, rotation along and across gravity. Sums over the
axes of a group are the same in any mounting."""

_GROUPING = np.zeros((GROUPS, ROWS))
_GROUPING[0, VERTICAL] = _GROUPING[1, :3] = _GROUPING[2, YAW] = _GROUPING[3, 3:6] = 1.0
_GROUPING[3, YAW] = -1.0

_LOW_N = RASTER_HZ // 5  # Hann's window of 0.2 s: half is left at 5 Hz, nothing at 10
_POSTURE = 4 * SLOW_HZ  # moving means (s) that are taken off: a stride at 30 steps/min,
_GRAVITY = 3 * SLOW_HZ  # ... that is called up,
_LEAN = 3 * SLOW_HZ // 2  # ... and three that tell how the trunk leans: a stride cancels the sway
_TURN = 8 * SLOW_HZ // 5  # ... and one that tells turning round, which takes 2 to 4 s
TURN_LAG_S: Final = 0.5 * _TURN / SLOW_HZ
"""So long ago is, on the whole, what `turning_dps` tells."""

_ALWAYS: Final = -SLOW_N  # before anything that is held

_RAW_N = WINDOW_S * RASTER_HZ
_ROOM: Final = 4
"""When its memory of so many windows is full, the newest of them moves to the front."""


def _low_pass() -> Floats:
    """(2 PIECE_SLOW_N, _TAIL_N + PIECE_N): from the newest raster samples to the slow ones of a
    piece, and to the sums of its frames."""
    hann = np.hanning(_LOW_N + 2)[1:-1]
    rows = np.zeros((2, PIECE_SLOW_N, _TAIL_N + PIECE_N))
    for k in range(PIECE_SLOW_N):
        rows[0, k, FRAME_N * k : FRAME_N * k + _LOW_N] = hann / hann.sum()
        rows[1, k, _TAIL_N + FRAME_N * k : _TAIL_N + FRAME_N * (k + 1)] = 1.0
    return rows.reshape(2 * PIECE_SLOW_N, -1)


_TAIL_N = _LOW_N - FRAME_N
_LOW = _low_pass()


class Movement:
    """Takes in pieces of the stream; before the first one nothing has moved.

    `ring` (ROWS, more than SLOW_N), at the slow rate, in order up to the column before `end`: acc
    without the bounce (g), gyro (deg/s), the bounce (g) and the rotation along gravity.
    `leaned_deg`: the largest angle between the directions of gravity in the last three stretches of
    1.5 s. `turning_dps`: the mean rotation about gravity in the last 1.6 s, 0 where the body
    rotates otherwise as much.
    """

    def __init__(self, parameters: LeverParameters = GAIT.lever) -> None:
        self._p = parameters
        self.ring: Floats = np.zeros((ROWS, _ROOM * SLOW_N))
        self._raw: Floats = np.zeros((_ROOM * _RAW_N, 6))
        self._sums: Floats = np.zeros((_ROOM * SLOW_N + 1, 6))  # of all frames up to each
        self.forget()

    def forget(self, before: Floats | None = None) -> None:
        """Start anew, as after a long gap: before the next piece nothing has moved.

        `before` (6,): what had always been. Without it nobody knows: the mean of that piece stands
        for it, and the posture is the mean of what comes from then on.
        """
        self._before = before
        self._begins = True
        self._known_from = SLOW_N if before is None else _ALWAYS
        self.leaned_deg = self.turning_dps = 0.0
        self.end = SLOW_N
        self.ring[:, :SLOW_N] = 0.0

    def push(self, piece: Floats) -> None:
        """Take in the next `piece` (PIECE_N, 6), sensor axes."""
        if self._begins:
            self._begin(np.add.reduce(piece) / PIECE_N if self._before is None else self._before)
        elif self.end == _ROOM * SLOW_N:
            self._to_the_front()
        old, end = self.end, self.end + PIECE_SLOW_N
        raw = self._raw[old * FRAME_N - _TAIL_N : end * FRAME_N]
        raw[_TAIL_N:] = piece
        made = _LOW @ raw
        low = made[:PIECE_SLOW_N]
        sums = self._sums
        newest = np.add.accumulate(made[PIECE_SLOW_N:], out=sums[old + 1 : end + 1])
        newest += sums[old]
        low -= self._posture(old, end)
        down = (sums[end] - sums[end - _GRAVITY]).tolist()[:3]
        up = [each / max(math.hypot(*down), 1e-6) for each in down]
        ring = self.ring[:, old:end]
        ring[:6] = low.T
        ring[6:] = (low.reshape(-1, 3) @ np.array(up)).reshape(-1, 2).T
        self.end = end
        self._leave_the_bounce(up)
        turn = (sums[end] - sums[end - _TURN]).tolist()[3:]
        self.turning_dps = _turning(turn, up) / (FRAME_N * _TURN)
        self.leaned_deg = _leaned_deg(sums[end - 3 * _LEAN : end + 1 : _LEAN, :3].tolist())

    def _leave_the_bounce(self, up: list[float]) -> None:
        """Of the newest piece: its acceleration without the bounce, and of this no rotation."""
        ring, end = self.ring, self.end
        along = np.array(up) @ ring[:3, end - LEVER_N : end]
        along[:-PIECE_SLOW_N] += ring[VERTICAL, end - LEVER_N : end - PIECE_SLOW_N]
        made = rotation_along(along, ring[3:6, end - RATES_N : end], up, self._p)
        new = ring[:, end - PIECE_SLOW_N : end]
        new[VERTICAL] -= made[-PIECE_SLOW_N:]
        new[:3] -= np.multiply.outer(up, new[VERTICAL])

    def _begin(self, before: Floats) -> None:
        """It had always been `before` (6,)."""
        self._begins = False
        self._raw[:_RAW_N] = before
        self._sums[: SLOW_N + 1] = np.arange(0, FRAME_N * (SLOW_N + 1), FRAME_N)[:, None] * before

    def _posture(self, old: int, end: int) -> Floats:
        """(PIECE_SLOW_N, 6): the mean of 4 s, or of what is known, at least of the first piece."""
        sums, first = self._sums, self._known_from
        mean: Floats
        if first <= old + 1 - _POSTURE:  # nearly always
            mean = sums[old + 1 : end + 1] - sums[old + 1 - _POSTURE : end + 1 - _POSTURE]
            mean /= FRAME_N * _POSTURE
            return mean
        to = np.arange(old + 1, end + 1)
        since = np.maximum(to - _POSTURE, first)
        to = np.maximum(to, first + PIECE_SLOW_N)
        mean = sums[to] - sums[since]
        mean /= FRAME_N * (to - since)[:, None]
        return mean

    def _to_the_front(self) -> None:
        self.ring[:, :SLOW_N] = self.ring[:, -SLOW_N:]
        self._raw[:_RAW_N] = self._raw[-_RAW_N:]
        self._sums[: SLOW_N + 1] = self._sums[-SLOW_N - 1 :] - self._sums[-SLOW_N - 1]
        self._known_from = _ALWAYS
        self.end = SLOW_N

    @property
    def slow(self) -> Floats:
        """(ROWS, SLOW_N): the newest samples of the slow stream."""
        return self.ring[:, self.end - SLOW_N : self.end]

    @property
    def magnitude(self) -> Floats:
        """(n,): |acc| in g over the window, at `IMPACT_HZ`."""
        acc = self._raw[self.end * FRAME_N - _RAW_N : self.end * FRAME_N, :3]
        halves = acc[0::2] + acc[1::2]
        magnitude: Floats = 0.5 * np.sqrt(np.add.reduce(halves * halves, axis=1))
        return magnitude


def grouped(rows: np.ndarray) -> np.ndarray:
    """(ROWS, ...) of products within each channel to (GROUPS, ...) of sums within each group."""
    sums = _GROUPING @ rows.reshape(ROWS, -1).view(np.float64)
    return sums.view(rows.dtype).reshape(GROUPS, *rows.shape[1:])


def _turning(rate: list[float], up: list[float]) -> float:
    """How much of `rate` (3) is about `up`; 0 where more than half as much is not."""
    along = abs(sum(map(mul, rate, up)))
    return along if along**2 > 0.8 * sum(map(mul, rate, rate)) else 0.0


def _leaned_deg(sums: list[list[float]]) -> float:
    """The largest angle between the three differences of four `sums`; 90 where one is nothing."""
    a, b, c = (tuple(map(sub, later, former)) for former, later in itertools.pairwise(sums))
    alike = min(_cosine(a, b), _cosine(b, c), _cosine(a, c))
    return math.degrees(math.acos(min(max(alike, -1.0), 1.0)))


def _cosine(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Of the angle between two vectors; 0 where one is nothing."""
    size = math.hypot(*a) * math.hypot(*b)
    return sum(map(mul, a, b)) / size if size > 1e-12 else 0.0
