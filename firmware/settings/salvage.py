"""What counts where the settings file is refused and the walker needs a coach all the same.

Its last good version, where a command has kept one. Else what of it can be read: a limit that
somebody has set and that stands there in plain sight counts, though the line below it is broken.
Nothing is guessed: what cannot be read for certain keeps its default.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coach.keys import SettingError, Value
from firmware.errors import UserError
from firmware.settings import place, textfile
from firmware.settings.catalogue import PINS, Settings, find
from firmware.settings.store import Store
from firmware.settings.textfile import PROFILES, Layers

_MANY_LINES = ('"""', "'''")
"""What begins a text of many lines: then no line can be read by itself."""

_NO_VALUE = "[]"
"""Of no setting: a line whose value cannot be read still names a key, and spoils it."""


def in_its_place(path: Path) -> tuple[Layers, str]:
    """What counts instead of a refused file, and that in words."""
    with contextlib.suppress(UserError):
        kept = Store(path).last_good()
        if kept is not None:
            return textfile.parse(kept, str(path)), "its last good version counts"
    found = Layers()
    with contextlib.suppress(UserError):
        found = readable(place.as_it_is(path))
    if found == Layers():
        return found, "the defaults count"
    return found, "what can be read of it counts, and the defaults for the rest"


def readable(text: str) -> Layers:
    """The keys of a refused text that are there once, each in its table and within its range."""
    values: dict[str, dict[str, Value]] = {"": {}}
    spoilt: set[tuple[str, str]] = set()
    for profile, name, value in _lines(text):
        try:
            place.refuse_other(str(value), name)
            if profile:
                textfile.check_name(profile)
                textfile.check_personal(name)
            parsed = find(name).parse(value)
        except (SettingError, UserError):
            spoilt.add((profile, name))
            continue
        own = values.setdefault(profile, {})
        if name in own:  # twice: nobody knows which is meant
            spoilt.add((profile, name))
        own[name] = parsed
    for profile, name in spoilt:
        values.get(profile, {}).pop(name, None)
    common = values.pop("")
    if common.get("walker.profile") not in values:
        common.pop("walker.profile", None)
    try:
        Settings().changed(common)
    except SettingError:
        common = {name: value for name, value in common.items() if name not in PINS}
    return Layers(common, values)


def _lines(text: str) -> Iterator[tuple[str, str, object]]:
    """Profile (empty: none), key and value of each line, read with its table's name by itself."""
    if any(mark in text for mark in _MANY_LINES):
        return
    table = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            table = line
        elif line and not line.startswith("#"):
            named = f"{line.partition('=')[0]} = {_NO_VALUE}"
            found = _read(f"{table}\n{line}") or _read(f"{table}\n{named}") or {}
            profiles = found.pop(PROFILES, {})
            yield from (("", name, value) for name, value in _keys(found))
            for profile, own in profiles.items() if isinstance(profiles, dict) else ():
                yield from ((profile, name, value) for name, value in _keys(own))


def _read(text: str) -> dict[str, Any] | None:
    import tomllib

    try:
        textfile.refuse_deep(text, "")
        return tomllib.loads(text)
    except (UserError, ValueError, RecursionError):
        return None


def _keys(tables: object) -> Iterator[tuple[str, object]]:
    """Those that stand in a table; no setting stands elsewhere."""
    for group, table in tables.items() if isinstance(tables, dict) else ():
        for key, value in table.items() if isinstance(table, dict) else ():
            yield f"{group}.{key}", value
