"""How a setting is defined: type, unit, range, default and a sentence, all in one place.

A group of settings is a frozen dataclass whose fields are made with `setting`. The file, the
command line and the reference table are all made from these definitions. A value that is out of
range never gets into a settings object: `Key.parse` is the only door for what people write.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import field, fields
from datetime import date
from typing import Any, Literal, TypeVar

from coach.frozen import frozen

T = TypeVar("T", bool, int, float, str)
Value = bool | int | float | str
Effect = Literal["at once", "next session", "next start"]
Check = Callable[[Any], object]

LONGEST_TEXT = 200
"""Characters of a text setting: longer than any path or name that makes sense."""

SHOWN = 60
"""Characters of a refused value that are repeated to its writer."""


class SettingError(ValueError):
    """A value that cannot be used; the message is one sentence that says what is expected."""


def unknown(what: str, name: str, known: Collection[str], otherwise: str = "") -> str:
    """The sentence on a name that is not there."""
    return f"there is no {what} {name[:SHOWN]!r}: {nearest(name, known, otherwise)}"


def nearest(name: str, known: Collection[str], otherwise: str = "") -> str:
    """The end of such a sentence: the one that was probably meant, if any; or all of them."""
    import difflib  # only who has slipped waits for it

    if near := difflib.get_close_matches(name[:SHOWN], list(known), n=1):
        return f"did you mean {near[0]}?"
    return otherwise or f"expected one of {', '.join(known)}"


def setting(
    default: T,
    meaning: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    effect: Effect = "at once",
    check: Check | None = None,
) -> T:
    """Define one setting of a dataclass; its type is the type of `default`.

    `effect`: when a change comes into force in a daemon that is running. `check` raises
    `SettingError` for a text that has the right type and is wrong all the same.
    """
    metadata = {"meaning": meaning, "unit": unit, "low": low, "high": high, "choices": choices}
    made: T = field(default=default, metadata={**metadata, "effect": effect, "check": check})
    return made


@frozen
class Key:
    """The definition of one setting, as the reference table shows it."""

    name: str
    kind: type[Value]
    default: Value
    meaning: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    effect: Effect
    check: Check | None

    @property
    def expected(self) -> str:
        """What a value must be, as part of a sentence: `a number from 30 to 200 (steps/min)`."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        what = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        unit = f" ({self.unit})" if self.unit else ""
        if self.low is not None and self.high is not None:
            return f"{what[self.kind]} from {self.low:g} to {self.high:g}{unit}"
        if self.kind is str:
            return f"text of at most {LONGEST_TEXT} printable characters"
        return what[self.kind] + unit

    def parse(self, value: object) -> Value:
        """Check a value from a file, or read one from a command line's text.

        Raises `SettingError` with a sentence that names the key and what is expected.
        """
        made = _read(self.kind, value)
        if made is None or not self._allows(made):
            raise SettingError(f"{self.name} = {_shown(value)}: expected {self.expected}")
        if self.check is not None:
            self.check(made)
        return made

    def _allows(self, value: Value) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            return len(value) <= LONGEST_TEXT and value.isprintable()
        if isinstance(value, bool):
            return True
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high  # also refuses NaN


def _read(kind: type[Value], value: object) -> Value | None:
    """`value` as `kind`, or None. Text is read as a person writes it; 3 is a fine float."""
    if kind is str:
        # TOML has days of its own, without quotes
        text = value.isoformat() if isinstance(value, date) else value
        return text if isinstance(text, str) else None
    if kind is bool:
        words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
        if isinstance(value, str):
            return words.get(value.strip().lower())
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value) if kind is int and not isinstance(value, float) else _as(kind, value)
    except (ValueError, OverflowError):  # no number, or one beyond all bounds
        return None


def _shown(value: object) -> str:
    """A refused value as its writer knows it, cut short: it may be of any size and kind."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # Python refuses to print numbers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _as(kind: type[Value], value: float | str) -> Value | None:
    read = typed(value) if isinstance(value, str) else float(value)
    if kind is float:
        return read
    return int(read) if read.is_integer() else None


def typed(text: str) -> float:
    """A number as a person types it: with a point or a comma before its decimals.

    Raises `ValueError`, for `1,000` as well: one to some, and a thousand to others.
    """
    _, comma, decimals = text.strip().partition(",")
    if comma and len(decimals) == len("000"):
        raise ValueError(text)
    return float(text.replace(",", "."))


def keys(group: object, prefix: str) -> Iterator[Key]:
    """The keys of one group (a settings dataclass or an instance of it), in their order."""
    for f in fields(group):  # type: ignore[arg-type]
        m: Any = f.metadata
        default: Any = f.default
        yield Key(
            name=f"{prefix}.{f.name}",
            kind=type(default),
            default=default,
            meaning=m["meaning"],
            unit=m["unit"],
            low=m["low"],
            high=m["high"],
            choices=m["choices"],
            effect=m["effect"],
            check=m["check"],
        )
