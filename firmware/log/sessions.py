"""Sessions as they stand in the log, read back for review, export and replay."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from coach.events import Cadence, Cue, Limit, Reaction, Session
from firmware.errors import UserError
from firmware.log import lock, rawcodec, schema, soundness
from firmware.records import Record, SettingsChanged

R = TypeVar("R", bound=Record)

LAST, ALL = "last", "all"

WALKER = "walker"
"""The note that says who walked."""

WHOLE_S = 60.0
"""`last` is the last session that was at least so long: a shorter one is a try of the device."""

FUTURE_S = 86_400.0
"""A session dated further ahead of now than this has no sure date."""


@dataclass(frozen=True)
class Row:
    """What a list shows of a session: its row, its stored figures, its notes."""

    id: int
    boot_id: str
    mono_start_us: int
    wall_start: float
    wall_sure: bool
    """The date is from a clock that the network had set, and is not to come."""
    to_come: bool
    """The date is to come, so some clock was wrong."""
    ended: str | None
    settings: dict[str, Any]
    summary: dict[str, Any] | None
    """None while the session runs."""
    notes: list[tuple[str, str]]

    @property
    def walker(self) -> str:
        """Who walked: as a person noted it, else the profile then in use; empty for nobody's."""
        return self.note(WALKER) or str(self.settings.get("walker.profile", ""))

    def note(self, key: str) -> str | None:
        """The last note of this kind, or None."""
        return next((value for k, value in reversed(self.notes) if k == key), None)


@dataclass(frozen=True)
class StoredSession(Row):
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

    def records(self) -> list[Record]:
        """Seconds and events in one list, in order of time, as the daemon told them."""
        seconds = (Cadence(*second) for second in self.seconds)
        return sorted([*seconds, *self.events], key=lambda r: r.t)

    def limits(self) -> list[tuple[float, float]]:
        """(t, steps/min): the limit in force and since when, one pair for each change of it.

        In force is the one that was set, or that of the stage, or a lower one for a while after a
        stumble.
        """
        key = "cadence.max_spm"
        was_set, of_stage, lowered = float(self.settings[key]), math.inf, math.inf
        limits = [(0.0, was_set)]
        for e in self.events:
            match e:
                case Limit(max_spm=spm, reason="stage"):
                    of_stage = spm
                case Limit(max_spm=spm, reason=reason):
                    lowered = spm if reason == "stumble" else math.inf
                case SettingsChanged(changes=changes):
                    if key in changes:  # the stage's, if it counts on, is told again
                        was_set, of_stage = _as_number(changes[key], was_set), math.inf
                case _:
                    continue
            limits.append((e.t, min(was_set, of_stage, lowered)))
        return limits

    def prescribed(self) -> list[tuple[float, float]]:
        """(t, steps/min): the limit that was set, and since when."""
        key = "cadence.max_spm"
        later = [(e.t, e.changes[key]) for e in self.of(SettingsChanged) if key in e.changes]
        return [(t, float(value)) for t, value in [(0.0, self.settings[key]), *later]]

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


def _as_number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The open log; what SQLite finds wrong on the way becomes a sentence. Raises `UserError`."""
    with closing(schema.open_for_reading(path)) as db:
        try:
            yield db
        except schema.FAILURES as e:
            raise schema.cannot_open(path, e) from e


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The open log in one transaction, beside the running coach. Raises `UserError`."""
    schema.open_for_reading(path).close()  # makes no log where there is none
    with closing(schema.open_for_writing(path)) as db:
        try:
            with db:
                yield db
        except schema.FAILURES as e:
            raise schema.cannot_open(path, e) from e


def read_all(path: Path) -> list[StoredSession]:
    """Every session of the log with all that it holds, oldest first. Raises `UserError`."""
    with reading(path) as db:
        return [read(db, number) for number in _numbers(db)]


def read_some(path: Path, wanted: Sequence[str], since: str | None = None) -> list[StoredSession]:
    """The sessions that `find` names. Raises `UserError`."""
    with reading(path) as db:
        return [read(db, number) for number in find(db, path, wanted, since)]


def read_rows(path: Path, wanted: Sequence[str] = (ALL,), since: str | None = None) -> list[Row]:
    """What a list shows of the sessions that `find` names, without reading their seconds."""
    with reading(path) as db:
        numbers = set(find(db, path, wanted, since, may_be_none=True))
        notes: dict[int, list[tuple[str, str]]] = {}
        for row in db.execute("SELECT session, key, value FROM note ORDER BY id"):
            with soundness.expected(row[0]):
                notes.setdefault(row[0], []).append(soundness.note(row[1], row[2]))
        rows = db.execute("SELECT * FROM session ORDER BY id")
        context = _Context(notes, to_come(db), is_running(db))
        return [Row(**_row(row, context)) for row in rows if row["id"] in numbers]


def to_come(db: sqlite3.Connection) -> set[int]:
    """The sessions whose date is to come, though it seemed sure.

    If that were most of them, this machine's own clock would be behind: then it is none.
    """
    latest = time.time() + FUTURE_S
    dates = db.execute("SELECT id, wall_start FROM session WHERE wall_sure").fetchall()
    ahead = {number for number, wall in dates if isinstance(wall, float) and wall > latest}
    return ahead if 2 * len(ahead) < len(dates) else set()


def read_one(path: Path, wanted: str) -> StoredSession:
    """The session with this number, or `last`. Raises `UserError`."""
    with reading(path) as db:
        return read(db, find_one(db, path, wanted))


def read_raw(path: Path, wanted: str) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """A session's samples: t_us (n,) from its first sample, raw counts (n, 6)."""
    with reading(path) as db:
        number = find_one(db, path, wanted)
        chunks = list(_chunks(db, number))
    if not chunks:
        raise UserError(
            f"{path}: session {number} holds no raw samples: the setting log.raw was off, or they"
            " have been pruned"
        )
    t_us = np.concatenate([t for t, _ in chunks])
    with soundness.expected(number):
        soundness.samples(t_us)
    return t_us, np.concatenate([x for _, x in chunks])


def find(
    db: sqlite3.Connection,
    path: Path,
    wanted: Sequence[str],
    since: str | None = None,
    *,
    may_be_none: bool = False,
) -> list[int]:
    """The numbers of the sessions asked for: `7`, `3-6`, `last`, `all`; `since` a day.

    Raises `UserError` for what is none of these and for what is not there.
    """
    there = _numbers(db)
    last = _last(db, path) if LAST in wanted and there else []
    named = (last if text == LAST else _one(text, there, path) for text in wanted)
    found = sorted({number for numbers in named for number in numbers})
    if since is not None:
        starts = _since(since)
        late = db.execute("SELECT id FROM session WHERE wall_start >= ?", (starts,))
        found = sorted(set(found) & {row[0] for row in late})
    if not found and not may_be_none:
        when = f" since {since}" if since is not None else ""
        raise UserError(f"{path}: there is no session{when}; `coach log list` shows what there is")
    return found


def find_one(db: sqlite3.Connection, path: Path, wanted: str) -> int:
    """The number of one session. Raises `UserError` where several are named."""
    found = find(db, path, [wanted])
    if len(found) > 1:
        names = ", ".join(map(str, found[:3])) + (", ..." if len(found) > 3 else "")
        raise UserError(f"'{wanted}' is {len(found)} sessions ({names}): expected one of them")
    return found[0]


def _numbers(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM session ORDER BY id")]


def _one(text: str, there: list[int], path: Path) -> list[int]:
    if text == ALL:
        return there
    match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    if match is None:
        raise UserError(
            f"'{text}' is no session: expected a number, as 7, a range, as 3-6, or last"
        )
    first, last = int(match[1]), int(match[2] or match[1])
    found = [n for n in there if first <= n <= last]
    if not found:
        raise UserError(f"{path}: there is no session {text}; `coach log list` shows what there is")
    return found


def _last(db: sqlite3.Connection, path: Path) -> list[int]:
    """The last session that has ended, of those of a minute and more if there are any."""
    running = is_running(db)
    rows = db.execute(
        "SELECT id, summary, ended, (SELECT max(t) - min(t) FROM second WHERE session = session.id"
        " AND spm IS NOT NULL) FROM session ORDER BY id DESC"
    )
    newest: int | None = None
    for number, stored, ended, lasted in rows:
        if ended is None and running:
            continue
        newest = number if newest is None else newest
        if _length_s(lasted, stored) >= WHOLE_S:
            return [number]
    if newest is None:
        raise UserError(f"{path}: no session has ended yet; name the one that runs by its number")
    return [newest]


def _length_s(lasted: object, stored: object) -> float:
    """Of a session: as its stored figures say, or its seconds where there are none."""
    length = lasted
    if stored is not None:
        try:
            length = json.loads(str(stored))["length_s"]
        except soundness.NOT_AS_WRITTEN:
            length = 0.0
    return length if isinstance(length, int | float) else 0.0


def _since(text: str) -> float:
    """`2026-11-02`, or `7d` for the last seven days, as seconds since 1970."""
    try:
        if match := re.fullmatch(r"([0-9]{1,5})d", text):
            return (datetime.now().astimezone() - timedelta(days=int(match[1]))).timestamp()
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as e:
        raise UserError(
            f"--since '{text}': expected a day, as 2026-11-02, or a number of days, as 7d"
        ) from e


def read(db: sqlite3.Connection, number: int, *, without: str = "") -> StoredSession:
    """One session with all that it holds, but for events `without` use; `number` is there.

    Raises `DamagedSessionError` where that cannot be what was written.
    """
    cursor = db.cursor()
    cursor.row_factory = sqlite3.Row
    with soundness.expected(number):
        row = cursor.execute("SELECT * FROM session WHERE id = ?", (number,)).fetchone()
        notes = cursor.execute(
            "SELECT key, value FROM note WHERE session = ? ORDER BY id", (number,)
        )
        told = {number: [soundness.note(*n) for n in notes]}
        values = _row(row, _Context(told, to_come(db), is_running(db)))
        seconds = cursor.execute(
            "SELECT t, spm, confidence FROM second WHERE session = ? ORDER BY t", (number,)
        )
        values["seconds"] = [soundness.second(*s) for s in seconds]
        events = cursor.execute(
            "SELECT t, type, detail FROM event WHERE session = ? AND type != ? ORDER BY t, id",
            (number, without),
        )
        values["events"] = [soundness.event(*e) for e in events]
        return StoredSession(**values)


class _Context(NamedTuple):
    """What a session's row does not tell by itself."""

    notes: dict[int, list[tuple[str, str]]]
    to_come: set[int]
    running: bool


def is_running(db: sqlite3.Connection) -> bool:
    """Whether a coach is writing this log: a session without an end then runs."""
    return lock.is_written(Path(db.execute("PRAGMA database_list").fetchone()[2]))


def _row(row: sqlite3.Row, context: _Context) -> dict[str, Any]:
    with soundness.expected(row["id"]):
        values = soundness.session(dict(row))
    to_come = values["id"] in context.to_come
    return {
        **values,
        "wall_sure": values["wall_sure"] and not to_come,
        "to_come": to_come,
        "ended": values["ended"] or (None if context.running else schema.CUT_SHORT),
        "notes": context.notes.get(values["id"], []),
    }


def _chunks(
    db: sqlite3.Connection, number: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int16]]]:
    rows = db.execute("SELECT n, packed FROM raw WHERE session = ? ORDER BY t_us", (number,))
    for row in rows:
        with soundness.expected(number):
            yield rawcodec.unpack(row["packed"], row["n"])
