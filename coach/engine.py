"""The coach as one object: fed with blocks of samples, it returns events.

Resampler -> gait -> balance -> guidance, frame by frame in this order. The same
samples give the same events, however they were cut into blocks: live, in a test, in a replay.

While nobody walks and nothing can fall due, the frames of a half second are held until it is over.
If hardly anything has moved in it, it is taken in as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Final

import numpy as np

from coach.balance import BalanceParameters, StumbleDetector
from coach.events import Cadence, Event, Gap
from coach.frozen import frozen
from coach.gait import PIECE_N, GaitEvent, GaitParameters, GaitTracker
from coach.guidance import Guidance, GuidanceParameters
from coach.parameters import Parameters
from coach.samples import FRAME_N, FRAME_S, Block, Frame, Resampler
from coach.samples import Gap as Missing
from coach.settings import CoachSettings

PIECE_FRAMES: Final = PIECE_N // FRAME_N
"""Frames of a half second."""


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
        self._held: list[Frame] = []  # of the half second that goes on, not decided yet

    @property
    def due_t(self) -> float:
        """When the next decision falls due: a reader that comes just after it adds no delay.

        That is at the end of the next frame, or, while the walk is calm, of a later one: it takes
        time until a stumble becomes one, and nothing else is so urgent. While nobody walks it is
        the end of the half second.
        """
        if self._may_wait:
            return self._resampler.next_t(PIECE_N)
        return self._resampler.next_t(FRAME_N) + self._stumble.calm_frames * FRAME_S

    @property
    def _may_wait(self) -> bool:
        """Nothing falls due in half a second, but a cadence at its end.

        A stumble needs a walk before it, and a fall a second on the floor.
        """
        return self.idle and not self._stumble.may_tell_within(PIECE_FRAMES)

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
        """Nobody walks, and it is `done`: a new engine misses nothing."""
        return self.done and not self._walking

    @property
    def done(self) -> bool:
        """No session runs, nothing is said, the limit is as it was set, and nobody may be falling.

        Whoever walks may have walked on after a session: what they walk is of the next one.
        """
        return not (self.in_session or self._guidance.waits or self._stumble.undecided)

    def feed(self, block: Block) -> list[Event]:
        """The events that these samples complete, in order of time."""
        events: list[Event] = []
        for part in self._resampler.resample(block):
            if isinstance(part, Frame):
                events += self._take(part)
            else:
                events += [*self._catch_up(), Gap(part.end, part.start, part.missing_s)]
                events += self._miss(part)
        return events

    def clear(self) -> list[Event]:
        """Somebody has seen the alarm and clears it.

        Where none is on this changes nothing, for nobody keeps it and no replay does it again.
        While one is on no frame is held.
        """
        return self._guidance.clear(self._t)

    def hand_over(self) -> list[Event]:
        """Somebody else takes the device: a session that pauses is over.

        While somebody walks or an alarm is on this changes nothing. In a session no frame is held.
        """
        if self._walking or self.cues:
            return []
        return self._guidance.end(self._t, upright=self._stumble.upright)

    def adopt(self, settings: CoachSettings) -> list[Event]:
        """Put other settings in force between two frames; returns what changes with them.

        The same samples and the same changes after the same samples give the same events. What
        has been learnt of the walker stays; stages are for the next session.
        """
        events = self._catch_up()
        self._stumble.adopt(settings.stumble)
        return [*events, *self._guidance.adopt(settings, self._t)]

    def _miss(self, missing: Missing) -> list[Event]:
        said = self._gait.gap(missing.missing_s, missing.end)
        self._stumble.gap(missing.missing_s)
        self._guidance.forget_steps()
        self._hear(said)
        return self._respond(list(said), missing.end) if said else []

    def _take(self, frame: Frame) -> list[Event]:
        """The next frame, now or when its half second is over."""
        begins = (frame.end - FRAME_N) % PIECE_N == 0 and len(frame.x) == FRAME_N
        if not (self._held or (begins and self._may_wait)):
            return self._decide(frame, self._gait.track(frame))
        self._held.append(frame)
        return [] if frame.end % PIECE_N else self._decide_held()

    def _catch_up(self) -> list[Event]:
        """What was held is decided frame by frame, for the half second will not be whole."""
        frames, self._held = self._held, []
        return [event for one in frames for event in self._decide(one, self._gait.track(one))]

    def _decide_held(self) -> list[Event]:
        frames, self._held = self._held, []
        piece = Frame(frames[-1].end, np.concatenate([frame.x for frame in frames]))
        said = self._gait.track(piece)
        walks = any(isinstance(event, Cadence) and event.spm is not None for event in said)
        handled = None if walks else self._stumble.rest(piece)
        if handled is not None:
            return self._respond([*said, *handled], piece.t)
        events = [event for frame in frames[:-1] for event in self._decide(frame, [])]
        return events + self._decide(frames[-1], said)

    def _decide(self, frame: Frame, said: Sequence[GaitEvent]) -> list[Event]:
        self._hear(said)
        events = self._stumble.detect(frame, cadence_told=self._walking)
        return self._respond([*said, *events], frame.t)

    def _hear(self, said: Sequence[GaitEvent]) -> None:
        for event in said:
            if isinstance(event, Cadence):
                self._walking = event.spm is not None

    def _respond(self, events: list[Event], t: float) -> list[Event]:
        self._t = t
        return self._guidance.respond(events, t, upright=self._stumble.upright)
