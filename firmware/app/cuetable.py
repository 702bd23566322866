"""The table of cues for a person, a program and the README, made from `firmware.signals`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

from coach.keys import unknown
from firmware.app.columns import markdown, print_columns
from firmware.errors import EXIT_OK, UserError
from firmware.shown import write_csv
from firmware.signals import SIGNALS, Signal

COLUMNS = ("cue", "when", "sound", "LED", "without it")

ALL = "all"

ROOM = max(map(len, SIGNALS)) + 2


def find(names: Sequence[str]) -> list[Signal]:
    """The signals of these names; all for none and for `all`. Raises `UserError`."""
    if not names or ALL in names:
        return list(SIGNALS.values())
    for name in names:
        if name not in SIGNALS:
            raise UserError(unknown("cue", name, SIGNALS, "coach cues shows all of them"))
    return [SIGNALS[name] for name in names]


def show(signals: Iterable[Signal], output: str) -> int:
    """The command `coach cues`."""
    if output == "markdown":
        sys.stdout.write(markdown(COLUMNS, map(_row, signals)))
    elif output == "jsonl":
        sys.stdout.writelines(json.dumps(_record(signal)) + "\n" for signal in signals)
    elif output == "csv":
        write_csv(sys.stdout, [COLUMNS, *map(_plain, signals)])
    else:
        print_columns(COLUMNS, [_plain(signal) for signal in signals])
    return EXIT_OK


def draw(signals: Iterable[Signal]) -> int:
    """The command `coach cues --draw`."""
    for signal in signals:
        sys.stdout.write(line(signal) + "\n")
    return EXIT_OK


def line(signal: Signal) -> str:
    """Name and rhythm, a tenth of a second a character."""
    return f"{signal.name:<{ROOM}}{signal.drawn(*_characters())}"


def _characters() -> tuple[str, str, str]:
    try:
        "█▁…".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#", "_", "..."
    return "█", "▁", "…"


def _row(signal: Signal) -> tuple[str, ...]:
    pattern = signal.pattern
    return (signal.name, signal.when, pattern.sounds, signal.light, signal.switched_off)


def _plain(signal: Signal) -> tuple[str, ...]:
    return tuple(cell.replace("`", "") for cell in _row(signal))


def _record(signal: Signal) -> dict[str, object]:
    pattern = signal.pattern
    return {
        **dict(zip(("cue", "when", "sound", "led", "without_it"), _plain(signal), strict=True)),
        "output": pattern.output,
        "rhythm_ms": pattern.rhythm,
        "repeat": pattern.repeat,
        "priority": int(pattern.priority),
    }
