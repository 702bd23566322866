"""`coach log note`, `delete`, `prune` and `verify`: what a person does to the log."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from firmware.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, UserError
from firmware.log import clocks, failures, index, notes, retention, schema
from firmware.wording import counted, instant, numbered

MOST_NAMED = 8
"""Sessions that are named one by one before they are deleted."""


def add(path: Path, wanted: str, given: Sequence[tuple[str, str]], date: str | None = None) -> int:
    """The command `coach log note`; without notes it shows those that are there."""
    stored = [(key, notes.checked(key, value)) for key, value in given]
    if date is None and not stored:
        return _show(path, wanted)
    if date is not None:
        dated = notes.put_date(path, wanted, date)
        more = f", and {dated.others} more of the same run with it" if dated.others else ""
        sys.stdout.write(f"session {dated.session}: dated {instant(dated.start)}{more}\n")
        if dated.against is not None:
            other, then = dated.against
            when = "before" if other < dated.session else "after"
            sys.stdout.write(
                f"session {other} was walked {when} it and is dated {instant(then)}: one of the two"
                " dates is wrong\n"
            )
    if stored:
        number = notes.put(path, wanted, stored)
        said = ", ".join(notes.words(key, value) for key, value in stored)
        sys.stdout.write(f"session {number}: {said}\n")
        if walker := dict(stored).get(index.WALKER):
            sys.stdout.writelines(f"{line}\n" for line in _others_alike(path, number, walker))
    return EXIT_OK


def _others_alike(path: Path, number: int, walker: str) -> Iterator[str]:
    """That a name is another than one in the log from which a slip of the shift key parts it."""
    import shlex  # few notes name a walker

    try:
        sessions_of = Counter(row.walker for row in index.read_rows(path))
    except UserError:
        return  # another session is damaged: the note is there all the same
    for other, count in sorted(sessions_of.items()):
        if other != walker and _letters(other) == _letters(walker):
            yield (
                f"{walker} is another walker than {other}, who has {counted(count, 'session')} in"
                " this log; if they are one:"
                f" coach log note {number} --walker {shlex.quote(other)}"
            )


def _letters(name: str) -> str:
    import unicodedata  # likewise

    return unicodedata.normalize("NFKC", name).casefold()


def _show(path: Path, wanted: str) -> int:
    with index.reading(path) as db:
        number = index.find_one(db, path, wanted)
        [row] = index.rows(db, path, [str(number)])
    told = [notes.words(key, value) for key, value in row.notes]
    sys.stdout.writelines(f"{line}\n" for line in told or [f"session {number}: no notes yet"])
    return EXIT_OK


def delete(path: Path, wanted: Sequence[str], since: str | None, *, sure: bool) -> int:
    """The command `coach log delete`: asks first, in a terminal; a running session stays."""
    with index.reading(path) as db:
        index.refuse_doubtful(db, path, wanted)
        rows = index.rows(db, path, wanted, since, surely=True)
    if running := [str(row.id) for row in rows if row.ended is None]:
        raise UserError(f"session {running[0]} is still running; it can be deleted once it has")
    if not rows:
        raise UserError(f"{path}: there is no such session; `coach log list` shows what there is")
    names = _named([row.id for row in rows])
    if not sure:
        if not sys.stdin.isatty():
            raise UserError(f"to delete {names} for good, add --yes")
        sys.stdout.write(f"delete {names} for good? [y/N] ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            sys.stdout.write("nothing is deleted\n")
            return EXIT_INTERRUPTED
    with index.writing(path) as db:
        db.executemany("DELETE FROM session WHERE id = ?", [(row.id,) for row in rows])
    sys.stdout.write(f"deleted: {names}\n")
    return EXIT_OK


def _named(numbers: Sequence[int]) -> str:
    """`sessions 3, 5`; of many, how many they are: it must not be lost in a long list."""
    if len(numbers) <= MOST_NAMED:
        return numbered(numbers)
    begin = ", ".join(map(str, numbers[: MOST_NAMED // 2]))
    return f"{counted(len(numbers), 'session')} ({begin}, ..., {numbers[-1]})"


def prune(path: Path, limits: retention.Limits) -> int:
    """The command `coach log prune`: forget now what is over the limits."""
    schema.open_for_reading(path).close()
    with (
        schema.explaining(path, (OSError, ValueError, TypeError, *failures.FAILURES)),
        closing(schema.open_for_writing(path)) as db,
    ):
        before = retention.size_mb(db)
        is_set = clocks.is_set()
        done = retention.prune(db, limits, now=time.time() if is_set else None)
        after = retention.size_mb(db)
        retention.empty_wal(db)
    if not is_set:
        sys.stdout.write("the clock has not been set: nothing is taken for old\n")
    sys.stdout.write(
        f"raw samples of {counted(done.raw, 'session')} and details of"
        f" {counted(done.details, 'session')} forgotten; {before:.1f} MB are now {after:.1f} MB"
        f" (log.max_mb = {limits.max_mb:g}, log.max_days = {limits.max_days:g})\n"
    )
    return EXIT_OK


def verify(path: Path, *, and_recover: bool) -> int:
    """The command `coach log verify`: exit code 0 when all is well, or has been recovered."""
    from firmware.log import recover  # which loads numpy

    found = recover.problems(path)
    if not found:
        sys.stdout.write(f"{path}: the log is sound\n")
        for kept in recover.unread(path):
            said = "is damaged, and kept aside; `coach log verify --recover` saves what can be read"
            if and_recover:
                log = recover.save(kept)
                said = f"what can be read of it: coach log list --log {log.parent}"
            sys.stdout.write(f"{kept}: {said}\n")
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
