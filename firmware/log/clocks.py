"""What is known about the date: a Pi has no battery clock.

After power-on the wall clock is wrong until the network sets it; the monotonic clock is right all
the time, but counts from the boot. So a session is kept on the monotonic clock, with the boot's id,
and the difference of the two clocks dates it. When the difference jumps, the clock has been set,
and every session of the same boot can be dated anew.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path

from hardware import Clock, SystemClock

SIMULATED = "simulated"
"""The boot id of a session on virtual time, which no wall clock can correct."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_TIME_ERROR = 5
"""adjtimex(2) returns this while nobody has set the clock (TIME_ERROR in linux/timex.h)."""

_TIMEX_BYTES = 512
"""More than struct timex takes on any Linux; only its first field, zero, is given."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall clock at one moment: `offset_s` is what it is ahead of the monotonic one."""

    boot_id: str
    offset_s: float
    sure: bool
    """A time service has set the clock since the boot."""


def read() -> WallClock:
    """The machine's clocks now."""
    return WallClock(boot_id(), time.time() - time.monotonic(), is_set())


def boot_id(clock: Clock | None = None) -> str:
    """Which run of the machine the monotonic clock counts in (Linux: random at every boot)."""
    if clock is not None and not isinstance(clock, SystemClock):
        return SIMULATED
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def is_set() -> bool:
    """Whether the kernel knows its wall clock to be synchronised."""
    try:
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(
            ctypes.create_string_buffer(_TIMEX_BYTES)
        )
    except (AttributeError, OSError):
        return False
    return state not in (-1, _TIME_ERROR)
