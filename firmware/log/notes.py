"""What a person adds to a session, and takes away: notes, deletion, pruning, verification."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from coach.keys import typed
from firmware.errors import EXIT_FAILED, EXIT_OK, UserError
from firmware.log import clocks, failures, index, retention, schema
from firmware.log.clocks import is_set
from firmware.shown import visible
from firmware.wording import counted, instant

KEYS = schema.NOTE_KEYS

TEXT = "text"

LONGEST_TEXT = 1000

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it, nobody walked with one; a year of two digits is a slip of the pen."""


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


def add(path: Path, wanted: str, notes: Sequence[tuple[str, str]], date: str | None = None) -> int:
    """The command `coach log note`; without notes it shows those that are there."""
    stored = [(key, checked(key, value)) for key, value in notes]
    if date is not None:
        _put_date(path, wanted, date)
    elif not stored:
        with index.reading(path) as db:
            number = index.find_one(db, path, wanted)
        [row] = index.read_rows(path, [str(number)])
        told = [words(key, value) for key, value in row.notes]
        sys.stdout.writelines(f"{line}\n" for line in told or [f"session {number}: no notes yet"])
        return EXIT_OK
    if not stored:
        return EXIT_OK
    with index.writing(path) as db:
        number = index.find_one(db, path, wanted)
        for key, value in stored:
            if key != TEXT:
                db.execute("DELETE FROM note WHERE session = ? AND key = ?", (number, key))
            db.execute(schema.INSERT_NOTE, (number, key, value))
    sys.stdout.write(f"session {number}: {', '.join(words(k, v) for k, v in stored)}\n")
    return EXIT_OK


def _put_date(path: Path, wanted: str, text: str) -> None:
    """Date a session by what a person knows, and with it every session of the same run.

    Within one run of the machine the monotonic clock tells how far apart sessions were.
    """
    with index.writing(path) as db:
        number = index.find_one(db, path, wanted)
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
    shown = instant(datetime.fromtimestamp(start, UTC))
    more = f", and {dated - 1} more of the same run with it" if dated > 1 else ""
    sys.stdout.write(f"session {number}: dated {shown}{more}\n")


def _start(text: str, wall: float) -> float:
    """A day and time, or a day whose time of day stays as the clock had it."""
    skipped = False
    try:
        given = datetime.fromisoformat(text.strip())
        if len(text.strip()) > len("2026-11-02"):
            skipped = _is_skipped(given)
        else:
            time_of_day = datetime.fromtimestamp(wall, UTC).astimezone().time()
            given = datetime.combine(given.date(), time_of_day)
        start = given.astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        start = math.nan
    if not EARLIEST.timestamp() <= start <= time.time() + index.FUTURE_S:
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


def delete(path: Path, wanted: Sequence[str], since: str | None, *, sure: bool) -> int:
    """The command `coach log delete`: asks first, in a terminal; a running session stays."""
    rows = index.read_rows(path, wanted, since)
    if running := [str(row.id) for row in rows if row.ended is None]:
        raise UserError(f"session {running[0]} is still running; it can be deleted when it ended")
    if not rows:
        raise UserError(f"{path}: there is no such session; `coach log list` shows what there is")
    names = ", ".join(str(row.id) for row in rows)
    if not sure:
        if not sys.stdin.isatty():
            raise UserError(f"to delete session {names} for good, add --yes")
        sys.stdout.write(f"delete session {names} for good? [y/N] ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return EXIT_FAILED
    with index.writing(path) as db:
        db.executemany("DELETE FROM session WHERE id = ?", [(row.id,) for row in rows])
    sys.stdout.write(f"deleted: session {names}\n")
    return EXIT_OK


def prune(path: Path, limits: retention.Limits) -> int:
    """The command `coach log prune`: forget now what is over the limits."""

    schema.open_for_reading(path).close()
    with (
        schema.explaining(path, (OSError, ValueError, TypeError, *failures.FAILURES)),
        closing(schema.open_for_writing(path)) as db,
    ):
        before = retention.size_mb(db)
        done = retention.prune(db, limits, now=time.time() if is_set() else None)
        after = retention.size_mb(db)
        schema.empty_wal(db)
    if not is_set():
        sys.stdout.write("the clock has not been set: nothing is taken for old\n")
    sys.stdout.write(
        f"raw samples of {counted(done.raw, 'session')} and details of"
        f" {counted(done.details, 'session')} forgotten; {before:.1f} MB are now {after:.1f} MB"
        f" (limits: {limits.max_mb:g} MB, {limits.max_days:g} days)\n"
    )
    return EXIT_OK


def verify(path: Path, *, and_recover: bool) -> int:
    """The command `coach log verify`: exit code 0 when all is well, or has been recovered."""
    from firmware.log import recover

    found = recover.problems(path)
    if not found:
        sys.stdout.write(f"{path}: the log is sound\n")
        return EXIT_OK
    for sentence in found:
        sys.stderr.write(f"coach: {path}: {sentence}\n")
    if not and_recover:
        sys.stderr.write("coach: `coach log verify --recover` keeps it aside and saves the rest\n")
        return EXIT_FAILED
    saved = recover.recover(path)
    rows = ", ".join(counted(n, f"{table} row") for table, n in saved.rows.items()) or "nothing"
    sys.stdout.write(f"{path}: saved {rows}; the old log is kept as {saved.kept.name}\n")
    return EXIT_OK
