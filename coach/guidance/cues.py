"""What the walker is told, and when it stops.

Each cue goes on and off. Some last until they have worked: `slow_down` until the walker reacts,
`fall` until the walker is upright and walking again, somebody clears it, or it was the device and
not the body. The others are said once. How they sound is the device's matter; the more urgent is
heard first.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from coach.events import (
    Cadence,
    Cue,
    Event,
    Fall,
    Fatigue,
    Handling,
    Limit,
    Milestone,
    Stage,
    Stumble,
)
from coach.guidance.milestones import HALF_WAY, LIMIT, TARGET
from coach.guidance.pace import SLOW_DOWN, SLOW_DOWN_FIRM, Pace
from coach.guidance.parameters import GUIDANCE, CueParameters, GuidanceParameters
from coach.guidance.settle import Settling
from coach.settings import CoachSettings

STUMBLE, FALL = "stumble", "fall"
EASE_OFF, NEXT_STAGE, STAGE_BACK = "ease_off", "next_stage", "stage_back"


class Situation(NamedTuple):
    """What the cues need to know beside the events of the moment."""

    t: float
    in_session: bool
    upright: bool
    ceiling_spm: float = math.inf
    """What the stage allows at most."""


class CueDecider:
    """Turns the events of each frame into cues going on and off."""

    def __init__(self, settings: CoachSettings, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._settings = settings
        self._parameters = parameters
        self._pace = Pace(settings.cadence, parameters)
        self._settling = Settling(settings.stumble, parameters)
        self._recent: deque[tuple[Cadence, Situation]] = deque(maxlen=parameters.pace.remembered_s)
        self._on: dict[str, float] = {}  # each with the instant at which it ends
        self._walking_since: float | None = None  # upright, with a rhythm, since the fall
        self._ceiling_spm = math.inf

    @property
    def active(self) -> frozenset[str]:
        """The cues that are on."""
        return frozenset(self._on)

    @property
    def wait(self) -> bool:
        """Time alone may change something: a cue may end, or a lower limit."""
        return bool(self._on) or self._settling.lowers

    @property
    def limit_spm(self) -> float:
        """The limit in force: lower than the one that is set, for a while after a stumble."""
        return self._settling.limit(self._set_spm)

    @property
    def _set_spm(self) -> float:
        """The limit as the physiotherapist wants it: one for all, or the stage's."""
        return min(self._pace.settings.max_spm, self._ceiling_spm)

    def decide(self, events: list[Event], now: Situation) -> list[Event]:
        """The frame's events so far, and the situation at its end; returns what changes."""
        said = self._end_due(now.t)
        said += self._in_stage(now)
        said += self._settling.hear(events, now.t, self._set_spm)
        for event in events:
            if isinstance(event, Cadence):
                self._recent.append((event, now))
                said += self._slow_down(event, now)
                said += self._rise(event, now)
            elif isinstance(event, Fall):
                self._walking_since = None
                said += self._begin(FALL, now.t, float("inf"))
            elif isinstance(event, Handling):
                said += self._end(FALL, now.t)  # nobody wears it, or a walk goes on
            else:
                cue = _said_once(event)
                if cue is not None and _is_wanted(cue, self._settings):
                    said += self._begin(cue, now.t, _said_s(cue, self._parameters.cue))
        return said

    def adopt(self, settings: CoachSettings, t: float) -> list[Event]:
        """Another limit: the last seconds are judged anew, as if it had been in force before.

        So who has been above the new limit for the hold time is told at once, gently, and who is
        below it is not kept waiting for silence. While a cue sounds all that is remembered counts:
        silence would say that the walker has slowed down. Who has just reacted keeps the patience,
        unless the limit is lower now.
        """
        self._settings = settings
        self._settling.settings = settings.stumble
        before, was, limit_spm = self._pace, self._pace.settings, self.limit_spm
        if settings.cadence == was:
            return []
        newest = self._recent[-1][0].t if self._recent else 0.0
        self._pace = Pace(settings.cadence, self._parameters, silent_until=newest)
        seconds = [(cadence, then.in_session) for cadence, then in self._recent]
        lower = self.limit_spm < limit_spm
        self._pace.take_over(before, seconds, self.limit_spm, lower=lower)
        anew = settings.cadence.max_spm != was.max_spm
        bounded = anew and self._ceiling_spm < settings.cadence.max_spm
        stays: list[Event] = [Limit(t, self._ceiling_spm, "stage")] if bounded else []
        return stays + self._sound_pace(t)

    def clear(self, t: float) -> list[Event]:
        """Somebody has seen the alarm: a fall's or stumble's cue ends."""
        return self._end(FALL, t) + self._end(STUMBLE, t)

    def _in_stage(self, now: Situation) -> list[Event]:
        """Another stage may have another limit; without a session there is no stage."""
        before, self._ceiling_spm = self._set_spm, now.ceiling_spm
        other = now.in_session and self._set_spm != before
        return [Limit(now.t, self._set_spm, "stage")] if other else []

    def _slow_down(self, cadence: Cadence, now: Situation) -> list[Event]:
        reactions = self._pace.judge(cadence, self.limit_spm, now.in_session)
        return reactions + self._sound_pace(now.t)

    def _sound_pace(self, t: float) -> list[Event]:
        """Let sound what the pace wants: the gentle cue, the firm one, or neither."""
        said: list[Event] = []
        for cue in (SLOW_DOWN, SLOW_DOWN_FIRM):
            if cue != self._pace.cue:
                said += self._end(cue, t)
        if self._pace.cue is not None:
            said += self._begin(self._pace.cue, t, float("inf"))
        return said

    def _rise(self, cadence: Cadence, now: Situation) -> list[Event]:
        """After a fall: back on the feet and walking ends the alarm."""
        if FALL not in self._on or cadence.spm is None or not now.upright:
            self._walking_since = None
            return []
        if self._walking_since is None:
            self._walking_since = now.t
        walked = now.t - self._walking_since >= self._parameters.cue.walking_again_s
        return self._end(FALL, now.t) if walked else []

    def _begin(self, cue: str, t: float, seconds: float) -> list[Event]:
        known = cue in self._on
        self._on[cue] = t + seconds
        return [] if known else [Cue(t, cue, "on")]

    def _end(self, cue: str, t: float) -> list[Event]:
        return [] if self._on.pop(cue, None) is None else [Cue(t, cue, "off")]

    def _end_due(self, t: float) -> list[Event]:
        due = [cue for cue, until in self._on.items() if t >= until]
        return [event for cue in due for event in self._end(cue, t)]


def _said_s(cue: str, p: CueParameters) -> float:
    """How long a cue that is said once is on."""
    return {STUMBLE: p.stumble_s, EASE_OFF: p.advice_s, LIMIT: p.advice_s}.get(cue, p.said_s)


def _said_once(event: Event) -> str | None:
    """The cue that tells the walker of an event, if there is one."""
    match event:
        case Stumble():
            return STUMBLE
        case Fatigue():
            return EASE_OFF
        case Milestone(name=name):
            return name
        case Stage(advice="ready for the next"):
            return NEXT_STAGE
        case Stage(advice="stepped back"):
            return STAGE_BACK
    return None


def _is_wanted(cue: str, settings: CoachSettings) -> bool:
    """Whether the walker wants to hear it; what it tells of is an event all the same."""
    if cue in (HALF_WAY, TARGET):
        return settings.session.milestones
    if cue in (NEXT_STAGE, STAGE_BACK):
        return settings.stage.advice
    return cue != EASE_OFF or settings.session.fatigue
