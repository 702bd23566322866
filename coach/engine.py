"""The coach as one object: fed with blocks of samples, it returns events.

Resampler -> gait -> balance -> guidance, frame by frame in this order. The same
samples give the same events, however they were cut into blocks: live, in a test, in a replay.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from coach.balance import BalanceParameters, StumbleDetector
from coach.events import Cadence, Event, Gap
from coach.frozen import frozen
from coach.gait import PIECE_N, GaitParameters, GaitTracker
from coach.guidance import Guidance, GuidanceParameters
from coach.parameters import Parameters
from coach.samples import FRAME_N, FRAME_S, Block, Frame, Resampler
from coach.settings import CoachSettings


@frozen
class EngineParameters(Parameters):
    """Every constant of every algorithm, room by room."""

    gait: GaitParameters = field(default_factory=GaitParameters)
    balance: BalanceParameters = field(default_factory=BalanceParameters)
    guidance: GuidanceParameters = field(default_factory=GuidanceParameters)


ENGINE: Final = EngineParameters()
"""Those that are in force, unless a benchmark varies them."""


class Engine:
    """Feed blocks, get events. Their times count in seconds from the first sample.

    `settings` are a person's; `parameters` are the algorithms' own, varied by benchmarks alone.
    """

    def __init__(self, settings: CoachSettings, *, parameters: EngineParameters = ENGINE) -> None:
        self._resampler = Resampler()
        self._gait = GaitTracker(parameters=parameters.gait)
        self._stumble = StumbleDetector(settings.stumble, parameters=parameters.balance)
        self._guidance = Guidance(settings, parameters.guidance)
        self._t = 0.0
        self._walking = False

    @property
    def due_t(self) -> float:
        """When the next decision falls due: a reader that comes just after it adds no delay.

        That is at the end of the next frame, or, while the walk is calm, of the one after it: a
        stumble needs more than a frame to become one, and nothing else is so urgent. While nobody
        walks it is the next half second, at which a cadence may be told: a stumble needs a walk
        before it, and a fall a second on the floor.
        """
        if self.idle and not self._stumble.may_tell_within(PIECE_N // FRAME_N):
            return self._resampler.next_t(PIECE_N)
        return self._resampler.next_t(FRAME_N) + (FRAME_S if self._stumble.calm else 0.0)

    @property
    def in_session(self) -> bool:
        """A session runs."""
        return self._guidance.in_session

    @property
    def cues(self) -> frozenset[str]:
        """The cues that are on."""
        return self._guidance.cues

    @property
    def idle(self) -> bool:
        """Nobody walks, no session runs, nothing is being said: nothing would be forgotten."""
        return not (self._walking or self.in_session or self.cues)

    @property
    def spent(self) -> bool:
        """Idle, the limit as it was set, and nobody may be falling: a new engine misses nothing."""
        return self.idle and not (self._guidance.waits or self._stumble.undecided)

    def feed(self, block: Block) -> list[Event]:
        """The events that these samples complete, in order of time."""
        events: list[Event] = []
        for part in self._resampler.resample(block):
            if isinstance(part, Frame):
                events += self._decide(part)
            else:
                self._gait.gap(part.missing_s)
                self._stumble.gap(part.missing_s)
                self._guidance.forget_steps()
                events.append(Gap(part.end, part.start, part.missing_s))
        return events

    def clear(self) -> list[Event]:
        """Somebody has seen the alarm and clears it."""
        return self._guidance.clear(self._t)

    def adopt(self, settings: CoachSettings) -> list[Event]:
        """Put other settings in force between two frames; returns what changes with them.

        The same samples and the same changes after the same samples give the same events. What
        has been learnt of the walker stays; stages are for the next session.
        """
        self._stumble.adopt(settings.stumble)
        return self._guidance.adopt(settings, self._t)

    def _decide(self, frame: Frame) -> list[Event]:
        self._t = frame.t
        events: list[Event] = [*self._gait.track(frame)]
        for event in events:
            if isinstance(event, Cadence):
                self._walking = event.spm is not None
        events += self._stumble.detect(frame, cadence_told=self._walking)
        return self._guidance.respond(events, frame.t, upright=self._stumble.upright)
