"""Sessions as they stand in the log, read back for review, export and replay."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from coach.events import Cadence, Cue, Gap, Limit, Reaction, Session, Step
from coach.frozen import frozen
from firmware.log import index, schema, soundness
from firmware.records import Record, SettingsChanged

R = TypeVar("R", bound=Record)

SECOND_S = 1.0
"""What a cadence tells of at most."""

HOLE_S = 2.0
"""Something is said of each second that was seen: where more are without a word they are not in the
log, because it could not be written, or is what a recovery has saved of it."""

FRAME_S = 0.05
"""As `coach.samples` has it, which would load numpy. What the engine answers to an order is dated
with the frame before it, and so stands in the log before the order, by less than this."""


@frozen
class StoredSession(index.Row):
    """One session with every second's cadence and every event."""

    seconds: list[schema.Second]
    events: list[Record] = field(default_factory=list)

    def of(self, *kinds: type[R]) -> list[R]:
        """The events of these kinds, in order."""
        return [e for e in self.events if isinstance(e, kinds)]

    @property
    def begins(self) -> float:
        """When walking made it a session: every screen's zero of time. Its log begins before it."""
        return next((e.t for e in self.of(Session) if e.state == "started"), 0.0)

    def curve(self) -> list[tuple[float, float | None]]:
        """(seconds since it began, steps/min or None), second by second."""
        zero = self.begins
        return [(t - zero, spm) for t, spm, _ in self.seconds if t >= zero]

    def lengths(self) -> list[float]:
        """Of each of the `seconds` how much time (s) it tells of: what is since the one before it.

        Where a walk begins or ends there is one at the half second, too. A gap is nobody's.
        """
        times = [-math.inf, *(t for t, _, _ in self.seconds)]
        return [min(SECOND_S, t - before) for before, t in pairwise(times)]

    def walked(self) -> list[tuple[float, float, float]]:
        """(t, steps/min, how many seconds it tells of) of each of the `seconds` of walking."""
        told = zip(self.seconds, self.lengths(), strict=True)
        return [(t, spm, lasted) for (t, spm, _), lasted in told if spm is not None]

    def gaps(self) -> list[tuple[float, float, float]]:
        """(begin, end, s missing between them) of what the sensor did not give or the log not keep.

        In order of their ends.
        """
        known = [(e.start, e.t, e.missing_s) for e in self.of(Gap)]
        told = {t for t, _, _ in self.seconds}
        told |= {e.t for e in self.events if not isinstance(e, Step)}  # which tells of no second
        zero = self.begins  # once: it is looked for among all events
        times = sorted(t for t in told.union(start for start, *_ in known) if t >= zero)
        holes = [
            (before, t, t - before - SECOND_S)
            for before, t in pairwise(times)
            if t - before > HOLE_S and not any(a <= before and t <= b for a, b, _ in known)
        ]
        return sorted([*known, *holes], key=lambda gap: gap[1])

    def records(self) -> list[Record]:
        """Seconds and events in one list, in order of time, as the daemon told them."""
        seconds = (Cadence(*second) for second in self.seconds)
        return sorted([*seconds, *self.events], key=lambda r: r.t)

    def limits(self, *, settling: bool = True) -> list[tuple[float, float]]:
        """(t, steps/min): the limit in force and since when, one pair for each change of it.

        In force is the one that was set, or that of the stage, or a lower one for a while after a
        stumble (left out without `settling`). One that is set counts from a frame before it on.
        """
        key = "cadence.max_spm"
        was_set, of_stage, lowered = float(self.settings[key]), math.inf, math.inf
        limits = [(0.0, was_set)]
        for e in sorted(self.of(Limit, SettingsChanged), key=since):
            match e:
                case Limit(max_spm=spm, reason="stage"):
                    of_stage = spm
                case Limit(max_spm=spm, reason=reason):
                    lowered = spm if settling and reason == "stumble" else math.inf
                case SettingsChanged(changes=changes):
                    if key in changes:  # the stage's, if it counts on, is told again
                        was_set, of_stage = _as_number(changes[key], was_set), math.inf
                case _:
                    continue
            if len(limits) > 1 and since(e) - limits[-1][0] < FRAME_S:
                limits.pop()  # no frame was judged by it
            limits.append((since(e), min(was_set, of_stage, lowered)))
        return limits

    def set_anew(self, key: str) -> list[float]:
        """What a number of the settings was set to during the session, in order."""
        changes = (e.changes.get(key) for e in self.of(SettingsChanged))
        return [float(value) for value in changes if isinstance(value, int | float)]

    def slow_downs(self) -> list[tuple[float, float | None]]:
        """When the walker was told to slow down, and how long (s) until they did; None: not."""
        begins = [on for on, _ in self.spans("slow_down")]
        reactions = [(e.t, e.seconds) for e in self.of(Reaction)]
        told = []
        for begin, following in pairwise([*begins, math.inf]):
            answers = (seconds for t, seconds in reactions if begin <= t < following)
            told.append((begin, next(answers, None)))
        return told

    def spans(self, cue: str) -> list[tuple[float, float | None]]:
        """When a cue went on and off; None where it never did."""
        spans: list[tuple[float, float | None]] = []
        for e in self.of(Cue):
            if e.cue == cue and e.state == "on":
                spans.append((e.t, None))
            elif e.cue == cue and spans:
                spans[-1] = (spans[-1][0], e.t)
        return spans


def since(record: Record) -> float:
    """From when on it counts, by which what came of an order follows on it."""
    return record.t - FRAME_S if isinstance(record, SettingsChanged) else record.t


def _as_number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


def read_each(
    path: Path, wanted: Iterable[int] | None = None, damaged: list[str] | None = None
) -> Iterator[StoredSession]:
    """These sessions (None: every one), one after another, each with all that it holds.

    Only one is in memory at a time. What is damaged about one is added to `damaged`, where that is
    given, and the next one comes. Raises `UserError`.
    """
    with index.reading(path) as db:
        around = index.around(db)
        for number in index.numbers(db) if wanted is None else wanted:
            try:
                session = read(db, number, around=around)
            except soundness.DamagedSessionError as e:
                if damaged is None:
                    raise
                damaged.append(str(e))
            else:
                yield session


def read_seconds(path: Path, wanted: Iterable[int]) -> Iterator[tuple[int, list[schema.Second]]]:
    """The number of each of these sessions and its seconds, without what was said in it: three
    quarters of the time to read a session go into its events. Raises `UserError`.
    """
    with index.reading(path) as db:
        for number in wanted:
            if db.execute("SELECT 1 FROM session WHERE id = ?", (number,)).fetchone() is None:
                raise _deleted(number)
            with soundness.expected(number):
                seconds = _seconds(db, number)
            yield number, seconds


def read_one(path: Path, wanted: str) -> StoredSession:
    """The session with this number, or `last`. Raises `UserError`."""
    with index.reading(path) as db:
        return read(db, index.find_one(db, path, wanted))


def read(
    db: sqlite3.Connection,
    number: int,
    *,
    without: str = "",
    around: index.Around | None = None,
) -> StoredSession:
    """One session with all that it holds, but for events `without` use; `number` is there.

    `around` is asked for once where several are read one after another. Raises
    `DamagedSessionError` where that cannot be what was written.
    """
    cursor = db.cursor()
    cursor.row_factory = sqlite3.Row
    with soundness.expected(number):
        row = cursor.execute("SELECT * FROM session WHERE id = ?", (number,)).fetchone()
        if row is None:  # others write to the log as well
            raise _deleted(number)
        notes = cursor.execute(
            "SELECT key, value FROM note WHERE session = ? ORDER BY id", (number,)
        )
        told = {number: [soundness.note(*n) for n in notes]}
        context = index.Context(told, *(around or index.around(db)))
        values = index.values_of(row, context)
        values["seconds"] = _seconds(db, number)
        events = cursor.execute(
            "SELECT t, type, detail FROM event WHERE session = ? AND type != ? ORDER BY t, id",
            (number, without),
        )
        values["events"] = [soundness.event(*e) for e in events]
        return StoredSession(**values)


def _seconds(db: sqlite3.Connection, number: int) -> list[schema.Second]:
    cursor = db.cursor()
    cursor.row_factory = None  # tuples, which is quicker
    rows = cursor.execute(
        "SELECT t, spm, confidence FROM second WHERE session = ? ORDER BY t", (number,)
    )
    return [soundness.second(*row) for row in rows]


def _deleted(number: int) -> soundness.DamagedSessionError:
    return soundness.DamagedSessionError(f"session {number} has been deleted meanwhile")
