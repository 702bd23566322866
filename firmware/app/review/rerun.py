"""`coach log replay`: the same session under other settings, beside what was said then."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from coach.engine import Engine
from coach.events import Beat, Cue, Event, Metronome, Session, Stage
from coach.samples import Block
from firmware import __version__
from firmware.app.columns import print_columns
from firmware.errors import EXIT_OK
from firmware.log import index, samples, sessions
from firmware.records import Cleared, HandedOver, Record, Recorded, SettingsChanged, encode
from firmware.sentences import sentence
from firmware.settings.catalogue import KEYS, Settings, explained
from firmware.terminal import Progress
from firmware.wording import clock, counted
from hardware.mpu6050 import Burst

SAME_S = 0.5
"""Two cues this close are one: an alarm comes a frame or two sooner with another sensitivity."""

SHOWN = (Cue, Session, Stage, Metronome)

Pair = tuple[Record | None, Record | None]


def run(path: Path, wanted: str, assignments: Sequence[str], output: str) -> int:
    """The command."""
    session = sessions.read_one(path, wanted)
    then = then_in_force(session)
    lasts_min = int(session.seconds[-1][0] // 60) + 1 if session.seconds else 1
    with Progress("replay, minutes", lasts_min) as progress:
        pieces = _counted(samples.pieces(path, str(session.id)), progress)
        with explained("--set: "):
            now = again(session, then, assignments, pieces)
    if output == "jsonl":
        sys.stdout.writelines(json.dumps({"session": session.id, **encode(r)}) + "\n" for r in now)
        return EXIT_OK
    print_pairs(session, now, assignments)
    return EXIT_OK


def _counted(pieces: Iterable[samples.Piece], progress: Progress) -> Iterator[Burst]:
    """The samples as the engine takes them; each minute of them is told."""
    told = 0
    for t_us, raw in pieces:
        yield Burst(t_us, raw)
        minutes = int(t_us[-1] // 60_000_000)
        for _ in range(told, minutes):
            progress.advance()
        told = max(told, minutes)


def again(
    session: sessions.StoredSession,
    then: Settings,
    assignments: Sequence[str],
    pieces: Iterable[Burst],
) -> list[Event]:
    """The session once more, with what was changed on the way changed at the same sample.

    What `assignments` name stays as they say. Raises `SettingError` where one is none.
    """
    engine = Engine(then.changed_by(assignments))
    events: list[Event] = []
    orders = deque(session.of(SettingsChanged, Cleared, HandedOver))

    def carry_out() -> None:
        nonlocal then
        order = orders.popleft()
        if isinstance(order, SettingsChanged):
            with _of_then(session):
                then = then.changed(_known(order.changes))
            events.extend(engine.adopt(then.changed_by(assignments)))
        elif isinstance(order, Cleared):
            events.extend(engine.clear())
        else:
            events.extend(engine.hand_over())

    for piece in pieces:
        block = Block(piece.t_us / 1e6, *piece.measured)
        done = 0
        while orders and (at_us := round(orders[0].t * 1e6)) < piece.t_us[-1]:
            until = int(np.searchsorted(piece.t_us, at_us, side="right"))
            events += engine.feed(Block(*(part[done:until] for part in block)))
            done = until
            carry_out()
        events += engine.feed(Block(*(part[done:] for part in block)))
    while orders:
        carry_out()
    return events


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """Without the keys that this coach no longer has."""
    return {key: value for key, value in values.items() if key in KEYS}


def then_in_force(session: index.Row) -> Settings:
    """The settings that the session began under; keys this coach no longer has are left out."""
    with _of_then(session):
        return Settings().changed(_known(session.settings))


def _of_then(session: index.Row) -> AbstractContextManager[None]:
    return explained(f"session {session.id} was recorded under settings of another coach: ")


def print_pairs(
    session: sessions.StoredSession, now: Sequence[Record], assignments: Sequence[str]
) -> None:
    """Two columns, what was said then on the left."""
    head = (
        "",
        f"session {session.id} then",
        f"with {' '.join(assignments) or 'the same settings'}",
    )
    old: list[Record] = [*session.of(*SHOWN)]
    new = [r for r in now if isinstance(r, SHOWN)]
    lines, zero = pairs(old, new), session.begins
    print_columns(head, [_row(pair, zero) for pair in lines])
    differ = sum(_differ(*pair) for pair in lines)
    alike = f"{counted(differ, 'line')} {'differs' if differ == 1 else 'differ'}"
    if not differ:
        alike = "nothing differs"
    else:
        alike += _because(session, assignments)
    beats = sum(isinstance(r, Beat) for r in now)
    ticks = f"{beats} beats of the metronome; " if beats else ""
    sys.stdout.write(f"\ncues then {_cues(old)}, now {_cues(new)}; {ticks}{alike}\n")


def _because(session: sessions.StoredSession, assignments: Sequence[str]) -> str:
    """Why anything differs, where it need not be what was set: the coach may be another one."""
    then = next((e.version for e in session.of(Recorded)), None)
    if then == __version__:
        if assignments:
            return ""
        return (
            f": the settings are those of then, and so is the version of the coach ({then}), so"
            " samples are missing, or it was another build of it"
        )
    by = "a coach whose version the log does not tell" if then is None else f"another coach, {then}"
    coach = f"it was recorded by {by} (this is {__version__})"
    if not assignments:
        return f": the settings are those of then, but {coach}, or samples are missing"
    return (
        f": {coach}, so not all of it need come of --set; what does not, the replay without shows"
    )


def pairs(old: Sequence[Record], new: Sequence[Record]) -> list[Pair]:
    """Records of both runs in order of time; those that say the same at one time, side by side."""
    left, lines = list(old), list[Pair]()
    for b in new:
        a = next((a for a in left if _says(a) == _says(b) and abs(a.t - b.t) <= SAME_S), None)
        if a is not None:
            left.remove(a)
        lines.append((a, b))
    lines += [(a, None) for a in left]
    return sorted(lines, key=lambda pair: next(r.t for r in pair if r is not None))


def _differ(then: Record | None, now: Record | None) -> bool:
    """Whether a reader sees other words: also of a beat that begins at another tempo."""
    return then is None or now is None or sentence(then) != sentence(now)


def _says(record: Record) -> tuple[object, ...]:
    said = ("cue", "state", "advice", "stage", "following")
    return record.type, *(getattr(record, what, None) for what in said)


def _row(pair: Pair, zero: float) -> tuple[str, str, str]:
    t = next(record.t for record in pair if record is not None)
    then, now = ("" if record is None else sentence(record) for record in pair)
    return f"{clock(t - zero):>6}", then, now


def _cues(records: Sequence[Record]) -> int:
    return sum(isinstance(r, Cue) and r.state == "on" for r in records)
