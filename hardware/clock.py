"""Time, as the hardware layer and the daemon see it: one interface, so a simulation can own it.

On the device it is the monotonic clock and a timer thread. A simulated session runs on
`hardware.simulated.clock.VirtualClock` instead: the same code, with time that moves only when
somebody sleeps, so that twelve minutes pass in one and every run is the same.
"""

from __future__ import annotations

import heapq
import itertools
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

Action = Callable[[], object]


def since_boot() -> float:
    """Seconds of CLOCK_BOOTTIME: the monotonic clock, and the time that the machine has slept.

    The chip and the wall clock, by which sessions are dated, go on meanwhile.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock(Protocol):
    """What can be asked of time. All instants are seconds on one monotonic scale."""

    def now(self) -> float:
        """The present instant."""

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once if that is zero or less."""

    def doze(self, seconds: float) -> None:
        """Return after `seconds`, or sooner: when `rouse` is called, or has been meanwhile."""

    def rouse(self) -> None:
        """From any thread, and from a signal's handler: end who dozes, or will doze next."""

    def call_at(self, instant: float, action: Action) -> None:
        """Run `action` soon after `instant`, outside the caller; it must be short and not raise."""

    def close(self) -> None:
        """Drop all that is scheduled."""


class SystemClock:
    """The machine's monotonic clock. `call_at` runs its actions on one thread of its own.

    The thread starts with the first `call_at` and sleeps until the next instant that is due, so
    a silent device wakes nobody.
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Action]] = []
        self._order = itertools.count()  # equal instants run in the order in which they were asked
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def now(self) -> float:
        """See `since_boot`."""
        return since_boot()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        if seconds > 0:
            time.sleep(seconds)

    def doze(self, seconds: float) -> None:
        """Block the calling thread until `rouse`, or for `seconds`."""
        if seconds > 0 and select.select([self._bell], [], [], seconds)[0]:
            os.eventfd_read(self._bell)

    def rouse(self) -> None:
        """End a `doze`: now, or the next at once."""
        os.eventfd_write(self._bell, 1)

    def call_at(self, instant: float, action: Action) -> None:
        """Schedule `action` on the timer thread."""
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._due, (instant, next(self._order), action))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="timers", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Drop all that is scheduled and end the timer thread."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def __del__(self) -> None:  # not at `close`: a signal may come after it
        os.close(self._bell)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._due or self._due[0][0] > self.now()):
                    wait = self._due[0][0] - self.now() if self._due else None
                    self._changed.wait(wait)
                if self._closed:
                    return
                _, _, action = heapq.heappop(self._due)
            try:
                action()
            except Exception:  # the buzzer has to sound tomorrow as well
                import logging  # which a silent device never needs

                logging.getLogger("coach").exception("timers: an action went wrong")
