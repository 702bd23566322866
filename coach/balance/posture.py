"""Did the walker fall? A trunk that lies, and a body that has hit the floor before it.

What upright means is the walker's own: the mean direction of gravity in the sensor's axes over the
seconds before the trunk began to lean, whatever way the device is clipped. Two directions are
compared by the angle between them, which no rotation of the sensor changes.

A body on the floor is told by its impact, or, where a mat makes the impact soft, by the speed with
which it came: the weight that is off, added up over time. Lying down with care leans as far but
gains no speed; a jump has both and does not lean; sitting down is slower; and a hand that takes
the device off turns it, but throws it nowhere. Whoever lies is down already: what bangs seconds
after that, in a roll in bed or a drawer that is shut, is no fall. After a stumble half of the speed
is enough, and a trunk that is not upright again: on hands and knees, or half sitting.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.fall_parameters import PostureParameters
from coach.balance.vectors import Vector, angle_deg, approach, length
from coach.samples import FRAME_S, G_MPS2, Row, Rows

STUMBLED_SHARE: Final = 0.5
"""Of the drop that makes a fall, after a stumble."""


def impact_g(rows: Rows, before: Row | None) -> float:
    """What two samples in a row reach, as |acceleration| (g): one bad one is no impact.

    `before` is the sample before these, so that where a frame ends matters to none.
    """
    samples = rows if before is None else [before, *rows]
    squares = [x * x + y * y + z * z for x, y, z, _p, _q, _r in samples]
    return math.sqrt(max(map(min, squares, squares[1:]), default=0.0))


class Posture:
    """Follows the trunk; tells a fall, and when the walker is upright again.

    `lean_deg`: of the trunk from upright; `drop_mps`: speed gained over the last 0.8 s;
    `onset_s`: how long ago the lean began that is, or may become, a fall.
    """

    def __init__(self, parameters: PostureParameters) -> None:
        p = self._p = parameters
        self.fallen = False
        self.lean_deg = self.drop_mps = 0.0
        self._trunk: deque[Vector] = deque()
        self._sum: Vector = (0.0, 0.0, 0.0)  # of the trunk's
        self._latest: deque[Vector] = deque(maxlen=round(p.before_frames))  # not yet in the mean
        self._upright: Vector | None = None
        self._weight_g = 1.0
        self._drops: deque[float] = deque(maxlen=round(p.drop_s / FRAME_S))
        self._lying: deque[bool] = deque(maxlen=round(p.lying_s / FRAME_S))
        self._since_impact_s = self._since_hit_s = math.inf
        self._lean_s = self._down_s = 0.0  # beyond `lean_deg`; since beyond `lying_deg`
        self._lay: Vector = (0.0, 0.0, 0.0)  # the trunk when it was told as fallen
        self._walked_s, self._paused = 0.0, False  # since then
        self._proved = False  # somebody has walked as upright as this
        self._former: Vector | None = None  # upright before a posture that is not proved

    @property
    def leans(self) -> bool:
        """Whether the trunk is not upright, be it a fall or not."""
        return self._lean_s > 0.0

    @property
    def onset_s(self) -> float:
        """Seconds since the impact if there was one, else since the trunk began to lean."""
        return min(self._since_impact_s, self._lean_s)

    def interrupt(self, missing_s: float, *, stumbled: bool) -> None:
        """Samples are missing: a fall is still one, and one that has begun may go on in there.

        What hits a body shakes the wires too: for one that has dropped, or `stumbled`, the gap
        stands for the hit, and whoever was hit just before it may lie at its end. Upright is what
        it was, unless no fall can reach beyond the gap. Whether somebody who has fallen pauses in
        it nobody knows, if there is time for it.
        """
        p = self._p
        self._trunk.clear()
        self._sum = (0.0, 0.0, 0.0)
        self._lying.clear()
        dropped = self.drop_mps >= p.drop_mps
        struck = dropped or self._since_impact_s <= p.lying_s
        falling = struck and missing_s <= p.resigned_s
        self._hit(falls=dropped, hits=dropped or stumbled, seconds=0.0 if falling else missing_s)
        self._walked_s = 0.0
        if missing_s > p.drop_s:
            self._drops.clear()
            self._paused = True
        if missing_s > p.impact_s and not (self.fallen or falling):
            self.accept()

    def accept(self) -> None:
        """Take the present posture for upright: somebody walks in it."""
        self.fallen = self._proved = False
        self._latest.clear()
        self._upright = self._former = None
        self._lean_s = self._down_s = self.lean_deg = 0.0

    def _resign(self) -> None:
        """The lean has become a posture; until somebody walks in it, the former is upright too."""
        former = self._former or self._upright
        self.accept()
        self._former = former

    def _rise(self, trunk: Vector, former: Vector) -> None:
        """Whoever stands as in the `former` posture has got up."""
        lean_deg = angle_deg(trunk, former)
        if lean_deg < self._p.lean_deg:
            self.accept()
            self._upright, self.lean_deg = former, lean_deg

    def follow(self, acc: Vector, impact: float, *, stumbled: bool) -> bool:
        """Take in the next frame; whether a fall is recognised in it, once per fall.

        `acc`: its mean acceleration (g), `impact`: see `impact_g`, `stumbled`: a stumble just was.
        """
        p = self._p
        self._feel(acc, impact)
        trunk = self._mean(acc)
        if trunk is None:
            return False
        if self._upright is None:
            self._upright = trunk
        self.lean_deg = angle_deg(trunk, self._upright)
        if self.lean_deg >= p.lean_deg and self._former is not None:
            self._rise(trunk, self._former)
        if self.lean_deg < p.lean_deg:
            self.fallen = False
            self._lean_s = self._down_s = 0.0
            self._lying.clear()
            self._remember(trunk, self._upright, 1)
            return False
        self._lean_s += FRAME_S
        lying = self.lean_deg > p.lying_deg
        self._lying.append(lying)
        if lying or self._down_s > 0.0:
            self._down_s += FRAME_S
        if not self.fallen:
            self.fallen = self._lies() or (stumbled and self._is_down())
            if self.fallen:
                self._lay, self._walked_s, self._paused = trunk, 0.0, False
                return True
            if self._lean_s > p.resigned_s:
                self._resign()
        return False

    def may_rest(self, trunk: Vector, largest_g: float) -> bool:
        """Whether nothing comes of a stretch without movement.

        `trunk`: its mean acceleration (g), `largest_g`: the largest, of a single sample.
        """
        p, upright = self._p, self._upright
        if upright is None or self.fallen or self.leans or len(self._trunk) < p.trunk_frames:
            return False
        return largest_g < p.soft_g and angle_deg(trunk, upright) < p.lean_deg

    def rest(self, trunk: Vector, frames: int) -> None:
        """Take in so many frames at once, if it `may_rest`: in all of them the trunk is the same.

        They are no fewer than make up the trunk's direction.
        """
        x, y, z = trunk
        n = len(self._trunk)
        self._trunk = deque([trunk] * n)
        self._sum = (n * x, n * y, n * z)
        self._drops.extend([0.0] * frames)
        self.drop_mps = 0.0
        self._hit(falls=False, hits=False, seconds=frames * FRAME_S)
        upright = self._upright or trunk
        self.lean_deg = angle_deg(trunk, upright)
        self._remember(trunk, upright, frames)

    def regain(self, *, walks: bool) -> None:
        """After `follow`: whether somebody walks in this frame. One who goes on is upright."""
        if not self.fallen:
            if walks and not self.leans:
                self._proved, self._former = True, None
            return
        self._paused = self._paused or not walks
        lies = self._proved and self._paused and not self._has_risen()
        self._walked_s = self._walked_s + FRAME_S if walks and not lies else 0.0
        if self._walked_s > self._p.regained_s:
            self.accept()

    def _has_risen(self) -> bool:
        """Whether the trunk is not as it lay when it was told as fallen."""
        return angle_deg(self._sum, self._lay) > self._p.risen_deg

    def _mean(self, acc: Vector) -> Vector | None:
        """Of the newest accelerations, as soon as there are enough."""
        (x, y, z), (a, b, c), n = acc, self._sum, self._p.trunk_frames
        self._trunk.append(acc)
        if len(self._trunk) > n:
            u, v, w = self._trunk.popleft()
            x, y, z = x - u, y - v, z - w
        a, b, c = self._sum = (a + x, b + y, c + z)
        return (a / n, b / n, c / n) if len(self._trunk) == n else None

    def _feel(self, acc: Vector, impact: float) -> None:
        """Speed and impact of a body that may be falling."""
        p = self._p
        off_g = self._weight_g - length(acc)
        self._drops.append(off_g * FRAME_S * G_MPS2 if off_g > 0.0 else 0.0)
        before, self.drop_mps = self.drop_mps, sum(self._drops)
        falls = hits = False
        if impact >= p.soft_g:
            dropped = max(before, self.drop_mps)
            falls = impact >= p.hard_g or dropped >= p.drop_mps
            hits = falls or dropped >= STUMBLED_SHARE * p.drop_mps
        self._hit(falls=falls, hits=hits, seconds=FRAME_S)

    def _hit(self, *, falls: bool, hits: bool, seconds: float) -> None:
        """Whether the body has hit the floor, or something, in these newest seconds."""
        if self._down_s > self._p.down_s:
            falls = hits = False
        self._since_hit_s = 0.0 if hits else self._since_hit_s + seconds
        self._since_impact_s = 0.0 if falls else self._since_impact_s + seconds

    def _lies(self) -> bool:
        """The body has hit the floor, and lies on it."""
        n = self._lying.maxlen or 0
        lies = len(self._lying) == n and sum(self._lying) >= self._p.lying_share * n
        return lies and self._since_impact_s < self._p.impact_s

    def _is_down(self) -> bool:
        """A body that has stumbled and hit something is not up again."""
        return self._lean_s >= self._p.not_regained_s and self._since_hit_s < self._p.impact_s

    def _remember(self, trunk: Vector, upright: Vector, frames: int) -> None:
        self._latest.extend([trunk] * frames)
        share = frames * FRAME_S / self._p.upright_s
        self._upright = approach(upright, self._latest[0], share)
        self._weight_g = length(self._upright)
