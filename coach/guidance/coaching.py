"""What makes it a coach: the session's clock, its stage, and an eye on fatigue."""

from __future__ import annotations

from coach.events import Cadence, Event, Session, Steadiness, Stumble
from coach.guidance.fatigue import FatigueWatch
from coach.guidance.milestones import Milestones
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.guidance.stages import StageKeeper
from coach.settings import Band, CoachSettings


class SessionCoach:
    """Advises on each frame's events; speaks only while a session runs."""

    def __init__(self, settings: CoachSettings, parameters: GuidanceParameters = GUIDANCE) -> None:
        self._parameters = parameters
        self._milestones = Milestones(settings.session, parameters)
        self._fatigue = FatigueWatch(parameters)
        self._stages = StageKeeper(settings.stage, parameters)
        self._next_stages = settings.stage  # as the next session is to have them

    @property
    def band(self) -> Band:
        """The stage that is walked."""
        return self._stages.band

    @property
    def ceiling_spm(self) -> float:
        """What the stage that is walked allows at most (steps/min)."""
        return self._stages.ceiling_spm

    def advise(
        self, events: list[Event], in_session: bool, *, limit_spm: float, slowing: bool
    ) -> list[Event]:
        """The frame's events so far; returns milestones, fatigue and advice on the stage.

        `limit_spm`: the one in force; `slowing`: the walker is being told to slow down.
        """
        found: list[Event] = []
        for event in events:
            if isinstance(event, Session) and event.state == "started":
                # What was counted before, and what else this frame holds, is of no session.
                self._milestones.restart()
                self._fatigue.restart()
                self._stages = StageKeeper(self._next_stages, self._parameters)
                return [self._stages.begin(event.t)]
        for event in events:
            if isinstance(event, Steadiness):
                self._fatigue.hear(event)
                self._stages.hear(event)
            elif isinstance(event, Stumble) and in_session:
                found += self._stages.stumbled(event.t)
            elif isinstance(event, Cadence) and in_session:
                found += self._second(event, limit_spm, slowing)
        return found

    def adopt(self, settings: CoachSettings) -> None:
        """Other targets are in force at once; the stages are for the next session."""
        self._milestones.settings = settings.session
        self._next_stages = settings.stage

    def _second(self, cadence: Cadence, limit_spm: float, slowing: bool) -> list[Event]:
        found: list[Event] = [
            *self._milestones.count(cadence),
            *self._stages.advise(cadence, limit_spm=limit_spm, slowing=slowing),
        ]
        tired = self._fatigue.compare(cadence)
        return [*found, tired] if tired is not None else found
