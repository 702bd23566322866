"""How numbers are written for a person, on every screen, in reports and in documentation alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NOTHING = "-"
"""Where there is no figure."""

NOBODY = "nobody named"
"""Whose a session is that was walked without a profile, and of which nobody has said it since."""


def counted(number: int, what: str) -> str:
    """`no cue`, `1 cue`, `2 cues`."""
    if number == 0:
        return f"no {what}"
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def numbered(numbers: Sequence[int]) -> str:
    """`session 7`, `sessions 3, 5`."""
    named = ", ".join(map(str, numbers))
    return f"session {named}" if len(numbers) == 1 else f"sessions {named}"


def clock(seconds: float) -> str:
    """`12:05` for 725 s, `1:02:05` for an hour more than two minutes, `-0:05` for 5 s before."""
    minutes, second = divmod(abs(int(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if seconds <= -1 else ""
    return sign + (f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}")


def instant(moment: datetime, *, sure: bool = True) -> str:
    """Local date and time; `?` where no clock was set."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}{doubt(sure=sure)}"


def doubt(*, sure: bool) -> str:
    """What stands behind a date, or a day, that is not sure."""
    return "" if sure else "?"


def figure(value: float | None) -> str:
    """A whole number, or a dash."""
    return NOTHING if value is None else f"{value:.0f}"


def percent(share: float | None) -> str:
    """A share from 0 to 1, or a dash."""
    return NOTHING if share is None else f"{100 * share:.0f} %"


def spm(value: float) -> str:
    """A cadence limit: `64`, and `64.5` where it was set so."""
    return f"{round(value, 1):g}"


def band(low_spm: float, high_spm: float, *, is_limit: bool) -> str:
    """A stage's range of cadence, and whether its upper end sounds."""
    sounds = "; above it the cue sounds" if is_limit else ""
    return f"{low_spm:g} to {high_spm:g} steps/min{sounds}"


def shown(value: object) -> str:
    """A setting's value as it stands in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else f'"{value}"' if value == "" else str(value)
