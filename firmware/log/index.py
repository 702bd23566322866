"""Which sessions the log holds: of each its row, its stored figures and its notes.

No more is read for a list, so a long log lists fast, and nothing is loaded that it does not need.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from coach.frozen import frozen
from firmware.errors import UserError
from firmware.log import clocks, lock, schema, soundness

LAST, ALL = "last", "all"

WALKER = "walker"
"""The note that says who walked."""

PROFILE = "walker.profile"
"""The setting that does where there is no such note."""

WHOLE_S = 60.0
"""`last` is the last session that was at least so long: a shorter one is a try of the device."""

FUTURE_S = 86_400.0
"""A session dated further ahead of now than this has no sure date."""


@frozen
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
        return self.note(WALKER) or str(self.settings.get(PROFILE, ""))

    def is_after(self, others: int) -> bool:
        """Whether it is none of the sessions up to that number, which another of the name walked.

        What was recorded under that number is not theirs: a log that begins anew counts from 1.
        """
        return self.id > others or self.settings.get("programme.after_session") == others

    def note(self, key: str) -> str | None:
        """The last note of this kind, or None."""
        return next((value for k, value in reversed(self.notes) if k == key), None)

    def number(self, key: str) -> float | None:
        """The last note of this kind, which takes numbers."""
        told = self.note(key)
        return None if told is None else float(told)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The open log; what SQLite finds wrong on the way becomes a sentence. Raises `UserError`."""
    with closing(schema.open_for_reading(path)) as db, schema.explaining(path):
        yield db


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The open log in one transaction, beside the running coach. Raises `UserError`."""
    schema.open_for_reading(path).close()  # makes no log where there is none
    with closing(schema.open_for_writing(path)) as db, schema.explaining(path), db:
        yield db


def read_rows(path: Path, wanted: Sequence[str] = (ALL,), since: str | None = None) -> list[Row]:
    """What a list shows of the sessions that `find` names, without reading their seconds."""
    with reading(path) as db:
        return rows(db, path, wanted, since)


def rows(
    db: sqlite3.Connection,
    path: Path,
    wanted: Sequence[str],
    since: str | None = None,
    *,
    surely: bool = False,
) -> list[Row]:
    """As `read_rows`, of a log that is open for reading. Raises `UserError`."""
    named = set(find(db, path, wanted, since, may_be_none=True, surely=surely))
    notes: dict[int, list[tuple[str, str]]] = {}
    for row in db.execute("SELECT session, key, value FROM note ORDER BY id"):
        with soundness.expected(row[0]):
            notes.setdefault(row[0], []).append(soundness.note(row[1], row[2]))
    found = db.execute("SELECT * FROM session ORDER BY id")
    context = Context(notes, *around(db))
    return [Row(**values_of(row, context)) for row in found if row["id"] in named]


def to_come(db: sqlite3.Connection) -> set[int]:
    """The sessions whose date is to come, though it seemed sure.

    If that were most of them, this machine's own clock would be behind: then it is none. Where
    nobody has set this clock, it is only those that another came after whose day has been.
    """
    latest = time.time() + FUTURE_S
    dates = db.execute("SELECT id, wall_start FROM session WHERE wall_sure").fetchall()
    ahead = {number for number, wall in dates if isinstance(wall, float) and wall > latest}
    if ahead and not clocks.is_set():
        been = max((number for number, _ in dates if number not in ahead), default=0)
        ahead = {number for number in ahead if number < been}
    return ahead if 2 * len(ahead) < len(dates) else set()


def find(
    db: sqlite3.Connection,
    path: Path,
    wanted: Sequence[str],
    since: str | None = None,
    *,
    may_be_none: bool = False,
    surely: bool = False,
) -> list[int]:
    """The numbers of the sessions asked for: `7`, `3-6`, `last`, `all`; `since` a day.

    One without a sure date is among them where it may be of that day or later; with `surely` only
    where it must be. Raises `UserError` for what is none of these and for what is not there.
    """
    there = numbers(db)
    last = _last(db, path) if LAST in wanted and there else []
    named = (last if text == LAST else _one(text, there, path) for text in wanted)
    found = sorted({number for numbers in named for number in numbers})
    if since is not None:
        found = sorted(set(found) & _late(db, since, surely=surely))
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


def find_meant(db: sqlite3.Connection, path: Path, wanted: str) -> int:
    """The same before something is written to it: it must be no doubt which one is meant."""
    refuse_doubtful(db, path, [wanted])
    return find_one(db, path, wanted)


def refuse_doubtful(db: sqlite3.Connection, path: Path, wanted: Sequence[str]) -> None:
    """Before something is written or deleted: raise `UserError` for `last` while a session runs.

    Who has just stepped off means that one, which is closed a minute later; who sits beside the
    treadmill may mean the walker before.
    """
    number = running(db) if LAST in wanted else None
    if number is None:
        return
    [last] = _last(db, path)
    raise UserError(
        f"session {number} still runs: name the one that you mean by its number, {number}, or"
        f" {last} for the last that has ended"
    )


def numbers(db: sqlite3.Connection) -> list[int]:
    """Of all sessions, oldest first."""
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


def moment(text: str) -> datetime:
    """A day, or a day and time, as a person types it: `7:20` is `07:20`. Raises `ValueError`."""
    return datetime.fromisoformat(re.sub(r"(?<=[ T])(?=[0-9]:)", "0", text.strip()))


def _late(db: sqlite3.Connection, since: str, *, surely: bool) -> set[int]:
    """The sessions of a day or later. One without a sure date lies between its neighbours."""
    doubted = to_come(db)
    dates = db.execute("SELECT id, wall_start, wall_sure FROM session ORDER BY id").fetchall()
    known = [
        wall if sure and number not in doubted and isinstance(wall, float) else None
        for number, wall, sure in dates
    ]
    starts = _since(since, max((wall for wall in known if wall is not None), default=0.0))
    earliest = _carried(known, -math.inf)
    latest = _carried(known[::-1], math.inf)[::-1]
    bounds = earliest if surely else latest
    return {row[0] for row, bound in zip(dates, bounds, strict=True) if bound >= starts}


def _carried(dates: Sequence[float | None], first: float) -> list[float]:
    """Each date, and where there is none the one before it."""
    carried = [first]
    for date in dates:
        carried.append(carried[-1] if date is None else date)
    return carried[1:]


def _since(text: str, newest: float) -> float:
    """`2026-11-02`, or `7d` for the last seven days, as seconds since 1970.

    They count back from the `newest` date where the clock is behind it and nobody has set it.
    """
    try:
        if match := re.fullmatch(r"([0-9]{1,5})d", text):
            now = datetime.fromtimestamp(_now(newest), UTC).astimezone()
            return (now - timedelta(days=int(match[1]))).timestamp()
        return moment(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as e:
        raise UserError(
            f"--since '{text}': expected a day, as 2026-11-02, or a number of days, as 7d"
        ) from e


def _now(newest: float) -> float:
    now = time.time()
    return newest if now < newest and not clocks.is_set() else now


Around = tuple[set[int], bool]
"""Of a log what `to_come` and `is_running` say."""


def around(db: sqlite3.Connection) -> Around:
    """What must be known of the others to read one session."""
    return to_come(db), is_running(db)


class Context(NamedTuple):
    """What a session's row does not tell by itself."""

    notes: dict[int, list[tuple[str, str]]]
    to_come: set[int]
    running: bool


def running(db: sqlite3.Connection) -> int | None:
    """The number of the session that runs; None: none does, or it is not in the log yet."""
    row = db.execute("SELECT id FROM session WHERE ended IS NULL ORDER BY id DESC").fetchone()
    return row[0] if row is not None and is_running(db) else None


def is_running(db: sqlite3.Connection) -> bool:
    """Whether a coach is writing this log: a session without an end then runs."""
    return lock.is_written(Path(db.execute("PRAGMA database_list").fetchone()[2]))


def values_of(row: sqlite3.Row, context: Context) -> dict[str, Any]:
    """The fields of a `Row`. Raises `DamagedSessionError`."""
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
