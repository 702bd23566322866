"""Tells a chip that repeats itself from one that lies still.

Real samples carry noise: two in a row are hardly ever equal in all six channels, and many in a row
never. A chip whose sensing part has hung goes on giving one sample for ever, which to everything
behind looks like a walker who has stopped.
"""

from __future__ import annotations

from hardware.mpu6050.readings import Burst

FROZEN_SAMPLES = 30
"""So many repeats are a frozen chip: 0.3 s. By the product specification (6.1, 6.2) the noise after
the low-pass is 7 counts rms on each axis of acceleration and 0.7 on each of rotation; equal
neighbours then have a probability of about 0.04 and 0.4 an axis, 5e-6 in all six. A chip ten times
as quiet (0.7 counts, and a gyroscope that stands still) repeats one sample in 16, and 30 in a row
once in 1e36; one that repeats every other sample, once in 2**30: every four months."""

REPEATS_PASSED = 1
"""A sample may repeat the one before it. The next that does, and those after it, are held back
until one differs: should they be frozen, they were never handed out, and the gap is as long as it
truly is, less this one sample."""

THAWED_SAMPLES = 5
"""After a start or a freeze, so many samples must each differ from the one before until they count
as real: a reset chip that is still frozen may repeat another sample than before."""


class FrozenGuard:
    """Lets samples through, but for those at the end that repeat each other too often."""

    def __init__(self) -> None:
        self._last = [0] * 6
        self._repeats = 0  # samples up to the newest that equal the one before them
        self._held: Burst | None = None
        self._changes = 0  # samples up to the newest that differ from the one before them
        self._suspect = False  # it has started, or was frozen, and has not shown otherwise

    @property
    def frozen(self) -> bool:
        """Whether the newest sample has been repeated too often to be real."""
        return self._repeats >= FROZEN_SAMPLES

    def drop(self) -> None:
        """Forget what is held back. What the chip last gave is remembered beyond a reset."""
        self._held = None

    def distrust(self) -> None:
        """Let nothing through until the chip has shown that it is not frozen: it starts anew."""
        self._suspect = True
        self._changes = 0

    def sift(self, burst: Burst, settling: int) -> Burst:
        """What can be handed out of `burst` and of what was held back before.

        Its first `settling` samples are looked at and dropped.
        """
        suspect = self._suspect
        if burst:
            self._count(burst)
            self._suspect = self.frozen or (suspect and self._changes < THAWED_SAMPLES)
        if settling:
            burst = burst[settling:]
        if suspect:
            return burst[:0] if self._suspect else burst[-self._changes :]
        if self._held is not None:
            burst = self._held + burst
            self._held = None
        sure = len(burst) - max(self._repeats - REPEATS_PASSED, 0)
        if sure >= len(burst):
            return burst
        if not self.frozen:
            self._held = burst[max(sure, 0) :]
        return burst[: max(sure, 0)]

    def _count(self, burst: Burst) -> None:
        """How many samples up to the newest equal the one before them, and how many do not."""
        last, repeats, changes = self._last, self._repeats, self._changes
        for row in burst.raw.tolist():  # as lists: five samples are too few for array operations
            if row == last:
                repeats, changes = repeats + 1, 0
            else:
                repeats, changes = 0, changes + 1
            last = row
        self._last, self._repeats, self._changes = last, repeats, changes
