"""Did the walker fall? An impact, and after it a trunk that stays far from upright.

What upright means is the walker's own: the direction of gravity in the sensor's axes over the
seconds before the impact, whatever way the device is clipped. Two directions are compared by the
angle between them, which no rotation of the sensor changes. A harder landing needs no posture of
its own: lying is seen by the angle alone, but lying down slowly has no impact and is no fall.
"""

from __future__ import annotations

import math
from collections import deque

from coach.samples import Floats, Hop

IMPACT_G = 2.5
"""|acceleration| that a body hitting the floor exceeds; lying down with care stays below 2 g."""

LYING_DEG = 60.0
"""Trunk tilt from the walker's upright beyond which nobody stands; bending to a shoe reaches 50."""

UPRIGHT_DEG = 40.0
"""Tilt below which the posture counts as regained: below `LYING_DEG`, so that it never chatters."""

LYING_HOPS = 20
"""1 s beyond `LYING_DEG`: shorter tilts are the tumble itself, or a deep bend that comes back."""

POSTURE_HOPS = 10
"""0.5 s of mean acceleration is the direction of gravity: one step long, so that steps cancel."""

UPRIGHT_BACK_HOPS = 50
"""The upright reference is 2.5 s older than now: before the tilting of a fall began."""

IMPACT_HOPS = 80
"""4 s in which an impact counts: bodies come to rest within three seconds of hitting the floor."""


def angle_deg(u: tuple[float, float, float], v: tuple[float, float, float]) -> float:
    """Return the angle (deg, 0 to 180) between two vectors; 0 where one has no length."""
    product = math.hypot(*u) * math.hypot(*v)
    if product < 1e-9:
        return 0.0
    cosine = (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) / product
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


class Posture:
    """Tells a fall by impact and lying, and when the walker is upright again.

    `feed` returns whether a fall is recognised with this hop, once per fall.
    """

    def __init__(self) -> None:
        self._means: deque[tuple[float, float, float]] = deque(maxlen=POSTURE_HOPS)
        self._trunk: deque[tuple[float, float, float]] = deque(maxlen=UPRIGHT_BACK_HOPS)
        self._reference: tuple[float, float, float] | None = None
        self._impact_age = IMPACT_HOPS
        self._lying = 0
        self.fallen = False

    @property
    def upright(self) -> bool:
        """Whether the posture is the one from before the last impact (True before any)."""
        return not self.fallen

    def gap(self) -> None:
        """Forget the unfinished second: what happened between is not known."""
        self._means.clear()
        self._trunk.clear()
        self._lying = 0

    def feed(self, hop: Hop, acc_peak: float) -> bool:
        """Take the next hop and its largest |acc| (g); return True when a fall is recognised."""
        trunk = self._gravity(hop.x)
        if self._impact_age < IMPACT_HOPS or self.fallen:
            self._impact_age += 1
        elif len(self._trunk) == UPRIGHT_BACK_HOPS:
            self._reference = self._trunk[0]
        if acc_peak >= IMPACT_G:
            self._impact_age = 0
        if self._reference is None:
            return False
        tilt = angle_deg(trunk, self._reference)
        if self.fallen:
            self.fallen = tilt > UPRIGHT_DEG
            return False
        self._lying = self._lying + 1 if tilt > LYING_DEG else 0
        if self._lying >= LYING_HOPS and self._impact_age < IMPACT_HOPS:
            self.fallen = True
            return True
        return False

    def _gravity(self, x: Floats) -> tuple[float, float, float]:
        """Return the mean acceleration (g) of the last `POSTURE_HOPS` hops."""
        means = self._means
        ax, ay, az = x[:, :3].mean(axis=0).tolist()
        means.append((ax, ay, az))
        n = len(means)
        trunk = (
            sum(m[0] for m in means) / n,
            sum(m[1] for m in means) / n,
            sum(m[2] for m in means) / n,
        )
        self._trunk.append(trunk)
        return trunk
