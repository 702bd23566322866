"""A simulated person who wears the device, walks as told, and is seen through: every step known.

The walk is decided step by step, and rendered no further than what has been decided. So somebody
(a coach, a test) may change the tempo while it goes on, and twelve minutes cost no more memory
than one step. Everything comes from the plan and the seed: the same pieces asked for in any
cutting give the same signal. What a sensor adds (noise, bias, its low-pass, its scale) is the
simulated chip's business and not added here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hardware.simulated.walker.body import Body
from hardware.simulated.walker.motion import TAPE_HZ, Floats
from hardware.simulated.walker.mounting import checked_mounting, random_mounting
from hardware.simulated.walker.person import play
from hardware.simulated.walker.plan import Segment
from hardware.simulated.walker.truth import Truth


class Walker:
    """A person playing `plan`, segment after segment, and then standing for ever.

    `seed` makes the person (gait, mounting) and everything that happens by chance; `mounting` is
    the rotation (3, 3) from body to device axes (device = mounting @ body), drawn when None.
    Raises `ValueError` when it is no rotation.

    `plan_s` is the length of the plan in seconds.
    """

    def __init__(
        self, plan: Sequence[Segment], *, seed: int = 0, mounting: Floats | None = None
    ) -> None:
        self.plan_s = float(sum(segment.seconds for segment in plan))
        chance = np.random.SeedSequence(seed)
        place = np.random.default_rng(chance.spawn(1)[0])
        self.mounting = random_mounting(place) if mounting is None else checked_mounting(mounting)
        self._body = Body(chance)
        self._script = play(self._body, plan)
        self._samples: Floats = np.empty((0, 6))
        self._first = 0  # tape index of _samples[0]
        self._asked = 0.0

    @property
    def truth(self) -> Truth:
        """What really happens, as far as it has been decided."""
        return self._body.truth

    def set_cadence(self, spm: float) -> None:
        """The walker takes to `spm` (steps/min) from the next step on.

        It holds until called again, a `BeltChange`, or the next `Walk`. Raises `ValueError`
        outside 10 to 250.
        """
        if not 10 <= spm <= 250:
            raise ValueError(f"cadence: expected 10 to 250 steps/min, got {spm}")
        self._body.spm = spm

    def signal(self, t: Floats) -> Floats:
        """What the device feels: (n, 6) ax ay az in g, gx gy gz in deg/s, device axes.

        `t` (n,): seconds since the walk's start, in non-decreasing order, not before the last
        instant asked for; raises `ValueError` otherwise.
        """
        t = np.asarray(t, dtype=float)
        if len(t) == 0:
            return np.empty((0, 6))
        if t[0] < self._asked or (len(t) > 1 and bool((np.diff(t) < 0).any())):
            raise ValueError("signal: the instants must not go back in time")
        self._asked = float(t[-1])
        out = np.empty((len(t), 6))
        place = t * TAPE_HZ
        done = 0
        while done < len(t):
            known = self._first + len(self._samples) - 1  # the last point to interpolate towards
            ready = int(np.searchsorted(place, known))
            if ready > done:
                at = place[done:ready] - self._first
                i = at.astype(int)
                x = self._samples[i]
                out[done:ready] = x + (at - i)[:, None] * (self._samples[i + 1] - x)
                done = ready
            if done < len(t):
                self._extend(int(place[done]))
        return out

    def _extend(self, keep_from: int) -> None:
        """Decide and render some more; what lies before the tape index `keep_from` goes."""
        old = max(keep_from - self._first, 0)
        made = self._body.tape.render(next(self._script))
        if len(made):
            self._body.largest = float(np.sqrt((made[:, :3] ** 2).sum(1).max()))
        made = (made.reshape(-1, 3) @ self.mounting.T).reshape(-1, 6)
        self._first += min(old, len(self._samples))
        self._samples = np.concatenate([self._samples[old:], made])
