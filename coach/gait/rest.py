"""Rest: nothing moves, so nothing needs to be analysed.

A device that lies, or is worn by somebody who sits quite still, reads the same all the time but for
the chip's noise. While it does, each half second is held against what it read before and then
dropped. The first one that is different is analysed as if rest had always been before it: the
first step of a walk is seen as soon as without any rest.
"""

from __future__ import annotations

import numpy as np

from coach.gait.parameters import EvidenceParameters
from coach.samples import Floats, means_of_frames


class Rest:
    """`reading` (6,): what the sensor reads at rest (g, deg/s); None while something moves."""

    def __init__(self, parameters: EvidenceParameters) -> None:
        rest_g, rest_dps = parameters.rest
        self._most = rest_g**2, rest_dps**2
        self.reading: Floats | None = None

    def end(self) -> None:
        """Something may move."""
        self.reading = None

    def begin(self, piece: Floats) -> None:
        """There is rest if this `piece` (n, 6) is even."""
        frames = means_of_frames(piece)
        self._follow(frames, np.add.reduce(frames) / len(frames))

    def goes_on(self, piece: Floats) -> bool:
        """Whether there was rest, and this `piece` (n, 6) is like what was read in it."""
        if self.reading is not None:
            self._follow(means_of_frames(piece), self.reading)
        return self.reading is not None

    def _follow(self, frames: Floats, usual: Floats) -> None:
        """A posture may change, if slowly."""
        off = frames - usual
        off *= off
        x, y, z, u, v, w = np.add.reduce(off).tolist()
        most_g, most_dps = self._most
        still = x + y + z < most_g * len(frames) and u + v + w < most_dps * len(frames)
        self.reading = np.add.reduce(frames) / len(frames) if still else None
