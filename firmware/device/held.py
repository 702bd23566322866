"""The pins that the service holds, noted until the Pi is switched off.

After a crash somebody hears the buzzer until `coach off` has run: it finds the pins here, and
loads neither the settings nor gpiozero. And it is known what the crashed service really held,
whatever the settings say by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from firmware import files
from hardware import HardwareError, lines

if TYPE_CHECKING:
    from firmware.settings.catalogue import Settings

HELD = Path("/run/cadence-coach/pins")

_LARGEST = 200
"""Bytes; it takes thirty."""

Pin = tuple[str, int, bool]
"""What for, BCM number, whether high is on."""


def fitted(settings: Settings) -> list[Pin]:
    """The pins that these settings have something on."""
    buzzer, led, motor = settings.buzzer, settings.led, settings.motor
    pins = [("buzzer", buzzer.pin, buzzer.active_high), ("LED", led.pin, led.active_high)]
    return pins + ([("motor", motor.pin, motor.active_high)] if motor.pin else [])


def note(pins: Iterable[Pin]) -> None:
    """For `coach off`; elsewhere than in the service the folder is missing, or not ours.

    It is root's as well: who tries other pins by hand leaves the note of a service that runs alone.
    """
    noted = "".join(f"{what} {pin} {high:d}\n" for what, pin, high in pins)
    with contextlib.suppress(OSError):
        if HELD.parent.stat().st_uid != os.geteuid() and _is_of_who_runs():
            return
        files.put(HELD, noted.encode("ascii"), 0o644)
        # Left open: the lock on it lasts as long as this process, however that ends.
        fcntl.flock(os.open(HELD, files.READ), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_of_who_runs() -> bool:
    """Whether there is a note, and who has made it still runs. Raises `OSError`."""
    try:
        handle = os.open(HELD, files.READ)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def let_go() -> bool:
    """Switch off what was noted; whether that was all that there is to do."""
    try:
        noted = files.read(HELD, _LARGEST).decode("ascii").split("\n")
        pins = [(what, int(pin), bool(int(high))) for what, pin, high in map(str.split, noted[:-1])]
        lines.switch_off(pins)
    except (OSError, ValueError, HardwareError):
        return False
    return bool(pins)
