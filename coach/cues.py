"""What the walker is told, and when it stops.

Each cue is a small machine that goes on and off. `slow_down` waits until the cadence has been
above the limit for a while, and goes silent only when it is clearly below: between the two lines
nothing changes, so it never chatters. `stumble` is a short burst. `fall` lasts until the walker
is upright and walking again, or somebody clears it.
"""

from __future__ import annotations

from typing import NamedTuple

from coach.events import Cadence, Cue, Event, Fall, Stumble
from coach.settings import CadenceSettings, StumbleSettings
from coach.settle import Settling

SLOW_DOWN, STUMBLE, FALL = "slow_down", "stumble", "fall"

STUMBLE_CUE_S = 3.0
"""Length of the urgent cue: long enough to be understood, over before the walker has settled."""

SURE_ENOUGH = 0.5
"""A cadence is acted upon when it is more likely right than wrong."""

WALKING_AGAIN_S = 3.0
"""After a fall, this much upright walking ends the alarm: a few steps, not a twitch."""


class Situation(NamedTuple):
    """What the cues need to know beside the events of the moment."""

    t: float
    in_session: bool
    upright: bool


class CueDecider:
    """Turns the events of each hop into cues going on and off."""

    def __init__(self, settings: CadenceSettings, stumble: StumbleSettings) -> None:
        self.settings = settings
        self.settling = Settling(stumble)
        self._on: set[str] = set()
        self._above_since: float | None = None
        self._stumble_until = 0.0
        self._walking_since: float | None = None  # upright, with a rhythm, since the fall

    @property
    def active(self) -> frozenset[str]:
        """The cues that are on."""
        return frozenset(self._on)

    def feed(self, events: list[Event], now: Situation) -> list[Event]:
        """The hop's events so far, and the situation at its end; returns what changes."""
        cues = self.settling.feed(events, now.t, self.settings.max_spm)
        for event in events:
            if isinstance(event, Cadence):
                cues += self._limit(event, now)
                cues += self._rise(event, now)
            elif isinstance(event, Stumble):
                self._stumble_until = now.t + STUMBLE_CUE_S
                cues += self._set(STUMBLE, True, now.t)
            elif isinstance(event, Fall):
                self._walking_since = None
                cues += self._set(FALL, True, now.t)
        if now.t >= self._stumble_until:
            cues += self._set(STUMBLE, False, now.t)
        return cues

    def clear(self, t: float) -> list[Event]:
        """Somebody has seen the alarm: a fall's or stumble's cue ends."""
        return self._set(FALL, False, t) + self._set(STUMBLE, False, t)

    def _limit(self, cadence: Cadence, now: Situation) -> list[Event]:
        limit = self.settling.limit(self.settings.max_spm)
        if cadence.spm is None or not now.in_session:
            self._above_since = None
            return self._set(SLOW_DOWN, False, now.t)
        if cadence.spm <= limit - self.settings.hysteresis_spm:
            self._above_since = None
            return self._set(SLOW_DOWN, False, now.t)
        if cadence.spm <= limit:
            self._above_since = None
            return []
        if cadence.confidence < SURE_ENOUGH:
            return []
        if self._above_since is None:
            self._above_since = now.t
        held = now.t - self._above_since >= self.settings.hold_s
        return self._set(SLOW_DOWN, True, now.t) if held else []

    def _rise(self, cadence: Cadence, now: Situation) -> list[Event]:
        """After a fall: back on the feet and walking ends the alarm."""
        if FALL not in self._on or cadence.spm is None or not now.upright:
            self._walking_since = None
            return []
        if self._walking_since is None:
            self._walking_since = now.t
        walked = now.t - self._walking_since >= WALKING_AGAIN_S
        return self._set(FALL, False, now.t) if walked else []

    def _set(self, cue: str, on: bool, t: float) -> list[Event]:
        if on == (cue in self._on):
            return []
        (self._on.add if on else self._on.discard)(cue)
        return [Cue(t, cue, "on" if on else "off")]
