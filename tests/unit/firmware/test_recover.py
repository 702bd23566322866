"""What is saved of a damaged log: all that can be read, and the figures of what was pruned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from firmware.errors import DeviceError
from firmware.log import failures, index, recover, schema, sessions, summary
from firmware.log.lock import LogLock
from tests.support.logbook import Walk, write


def test_the_figures_of_a_pruned_session_are_saved(tmp_path: Path) -> None:
    """They are all that is left of it; figures that cannot be are worked out of the seconds."""
    path = write(tmp_path, *(Walk(mono_start_us=k) for k in range(3)))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM event WHERE session = 1")
        db.execute("DELETE FROM second WHERE session = 1")
        db.execute("UPDATE session SET summary = '{\"length_s\": []}' WHERE id = 2")
    before = summary.of(index.read_rows(path, ["1"])[0])
    recover.recover(path)
    assert [summary.of(row) for row in index.read_rows(path)] == [before] * 3
    assert {row.ended for row in index.read_rows(path)} == {"no steps for a while"}
    assert [len(s.seconds) > 0 for s in sessions.read_each(path)] == [False, True, True]


SECONDS, SETTINGS = (
    "SELECT sum(t) FROM second WHERE session = ?",
    "SELECT settings FROM session WHERE id = ?",
)


def test_the_session_behind_an_unreadable_place_is_saved(tmp_path: Path) -> None:
    """Of a session with a page that cannot be read that part is lost, of the others nothing."""
    path = write(tmp_path, *(Walk(seconds=400, mono_start_us=k) for k in range(5)))
    lost = next(_lose_a_page_of_one(path, SECONDS))
    recover.recover(path)
    saved = {s.id: len(s.seconds) for s in sessions.read_each(path)}
    whole = max(saved.values())
    assert [number for number, count in saved.items() if count < whole] == [lost]
    assert saved[lost] > whole / 2
    assert {summary.of(row).walking_s for row in index.read_rows(path)} == {whole}


def test_the_sessions_beside_one_that_cannot_be_read_are_saved(tmp_path: Path) -> None:
    """Those before it and behind it, with all that they hold, whichever of its pages is lost."""
    path = write(tmp_path, *(Walk(seconds=20, mono_start_us=k) for k in range(5)))
    pages = 0
    for lost in _lose_a_page_of_one(path, SETTINGS):
        pages += 1
        recover.recover(path)
        saved = list(sessions.read_each(path))
        assert [s.id for s in saved] == [number for number in range(1, 6) if number != lost]
        assert len({(len(s.seconds), len(s.events)) for s in saved}) == 1
    assert pages > 5


@pytest.mark.parametrize("part", [0.5, 1.0], ids=["in the middle", "at the end"])
def test_the_rows_beside_an_unreadable_place_are_saved(tmp_path: Path, part: float) -> None:
    """No other than those of its page is lost, and behind the last none is looked for for ever."""
    path = write(tmp_path, Walk(seconds=245))
    numbers = range(1, len(_events(path, range(1, 1000))) + 1)
    lost = round(part * numbers[-1])
    for _ in _overwrite_pages(path):
        left = _events(path, numbers)
        if lost not in left and len(left) > len(numbers) / 2:
            break
    recover.recover(path)
    assert _events(path, numbers) == left


def _events(path: Path, numbers: range) -> list[int]:
    with closing(sqlite3.connect(path)) as db:
        return [n for n in numbers if _reads(db, "SELECT detail FROM event WHERE id = ?", n)]


def _overwrite_pages(path: Path) -> Iterator[int]:
    """Each by itself, what was there before it as it was: its number."""
    size, sound = schema.PAGE_BYTES, path.read_bytes()
    for page in range(1, len(sound) // size):
        path.write_bytes(sound[: page * size] + b"\xff" * size + sound[(page + 1) * size :])
        yield page


def _lose_a_page_of_one(path: Path, query: str) -> Iterator[int]:
    """Each page without which this cannot be read of one session in the middle; of which one."""
    for _ in _overwrite_pages(path):
        with closing(sqlite3.connect(path)) as db:
            unread = [n for n in range(1, 6) if not _reads(db, query, n)]
        if len(unread) == 1 and 1 < unread[0] < 5:
            yield unread[0]


def _reads(db: sqlite3.Connection, query: str, number: int) -> bool:
    try:
        return db.execute(query, (number,)).fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def test_a_disk_without_room_saves_nothing_by_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stops a recovery is said, and the log stands where it stood: it can be tried again."""
    path = write(tmp_path, Walk(seconds=2000))
    before = path.read_bytes()
    opened = schema.open_for_writing

    def small(path: Path) -> sqlite3.Connection:
        db = opened(path)
        db.execute("PRAGMA max_page_count = 40")  # the disk's room, to SQLite
        return db

    monkeypatch.setattr(schema, "open_for_writing", small)
    with pytest.raises(DeviceError, match="recovery has stopped: database or disk is full"):
        recover.recover(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert recover.recover(path).rows["second"] == 1995


def test_a_session_that_was_cut_short_is_closed(tmp_path: Path) -> None:
    """It is marked so and has its figures, as after any start; nothing seems to run."""
    path = write(tmp_path, *(Walk(mono_start_us=k) for k in range(2)))
    before = summary.of(index.read_rows(path, ["2"])[0])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE session SET ended = NULL, summary = NULL WHERE id = 2")
    recover.recover(path)
    with closing(sqlite3.connect(path)) as db:
        ended = [row[0] for row in db.execute("SELECT ended FROM session ORDER BY id")]
    assert ended == ["no steps for a while", schema.CUT_SHORT]
    assert summary.of(index.read_rows(path)[1]) == before


@pytest.mark.parametrize(
    ("deleted", "counter", "following"),
    [("id = 3", "", 4), ("1", "", 4), ("id = 3", "UPDATE sqlite_sequence SET seq = 1 << 60", 3)],
)
def test_the_number_of_a_deleted_session_is_given_to_no_other_after_a_recovery(
    tmp_path: Path, deleted: str, counter: str, following: int
) -> None:
    """Notes on paper name it; a counter that cannot be is not believed."""
    path = write(tmp_path, *(Walk(20, mono_start_us=k) for k in range(3)))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"DELETE FROM session WHERE {deleted}")
        db.execute(counter)
    recover.recover(path)
    write(tmp_path, Walk(20, mono_start_us=9))
    with index.reading(path) as db:
        assert index.numbers(db)[-1] == following


def test_what_belonged_to_a_session_that_is_lost_is_left_behind(tmp_path: Path) -> None:
    """Its rows tell nothing without it, and the new log is sound."""
    path = write(tmp_path, *(Walk(mono_start_us=k) for k in range(2)))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM session WHERE id = 1")
    assert recover.problems(path) != []
    recover.recover(path)
    assert recover.problems(path) == []
    assert [row.id for row in index.read_rows(path)] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO second VALUES (1, 'x', 90, 0.5)",
        "INSERT INTO event (session, t, type, detail) VALUES (1, 5, 'cue', '[]')",
        "INSERT INTO note (session, key, value) VALUES (1, 'speed', 'fast')",
        "INSERT INTO raw VALUES (1, 5, 7, x'00')",
        "INSERT INTO note (session, key, value) VALUES (99, 'text', 'of nobody')",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_what_no_coach_has_written_is_named_and_left_behind(tmp_path: Path, statement: str) -> None:
    """A value that cannot be, a row of no session, a part of no log: all else is saved."""
    path = write(tmp_path, Walk(20, raw=True), Walk(20, mono_start_us=2))
    assert recover.problems(path) == []
    whole = _rows(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)
    assert len(recover.problems(path)) == 1
    recover.recover(path)
    assert recover.problems(path) == []
    assert _rows(path) == whole


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What each table holds."""
    with closing(sqlite3.connect(path)) as db:
        return {t: db.execute(f"SELECT * FROM {t}").fetchall() for t in schema.TABLES}


def test_a_log_that_is_being_written_is_not_recovered(tmp_path: Path) -> None:
    """The coach would go on writing into the damaged file, and what it writes be lost."""
    path = write(tmp_path, Walk())
    lock = LogLock(path)
    lock.take()
    with pytest.raises(DeviceError, match="a running coach is writing this log"):
        recover.recover(path)
    lock.release()
    assert [file.name for file in tmp_path.glob("*.recovered*")] == []


def test_who_opens_a_new_log_beside_another_finds_no_damage(tmp_path: Path) -> None:
    """Two make its tables at once: one does, and for the other they are there."""
    paths = [tmp_path / f"{number}" / schema.FILE_NAME for number in range(12)]
    for path in paths:
        with ThreadPoolExecutor(3) as pool:
            made = [pool.submit(_open, path) for _ in range(3)]
        failed = [future.exception() for future in made if future.exception() is not None]
        assert not [e for e in failed if isinstance(e, failures.DamagedLogError)]
        assert len(failed) < 3


def _open(path: Path) -> None:
    schema.open_for_writing(path).close()
