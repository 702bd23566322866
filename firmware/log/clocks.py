"""What is known about the date: a Pi has no battery clock.

After power-on the wall clock is wrong until the network sets it; the monotonic clock is right all
the time, but counts from the boot. So a session is kept on the monotonic clock, with the boot's id,
and the difference of the two clocks dates it. When the difference jumps, the clock has been set,
and every session of the same boot can be dated anew.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from coach.frozen import frozen
from firmware import files

if TYPE_CHECKING:
    from hardware import Clock

SIMULATED, UNKNOWN = "simulated", "unknown"
"""The boot ids of a session on virtual time, which no wall clock can correct, and of a machine
that does not tell."""

NOT_ONE_RUN = (SIMULATED, UNKNOWN)
"""Boot ids that sessions of several runs may share."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes it when it sets the clock, and it stays till the machine goes down."""

RTCS = Path("/sys/class/rtc")

REMEMBERED = Path("/run/cadence-coach/clock")
"""The service's own note of who has set the clock, gone with the boot: it outlives a restart."""

_LARGEST_NOTE = 1000
"""Bytes; it takes eighty."""

_AGREE_S = 5
"""A battery clock that has set the system's shows the same, to the second it counts in."""

_BEFORE_THIS_WAS_MADE = 1_767_225_600
"""The first of January 2026: a battery clock that shows less has lost its battery."""

_UNSYNCHRONIZED = 0x40
"""STA_UNSYNC of linux/timex.h: nobody vouches for it. chrony without rtcsync leaves it so."""

_NO_ERROR_KNOWN_US = 16_000_000
"""NTP_PHASE_LIMIT of linux/timex.h: the error until somebody disciplines the clock."""


@frozen
class WallClock:
    """The wall clock at one moment: `offset_s` is what it is ahead of the monotonic one."""

    boot_id: str
    offset_s: float
    sure: bool
    """A time service has set the clock since the boot."""


def read() -> WallClock:
    """The machine's clocks now."""
    from hardware import since_boot  # who only reads a log has no clock of the hardware's

    return WallClock(boot_id(), time.time() - since_boot(), is_set())


def boot_id(clock: Clock | None = None) -> str:
    """Which run of the machine the monotonic clock counts in (Linux: random at every boot)."""
    if clock is not None:
        from hardware import SystemClock  # who reads a log has no clock of the hardware's

        if not isinstance(clock, SystemClock):
            return SIMULATED
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return UNKNOWN


def is_set() -> bool:
    """Whether somebody who knows has set the wall clock since the boot."""
    return set_by() != ""


def set_by() -> str:
    """Who has set the wall clock; empty while nobody has.

    Once set, set: an hour without a network takes nothing back.
    """
    boot = boot_id()
    if boot not in _known:
        who = _remembered(boot)
        if not who:
            who = _who()
            if not who:
                return ""
            _remember(boot, who)
        _known[boot] = who
    return _known[boot]


_known: dict[str, str] = {}
"""Boot ids, and who has set the clock in each."""


def _remembered(boot: str) -> str:
    try:
        noted = files.read(REMEMBERED, _LARGEST_NOTE).decode("ascii")
    except (OSError, ValueError):
        return ""
    of, _, who = noted.strip().partition("\n")
    return who if of == boot else ""


def _remember(boot: str, who: str) -> None:
    """For the next start of the service; elsewhere there is no such folder, or it is not ours."""
    with contextlib.suppress(OSError):
        files.put(REMEMBERED, f"{boot}\n{who}\n".encode("ascii"), 0o644)


def _who() -> str:
    if SYNCHRONIZED.exists():
        return "systemd-timesyncd"
    status, error_us = discipline()
    if not status & _UNSYNCHRONIZED or error_us < _NO_ERROR_KNOWN_US:
        return "a time service"
    now = time.time()
    for rtc in sorted(RTCS.glob("rtc*")):
        shown = _seconds(rtc / "since_epoch")
        if shown >= _BEFORE_THIS_WAS_MADE and abs(now - shown) <= _AGREE_S:
            return f"the battery clock {rtc.name}"
    return ""


def _seconds(file: Path) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # also: the clock knows itself that it has stood still
        return 0


def discipline() -> tuple[int, int]:
    """The kernel's word on its wall clock: status bits, and the largest error (microseconds)."""
    import ctypes  # only who asks the kernel loads it

    class Timex(ctypes.Structure):
        """Of adjtimex(2) the beginning, and more room than the rest takes anywhere."""

        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_char * 512),
        )

    timex = Timex()  # modes = 0: only asked
    try:
        said: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (AttributeError, OSError):  # no Linux
        said = -1
    if said == -1:
        return _UNSYNCHRONIZED, _NO_ERROR_KNOWN_US
    return timex.status, timex.maxerror
