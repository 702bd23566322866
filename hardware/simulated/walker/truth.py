"""What a simulated walker really did: the measure of everything that looks at the signal."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

import numpy as np

from hardware.simulated.walker.plan import StumbleKind

Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class TrueStep:
    """A foot met the ground at `t`. `walking` is False for steps in no rhythm (rails, turns)."""

    t: float
    side: Side
    walking: bool = True


@dataclass(frozen=True, slots=True)
class TrueStumble:
    """`onset` of the stumble, `peak`: the instant of its largest |acceleration|."""

    onset: float
    peak: float
    kind: StumbleKind
    size_g: float


@dataclass(frozen=True, slots=True)
class TrueFall:
    """`onset` of the fall, `impact` on the ground, `up`: standing again (None: not yet)."""

    onset: float
    impact: float
    up: float | None = None


@dataclass(slots=True)
class Truth:
    """Grows with the walk; it may be one step (or one stumble) ahead of the signal asked for.

    `walking`: (first contact, last contact) of each bout; the last one may still be growing.
    A bout ends at a fall and at the end of a `Walk`, not at a stumble.
    """

    steps: list[TrueStep] = field(default_factory=list)
    stumbles: list[TrueStumble] = field(default_factory=list)
    falls: list[TrueFall] = field(default_factory=list)
    walking: list[tuple[float, float]] = field(default_factory=list)

    def cadence(self, t: float, window_s: float = 6.0) -> float | None:
        """Mean steps/min over the even number of newest step intervals in the `window_s` before t.

        None unless the walker walked through the whole window; the even number keeps an
        asymmetric gait from biasing it.
        """
        bout = bisect_right(self.walking, (t, float("inf"))) - 1
        if bout < 0 or self.walking[bout][0] > t - window_s or self.walking[bout][1] < t:
            return None
        first = bisect_left(self.steps, t - window_s, key=attrgetter("t"))
        last = bisect_right(self.steps, t, key=attrgetter("t"))
        times = np.array([step.t for step in self.steps[first:last]])
        count = (len(times) - 1) // 2 * 2
        return float(60.0 * count / (times[-1] - times[-1 - count])) if count > 0 else None
