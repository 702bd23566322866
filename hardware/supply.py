"""What the Pi's firmware says of its power and its heat, from files of the kernel that never wait.

Two drivers pass it on. `raspberrypi-hwmon` looks every two seconds and holds an alarm until it
looks again (linux/Documentation/hwmon/raspberrypi-hwmon.rst; every kernel). Raspberry Pi's own
kernels also show the firmware's whole word, and call that file deprecated.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

SYSTEM = Path("/sys")

ALARM_HELD_S = 2.0
"""How long a dip shows at least (raspberrypi-hwmon.c)."""

_HWMON = "class/hwmon/hwmon*/name"
_DRIVER, _ALARM = "rpi_volt", "in0_lcrit_alarm"
_WORD = "devices/platform/soc*/*firmware/get_throttled"

UNDER_VOLTAGE = 1 << 0
SINCE_BOOT = 16
"""Of the word's bits (Raspberry Pi documentation, vcgencmd get_throttled): the lowest four say what
is the case now, and the same ones so much higher what has been since the boot.
"""


def throttled(system: Path = SYSTEM) -> int | None:
    """The firmware's word on power and heat; None where no kernel shows it."""
    word, alarm = _word(system), _alarm(system)
    if word is None and alarm is None:
        return None
    return (word or 0) | (UNDER_VOLTAGE if alarm else 0)


def dips(system: Path = SYSTEM) -> bool:
    """Whether the supply is, or has just been, below 4.63 V, as far as somebody tells.

    Without the first driver nobody clears what the word remembers since the boot: it counts too.
    """
    alarm = _alarm(system)
    if alarm is not None:
        return alarm
    return bool((_word(system) or 0) & (UNDER_VOLTAGE | UNDER_VOLTAGE << SINCE_BOOT))


def _alarm(system: Path) -> bool | None:
    for path in system.glob(_HWMON):
        if shown(path) == _DRIVER:
            return shown(path.with_name(_ALARM)) == "1"
    return None


def _word(system: Path) -> int | None:
    for path in system.glob(_WORD):
        with contextlib.suppress(ValueError):
            return int(shown(path), 16)
    return None


def shown(path: Path) -> str:
    """What a file of the kernel's says; empty where there is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
