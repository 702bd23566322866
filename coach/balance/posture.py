"""Did the walker fall? A trunk that leans far from upright, and an impact or a stumble before it.

What upright means is the walker's own: the mean direction of gravity in the sensor's axes over the
seconds before the trunk began to lean, whatever way the device is clipped. Two directions are
compared by the angle between them, which no rotation of the sensor changes. Lying down with care
leans as far but has no impact; a jump has the impact and does not lean.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from coach.balance.motion import HOP_S, Vector
from coach.samples import Rows

IMPACT_G = 3.0
"""|acceleration| that a body hitting the floor exceeds; lying down in haste reaches 2.7 g."""

IMPACT_S = 4.0
"""An impact counts this long: bodies come to rest within three seconds of hitting the floor."""

LEAN_DEG = 40.0
"""Up to here the trunk counts as upright: sitting and stairs stay below."""

LYING_DEG = 60.0
"""Beyond here nobody stands; bending to a shoe reaches 50."""

LYING_S = 1.0
"""So long beyond `LYING_DEG` after an impact: shorter is the tumble itself."""

NOT_REGAINED_S = 2.0
"""After a stumble so long beyond `LEAN_DEG` is a fall too: on hands and knees, or half sitting. Who
recovers bends as deep, but comes back sooner."""

RESIGNED_S = 10.0
"""A lean that lasts so long without being a fall is a new posture, or the clip has shifted."""

TRUNK_HOPS: Final = 10
"""0.5 s of mean acceleration is the direction of gravity: one step, so that its swing cancels."""

BEFORE_HOPS: Final = 50
"""Upright is how the trunk was until 2.5 s ago: before the lean of a fall began."""

UPRIGHT_S: Final = 2.0
"""Time constant of the mean over what was before: two strides, a moment's stagger weighs little."""


def angle_deg(u: Vector, v: Vector) -> float:
    """Return the angle (deg, 0 to 180) between two vectors; 0 where one has no length."""
    (a, b, c), (x, y, z) = u, v
    product = math.sqrt((a * a + b * b + c * c) * (x * x + y * y + z * z))
    if product < 1e-9:
        return 0.0
    cosine = (a * x + b * y + c * z) / product
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def impact_g(rows: Rows) -> float:
    """Return the second largest |acceleration| (g) of the samples: one bad one is no impact."""
    squares = sorted([x * x + y * y + z * z for x, y, z, _p, _q, _r in rows])
    return math.sqrt(squares[-2]) if len(squares) > 1 else 0.0


class Posture:
    """Follows the trunk; tells a fall, and when the walker is upright again.

    `onset_s`: how long ago the lean began that is, or may become, a fall.
    """

    def __init__(self) -> None:
        self.fallen = False
        self._hops: deque[Vector] = deque(maxlen=TRUNK_HOPS)
        self._latest: deque[Vector] = deque(maxlen=BEFORE_HOPS)  # trunks not yet in the mean
        self._upright: Vector | None = None
        self._since_impact_s = math.inf
        self._lean_s = self._lying_s = 0.0

    @property
    def leans(self) -> bool:
        """Whether the trunk is not upright, be it a fall or not."""
        return self._lean_s > 0.0

    @property
    def onset_s(self) -> float:
        """Seconds since the impact if there was one, else since the trunk began to lean."""
        return min(self._since_impact_s, self._lean_s)

    def gap(self, missing_s: float) -> None:
        """Samples are missing: what happened between is not known, but a fall stays a fall."""
        self._hops.clear()
        self._lying_s = 0.0
        self._since_impact_s += missing_s
        if not self.fallen:
            self.accept()

    def accept(self) -> None:
        """Take the present posture for upright: somebody walks in it."""
        self.fallen = False
        self._latest.clear()
        self._upright = None
        self._lean_s = self._lying_s = 0.0

    def feed(self, acc: Vector, impact: float, *, stumbled: bool) -> bool:
        """Take in the next hop; return True when a fall is recognised, once per fall.

        `acc`: its mean acceleration (g), `impact`: see `impact_g`, `stumbled`: a stumble just was.
        """
        self._since_impact_s = 0.0 if impact >= IMPACT_G else self._since_impact_s + HOP_S
        self._hops.append(acc)
        if len(self._hops) < TRUNK_HOPS:
            return False
        trunk = self._mean()
        if self._upright is None:
            self._upright = trunk
        lean = angle_deg(trunk, self._upright)
        if lean < LEAN_DEG:
            self.fallen = False
            self._lean_s = self._lying_s = 0.0
            self._remember(trunk, self._upright)
            return False
        self._lean_s += HOP_S
        self._lying_s = self._lying_s + HOP_S if lean > LYING_DEG else 0.0
        if self.fallen:
            return False
        lies = self._lying_s >= LYING_S and self._since_impact_s < IMPACT_S
        self.fallen = lies or (stumbled and self._lean_s >= NOT_REGAINED_S)
        if not self.fallen and self._lean_s > RESIGNED_S:
            self.accept()
        return self.fallen

    def _remember(self, trunk: Vector, upright: Vector) -> None:
        self._latest.append(trunk)
        part = HOP_S / UPRIGHT_S
        (u, v, w), (x, y, z) = upright, self._latest[0]
        self._upright = u + part * (x - u), v + part * (y - v), w + part * (z - w)

    def _mean(self) -> Vector:
        x, y, z = [sum(axis) / TRUNK_HOPS for axis in zip(*self._hops, strict=True)]
        return x, y, z
