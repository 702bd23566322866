"""Time that moves only when somebody sleeps."""

from __future__ import annotations

import heapq
import itertools
import time

from hardware.clock import Action


class VirtualClock:
    """A clock for simulated sessions: sleeping moves it, scheduled actions run in between.

    `speed` paces it against real time (1 is real time, 12 plays twelve minutes in one); None runs
    as fast as the machine can. A slow machine makes the session last longer and changes nothing
    else: virtual time never runs ahead of the code that lives in it. One thread only.
    """

    def __init__(self, speed: float | None = None) -> None:
        self._now = 0.0
        self._speed = speed
        self._real_start = time.monotonic()
        self._due: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Virtual seconds since the clock was made."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move time on by `seconds`, running what falls due on the way at its own instant."""
        until = self._now + max(seconds, 0.0)
        while self._due and self._due[0][0] <= until:
            instant, _, action = heapq.heappop(self._due)
            self._move(max(instant, self._now))
            action()
        self._move(until)

    def doze(self, seconds: float) -> None:
        """As `sleep`: nobody else lives in this time."""
        self.sleep(seconds)

    def rouse(self) -> None:
        """Nobody dozes."""

    def call_at(self, instant: float, action: Action) -> None:
        """Schedule `action`: it runs inside the `sleep` that passes `instant`."""
        heapq.heappush(self._due, (instant, next(self._order), action))

    def close(self) -> None:
        """Drop all that is scheduled."""
        self._due.clear()

    def _move(self, instant: float) -> None:
        self._now = instant
        if self._speed is not None:
            ahead = instant / self._speed - (time.monotonic() - self._real_start)
            if ahead > 0:
                time.sleep(ahead)
