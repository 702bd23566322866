"""One output that says one thing at a time: who speaks, who waits, and when each edge falls due.

The rules, in the order in which they matter:

- The more urgent speaks, and silences the other within the call that asks for it. A stumble and a
  fall (`Priority.URGENT` and up) also begin within that call, on whatever the pin does.
- What is cut short, and what is asked for while something more urgent speaks, waits: a pattern
  without an end until it is stopped (a fault or a fall goes on being true), one with an end only
  as long as it stays news (`Pattern.keeps_s`). Then it speaks from its beginning: half a rhythm
  is another rhythm. Of equals, the one that came first speaks first.
- Between the last pulse of one and the first of the next there is a pause, so that two rhythms
  never run into one; so too when a pattern is asked for again while it plays. On an output that
  has been silent for that long, everything begins within the call.

Edges are told to the clock one at a time, at instants counted from the pattern's start, so that
a late one does not delay the rest. Rounds that are over before anybody could play them, on a
machine that has slept, are left out. A voice is not thread-safe: its owner holds `lock` whenever it
calls one, and the clock's actions take it themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from hardware.clock import Clock
from hardware.indicators.patterns import Pattern, Priority

RUNS_OUT_S = 5.0
"""What was over before a round of it could be shown is still shown this much later, not beyond."""

PAUSE_S = 0.25
"""Silence between two patterns: longer than the pauses within a group of short pulses, and short
enough for a beat at every step of 200 steps/min."""


@dataclass(slots=True)
class _Wish:
    """A pattern that somebody wants to be heard."""

    pattern: Pattern
    order: int
    until: float  # the last instant at which it is still worth beginning
    ending: bool = False  # without an end, and yet only to the end of its round
    shown: bool = False  # a whole round of it has been
    played: int = 0  # rounds of it, since it last began


class Voice:
    """Plays the patterns that are wanted on an output, `drive(pattern, on)`, pattern None: off."""

    def __init__(
        self, clock: Clock, lock: threading.RLock, drive: Callable[[Pattern | None, bool], None]
    ) -> None:
        self._clock, self._lock, self._drive = clock, lock, drive
        self._wishes: dict[str, _Wish] = {}
        self._order = 0
        self._now: _Wish | None = None  # who speaks
        self._turn = 0  # edges of former turns are void
        self._on = False
        self._quiet_since = float("-inf")
        self._held = False

    @property
    def playing(self) -> Pattern | None:
        """The pattern that speaks."""
        return self._now.pattern if self._now else None

    @property
    def on(self) -> bool:
        """Whether the output is on at this moment."""
        return self._on

    @property
    def played(self) -> int:
        """How many rounds of what speaks are over."""
        return self._now.played if self._now else 0

    def want(self, pattern: Pattern) -> None:
        """Ask for `pattern`; one without an end that is wanted already goes on as it is."""
        known = self._wishes.get(pattern.name)
        if known and known.pattern == pattern and pattern.repeat is None:
            known.ending = False
            known.until = self._clock.now() + pattern.keeps_s
        else:
            self._order += 1
            until = self._clock.now() + pattern.keeps_s
            self._wishes[pattern.name] = _Wish(pattern, self._order, until)
        self._choose()

    def stop(self, name: str) -> None:
        """No longer: the pattern ends at once, or never begins."""
        wish = self._wishes.pop(name, None)
        if wish is not None and wish is self._now:
            self._fall_silent()
            self._choose()

    def run_out(self, name: str) -> None:
        """No longer, but whole: a pattern without an end plays its round to the end, or one."""
        wish = self._wishes.get(name)
        if wish is not None and wish.pattern.repeat is None:
            wish.ending = True
            beyond_s = 0.0 if wish.shown else RUNS_OUT_S
            wish.until = min(wish.until, self._clock.now() + beyond_s)

    def clear(self) -> None:
        """Nothing is wanted any more."""
        self._wishes.clear()
        self._fall_silent()

    def hold(self, held: bool) -> None:
        """Be silent while `held`: somebody else uses the output. Wishes are kept."""
        if held == self._held:
            return
        self._held = held
        if held:
            self._fall_silent()
        else:
            self._quiet_since = self._clock.now()
            self._choose()

    def _choose(self) -> None:
        """Give the turn to the most urgent wish, if it is not the one that speaks."""
        if self._held:
            return
        now = self._clock.now()
        stale = [n for n, w in self._wishes.items() if w.until < now and w is not self._now]
        for name in stale:
            del self._wishes[name]
        wishes = self._wishes.values()
        best = max(wishes, key=lambda w: (w.pattern.priority, -w.order), default=None)
        if best is not None and best is not self._now:  # of equals, who speaks came first
            self._begin(best, now)

    def _begin(self, wish: _Wish, now: float) -> None:
        self._turn += 1
        start = now
        if wish.pattern.priority < Priority.URGENT:
            if self._on:
                self._set(False)
            start = max(now, self._quiet_since + PAUSE_S)
        self._now = wish
        if start > wish.until:  # it may not wait even for the pause
            del self._wishes[wish.pattern.name]
            self._fall_silent()
            self._choose()
        elif start > now:
            self._at(start, 0, start)
        else:
            self._edge(0, start)

    def _at(self, instant: float, index: int, start: float) -> None:
        turn = self._turn

        def action() -> None:
            with self._lock:
                if turn == self._turn:
                    self._edge(index, start)

        self._clock.call_at(instant, action)

    def _edge(self, index: int, start: float) -> None:
        """The `index`th change of a pattern that began at `start`; even ones switch on."""
        assert self._now is not None
        pattern = self._now.pattern
        played, within = divmod(index, len(pattern.rhythm))
        self._now.played = played
        self._now.shown |= played > 0
        ending = self._now.ending and played > 0 and within == 0
        if ending or (pattern.repeat is not None and played >= pattern.repeat):
            del self._wishes[pattern.name]
            self._fall_silent()
            self._choose()
            return
        self._set(index % 2 == 0)
        rounds, rest = divmod(index + 1, len(pattern.rhythm))
        round_ms = sum(pattern.rhythm)
        due = start + (rounds * round_ms + sum(pattern.rhythm[:rest])) / 1000
        slept_s = max(0.0, self._clock.now() - due) * 1000 // round_ms * round_ms / 1000
        self._at(due + slept_s, index + 1, start + slept_s)

    def _set(self, on: bool) -> None:
        if self._on and not on:
            self._quiet_since = self._clock.now()
        self._on = on
        self._drive(self.playing, on)

    def _fall_silent(self) -> None:
        self._turn += 1
        if self._on:
            self._set(False)
        self._now = None
        self._drive(None, False)
