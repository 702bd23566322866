"""Whether what is read from the log can be what was written: a flipped bit looks like a value.

SQLite finds a damaged page, not a damaged value. So each row is checked when it is read: the kinds
of its values, and that they lie where values of a walk can lie. What does not is told as damage in
one sentence, and never reaches a figure.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from firmware.errors import DeviceError
from firmware.log.schema import NOTE_KEYS, Second

if TYPE_CHECKING:
    from firmware.records import Record

LONGEST_S = 1e7
"""Of a session's time; a hundred days are no session."""

DATES_S = (-1e6, 1e10)
"""Since 1970: what an unset clock begins with, and the year 2286."""

FASTEST_SPM = 1000.0

MONO_US = (-(10**15), 10**18)
"""Of the monotonic clock: a boot of thirty thousand years, and a first sample before it."""

LIMIT = "cadence.max_spm"


NOT_AS_WRITTEN = (ValueError, TypeError, KeyError, OverflowError, RecursionError, MemoryError)
"""What comes of values that are not those that were written."""


class DamagedSessionError(DeviceError):
    """What the log holds of one session is not what was written; the others may be sound."""


@contextmanager
def expected(number: int) -> Iterator[None]:
    """What is read of this session is sound. Raises `DamagedSessionError`."""
    try:
        yield
    except (*NOT_AS_WRITTEN, sqlite3.OperationalError) as e:
        if getattr(e, "sqlite_errorcode", None) is not None:
            raise  # of the file, not of one value: a text that is no UTF-8 has no code
        raise DamagedSessionError(
            f"session {number} is damaged ({e}); `coach log verify --recover` saves what can be"
            " read of the log"
        ) from e


def session(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `session` as values; `settings` and `summary` read. Raises `ValueError` and such."""
    settings, stored = json.loads(_text(row["settings"])), row["summary"]
    _mapping(settings, bool | int | float | str)
    _number(settings[LIMIT], 0.0, FASTEST_SPM)
    summary = None if stored is None else json.loads(_text(stored))
    if summary is not None:
        _mapping(summary, int | float | str | None)
        for name, value in summary.items():
            _figure(name, value)
    return {
        "id": _whole(row["id"], 0, 2**62),
        "boot_id": _text(row["boot_id"]),
        "mono_start_us": _whole(row["mono_start_us"], *MONO_US),
        "wall_start": _number(row["wall_start"], *DATES_S),
        "wall_sure": bool(_whole(row["wall_sure"], 0, 1)),
        "ended": None if row["ended"] is None else _text(row["ended"]),
        "settings": settings,
        "summary": summary,
    }


def _figure(name: str, value: object) -> None:
    from firmware.log.summary import ALWAYS  # which is read of what is checked here

    if value is None and name not in ALWAYS:
        return
    if name == "stage":
        _text(value)
    else:
        _number(value, -1e12, 1e12)


def second(t: object, spm: object, confidence: object) -> Second:
    """A row of `second`. Raises `ValueError`."""
    return (
        _number(t, -LONGEST_S, LONGEST_S),
        None if spm is None else _number(spm, 0.0, FASTEST_SPM),
        _number(confidence, 0.0, 1.0),
    )


def event(t: object, kind: object, detail: object) -> Record:
    """A row of `event`. Raises `ValueError`."""
    from firmware.records import RecordError, decode  # a list of sessions needs no class of them

    values = json.loads(_text(detail))
    if not isinstance(values, dict):
        raise RecordError(f"expected the fields of a record, found {str(values)[:40]!r}")
    return decode({**values, "t": _number(t, -LONGEST_S, LONGEST_S), "type": _text(kind)})


def note(key: object, value: object) -> tuple[str, str]:
    """A row of `note`. Raises `ValueError`."""
    if key in NOTE_KEYS:
        _number(float(_text(value)), *NOTE_KEYS[_text(key)][2:])
    return _text(key), _text(value)


_NUMBER = (int, float)  # not made anew for each of a log's values


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, _NUMBER) and type(value) is not bool and low <= value <= high:
        return value
    raise ValueError(f"expected a number from {low:g} to {high:g}, found {str(value)[:40]!r}")


def _whole(value: object, low: int, high: int) -> int:
    if type(value) is int and low <= value <= high:
        return value
    raise ValueError(f"expected a whole number, found {str(value)[:40]!r}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"expected a text, found {str(value)[:40]!r}")


def _mapping(value: object, kinds: Any) -> None:  # noqa: ANN401 - a union of types
    if not isinstance(value, dict) or not all(isinstance(v, kinds) for v in value.values()):
        raise ValueError(f"expected names with values, found {str(value)[:40]!r}")
