"""The commands that show settings: values with their origin, the reference table, differences."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from coach.keys import Key
from firmware.errors import EXIT_OK, UserError
from firmware.settings import textfile
from firmware.settings.catalogue import KEYS, Settings, explained, find
from firmware.settings.textfile import Layers
from firmware.shown import write_csv
from firmware.wording import counted, shown

COLUMNS = ("key", "type", "unit", "range", "default", "in force", "meaning")


def get(path: Path, key: str) -> int:
    """The command `coach config get`."""
    with explained():
        find(key)
    value = textfile.load_if_there(path).settings.value(key)
    sys.stdout.write(f"{value if isinstance(value, str) else shown(value)}\n")
    return EXIT_OK


def show(path: Path, output: str) -> int:
    """The command `coach config show`."""
    layers = textfile.load_if_there(path)
    settings = layers.settings
    if output == "json":
        import json  # as little as `get` needs is loaded

        made = {
            n: {"value": settings.value(n), "default": k.default, "source": layers.source(n)}
            for n, k in KEYS.items()
        }
        sys.stdout.write(json.dumps(made, indent=2) + "\n")
        return EXIT_OK
    from firmware.app.columns import print_columns

    rows = [
        (n, shown(settings.value(n)), k.unit, shown(k.default), layers.source(n))
        for n, k in KEYS.items()
    ]
    print_columns(("key", "value", "unit", "default", "from"), rows)
    if not path.exists():
        sys.stdout.write(f"{path} is not there: every value is the default\n")
    return EXIT_OK


def check(path: Path) -> int:
    """The command `coach config check`."""
    layers = textfile.load(path)
    count = len(layers.common) + sum(len(p) for p in layers.profiles.values())
    found = layers.contradictions()
    if found:
        raise UserError("\n".join(f"{path}: {sentence}" for sentence in found))
    profiles = counted(len(layers.profiles), "profile")
    sys.stdout.write(f"{path}: good: {counted(count, 'setting')}, {profiles}\n")
    return EXIT_OK


def diff(path: Path, other: Path | None, *, undo: bool) -> int:
    """The command `coach config diff`: one line for each value that differs."""
    layers = textfile.load_if_there(path)
    if undo:
        from firmware.settings.store import Store

        text = Store(path).previous()
        if text is None:
            raise UserError(f"{path}: there is no earlier version to go back to")
        _print_diff(layers, textfile.parse(text, "the earlier version"))
    elif other is not None:
        _print_diff(layers, textfile.load(other))
    else:
        _print_diff(Layers(), layers)
    return EXIT_OK


def _print_diff(old: Layers, new: Layers) -> None:
    a, b = old.settings, new.settings
    for name in KEYS:
        if a.value(name) != b.value(name):
            sys.stdout.write(f"{name}: {shown(a.value(name))} -> {shown(b.value(name))}\n")
    for profile in sorted({*old.profiles, *new.profiles}):
        if old.profiles.get(profile) != new.profiles.get(profile):
            sys.stdout.write(f"profile {profile}: differs\n")


# --- The reference table.


def reference(output: str) -> int:
    """The command `coach config keys`."""
    from firmware.app.columns import markdown, print_columns

    rows = [_row(key) for key in KEYS.values()]
    if output == "markdown":
        sys.stdout.write(markdown(COLUMNS, rows))
    elif output == "jsonl":
        import json

        sys.stdout.writelines(json.dumps(_record(key)) + "\n" for key in KEYS.values())
    elif output == "csv":
        write_csv(sys.stdout, [COLUMNS, *rows])
    else:
        print_columns(COLUMNS, rows)
    return EXIT_OK


_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}


def _row(key: Key) -> tuple[str, ...]:
    kind = "one of " + ", ".join(key.choices) if key.choices else _KINDS[key.kind]
    between = "" if key.low is None or key.high is None else f"{key.low:g} to {key.high:g}"
    return (key.name, kind, key.unit, between, shown(key.default), key.effect, key.meaning)


def _record(key: Key) -> dict[str, Any]:
    return {
        "key": key.name,
        "type": key.kind.__name__,
        "unit": key.unit,
        "low": key.low,
        "high": key.high,
        "choices": list(key.choices),
        "default": Settings().value(key.name),
        "effect": key.effect,
        "meaning": key.meaning,
    }
