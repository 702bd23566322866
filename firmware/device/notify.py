"""What systemd is told: ready, alive, one line of how it goes (sd_notify(3), without its library).

The watchdog is fed only by samples that were processed, never by the mere turning of a loop: a
daemon that runs and feels nothing protects nobody. What follows when nothing is fed differs:

- A daemon that hangs says nothing. The unit's `WatchdogSec` (10 s) passes and it is restarted.
- A sensor that is gone is announced, shown on the LED, and nursed back by its driver once a second.
  A restart would cut the session in two and darken the LED meanwhile, so the daemon asks for
  `PATIENCE_S` instead, once, and feeds no more until samples come again. When even that has
  passed, the restart opens everything anew, which is all that is left to try. It would also end
  the alarm of a fall that has torn the cable: while that sounds, it has `ALARM_PATIENCE_S`.

So the daemon is ready as soon as it runs, with or without a sensor; `systemctl status` tells which.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from coach.events import Cue, Session
from coach.guidance import FALL
from firmware.protocol import in_trouble, is_seen
from firmware.records import (
    Fault,
    LogResumed,
    LogStopped,
    LowPower,
    PartFailed,
    PartWorks,
    PinsWork,
    PinTrouble,
    Record,
    Recovered,
    SettingsRefused,
    SettingsTaken,
)
from firmware.shown import visible

PATIENCE_S = 60.0
"""How long an announced fault may last before a restart: a walker plugs a cable in well before."""

ALARM_PATIENCE_S = 3600.0
"""The same while the alarm of a fall sounds, which a person should end and no restart."""

FEEDINGS = 2
"""Per watchdog time, as sd_watchdog_enabled(3) advises."""

AT_ONCE = (
    *(Session, LogStopped, LogResumed, PartFailed, PartWorks, PinTrouble, PinsWork),
    *(LowPower, SettingsRefused, SettingsTaken),
)
"""Records after which the line of status is told without waiting for the next feeding."""

_NO_FEEDING = float("inf")

State = dict[str, Any]


class Notifier:
    """Speaks to the service manager that started this process; without one it costs nothing.

    Nothing here raises or waits: a manager that does not listen misses a message. `state` gives
    what `control.status.Status.snapshot` does, for the line of status; `environ` is the
    process's, and where it is empty nobody is told anything.
    """

    def __init__(
        self,
        state: Callable[[], State] = dict,
        environ: Mapping[str, str] = MappingProxyType({}),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state, self._now = state, now
        self._to = _connected(environ.get("NOTIFY_SOCKET", ""))
        self._watchdog_us = _watchdog_us(environ)
        self._every_s = self._watchdog_us / 1e6 / FEEDINGS or _NO_FEEDING
        self._feed_at = 0.0
        self._ready = False
        self._patience_us = 0  # what was asked for instead of the usual time

    def alive(self) -> None:
        """Samples were processed, and while they are the usual time counts. Called at each read."""
        if self._to is None or self._now() < self._feed_at:
            return
        self._feed_at = self._now() + self._every_s
        self._send("WATCHDOG=1", *self._as_usual(), *self._news())

    def tell(self, record: Record) -> None:
        """The daemon has said something."""
        if isinstance(record, Fault):
            self._send(*self._longer(), *self._news())
        elif isinstance(record, Cue) and self._patience_us:  # an alarm is cleared
            self._send(*self._longer())
        elif isinstance(record, Recovered):
            self._send(*self._as_usual(), *self._news())
        elif isinstance(record, AT_ONCE):
            self._send(*self._news())

    def reloading(self) -> None:
        """The settings file is being read again; `reloaded` follows."""
        self._ready = False
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def reloaded(self) -> None:
        """What the file says is in force, or was refused."""
        self._send(*self._news())

    def stopping(self) -> None:
        """The daemon ends because it was told to."""
        self._send("STOPPING=1", "STATUS=stopping")

    def close(self) -> None:
        """Say nothing any more."""
        if self._to is not None:
            self._to.close()
            self._to = None

    def _longer(self) -> list[str]:
        if not self._watchdog_us:
            return []
        wanted_s = ALARM_PATIENCE_S if FALL in self._state()["cues"] else PATIENCE_S
        wanted_us = max(self._watchdog_us, round(wanted_s * 1e6))
        if wanted_us == self._patience_us:
            return []
        self._patience_us = wanted_us
        return [f"WATCHDOG_USEC={wanted_us}"]

    def _as_usual(self) -> list[str]:
        if not self._patience_us:
            return []
        self._patience_us = 0
        return [f"WATCHDOG_USEC={self._watchdog_us}"]

    def _news(self) -> list[str]:
        if self._to is None:
            return []
        ready = [] if self._ready else ["READY=1"]
        said = sentence(self._state()).replace("\n", " ")
        return [*ready, f"STATUS={visible(said)}"]

    def _send(self, *lines: str) -> None:
        if self._to is not None:
            with contextlib.suppress(OSError):
                self._to.send("\n".join(lines).encode())
                self._ready = self._ready or "READY=1" in lines  # else with the next news


def sentence(state: State) -> str:
    """The state as one line, for `systemctl status`."""
    spm = state["cadence"]["spm"]
    nothing = "nobody walks" if is_seen(state) else "cadence unknown"
    walk = nothing if spm is None else f"walking, {spm:.0f} steps/min"
    parts = [f"{walk} (limit {state['limit_spm']:.0f})"]
    if state["session"]["running"]:
        last = "" if is_seen(state) else " when last seen"
        parts.append(f"session of {state['session']['for_s'] / 60:.0f} min{last}")
    parts += [f"{what} in trouble: {state[what]['message']}" for what in in_trouble(state)]
    parts += state["parts"].values()
    return "; ".join(parts)


def _connected(address: str) -> socket.socket | None:
    """A socket to the manager; a leading @ stands for the null byte of an abstract address."""
    if not address.startswith(("/", "@")):
        return None
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.connect("\0" + address[1:] if address[0] == "@" else address)
    except OSError:
        made.close()
        return None
    return made


def _watchdog_us(environ: Mapping[str, str]) -> int:
    """The unit's watchdog time, 0 where there is none or it is meant for another process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) if text.isdecimal() else 0
