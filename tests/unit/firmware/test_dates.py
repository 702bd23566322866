"""Dates that cannot be right, and which session is meant."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware.app import keeping
from firmware.app.programme import progress
from firmware.app.programme.read import read
from firmware.app.programme.words import paragraphs, sentence, today_line
from firmware.errors import DeviceError, UserError
from firmware.log import clocks, index, schema, sessions, summary
from firmware.log.lock import LogLock
from firmware.log.retention import DAY_S, Limits
from firmware.settings.catalogue import Settings
from tests.support.logbook import Walk, read_raw, write

NOW = time.time()


def walk(days_ago: float, **changes: Any) -> Walk:
    """A whole session of that day."""
    start = NOW - days_ago * DAY_S
    made = Walk(seconds=700, raw=True, wall_start=start, mono_start_us=round(start * 1e6))
    return replace(made, **changes)


@contextmanager
def running(path: Path) -> Iterator[None]:
    """A coach writes this log: it holds the lock."""
    lock = LogLock(path)
    lock.take()
    try:
        yield
    finally:
        lock.release()


def test_one_date_to_come_is_doubted_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session dated 400 days ahead: no week counts it, the weeks go on, and it is told."""
    monkeypatch.setattr(clocks, "is_set", lambda: True)
    path = write(tmp_path, walk(5), walk(3), walk(-400))
    rows = index.read_rows(path)
    assert [(row.wall_sure, row.to_come) for row in rows] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    page = read(path, Settings())
    assert page.standing.done == 2
    assert "over" not in sentence(page)
    assert "The date of session 3 is to come, so a clock was wrong" in " ".join(paragraphs(page))


def test_where_most_dates_are_to_come_the_clock_is_behind(tmp_path: Path) -> None:
    """After a start without a network the log knows better than the clock."""
    rows = index.read_rows(write(tmp_path, walk(-100), walk(-102)))
    assert [row.wall_sure for row in rows] == [True, True]


@pytest.mark.parametrize("behind_days", [15, 20_000])
def test_a_day_can_be_said_where_the_clock_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind_days: int
) -> None:
    """Where no network ever is: that is when it has to be said, and what was said counts."""
    before = [walk(days + 0.1) for days in (9, 7, 5)]
    path = write(tmp_path, *before, walk(behind_days, boot="b", sure=False))
    monkeypatch.setattr(clocks, "is_set", lambda: False)
    monkeypatch.setattr(time, "time", lambda: NOW - behind_days * DAY_S)
    today = f"{datetime.fromtimestamp(NOW, UTC):%Y-%m-%d %H:%M}+00:00"
    keeping.add(path, "4", [], today)
    assert [row.wall_sure for row in index.read_rows(path)] == [True] * 4
    assert index.read_rows(path)[-1].wall_start == pytest.approx(NOW, abs=60)


def test_a_day_that_cannot_have_been_is_doubted_without_a_clock_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session after it was walked before it."""
    monkeypatch.setattr(clocks, "is_set", lambda: False)
    rows = index.read_rows(write(tmp_path, walk(5), walk(-400), walk(3)))
    assert [row.wall_sure for row in rows] == [True, False, True]


def test_no_day_of_a_clock_that_is_wrong_is_told_as_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither as today nor as the day to say: another walker's sessions know better."""
    monkeypatch.setattr(clocks, "is_set", lambda: False)
    anna, bert = {"walker.profile": "anna"}, {"walker.profile": "bert"}
    path = write(tmp_path, walk(-900, settings=anna), walk(20_000, settings=bert, sure=False))
    latest = datetime.fromtimestamp(NOW + 900 * DAY_S, UTC).astimezone().date()
    page = read(path, Settings().changed(bert))
    assert page.today.day == latest
    said = " ".join(paragraphs(page))
    assert "say the day: coach log note 2 --date DAY." in said
    told = f"Today is taken to be {latest:%A} {latest.day} {latest:%B} {latest.year}: no network"
    assert told in said
    assert told in today_line(page)
    progress.run(path, Settings(), "bert", str(tmp_path / "progress.html"))
    text = (tmp_path / "progress.html").read_text()
    assert f"as of {latest}?" in text
    assert told in text


def test_prune_says_when_the_clock_has_not_been_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And takes nothing for old."""
    path = write(tmp_path, walk(800), walk(1))
    monkeypatch.setattr(clocks, "is_set", lambda: False)
    keeping.prune(path, Limits(max_days=30))
    assert "the clock has not been set: nothing is taken for old\n" in capsys.readouterr().out
    assert len(read_raw(path, "1")[0])
    monkeypatch.setattr(clocks, "is_set", lambda: True)
    keeping.prune(path, Limits(max_days=30))
    with pytest.raises(UserError, match="holds no raw samples"):
        read_raw(path, "1")


def test_what_was_walked_today_is_told_to_the_second(tmp_path: Path) -> None:
    """123 s are 2:03 on every screen, though no number of minutes says so."""
    path = write(tmp_path, walk(0, seconds=128))
    assert summary.of(index.read_rows(path)[0]).walking_s == 123
    assert "2:03 min walked so far today" in sentence(read(path, Settings()))


def test_prune_names_a_date_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit that has flipped in it is damage, and no traceback."""
    path = write(tmp_path, walk(100))
    with closing(schema.open_for_writing(path)) as db, db:
        db.execute("UPDATE session SET wall_start = 'x'")
    monkeypatch.setattr(clocks, "is_set", lambda: True)
    with pytest.raises(DeviceError, match="the log is damaged"):
        keeping.prune(path, Limits())


def test_a_day_keeps_the_time_on_the_walls_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that stood still in winter dates a session of the summer: two o'clock stays two."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        winter = time.mktime((2026, 1, 15, 14, 0, 0, 0, 0, -1))
        path = write(tmp_path, Walk(wall_start=winter, sure=False))
        keeping.add(path, "1", [], "2026-07-10")
        dated = time.localtime(index.read_rows(path)[0].wall_start)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert tuple(dated)[:5] == (2026, 7, 10, 14, 0)


def test_a_time_that_no_clock_has_shown_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the night in which summer time begins no clock shows half past two."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        path = write(tmp_path, Walk())
        with pytest.raises(UserError, match=r"02:30': there was no such time: the clocks were put"):
            keeping.add(path, "1", [], "2026-03-29 02:30")
        for there_was in ("2026-03-29 03:30", "2025-10-26 02:30"):
            keeping.add(path, "1", [], there_was)
            assert f"session 1: dated {there_was}\n" == capsys.readouterr().out
        keeping.add(path, "1", [], "2026-03-29 02:30+00:00")
        assert "dated 2026-03-29 04:30" in capsys.readouterr().out
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_is_given_by_hand_and_carried_to_the_same_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All sessions of one run of the machine are dated with one; another run's are not."""
    one_run = [Walk(boot="b", mono_start_us=k * 86_400_000_000, sure=False) for k in (0, 2)]
    path = write(tmp_path, *one_run, Walk(boot="c", sure=False))
    keeping.add(path, "1", [], "2025-11-03 14:30")
    assert capsys.readouterr().out == (
        "session 1: dated 2025-11-03 14:30, and 1 more of the same run with it\n"
    )
    rows = index.read_rows(path)
    assert [row.wall_sure for row in rows] == [True, True, False]
    assert rows[1].wall_start - rows[0].wall_start == pytest.approx(2 * DAY_S)
    keeping.add(path, "3", [], "2025-11-03 7:20")
    assert "dated 2025-11-03 07:20" in capsys.readouterr().out
    assert [row.id for row in index.read_rows(path, ["all"], "2025-11-03 8:00")] == [1, 2]
    for wrong in ("tomorrow", "2200-01-01", "25-11-03", "1970-01-01"):
        with pytest.raises(UserError, match="expected a day that has been, as 2026-11-02"):
            keeping.add(path, "1", [], wrong)


def test_a_day_that_contradicts_the_order_of_the_sessions_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the year, as each January: they are walked in the order of their numbers."""
    path = write(tmp_path, walk(9), walk(5, boot="b", sure=False), walk(3))

    def said(days_ago: float) -> str:
        day = datetime.fromtimestamp(NOW - days_ago * DAY_S, UTC).astimezone().date()
        keeping.add(path, "2", [], str(day))
        return capsys.readouterr().out.partition("\n")[2]

    assert said(370).startswith("session 1 was walked before it and is dated ")
    assert said(1).startswith("session 3 was walked after it and is dated ")
    assert said(1).endswith(": one of the two dates is wrong\n")
    for day in (9, 6, 3):
        assert said(day) == ""


def test_a_chart_doubts_the_dates_that_its_table_doubts(tmp_path: Path) -> None:
    """Below each chart stand the first and the last session's day."""
    path = write(tmp_path, walk(9, sure=False), walk(5))
    progress.run(path, Settings(), "", str(tmp_path / "progress.html"))
    text = (tmp_path / "progress.html").read_text()
    first, last = (row.wall_start for row in index.read_rows(path))
    assert f">{datetime.fromtimestamp(first, UTC).astimezone():%Y-%m-%d}?<" in text
    assert f">{datetime.fromtimestamp(last, UTC).astimezone():%Y-%m-%d}<" in text


def test_last_is_the_last_whole_session_that_has_ended(tmp_path: Path) -> None:
    """Neither the running one nor a try of ten seconds, if there is another."""
    path = write(tmp_path, walk(3), walk(2, seconds=20), walk(1, reason=None))
    assert sessions.read_one(path, "last").id == 3  # nobody writes: it was cut short
    assert index.read_rows(path)[-1].ended == schema.CUT_SHORT
    with running(path):
        assert sessions.read_one(path, "last").id == 1
        assert index.read_rows(path)[-1].ended is None


def test_last_is_a_short_one_where_there_is_no_other(tmp_path: Path) -> None:
    """And a sentence where none has ended."""
    path = write(tmp_path, walk(2, seconds=20))
    assert sessions.read_one(path, "last").id == 1
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", walk(1, reason=None))
    with running(other), pytest.raises(UserError, match="no session has ended yet"):
        sessions.read_one(other, "last")


@pytest.mark.parametrize("wanted", ["1-3", "all"])
def test_what_takes_one_session_takes_no_more(tmp_path: Path, wanted: str) -> None:
    """Report, replay and note say how many are meant instead of taking the last of them."""
    path = write(tmp_path, walk(3), walk(2), walk(1))
    sentence_of_it = rf"'{wanted}' is 3 sessions \(1, 2, 3\): expected one of them"
    with pytest.raises(UserError, match=sentence_of_it):
        sessions.read_one(path, wanted)
    with pytest.raises(UserError, match=sentence_of_it):
        keeping.add(path, wanted, [("text", "x")])
    assert sessions.read_one(path, "2").notes == []
