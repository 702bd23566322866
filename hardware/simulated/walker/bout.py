"""A simulated bout of walking: the next step's time and size, and what goes wrong with it.

Tempo, amplitude, evenness and fatigue are as `plan.Walk` defines them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hardware.simulated.walker.body import RISE_S, UPRIGHT, Body
from hardware.simulated.walker.falling import fall
from hardware.simulated.walker.gait import Stride
from hardware.simulated.walker.plan import BeltChange, ClipSlip, Cough, Fall, Knock, Stumble, Walk
from hardware.simulated.walker.stumbling import Recovery, strike, stumble
from hardware.simulated.walker.truth import TrueFall, TrueStumble

FIRST_GAINS = (0.55, 0.8)
"""Nobody starts at full size: the first two steps against the usual."""

USUAL_STEPS = 20
"""The walker's usual is the mean over this many steps (see `plan.Stumble`)."""

STEP_TIME_LIMITS = (0.6, 1.6)
"""No undisturbed step is further from the usual: beyond, the tails of the rhythm are cut."""

AMPLITUDE_CV_LEAST, AMPLITUDE_CV_SLOPE = 0.05, 3.0
"""Variation of the amplitude from step to step: the first plus the second x `variability`."""

ODD_DEVIATION = (2.5, 5.0)
"""An odd step is off by so many times the variability, beside its own."""

FATIGUE_VARIABILITY, FATIGUE_ASYMMETRY = 5.0, 0.5
"""What `Walk.drift` does to variability (relative) and asymmetry (absolute) beside the tempo."""

AFTER_LANDING_S = 0.25
"""The hardest moment of a stumble comes at most this long after the last landing of it."""

DISTURBED_S = 2.0
"""A knock or a cough, and the step that it falls into, are over after this time."""

FALL_AFTER_S = 0.05
"""A fall begins so long after a contact at the earliest."""

ARRESTED_GAIN = 0.6
"""A step that is cut short moves the body less than a whole one."""


class _Open(NamedTuple):
    """A stumble whose hard landings have no size yet: what moves the body after is not decided."""

    event: Stumble
    recovery: Recovery
    landed: float  # the last contact of the recovery


class Walking:
    """Plays one `Walk` on a body, from where the body's time stands to `end`."""

    def __init__(self, body: Body, walk: Walk, end: float) -> None:
        self._body, self._walk = body, walk
        self._start, self._end = body.t, end
        self._gait = body.gaits[walk.direction]
        self._forward = 1.0 if walk.direction == "forward" else -1.0
        self._events = deque(sorted(walk.events, key=lambda event: event.at))
        self._usual: deque[float] = deque(maxlen=USUAL_STEPS)
        self._belt = BeltChange(0.0, walk.spm)
        self._belt_from = walk.spm
        self._calm_from = 0.0  # steps that end before this are no measure of the usual
        self._open: _Open | None = None

    def play(self) -> Iterator[float]:
        """Walk; after a fall lie, get up if the event says so, and walk on."""
        body = self._body
        body.spm = None
        while body.t < self._end:
            if body.posture != UPRIGHT:
                body.pose(UPRIGHT, RISE_S)
                yield from body.idle(min(body.t + RISE_S, self._end), fidget=False)
            fallen = yield from self._bout()
            if fallen is None:
                return
            yield from self._lie(fallen)

    # The tempo and the size of the next step.

    def _tempo(self) -> float:
        """Steps/min for the step that begins now, before variation."""
        if self._body.spm is not None:
            return self._body.spm
        belt, now = self._belt, self._body.t - self._start
        share = np.clip((now - belt.at) / belt.over_s, 0.0, 1.0) if belt.over_s > 0 else 1.0
        return self._belt_from + float(share) * (belt.spm - self._belt_from)

    def _fatigue(self) -> float:
        return self._walk.drift * (self._body.t - self._start) / self._walk.seconds

    def _stride(self) -> Stride:
        spm = self._tempo() * (1 + self._fatigue())
        amplitude_g = (
            self._walk.amplitude_g * (1 - self._fatigue()) * self._tempo() / self._walk.spm
        )
        return Stride(amplitude_g, 60 / spm)

    def _variation(self, stride: Stride) -> tuple[float, float]:
        """Time (s) and gain of the next step."""
        walk, body = self._walk, self._body
        cv = walk.variability * (1 + FATIGUE_VARIABILITY * self._fatigue())
        asymmetry = walk.asymmetry + FATIGUE_ASYMMETRY * self._fatigue()
        side = 1 + (asymmetry / 2 if not body.left else -asymmetry / 2)
        deviation = body.rhythm.next() + self._oddness()
        varied = float(np.clip(1 + cv * deviation, *STEP_TIME_LIMITS))
        amplitude_cv = AMPLITUDE_CV_LEAST + AMPLITUDE_CV_SLOPE * walk.variability
        gain = float(np.exp(amplitude_cv * body.steps.standard_normal() - amplitude_cv**2 / 2))
        if walk.wander:
            gain *= float(np.exp(walk.wander * body.wander.next() - walk.wander**2 / 2))
        return stride.step_s * side * varied, side * gain

    def _oddness(self) -> float:
        """By how many times the variability the next step is too long or too short; mostly 0."""
        odd = self._body.odd
        if not self._walk.odd_steps or odd.random() >= self._walk.odd_steps:
            return 0.0
        return float(odd.choice((-1.0, 1.0)) * odd.uniform(*ODD_DEVIATION))

    # One bout. An event that is due within the next step changes that step.

    def _bout(self) -> Generator[float, None, Fall | None]:
        """Walk up to the end or a fall, which it returns."""
        body, steps = self._body, 0
        while True:
            stride = self._stride()
            seconds, gain = self._variation(stride)
            if body.t + seconds + stride.step_s > self._end:
                break
            event = self._due(body.t + seconds)
            if isinstance(event, BeltChange):
                self._take_belt(event)
                continue
            if isinstance(event, Fall):
                body.close(self._gait, stride)
                yield from self._size_stumble()
                self._fall(event)
                yield body.t
                return event
            if isinstance(event, Stumble) and steps > 0:
                yield from self._stumble(event, stride)
                continue
            if event is not None:  # a stumble takes a walker who walks: let it be the next step
                self._events.appendleft(event)
            body.step(self._gait, stride, seconds, gain * self._beginning(steps))
            yield from self._size_stumble()
            self._count(steps)
            steps += 1
            yield body.t
            if steps > len(FIRST_GAINS) + 1 and body.t > self._calm_from:
                self._usual.append(body.largest)
        body.close(self._gait, self._stride())
        yield from self._size_stumble()
        return None

    def _due(self, until: float) -> BeltChange | Stumble | Fall | None:
        """The next event before `until` that concerns the step; others are done with here."""
        while self._events and self._start + self._events[0].at < until:
            event = self._events.popleft()
            if not isinstance(event, Knock | Cough | ClipSlip):
                return event
            at = max(self._start + event.at, self._body.t)
            self._body.happen(event, at)
            self._calm_from = at + DISTURBED_S
        return None

    def _take_belt(self, belt: BeltChange) -> None:
        self._belt_from = self._tempo()
        self._belt = belt
        self._body.spm = None

    @staticmethod
    def _beginning(steps: int) -> float:
        return FIRST_GAINS[steps] if steps < len(FIRST_GAINS) else 1.0

    def _count(self, steps: int) -> None:
        """The step just made begins the bout in the truth, or makes it longer."""
        walking = self._body.truth.walking
        first = self._body.t if steps == 0 else walking.pop()[0]
        walking.append((first, self._body.t))

    def _usual_g(self) -> float:
        return float(np.mean(self._usual)) if self._usual else 1 + self._walk.amplitude_g

    # What goes wrong. A stumble and the steps of its recovery are decided in one go; how hard it
    # hits, when the step after it is: the two overlap.

    def _stumble(self, event: Stumble, stride: Stride) -> Iterator[float]:
        body = self._body
        at = replace(event, at=self._start + event.at)
        recovery = stumble(body.mishaps, at, body.t, stride.step_s, self._forward)
        body.step(self._gait, stride, recovery.landing - body.t, ARRESTED_GAIN)
        yield from self._size_stumble()  # the one before this
        self._count(1)
        body.tape.add(*recovery.shaken)
        for share, gain in recovery.steps:
            body.step(self._gait, stride, share * stride.step_s, gain)
            self._count(1)
        self._open = _Open(event, recovery, body.t)

    def _size_stumble(self) -> Iterator[float]:
        """Let the stumble that is open have its size."""
        if self._open is None:
            return
        body, (event, recovery, landed) = self._body, self._open
        self._open = None
        window = (recovery.onset, landed + AFTER_LANDING_S)
        peak = strike(body.tape, recovery.struck, window, self._usual_g() + event.size_g)
        body.truth.stumbles.append(TrueStumble(recovery.onset, peak, event.kind, event.size_g))
        yield landed

    def _fall(self, event: Fall) -> None:
        body = self._body
        onset = max(self._start + event.at, body.t + FALL_AFTER_S)
        how = fall(body.mishaps, body.tape, event, onset, body.posture)
        body.truth.falls.append(TrueFall(how.onset, how.impact))
        body.posture, body.t = how.posture, how.rest

    def _lie(self, event: Fall) -> Iterator[float]:
        """Lie as the fall has left the body, and get up if that is what the event says."""
        body, end = self._body, self._end
        time_to_walk = event.up_after is not None and body.t + event.up_after + 3 * RISE_S < end
        if event.up_after is None or not time_to_walk:
            yield from body.idle(end, fidget=False)
            return
        yield from body.idle(body.t + event.up_after, fidget=False)
        body.pose(UPRIGHT, 2 * RISE_S)
        yield from body.idle(body.t + 2 * RISE_S, fidget=False)
        last = body.truth.falls[-1]
        body.truth.falls[-1] = TrueFall(last.onset, last.impact, body.t)
        yield from body.idle(body.t + RISE_S)
