"""Who walks? Only of a walker anything is a stumble.

Three things prove a walk: 1.6 s of movement with the strength of free steps; 2.8 s of fainter
steps that go on evenly; and, however faint, 1.6 s of a cadence that the gait analysis tells. The
movement is averaged over three frames first, and of faint steps counts what a frame's mean shows
with its worst sample and without it: a belt that vibrates, or a device that rattles, does not walk.

A pause ends it: 1.8 s with hardly any of the walker's own movement. What comes after a pause are
first steps again, of which little is known. Where a cadence has been told before it, they are steps
when one is told again: a hand that takes the device off moves as strongly.
"""

from __future__ import annotations

import math
from collections import deque

from coach.balance.motion import Movement
from coach.balance.parameters import ArmingParameters
from coach.balance.vectors import Vector


class _Averaged:
    """Load and rotation, averaged over the newest frames, by their size."""

    def __init__(self, parameters: ArmingParameters) -> None:
        self.load = self.turn = 0.0
        self._newest: deque[tuple[float, float, float, float]] = deque(
            maxlen=round(parameters.smooth_frames)
        )

    def feel(self, load_g: float, turn_dps: Vector) -> None:
        """Take in the next frame."""
        self._newest.append((load_g, *turn_dps))
        load = x = y = z = 0.0
        for one, u, v, w in self._newest:
            load, x, y, z = load + one, x + u, y + v, z + w
        n = len(self._newest)
        self.load, self.turn = abs(load) / n, math.sqrt(x * x + y * y + z * z) / n

    def begin(self) -> None:
        """Samples are missing: nothing is known of before."""
        self._newest.clear()


class Arming:
    """Counts how long somebody has been walking: `walked` frames up to now, 0 for nobody."""

    def __init__(self, parameters: ArmingParameters) -> None:
        self._p = parameters
        self.walked = 0
        self._is_told = self._was_told = False
        self._rhythmic = False  # a cadence has been told in this walk
        self._felt = _Averaged(parameters)
        self._common = _Averaged(parameters)
        self._quiet = 0  # frames without load
        self._calm_load = self._calm_turn = round(parameters.pause_frames)
        self._begin()

    def feel(self, movement: Movement, *, told: bool, frames: int = 1) -> None:
        """Take in the load and the rotation of the next frame; `told`: a cadence is told.

        Of more `frames` that are alike, at once.
        """
        self._is_told = told
        self._was_told = self._was_told or told
        self._rhythmic = self._rhythmic or (told and self.walked > 0)
        self._felt.feel(movement.load, movement.turn)
        # Who walks needs no proof, and before a walk ends there is no load for half a pause: more
        # frames than this averages, so that what it has missed is forgotten by then.
        if not self.walked or self._calm_load:
            self._common.feel(movement.common_load, movement.common_turn)
        self._quiet = 0 if self._felt.load > self._p.still_g else self._quiet + frames

    @property
    def rests(self) -> bool:
        """Nobody walks, and for a pause's length nothing has moved as the faintest walker does."""
        return not self.walked and not self._is_told and self._quiet >= self._p.pause_frames

    @property
    def steps(self) -> bool:
        """Whether this walk has had a cadence, or none has ever been told."""
        return self._rhythmic or not self._was_told

    @property
    def loads(self) -> bool:
        """Whether there has been load within a pause's length: who only turns may have fallen.

        Part of a fall's turn passes for the gyroscope's offset, and seems to go on for seconds.
        """
        return self._calm_load < self._p.pause_frames

    def may_prove_within(self, frames: int) -> bool:
        """Whether somebody walks, or may be known to walk after so many more frames."""
        return bool(self.walked) or self._proved + frames >= self._p.walked_frames

    def watch(self, *, share: tuple[float, float], dead: bool) -> None:
        """Is that a walk? Called after `feel`, unless somebody rests.

        `share`: shaking and tilting as parts of their baselines, small in a pause;
        `dead`: the gyroscope has no say.
        """
        p, load, turn = self._p, self._felt.load, self._felt.turn
        shaking, tilting = share
        moves = load > p.still_g and shaking > p.pause_share
        self._calm_load = 0 if moves else self._calm_load + 1
        turns = turn > p.faint_dps and tilting > p.pause_share
        self._calm_turn = self._calm_load if dead else 0 if turns else self._calm_turn + 1
        pauses = (
            max(self._calm_load, self._calm_turn) >= p.pause_frames
            and min(self._calm_load, self._calm_turn) >= p.pause_frames / 2
        )
        if not self.walked:
            self._prove(dead=dead, pauses=pauses)
        elif pauses:
            self.walked = 0
            self._begin()
        else:
            self.walked += 1

    def interrupt(self) -> None:
        """Samples are missing: whoever walked may do so still, but little is known of it."""
        self.walked = min(self.walked, round(self._p.walked_frames))
        self._felt.begin()
        self._common.begin()
        self._quiet = 0

    def _begin(self) -> None:
        """Nothing is known of what comes."""
        p = self._p
        n = round(p.within_frames)
        self._rhythmic = False
        self._loads: deque[float] = deque([0.0] * 2 * n, maxlen=2 * n)
        self._turns: deque[float] = deque([0.0] * 2 * n, maxlen=2 * n)
        self._since_load = self._since_turn = n
        self._since_faint_load = self._since_faint_turn = n
        self._strong = self._faint = self._told = 0
        self._proved = 0  # the longest of them

    def _prove(self, *, dead: bool, pauses: bool) -> None:
        """Look for each of the three proofs."""
        p, felt, common = self._p, self._felt, self._common
        self._loads.append(common.load)
        self._turns.append(common.turn)
        self._since_load = 0 if felt.load > p.strong_g else self._since_load + 1
        self._since_turn = 0 if dead or felt.turn > p.strong_dps else self._since_turn + 1
        strong = max(self._since_load, self._since_turn) < p.within_frames
        self._strong = self._strong + 1 if strong else 0
        self._since_faint_load = 0 if common.load > p.faint_g else self._since_faint_load + 1
        self._since_faint_turn = (
            0 if dead or common.turn > p.faint_dps else self._since_faint_turn + 1
        )
        faint = max(self._since_faint_load, self._since_faint_turn) < p.within_frames
        self._faint = self._faint + 1 if faint and self._is_even(dead) else 0
        self._told = self._told + 1 if self._is_told and not pauses else 0
        even = self._faint + round(p.walked_frames - p.faint_frames)
        self._proved = max(self._strong, even, self._told)
        if self._proved >= p.walked_frames:
            self.walked = self._proved

    def _is_even(self, dead: bool) -> bool:
        """Whether neither of the last two stretches moves much less than the other."""
        n, share = round(self._p.within_frames), self._p.even_share
        for values in (self._loads,) if dead else (self._loads, self._turns):
            both = list(values)
            before, now = max(both[:n]), max(both[n:])
            if min(before, now) < share * max(before, now):
                return False
        return True
