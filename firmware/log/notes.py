"""What a person adds to a session: notes, and its date where no clock was set."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from coach.keys import typed
from firmware.errors import UserError
from firmware.log import clocks, index, schema
from firmware.shown import visible

KEYS = schema.NOTE_KEYS

TEXT = "text"

LONGEST_TEXT = 1000

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it, nobody walked with one; a year of two digits is a slip of the pen."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""What a person may say where the clock cannot tell which days have been."""


def words(key: str, value: str) -> str:
    """A note as a person reads it: `belt speed 2.4 km/h`."""
    if key in KEYS:
        name, unit, *_ = KEYS[key]
        return f"{name} {value} {unit}"
    return visible(value if key == TEXT else f"{key} {value}")


def checked(key: str, value: str) -> str:
    """A note's value as it is stored. Raises `UserError`."""
    if key not in KEYS:
        if not value.strip() or len(value) > LONGEST_TEXT:
            raise UserError(f"a note's {key} takes 1 to {LONGEST_TEXT} characters")
        return value.strip().encode("utf-8", "replace").decode("utf-8")  # bytes that were none: ?
    name, unit, low, high = KEYS[key]
    try:
        given = typed(value)
    except ValueError:
        given = math.nan
    if not low <= given <= high:
        raise UserError(f"{name} '{value}': expected a number from {low:g} to {high:g} ({unit})")
    return f"{given:g}"


class Dated(NamedTuple):
    """A session that has been dated, its start, and how many of the same run with it."""

    session: int
    start: datetime
    others: int
    against: tuple[int, datetime] | None
    """A session that was walked before it and is dated of a later day, or after it and earlier."""


def put(path: Path, wanted: str, notes: Sequence[tuple[str, str]]) -> int:
    """Add notes, as `checked`, to one session; returns its number. Raises `UserError`.

    A text is one more; of every other kind the newest counts.
    """
    with index.writing(path) as db:
        number = index.find_meant(db, path, wanted)
        for key, value in notes:
            if key != TEXT:
                db.execute("DELETE FROM note WHERE session = ? AND key = ?", (number, key))
            db.execute(schema.INSERT_NOTE, (number, key, value))
    return number


def put_date(path: Path, wanted: str, text: str) -> Dated:
    """Date a session by what a person knows, and with it every session of the same run.

    Within one run of the machine the monotonic clock tells how far apart sessions were. Raises
    `UserError`.
    """
    with index.writing(path) as db:
        number = index.find_meant(db, path, wanted)
        boot, mono_us, wall = db.execute(
            "SELECT boot_id, mono_start_us, wall_start FROM session WHERE id = ?", (number,)
        ).fetchone()
        start = _start(text, wall)
        alone = boot in clocks.NOT_ONE_RUN
        dated = db.execute(
            "UPDATE session SET wall_start = ? + (mono_start_us - ?) / 1e6, wall_sure = 1"
            " WHERE id = ? OR (boot_id = ? AND ?)",
            (start, mono_us, number, boot, not alone),
        ).rowcount
        others = db.execute(
            "SELECT id, wall_start FROM session WHERE wall_sure AND id != ?1 ORDER BY abs(id - ?1)",
            (number,),
        ).fetchall()
    began = datetime.fromtimestamp(start, UTC)
    return Dated(number, began, dated - 1, _against(number, began, others))


def _against(
    number: int, began: datetime, others: Sequence[tuple[int, object]]
) -> tuple[int, datetime] | None:
    """The nearest that contradicts: numbers are in order, and a clock's hours may be off."""
    for other, wall in others:
        if isinstance(wall, float):
            then = datetime.fromtimestamp(wall, UTC)
            days = (then.astimezone().date() - began.astimezone().date()).days
            if days * (number - other) > 0:
                return other, then
    return None


def _start(text: str, wall: float) -> float:
    """A day and time, or a day whose time of day stays as the clock had it."""
    skipped = False
    try:
        given = index.moment(text)
        if len(text.strip()) > len("2026-11-02"):
            skipped = _is_skipped(given)
        else:
            time_of_day = datetime.fromtimestamp(wall, UTC).astimezone().time()
            given = datetime.combine(given.date(), time_of_day)
        start = given.astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        start = math.nan
    now = time.time() + index.FUTURE_S if clocks.is_set() else LATEST.timestamp()
    if not EARLIEST.timestamp() <= start <= now:
        raise UserError(
            f"--date '{text}': expected a day that has been, as 2026-11-02, or with its time, as"
            " 2026-11-02 14:30"
        )
    if skipped:
        raise UserError(f"--date '{text}': there was no such time: the clocks were put forward")
    return start


def _is_skipped(given: datetime) -> bool:
    """Whether no clock here has shown this time: summer time began."""
    shown = datetime.fromtimestamp(given.timestamp(), given.tzinfo)
    return shown.replace(fold=0) != given.replace(fold=0)
