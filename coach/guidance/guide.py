"""The whole guidance as one object: what gait and balance say goes in, what it adds comes out.

Session -> coaching -> cues -> beat, in this order.
"""

from __future__ import annotations

import math

from coach.events import Cadence, Event
from coach.guidance.coaching import SessionCoach
from coach.guidance.cues import CueDecider, Situation
from coach.guidance.metronome import BeatKeeper, Lead
from coach.guidance.pace import SLOW_DOWN, SLOW_DOWN_FIRM
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.guidance.session import SessionTracker
from coach.settings import CoachSettings


class Guidance:
    """Responds to the events of gait and balance."""

    def __init__(self, settings: CoachSettings, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._session = SessionTracker(settings.session, parameters)
        self._coaching = SessionCoach(settings, parameters)
        self._cues = CueDecider(settings, parameters)
        self._beat = BeatKeeper(settings.metronome, parameters)

    @property
    def in_session(self) -> bool:
        """A session runs."""
        return self._session.running

    @property
    def cues(self) -> frozenset[str]:
        """The cues that are on."""
        return self._cues.active

    @property
    def waits(self) -> bool:
        """A cue is on, or a lower limit in force for a while."""
        return self._cues.wait

    def respond(self, events: list[Event], t: float, *, upright: bool) -> list[Event]:
        """The events of the moment `t`, and what the guidance adds to them, in order.

        `upright`: the walker stands as somebody who walks does.
        """
        if not (events or self._cues.wait or self._beat.waits):
            return events  # nearly always: nothing was said, and nothing falls due
        said = list(events)
        for event in events:
            if isinstance(event, Cadence):
                said += self._session.follow(event, cue=bool(self._cues.active))
        running = self._session.running
        slowing = not self._cues.active.isdisjoint((SLOW_DOWN, SLOW_DOWN_FIRM))
        said += self._coaching.advise(
            said, running, limit_spm=self._cues.limit_spm, slowing=slowing
        )
        ceiling = self._coaching.ceiling_spm if running else math.inf
        said += self._cues.decide(said, Situation(t, running, upright, ceiling))
        silent = not running or bool(self._cues.active)
        return said + self._beat.beat(
            said, Lead(t, silent, self._cues.limit_spm, self._coaching.band)
        )

    def forget_steps(self) -> None:
        """Samples are missing: nobody knows where the next beat belongs."""
        self._beat.forget()

    def clear(self, t: float) -> list[Event]:
        """Somebody has seen the alarm and clears it."""
        return self._cues.clear(t)

    def end(self, t: float, *, upright: bool) -> list[Event]:
        """The session is over at `t`, before its minute without steps."""
        ended = self._session.end(t)
        return self.respond(ended, t, upright=upright) if ended else []

    def adopt(self, settings: CoachSettings, t: float) -> list[Event]:
        """Other settings from now on; returns what changes with them."""
        self._session.settings = settings.session
        self._coaching.adopt(settings)
        self._beat.settings = settings.metronome
        return self._cues.adopt(settings, t)
