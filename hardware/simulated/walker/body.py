"""The simulated body: postures, steps, and what goes with them, put on the tape.

`Body.t` is the instant up to which all is decided; nothing that is added later touches what lies
before it. The methods that take time are generators: each `yield` gives that instant, so that the
tape can be rendered up to there while the next step is still open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from hardware.simulated.walker.disturbances import cough, knock, shift, slip
from hardware.simulated.walker.gait import Gains, Gait, Rhythm, Span, Stride, Wander
from hardware.simulated.walker.motion import Bump, Move, Sway, Tape
from hardware.simulated.walker.plan import ClipSlip, Cough, Direction, Knock
from hardware.simulated.walker.truth import TrueStep, Truth

SPEED_LIMITS = (0.3, 2.5)
"""A phase speed at a step's end, in steps per step time, that keeps the phase rising."""

IRREGULAR_CV = 0.15
"""Variation of the step times where there is no rhythm."""

UPRIGHT = (0.0, 0.0)
SEATED = (0.0, -25.0)
"""Roll and pitch (degrees); on a chair the pelvis tilts back."""

RISE_S, SIT_S, LIE_S = 2.0, 1.5, 3.0
"""How long a change of posture takes; getting up from the floor takes twice `RISE_S`."""

HEAVE = 0.12
"""Share of the weight that sitting down and getting up takes off and puts on."""

FIDGET_EVERY_S = (4.0, 15.0)
"""A standing or sitting person shifts the weight at intervals between these two."""

IDLE_S = 1.0
"""Stillness is decided in pieces of this length at most."""


class Body:
    """Somebody who can stand, sit, lie and step. All chance comes from `chance`.

    `tape` carries the movement and `truth` what it was; `left`: the left foot landed last;
    `largest`: the largest |acceleration| (g) in what has been rendered since the last decision,
    set by the one who renders; `spm`: a tempo told from outside (None: as planned).
    """

    def __init__(self, chance: np.random.SeedSequence) -> None:
        person, steps, mishaps, fidgets = (np.random.default_rng(s) for s in chance.spawn(4))
        sizes, odd = (np.random.default_rng(s) for s in chance.spawn(2))
        self.tape = Tape()
        self.truth = Truth()
        self.t = 0.0
        self.spm: float | None = None
        self.largest = 1.0
        self.posture = UPRIGHT
        self.left = False
        self.gaits: dict[Direction, Gait] = {
            "backward": Gait(person, "backward"),
            "forward": Gait(person, "forward"),
        }
        self._sway = Sway(person)
        self.tape.add(self._sway)
        self._worn = True
        self.turned = np.zeros(3)  # how far the device is turned from how it is worn
        self.rhythm = Rhythm(steps)
        self.wander = Wander(sizes)
        self.odd = odd
        self.steps, self.mishaps, self._fidgets = steps, mishaps, fidgets
        self._speed = 1.0  # of the phase, at the last contact, steps/s
        self._gain = 0.0  # of the movement, there

    def pose(self, posture: tuple[float, float], seconds: float) -> None:
        """Begin to change to `posture` (roll, pitch): a real rotation, with the push it takes."""
        change = (posture[0] - self.posture[0], posture[1] - self.posture[1], 0.0)
        if change == (0.0, 0.0, 0.0):
            return
        self.tape.add(
            Move(self.t, seconds, change),
            Bump(self.t, 0.5 * seconds, load=-HEAVE),
            Bump(self.t + 0.5 * seconds, 0.5 * seconds, load=HEAVE),
        )
        self.posture = posture

    def take_off(self, at: float) -> None:
        """From the instant `at` on the device lies somewhere."""
        self._worn = False
        self._sway.pause(at)

    def put_on(self) -> None:
        """The device is taken up again, if it lay."""
        if not self._worn:
            self._worn = True
            self._sway.go_on(self.t)

    def idle(self, end: float, *, fidget: bool = True) -> Iterator[float]:
        """Still, up to `end`, but for a shift of weight now and then."""
        fidget = fidget and self._worn
        due = self.t + self._fidgets.uniform(*FIDGET_EVERY_S) if fidget else math.inf
        while self.t < end:
            until = min(end, self.t + IDLE_S)
            if due < until:
                self.tape.add(*shift(self._fidgets, due))
                due += self._fidgets.uniform(*FIDGET_EVERY_S)
            self.t = until
            yield self.t

    def happen(self, event: Knock | Cough | ClipSlip, at: float) -> None:
        """Put a knock, a cough or a slip of the clip at the instant `at`."""
        if isinstance(event, Knock):
            self.tape.add(*knock(self.mishaps, event, at))
        elif isinstance(event, ClipSlip):
            self.tape.add(*slip(self.mishaps, event, at))
        else:
            self.tape.add(*cough(self.mishaps, event, at))

    def step(
        self, gait: Gait, stride: Stride, seconds: float, gain: float, *, walking: bool = True
    ) -> None:
        """The next contact comes after `seconds`, `gain` times as large as usual.

        The one way in which a foot gets to the ground.
        """
        self._swing(gait, stride, seconds, gain)
        self._speed = 1 / seconds
        self.t += seconds
        self.left = not self.left
        self.truth.steps.append(TrueStep(self.t, "left" if self.left else "right", walking))
        self.tape.add(gait.impact(stride, self.t, gain, left=self.left))

    def close(self, gait: Gait, stride: Stride) -> None:
        """Let the movement fade in what would have been the next step; takes no decided time."""
        self._swing(gait, stride, stride.step_s, 0.0)

    def _swing(self, gait: Gait, stride: Stride, seconds: float, gain: float) -> None:
        low, high = (limit / seconds for limit in SPEED_LIMITS)
        speeds = (min(max(self._speed, low), high), 1 / seconds)
        span = Span(self.t, seconds, speeds, odd=not self.left)
        self.tape.add(gait.swing(stride, span, Gains(self._gain, gain)))
        self._gain = gain

    def shuffle(self, stride: Stride, end: float) -> Iterator[float]:
        """Steps in no rhythm, up to `end`."""
        gait = self.gaits["forward"]
        while True:
            seconds = stride.step_s * (1 + IRREGULAR_CV * self.steps.standard_normal())
            seconds = max(seconds, 0.5 * stride.step_s)
            if self.t + seconds + stride.step_s > end:
                break
            self.step(gait, stride, seconds, self.steps.uniform(0.6, 1.2), walking=False)
            yield self.t
        self.close(gait, stride)
