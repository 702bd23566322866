"""What the log forgets, and what never."""

from __future__ import annotations

import os
import time
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.errors import UserError
from firmware.log import clocks, retention, schema, sessions
from firmware.log.journal import Journal, Trouble
from firmware.log.retention import Limits, NoRoomError
from firmware.log.writer import LogWriter
from tests.support.journals import disk
from tests.support.logbook import Walk, read_raw, write
from tests.support.waiting import eventually

NOW = 1_800_000_000.0


def walks(count: int, **changes: Any) -> list[Walk]:
    """Sessions a week apart, the last one today, with their samples."""
    week = 7 * retention.DAY_S
    starts = [NOW - week * (count - 1 - k) for k in range(count)]
    return [Walk(raw=True, wall_start=w, mono_start_us=k, **changes) for k, w in enumerate(starts)]


def has_raw(path: Path) -> list[bool]:
    """For each session whether its samples are there."""
    found = []
    for session in sessions.read_each(path):
        try:
            read_raw(path, str(session.id))
            found.append(True)
        except UserError:
            found.append(False)
    return found


def prune(path: Path, limits: Limits, now: float | None = NOW) -> retention.Pruned:
    """Apply the limits as they are applied when the clock is set."""
    with closing(schema.open_for_writing(path)) as db:
        return retention.prune(db, limits, now=now)


def test_old_samples_go_and_everything_else_stays(tmp_path: Path) -> None:
    """Samples older than the limit are forgotten; the chart and the figures are not."""
    path = write(tmp_path, *walks(4))
    assert prune(path, Limits(max_days=10)).raw == 2
    assert has_raw(path) == [False, False, True, True]
    assert all(s.seconds and s.summary for s in sessions.read_each(path))


def test_a_log_that_cannot_give_space_back_is_pruned_all_the_same(tmp_path: Path) -> None:
    """One of the first coaches: its free pages wait to be used again, and nobody for them."""
    path = write(tmp_path, *walks(3))
    with closing(schema.open_for_writing(path)) as db:
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")
    assert prune(path, Limits(max_days=8)).raw == 1
    assert has_raw(path) == [False, True, True]


def test_an_uncertain_date_makes_nothing_old(tmp_path: Path) -> None:
    """Neither a session of an unset clock nor any session while the clock is unset is too old."""
    path = write(tmp_path, *walks(3, sure=False))
    assert prune(path, Limits(max_days=1)).raw == 0
    assert prune(path, Limits(max_days=1), now=None).raw == 0


DAYS_AND_KEPT = {
    "a clock that is years ahead": ([-40, -30, -2], 3000, [False, False, True]),
    "a session that is years ahead": ([-45, -33, 2000], 0, [False, True, True]),
    "a session of this evening, seen from noon": ([-30, 0.3], 0, [False, True]),
}
"""When sessions began and what day it is, from today; and whether their samples stay ten days."""


@pytest.mark.parametrize(("days", "now", "kept"), DAYS_AND_KEPT.values(), ids=DAYS_AND_KEPT)
def test_age_counts_from_the_newest_session_that_can_be(
    tmp_path: Path, days: list[float], now: float, kept: list[bool]
) -> None:
    """No date that is wrong makes all the others old."""
    starts = [NOW + day * retention.DAY_S for day in days]
    path = write(
        tmp_path, *(Walk(raw=True, wall_start=w, mono_start_us=k) for k, w in enumerate(starts))
    )
    prune(path, Limits(max_days=10), NOW + now * retention.DAY_S)
    assert has_raw(path) == kept


def test_a_date_that_is_not_sure_neither_is_old_nor_makes_old(tmp_path: Path) -> None:
    """Among sessions whose dates are."""
    days = ((-40, True), (-40, False), (-30, True), (0, False))
    path = write(
        tmp_path,
        *(
            Walk(raw=True, wall_start=NOW + day * retention.DAY_S, mono_start_us=k, sure=sure)
            for k, (day, sure) in enumerate(days)
        ),
    )
    prune(path, Limits(max_days=5))
    assert has_raw(path) == [False, True, True, True]


@pytest.mark.parametrize(
    ("size_mb", "free_mb", "is_short"),
    [(32_000, 60, False), (32_000, 40, True), (100, 10, False), (100, 4, True)],
)
def test_how_much_room_is_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size_mb: int, free_mb: int, is_short: bool
) -> None:
    """50 MB, or a twentieth of a small disk, that the coach may use: what root keeps is root's."""
    disk = SimpleNamespace(f_frsize=1_000_000, f_blocks=size_mb, f_bavail=free_mb, f_bfree=size_mb)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    with pytest.raises(NoRoomError) if is_short else nullcontext():
        retention.check_room(tmp_path / "coach.db")


@pytest.mark.parametrize("is_set", [True, False])
def test_the_coach_forgets_what_is_old_only_while_it_knows_the_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    """After a start without a network the clock may say anything."""
    days = [time.time() - retention.DAY_S * age for age in (20, 1)]
    path = write(tmp_path, *(Walk(raw=True, wall_start=day) for day in days))
    monkeypatch.setattr(clocks, "is_set", lambda: is_set)
    LogWriter(path, Limits(max_days=10), lambda _: None).close()
    assert has_raw(path) == [not is_set, True]


def test_size_takes_the_oldest_samples_first_then_details_never_figures(tmp_path: Path) -> None:
    """Too large: samples by age; still too large: seconds and events; summaries and notes stay."""
    path = write(tmp_path, *walks(24))
    with closing(schema.open_for_writing(path)) as db:
        full = retention.size_mb(db)
        db.execute(schema.INSERT_NOTE, (1, "speed", "2"))
        db.commit()
    prune(path, Limits(max_mb=full * 0.95))
    kept = has_raw(path)
    assert kept == sorted(kept)
    assert False in kept
    assert True in kept
    assert all(s.seconds for s in sessions.read_each(path))
    prune(path, Limits(max_mb=0.01))
    found = [*sessions.read_each(path)]
    assert not any(has_raw(path))
    assert [bool(s.seconds) for s in found] == [False] * 4 + [True] * 20
    assert all(s.summary and s.summary["walking_s"] == 115 for s in found)
    assert found[0].note("speed") == "2"


def test_the_running_session_is_left_alone(tmp_path: Path) -> None:
    """Whatever the limits, what is being written stays."""
    path = write(tmp_path, Walk(raw=True, reason=None))
    assert prune(path, Limits(max_mb=0.001, max_days=1)) == retention.Pruned(0, 0)


def test_a_disk_that_others_fill_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is forgotten for it: the log says that it stops, and goes on when there is room."""
    path = write(tmp_path, *walks(3))
    free = disk(monkeypatch, 1.0)
    assert prune(path, Limits()) == retention.Pruned(0, 0)
    trouble: list[Trouble] = []
    running = Journal(path)
    running.start(trouble.append)
    running.begin(Walk(mono_start_us=7).opening())
    eventually(lambda: bool(trouble))
    assert trouble[0].kind == "log_stopped"
    assert "MB are free on its disk" in trouble[0].message
    free[0] = 1000.0
    running.end("stopped")
    assert running.close(30)
    assert [t.kind for t in trouble] == ["log_stopped", "log_resumed"]
    assert has_raw(path) == [True, True, True, False]
    assert sessions.read_one(path, "4").mono_start_us == 7


@pytest.mark.slow
def test_space_that_was_given_back_is_not_in_the_file(tmp_path: Path) -> None:
    """Nine tenths of the rows gone, and the file is a fifth of what it was at most."""
    path = write(tmp_path, *walks(24, seconds=600))
    before = path.stat().st_size
    with closing(schema.open_for_writing(path)) as db, db:
        db.execute("DELETE FROM event WHERE session > 2")
        db.execute("DELETE FROM second WHERE session > 2")
    prune(path, Limits(max_days=1))
    assert path.stat().st_size < 0.2 * before
