"""A beat to walk to, locked to the walker's own steps.

A beat that ignores the steps has to be chased; one that answers them is walked to without effort
(Miyake, IEEE Trans Robotics 2009, 25:638-644; Hove and others, PLoS ONE 2012, 7:e32600). So this
is a phase-locked loop. Its tempo is the walker's, moved a few per cent towards the target; after
each second the beats still to come are moved a part of the way onto the steps that were seen. A
walker who is slower than the target hears each beat a little early, one who is faster a little
late, until both agree.

A step is known up to a second and a half after it was made, so the loop looks ahead: a beat is
decided before its instant, from the samples until then.
"""

from __future__ import annotations

import math
from statistics import fmean
from typing import NamedTuple

from coach.events import Beat, Cadence, Event, Metronome, Step
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import Band, MetronomeSettings


class Lead(NamedTuple):
    """What the beat has to keep to at the end of a frame."""

    t: float
    silent: bool  # no session runs, or another cue is on
    limit_spm: float  # the one in force
    band: Band  # of the stage


class BeatKeeper:
    """Hears each frame's events; returns beats, and when they begin and fall silent."""

    def __init__(
        self, settings: MetronomeSettings, parameters: GuidanceParameters = GUIDANCE
    ) -> None:
        self._p = parameters.metronome
        self.settings = settings
        self._on = False
        self._last_beat = 0.0
        self.forget()

    def forget(self) -> None:
        """The walker stands, or nobody knows: the next beat waits for new steps."""
        self._walked_spm: float | None = None
        self._steps_heard = 0
        self._last_step = -math.inf
        self._next: float | None = None

    @property
    def waits(self) -> bool:
        """A beat sounds, or may fall due without anything being said."""
        return self._on or self._walked_spm is not None

    def beat(self, events: list[Event], lead: Lead) -> list[Event]:
        """The frame's events, and what holds at its end."""
        if self.settings.output == "off":
            self.forget()
            return self._switch(None, lead.t)
        steps: list[float] = []
        for event in events:
            if isinstance(event, Cadence):
                self._hear(event)
            elif isinstance(event, Step):
                steps.append(event.at)
        if self._walked_spm is None:
            return self._switch(None, lead.t)
        spm = self._tempo(self._walked_spm, lead)
        if steps:
            self._lock(steps, 60.0 / spm)
        return self._beats(spm, lead)

    def _hear(self, cadence: Cadence) -> None:
        if cadence.spm is None:
            self.forget()
        else:
            self._walked_spm = cadence.spm

    def _tempo(self, walked: float, lead: Lead) -> float:
        """Near the walker's own, on the way to the target, and never above the limit."""
        target = self.settings.spm or min(max(walked, lead.band.low_spm), lead.band.high_spm)
        near = min(max(target, walked * (1.0 - self._p.lead)), walked * (1.0 + self._p.lead))
        return min(near, lead.limit_spm)

    def _lock(self, steps: list[float], period: float) -> None:
        """Move the beats to come towards where the steps lie."""
        self._steps_heard += len(steps)
        self._last_step = steps[-1]
        if self._next is None:
            if self._steps_heard >= self._p.listens_steps:
                self._next = steps[-1] + period
            return
        off = [math.remainder(step - self._next, period) for step in steps]
        self._next += self._p.gain * fmean(off)

    def _beats(self, spm: float, lead: Lead) -> list[Event]:
        """The beats that fall due within `ahead_s`."""
        period = 60.0 / spm
        walks_on = lead.t - self._last_step <= self._p.told_after_s + 1.5 * period
        sounds = self._next is not None and walks_on and not lead.silent
        said = self._switch(spm if sounds else None, lead.t)
        while self._next is not None and self._next <= lead.t + self._p.ahead_s:
            at, self._next = self._next, self._next + period
            if sounds and at > max(lead.t, self._last_beat + self._p.closest * period):
                self._last_beat = at
                said.append(Beat(lead.t, at))
        return said

    def _switch(self, spm: float | None, t: float) -> list[Event]:
        on = spm is not None
        if on == self._on:
            return []
        self._on = on
        return [Metronome(t, "on" if on else "off", spm)]
