"""Everything that goes into the log or over the control socket: a class for each kind of record.

What the coach decides is told in `coach.events`; what the device adds is defined here. `encode` and
`decode` are the one way to JSON and back; what they say to a person: `firmware.sentences`. A record
that another version of the coach wrote, or that makes no sense, becomes `Unknown` and keeps all
that it said.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, ClassVar, Literal, TypeAlias, TypeGuard

from coach import events
from coach.events import Event
from coach.frozen import frozen
from coach.keys import Value

Record: TypeAlias = Event
"""Whoever has said it: its time `t`, in seconds of the stream, and what belongs to it."""


# --- What the device tells, beside what the coach decides.


@frozen
class Told(Event):
    """A record whose `message` says it all."""

    message: str


@frozen
class Recorded(Event):
    """The log of a session begins, kept by the coach of this `version`."""

    type: ClassVar[str] = "recorded"
    version: str


@frozen
class Fault(Event):
    """The sensor is in trouble: `name` it, and what to check."""

    type: ClassVar[str] = "fault"
    name: str
    message: str


@frozen
class Recovered(Event):
    """The sensor's trouble is over; `lost` samples, `missing_s` seconds without any."""

    type: ClassVar[str] = "recovered"
    name: str
    lost: int
    missing_s: float
    message: str


@frozen
class Warned(Event):
    """Something about the sensor that changes nothing: a chip of another make, say."""

    type: ClassVar[str] = "warning"
    name: str
    message: str


@frozen
class LogStopped(Told):
    """The session cannot be recorded at present, and why; the coaching goes on."""

    type: ClassVar[str] = "log_stopped"


@frozen
class LogDamaged(Told):
    """The log was damaged: what there was is kept aside, and recording goes on."""

    type: ClassVar[str] = "log_damaged"


@frozen
class LogResumed(Told):
    """The log is written again; of what has waited it says how much did not find room."""

    type: ClassVar[str] = "log_resumed"


@frozen
class PinTrouble(Told):
    """Buzzer or LED does not work."""

    type: ClassVar[str] = "pin_trouble"


@frozen
class PinsWork(Told):
    """Buzzer and LED work again."""

    type: ClassVar[str] = "pins_work"


@frozen
class LowPower(Told):
    """The power supply has dipped; said once, and at the beginning of each session after it."""

    type: ClassVar[str] = "low_power"


@frozen
class PartFailed(Event):
    """A `part` of the daemon went wrong, and begins anew; the coaching goes on."""

    type: ClassVar[str] = "part_failed"
    part: str
    message: str


@frozen
class PartWorks(Event):
    """The `part` works again."""

    type: ClassVar[str] = "part_works"
    part: str


@frozen
class SettingsChanged(Event):
    """Other settings are in force: `changes` has each that is another, with its new value."""

    type: ClassVar[str] = "settings"
    changes: dict[str, Value]


@frozen
class SettingsRefused(Told):
    """The settings file cannot be taken; what was in force before stays so, and a start under it
    is one under its last good version, or what of it can be read.
    """

    type: ClassVar[str] = "settings_refused"


@frozen
class SettingsTaken(Told):
    """The settings file, which was refused, can be used again, or is gone."""

    type: ClassVar[str] = "settings_taken"


@frozen
class Muted(Event):
    """Somebody has silenced the buzzer; said at the beginning of each session under it, too."""

    type: ClassVar[str] = "muted"


@frozen
class Unmuted(Event):
    """Somebody has let the buzzer sound again."""

    type: ClassVar[str] = "unmuted"


@frozen
class Cleared(Event):
    """Somebody has seen the alarm and ended it."""

    type: ClassVar[str] = "cleared"


@frozen
class HandedOver(Event):
    """Another profile was set while nobody walked, and has ended the session of the one before."""

    type: ClassVar[str] = "handed_over"


@frozen
class Mark(Event):
    """A remark of somebody's, for the review."""

    type: ClassVar[str] = "mark"
    text: str


@frozen
class Unknown(Event):
    """A record of `kind` that this coach does not know, or not with these `values`."""

    type: ClassVar[str] = "unknown"
    kind: str
    values: Mapping[str, Any]


def _kinds(names: Mapping[str, object]) -> tuple[type[Event], ...]:
    """The classes among them that are a kind of record: those with a type of their own."""
    classes = (k for k in names.values() if inspect.isclass(k) and issubclass(k, Event))
    return tuple(kind for kind in classes if hasattr(kind, "type"))


OF_DEVICE: tuple[type[Event], ...] = tuple(k for k in _kinds(globals()) if k is not Unknown)
"""What no replay of the samples gives again."""

_KINDS: dict[str, type[Event]] = {k.type: k for k in (*_kinds(vars(events)), *OF_DEVICE)}


# --- To JSON and back.


class RecordError(ValueError):
    """What was read is no record at all: it has no kind, or no time."""


def encode(record: Record) -> dict[str, Any]:
    """`{"t": ..., "type": ..., ...}` with all that belongs to it, for JSON."""
    if isinstance(record, Unknown):
        return {"t": record.t, "type": record.kind, **record.values}
    names = _names(record.type)
    return {"t": record.t, "type": record.type, **{name: getattr(record, name) for name in names}}


def decode(data: Mapping[str, Any]) -> Record:
    """The record that `encode` was given; `Unknown` for what this coach does not know.

    Raises `RecordError`.
    """
    t, name = data.get("t"), data.get("type")
    if not _is_number(t) or not isinstance(name, str):
        raise RecordError(f"expected a record with t and type, found {str(dict(data))[:80]}")
    values = _values(name, data) if name in _KINDS else None
    if values is None:
        given = {key: value for key, value in data.items() if key not in ("t", "type")}
        return Unknown(t, name, given)
    make: Callable[..., Record] = _KINDS[name]
    return make(t, *values)


def _values(name: str, data: Mapping[str, Any]) -> list[Any] | None:
    """Of a kind's fields but `t`; None where one is missing, or cannot be what it says."""
    values = []
    for key, check, default in _fields(name):
        value = data.get(key, default)
        if value is MISSING or (value is not default and not check(value)):
            return None
        values.append(value)
    return values


Check: TypeAlias = Callable[[Any], bool]


def _is_number(value: object) -> TypeGuard[float]:
    if type(value) is not float and (type(value) is bool or not isinstance(value, int | float)):
        return False
    return abs(value) <= sys.float_info.max  # no NaN, and nothing infinite


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, Value) for v in value.values())


def _check(hint: Any) -> Check:  # noqa: ANN401 - a type
    """Whether a value can stand in a field of this type."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        one, other = (_check(part) for part in typing.get_args(hint))
        return lambda value: one(value) or other(value)
    if typing.get_origin(hint) is Literal:
        return lambda value: _is_text(value) and value in typing.get_args(hint)
    if typing.get_origin(hint) is dict:
        return _is_mapping
    if hint is types.NoneType:
        return lambda value: value is None
    return {float: _is_number, int: lambda v: type(v) is int, str: _is_text}[hint]


@functools.cache
def _names(name: str) -> tuple[str, ...]:
    """Of a kind's fields but `t`."""
    return tuple(field.name for field in fields(_KINDS[name]) if field.name != "t")


@functools.cache
def _fields(name: str) -> tuple[tuple[str, Check, Any], ...]:
    """Of each field but `t` its check, and its default where older coaches may have left it out."""
    kind = _KINDS[name]
    hints = typing.get_type_hints(kind)
    return tuple(
        (field.name, _check(hints[field.name]), field.default)
        for field in fields(kind)
        if field.name != "t"
    )


# --- For the documentation.


def markdown() -> str:
    """The table of all records, as docs/records.md has it."""
    lines = ["| type | fields | what it says |", "| --- | --- | --- |"]
    for name, kind in _KINDS.items():
        said = " ".join(str(inspect.getdoc(kind)).split("\n\n")[0].split())
        known = ", ".join(f"`{key}`" for key in _names(name)) or "none"
        lines.append(f"| `{name}` | {known} | {said} |")
    return "\n".join(lines) + "\n"
