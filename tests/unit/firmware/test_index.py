"""Which sessions are meant, and what a list has of each."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from firmware.errors import DeviceError, UserError
from firmware.log import clocks, index, schema, sessions
from firmware.log.retention import DAY_S
from firmware.log.soundness import DamagedSessionError
from tests.support.logbook import Walk, write

NOW = time.time()


def walks(*days_ago: float, sure: bool = True, seconds: int = 20) -> list[Walk]:
    """A session of each of these days."""
    return [
        Walk(seconds, wall_start=NOW - ago * DAY_S, mono_start_us=round(ago * 1e6), sure=sure)
        for ago in days_ago
    ]


def changed(path: Path, statement: str) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)
    return path


def test_a_session_without_a_sure_date_is_shown_where_it_may_be_of_then(tmp_path: Path) -> None:
    """A clock of 1970 hides none: the order tells. What is deleted must be of then."""
    lost = walks(20_000, sure=False)
    path = write(tmp_path, *lost, *walks(9), *lost, *walks(3, 2), *lost, *walks(1), *lost)
    with index.reading(path) as db:
        assert index.find(db, path, ["all"], "7d") == [3, 4, 5, 6, 7, 8]
        assert index.find(db, path, ["all"], "7d", surely=True) == [4, 5, 6, 7, 8]
        assert index.find(db, path, ["all"], "10d", surely=True) == [2, 3, 4, 5, 6, 7, 8]
        assert index.find(db, path, ["all"], "10d") == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_last_days_are_not_those_of_a_clock_that_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody has set it the newest date of the log knows better."""
    path = write(tmp_path, *walks(9, 3))
    monkeypatch.setattr(clocks, "is_set", lambda: False)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with index.reading(path) as db:
        assert index.find(db, path, ["all"], "5d") == [2]


def test_numbers_ranges_and_days_go_together(tmp_path: Path) -> None:
    """Each session once, the oldest first; a day leaves out what was before it."""
    day = f"{datetime.fromtimestamp(NOW - 20 * DAY_S).astimezone():%Y-%m-%d}"
    begins = datetime.fromisoformat(day).astimezone()
    at_midnight = Walk(20, wall_start=begins.timestamp(), mono_start_us=9)
    path = write(tmp_path, at_midnight, *walks(9, 2, 1))
    with index.reading(path) as db:

        def found(*wanted: str, since: str | None = None) -> list[int]:
            return index.find(db, path, wanted, since)

        assert found("3-4", "1", "3") == [1, 3, 4]
        assert found("2-9") == [2, 3, 4]
        assert found("all", since="7d") == [3, 4]
        assert found("1-3", since="7d") == [3]
        assert found("all", since=day) == [1, 2, 3, 4]
        assert index.find(db, path, ["1"], "7d", may_be_none=True) == []
        for wanted, since, sentence in (
            ("1", "7d", "there is no session since 7d"),
            ("7", None, "there is no session 7"),
            ("1", "soon", "expected a day"),
            ("1", "0001-01-01", "expected a day"),
        ):
            with pytest.raises(UserError, match=sentence):
                found(wanted, since=since)
        with pytest.raises(UserError, match=r"'1-2' is 2 sessions \(1, 2\): expected one"):
            index.find_one(db, path, "1-2")
        with pytest.raises(UserError, match=r"is 4 sessions \(1, 2, 3, \.\.\.\): expected one"):
            index.find_one(db, path, "all")


def test_last_is_the_newest_of_short_ones_and_a_long_one_that_was_pruned(tmp_path: Path) -> None:
    """Its figures tell how long that was, though its seconds are gone."""
    path = write(tmp_path, *walks(3, 2), *walks(1, seconds=5))
    assert sessions.read_one(path, "last").id == 3
    path = write(tmp_path / "long", *walks(3), *walks(2, seconds=90), *walks(1))
    changed(path, "DELETE FROM second WHERE session = 2")
    assert sessions.read_one(path, "last").id == 2


def sure(path: Path) -> list[bool]:
    return [row.wall_sure for row in index.read_rows(path)]


def test_only_a_date_more_than_a_day_ahead_is_doubted(tmp_path: Path) -> None:
    """This machine's own clock may be some hours off; and is behind where most are ahead of it,
    of those with a sure date."""
    hours = write(tmp_path / "hours", *walks(3, 2, -0.5))
    assert sure(hours) == [True] * 3
    most = write(tmp_path / "most", *walks(3, -100, -102))
    assert sure(most) == [True] * 3
    unsure = write(tmp_path / "unsure", *walks(8, 7, sure=False), *walks(3, -100))
    assert sure(unsure) == [False, False, True, True]


def test_the_last_note_of_a_kind_counts(tmp_path: Path) -> None:
    """And who was noted walked, whatever profile was in use."""
    path = write(tmp_path, replace(walks(1)[0], settings={"walker.profile": "ann"}))
    [row] = index.read_rows(path)
    assert (row.walker, row.note("text"), row.number("speed")) == ("ann", None, None)
    noted = (("walker", "ben"), ("walker", "eva"), ("speed", "2.4"), ("speed", "0"))
    with index.writing(path) as db:
        db.executemany(schema.INSERT_NOTE, [(1, *note) for note in noted])
    [row] = index.read_rows(path)
    assert row.notes == [*noted]
    assert (row.walker, row.number("speed")) == ("eva", 0.0)


def test_what_others_of_the_name_have_walked_is_not_theirs(tmp_path: Path) -> None:
    """But for what was recorded under that number: a log that begins anew counts from 1."""
    first, second = index.read_rows(write(tmp_path, *walks(2, 1)))
    assert [first.is_after(1), second.is_after(1)] == [False, True]
    anew = replace(first, settings={**first.settings, "programme.after_session": 5})
    assert [anew.is_after(5), anew.is_after(6)] == [True, False]


def test_no_log_is_made_by_who_writes_to_one(tmp_path: Path) -> None:
    """A note for a log that is not there is a mistake in its name."""
    with (
        pytest.raises(DeviceError, match="there is no log here yet"),
        index.writing(tmp_path / "x"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE session SET wall_start = 'x'",
        "UPDATE session SET settings = '{'",
        "INSERT INTO note (session, key, value) VALUES (1, 'speed', 'fast')",
    ],
)
def test_a_damaged_row_is_named(tmp_path: Path, statement: str) -> None:
    """By the number of its session, and with what to do."""
    path = changed(write(tmp_path, *walks(1)), statement)
    with pytest.raises(DamagedSessionError, match=r"session 1 is damaged.*log verify --recover"):
        index.read_rows(path)
