"""When a session is.

Nobody presses a button: walking with a rhythm for some seconds starts a session, and a minute
without any ends it. A walker who steps onto the side rails for a sip of water stays in it.
"""

from __future__ import annotations

from coach.events import Cadence, Event, Session
from coach.guidance.parameters import GUIDANCE, GuidanceParameters
from coach.settings import SessionSettings


class SessionTracker:
    """Follows each `Cadence` (one a second); says when a session starts and ends."""

    def __init__(
        self, settings: SessionSettings, parameters: GuidanceParameters = GUIDANCE
    ) -> None:
        self._resumes_s = parameters.session.resumes_s
        self.settings = settings
        self.running = False
        self._had_one = False
        self._walking_s = 0.0  # length of the unbroken walk so far
        self._last_walk_t = 0.0
        self._last_t = 0.0

    def follow(self, cadence: Cadence, *, cue: bool = False) -> list[Event]:
        """One second's cadence; its time may have jumped over a gap, in which nobody was seen.

        `cue`: one is on, the alarm of a fall say. It belongs to the session before, where there was
        one, and the next does not begin under it.
        """
        elapsed, self._last_t = cadence.t - self._last_t, cadence.t
        if cadence.spm is None:
            self._walking_s = 0.0
        else:
            self._walking_s = self._walking_s + elapsed if elapsed < 2.0 else 1.0
        if self._walking_s >= self._resumes_s:
            self._last_walk_t = cadence.t
        waits = self.running or (cue and self._had_one)
        if not waits and self._walking_s >= self.settings.start_after_s:
            self.running, self._last_walk_t = True, cadence.t
            return [Session(cadence.t, "started")]
        if self.running and cadence.t - self._last_walk_t >= self.settings.end_after_s:
            return self.end(cadence.t)
        return []

    def end(self, t: float) -> list[Event]:
        """The session that runs is over at `t`; nothing where none does."""
        if not self.running:
            return []
        self.running, self._had_one = False, True
        return [Session(t, "ended")]
