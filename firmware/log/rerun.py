"""`coach log replay`: the same session under other settings, beside what was said then."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coach.engine import Engine
from coach.samples import Block
from coach.settings import SettingError
from firmware import replay
from firmware.errors import EXIT_OK, UserError
from firmware.log import sessions
from firmware.settings.catalogue import KEYS, Settings
from hardware.readings import Burst

SAME_S = 0.5
"""Two cues this close are one: an alarm comes a hop or two sooner with another sensitivity."""

COLUMN = 34

SHOWN = ("cue", "session")

Pair = tuple[dict[str, Any] | None, dict[str, Any] | None]


def run(path: Path, wanted: str, assignments: Sequence[str], output: str) -> int:
    """The command."""
    session = sessions.read_one(path, wanted)
    settings = then_in_force(session)
    try:
        settings = settings.changed_by(assignments)
    except SettingError as e:
        raise UserError(f"--set {e}") from e
    t_us, raw = sessions.read_raw(path, str(session.id))
    samples = Burst(t_us, raw)
    events = Engine(settings).feed(Block(t_us / 1e6, samples.acc, samples.gyro))
    now = [event.as_record() for event in events]
    if output == "jsonl":
        sys.stdout.writelines(json.dumps({"session": session.id, **r}) + "\n" for r in now)
        return EXIT_OK
    print_pairs(session, now, assignments)
    return EXIT_OK


def then_in_force(session: sessions.Row) -> Settings:
    """The settings that the session began under; keys this coach no longer has are left out."""
    known = {k: v for k, v in session.settings.items() if k in KEYS}
    try:
        return Settings().changed(known)
    except SettingError as e:
        raise UserError(
            f"session {session.id} was recorded under settings of another coach: {e}"
        ) from e


def print_pairs(
    session: sessions.StoredSession, now: list[dict[str, Any]], assignments: Sequence[str]
) -> None:
    """Two columns, what was said then on the left."""
    out = sys.stdout
    head = f"session {session.id} then"
    out.write(f"{head:<{COLUMN}}  with {' '.join(assignments) or 'the same settings'}\n")
    old = session.of_type(*SHOWN)
    new = [r for r in now if r["type"] in SHOWN]
    lines = pairs(old, new)
    out.writelines(f"{_text(a):<{COLUMN}}  {_text(b)}".rstrip() + "\n" for a, b in lines)
    differ = sum((a is None) != (b is None) for a, b in lines)
    alike = "nothing differs" if not differ else f"{differ} lines differ"
    out.write(f"\ncues then {_cues(old)}, now {_cues(new)}: {alike}\n")


def pairs(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Pair]:
    """Records of both runs in order of time; those that say the same at one time, side by side."""
    left, lines = list(old), list[Pair]()
    for b in new:
        a = next((a for a in left if _says(a) == _says(b) and abs(a["t"] - b["t"]) <= SAME_S), None)
        if a is not None:
            left.remove(a)
        lines.append((a, b))
    lines += [(a, None) for a in left]
    return sorted(lines, key=lambda pair: next(r["t"] for r in pair if r is not None))


def _says(record: dict[str, Any]) -> tuple[object, ...]:
    return record["type"], record.get("cue"), record["state"]


def _text(record: dict[str, Any] | None) -> str:
    return "" if record is None else replay.line(record)


def _cues(records: list[dict[str, Any]]) -> int:
    return sum(r["type"] == "cue" and r["state"] == "on" for r in records)
