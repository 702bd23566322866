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
from coach.guidance.pace import SURE_ENOUGH
from coach.settings import Band, MetronomeSettings

LEAD = 0.04
"""The beat is at most this share quicker or slower than the walker: more cannot be followed at
the next step. Auditory cues in gait training are raised by 5 to 10 % at a time (Thaut and others,
Mov Disord 1996, 11:193-200)."""

GAIN = 0.5
"""Share of the distance to the steps that is made up in a second: with `LEAD`, a beat is early or
late by at most a tenth of a second, and a step's own unevenness is halved."""

LISTENS_STEPS = 6
"""The beat begins when so many steps have shown where it belongs."""

AHEAD_S = 0.15
"""A beat is decided this long before it sounds: three hops, more than any delay on the way."""

TOLD_AFTER_S = 1.4
"""The newest step of somebody who walks on is known this long after it, or earlier."""

CLOSEST = 0.6
"""Beats never come closer than this share of their period: one that would is left out."""


class Lead(NamedTuple):
    """What the beat has to keep to at the end of a hop."""

    t: float
    silent: bool  # no session runs, or another cue is on
    limit_spm: float  # the one in force
    band: Band  # of the stage


class BeatKeeper:
    """Fed with each hop's events; returns beats, and when they begin and fall silent."""

    def __init__(self, settings: MetronomeSettings) -> None:
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

    def feed(self, events: list[Event], lead: Lead) -> list[Event]:
        """The hop's events, and what holds at its end."""
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
        if cadence.spm is None or cadence.confidence < SURE_ENOUGH:
            self.forget()
        else:
            self._walked_spm = cadence.spm

    def _tempo(self, walked: float, lead: Lead) -> float:
        """Near the walker's own, on the way to the target, and never above the limit."""
        target = self.settings.spm or min(max(walked, lead.band.low_spm), lead.band.high_spm)
        near = min(max(target, walked * (1.0 - LEAD)), walked * (1.0 + LEAD))
        return min(near, lead.limit_spm)

    def _lock(self, steps: list[float], period: float) -> None:
        """Move the beats to come towards where the steps lie."""
        self._steps_heard += len(steps)
        self._last_step = steps[-1]
        if self._next is None:
            if self._steps_heard >= LISTENS_STEPS:
                self._next = steps[-1] + period
            return
        off = [math.remainder(step - self._next, period) for step in steps]
        self._next += GAIN * fmean(off)

    def _beats(self, spm: float, lead: Lead) -> list[Event]:
        """The beats that fall due within `AHEAD_S`."""
        period = 60.0 / spm
        walks_on = lead.t - self._last_step <= TOLD_AFTER_S + 1.5 * period
        sounds = self._next is not None and walks_on and not lead.silent
        said = self._switch(spm if sounds else None, lead.t)
        while self._next is not None and self._next <= lead.t + AHEAD_S:
            at, self._next = self._next, self._next + period
            if sounds and at > max(lead.t, self._last_beat + CLOSEST * period):
                self._last_beat = at
                said.append(Beat(lead.t, at))
        return said

    def _switch(self, spm: float | None, t: float) -> list[Event]:
        on = spm is not None
        if on == self._on:
            return []
        self._on = on
        return [Metronome(t, "on" if on else "off", spm)]
