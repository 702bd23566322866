"""Is it the device, and not the body? Slipped in its clip, taken off, dropped.

None of these is an alarm; each ends in words, and with them a fall's alarm ends. A clip that slips
changes the posture while the walk goes on. A device that nobody wears lies as still as no body
can: a chip on a table reads its own noise, 0.032 deg/s, and the stillest of 273 people who had
fallen read 0.096 over five seconds. Where it fell freely before that, it was dropped. Whoever lies
motionless breathes, but not in every five seconds: the alarm of a fall ends in this way only
after four breaths' time without any. A chip that is noisier ends none.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.fall_parameters import HandlingParameters
from coach.balance.posture import Posture
from coach.balance.vectors import Vector
from coach.events import HandlingKind
from coach.samples import FRAME_S, FRAMES_PER_S, Row, Rows

EVERY_FRAMES: Final = FRAMES_PER_S
"""Stillness is looked for once a second: it is nothing urgent."""


class HandlingWatch:
    """Tells once what has become of the device, until somebody walks with it again."""

    def __init__(self, parameters: HandlingParameters) -> None:
        p = self._p = parameters
        self._frames: deque[Row] = deque(maxlen=round(p.dead_s / FRAME_S))
        self._worn = False
        self._since_thrown_s = math.inf
        self._dead_s = 0.0  # for so long without any life
        self._upright_s = self._turned_s = 0.0  # walking: as before, and in another posture
        self._count = 0

    def interrupt(self) -> None:
        """Samples are missing: stillness begins anew."""
        self._frames.clear()
        self._dead_s = self._upright_s = self._turned_s = 0.0

    def watch(
        self, acc: Vector, gyro: Vector, posture: Posture, *, walks: bool
    ) -> HandlingKind | None:
        """Take in the next frame; what has happened to the device, if anything."""
        p = self._p
        falls_freely = posture.drop_mps > p.free_fall_mps
        self._since_thrown_s = 0.0 if falls_freely else self._since_thrown_s + FRAME_S
        self._worn = self._worn or walks or posture.fallen
        if walks:
            self._frames.clear()
        else:
            self._frames.append([*acc, *gyro])
        if self._slips(posture, walks=walks):
            posture.accept()
            return "slipped"
        return None if walks else self._unworn(posture, 1)

    def rest(self, frames: Rows, posture: Posture) -> HandlingKind | None:
        """Take in frames (their means) at once, in which nobody walks and nothing moves."""
        self._since_thrown_s += len(frames) * FRAME_S
        self._frames.extend(frames)
        self._slips(posture, walks=False)
        return self._unworn(posture, len(frames))

    def _unworn(self, posture: Posture, frames: int) -> HandlingKind | None:
        """Whether the device, worn until now, is no more after so many frames anew."""
        p = self._p
        least_s = p.fallen_dead_s if posture.fallen else p.dead_s
        if not self._worn or not self._lies_dead(least_s, frames):
            return None
        self._worn = False
        posture.accept()
        return "dropped" if self._since_thrown_s < p.thrown_s + self._dead_s else "taken_off"

    def _slips(self, posture: Posture, *, walks: bool) -> bool:
        """Whether a walk has gone on in another posture than it had for as long before."""
        p = self._p
        if not walks or posture.fallen:
            self._upright_s = self._turned_s = 0.0
        elif posture.lean_deg <= p.slip_deg:
            self._upright_s, self._turned_s = self._upright_s + FRAME_S, 0.0
        elif self._upright_s >= p.slip_s:
            self._turned_s += FRAME_S
        if self._turned_s < p.slip_s:
            return False
        self._upright_s = self._turned_s = 0.0
        return True

    def _lies_dead(self, least_s: float, anew: int) -> bool:
        """Whether nothing has moved for so long, or longer, that no body can be near."""
        p, frames = self._p, self._frames
        self._count += anew
        due, self._count = self._count >= EVERY_FRAMES, self._count % EVERY_FRAMES
        if len(frames) < (frames.maxlen or 0):
            self._dead_s = 0.0
            return False
        if not due:
            return False
        squares = []
        for values in zip(*frames, strict=True):
            mean = sum(values) / len(values)
            squares.append(sum([(x - mean) * (x - mean) for x in values]) / len(values))
        rms_g, rms_dps = math.sqrt(sum(squares[:3])), math.sqrt(sum(squares[3:]))
        dead = 0.0 < rms_dps < p.dead_dps and rms_g < p.dead_g
        self._dead_s = max(self._dead_s + EVERY_FRAMES * FRAME_S, p.dead_s) if dead else 0.0
        return self._dead_s >= least_s
