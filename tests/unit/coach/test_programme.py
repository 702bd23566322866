"""The programme: what counts, what is due, and when to rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from coach.guidance import programme
from coach.guidance.programme import Standing, Walked
from coach.keys import SettingError
from coach.settings import ProgrammeSettings, parse_day

MONDAY = date(2026, 10, 26)
SIX_WEEKS = ProgrammeSettings()


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def walked(number: int, day: int | None, minutes: float = 10.0, **said: Any) -> Walked:
    """A session on the day so many days after the Monday."""
    when = None if day is None else after(day)
    return replace(Walked(number, when, minutes, target_min=10.0), **said)


def on_days(*days: int) -> list[Walked]:
    return [walked(n, day) for n, day in enumerate(days, start=1)]


def stands(
    sessions: list[Walked], today: int, plan: ProgrammeSettings = SIX_WEEKS, *, sure: bool = True
) -> Standing:
    return programme.standing(sessions, plan, after(today), today_sure=sure)


def due_day(standing: Standing) -> int | None:
    return None if standing.due is None else (standing.due.day - MONDAY).days


def marks(standing: Standing, week: int) -> list[str]:
    return [slot.mark for slot in standing.weeks[week - 1].slots]


# --- The beginning and the end.


def test_before_the_first_session_it_is_due_today() -> None:
    """Nobody has walked: no weeks yet, and the first session may come today."""
    begun = stands([], 0)
    assert (begun.started, begun.weeks, begun.streak) == (None, (), 0)
    assert begun.due is not None
    assert (begun.due.day, begun.due.week, begun.due.session) == (MONDAY, 1, 1)


def test_weeks_count_from_the_first_whole_session() -> None:
    """A try-out of two minutes begins nothing; a week begins on the day it was begun on."""
    s = stands([walked(1, 0, 2.0), *(walked(n, d) for n, d in ((2, 3), (3, 9), (4, 10)))], 10)
    assert s.started == after(3)
    assert [w.first for w in s.weeks] == [after(3 + 7 * k) for k in range(6)]
    assert [w.done for w in s.weeks[:2]] == [2, 1]


def test_the_day_it_began_can_be_set() -> None:
    """Sessions before that day belong to no week; a day to come is waited for."""
    plan = replace(SIX_WEEKS, started=after(7).isoformat())
    assert stands(on_days(0, 2, 8), 8, plan).done == 1
    assert due_day(stands([], 3, plan)) == 7


def test_after_the_last_week_it_is_over() -> None:
    """Nothing is due after six weeks, or as soon as the last week is full."""
    every = [7 * week + day for week in range(6) for day in (0, 2, 4)]
    s = stands(on_days(*every), 40)
    assert (s.finished, s.done, s.planned, s.streak) == (True, 18, 18, 6)
    assert stands(on_days(0), 42).finished
    assert not stands(on_days(0), 41).finished


@pytest.mark.parametrize("text", ["2026-13-01", "soon", "1999-12-31", "2200-01-01", "2026-11"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    """The sentence says what is expected."""
    with pytest.raises(SettingError, match="expected a day, as 2026-11-02"):
        parse_day(text)


# --- What counts.


@pytest.mark.parametrize(("minutes", "mark"), [(4.9, "short"), (5.0, "done")])
def test_half_of_the_target_counts(minutes: float, mark: str) -> None:
    """Who has heard the half-way cue has a session."""
    s = stands([*on_days(0), walked(2, 2, minutes)], 2)
    assert marks(s, 1)[:2] == ["done", mark]


def test_a_session_is_judged_by_the_target_of_its_time() -> None:
    """Four minutes count where four were to be walked, though ten are today's target."""
    s = stands([walked(1, 0, 4.0, target_min=4.0), walked(2, 2, 4.0)], 2)
    assert marks(s, 1) == ["done", "short", "due", "open"]


def test_the_walking_of_one_day_is_one_visit() -> None:
    """Two halves make one session, and two sessions of a day count once."""
    halves = stands([walked(1, 0, 3.0), walked(2, 0, 3.0)], 0)
    assert (halves.done, halves.started) == (1, MONDAY)
    assert stands([walked(1, 0), walked(2, 0)], 0).done == 1


def test_a_day_is_judged_by_its_last_target() -> None:
    """Who is given more time on the way has more to walk."""
    more = [walked(1, 0, 3.0, target_min=6.0), walked(2, 0, 3.0, target_min=20.0)]
    assert stands(more, 0).started is None


def test_more_than_planned_is_shown_and_not_counted() -> None:
    """A fourth session of a week takes nothing from the next one."""
    s = stands(on_days(0, 1, 2, 3), 3)
    assert (s.done, marks(s, 1)) == (3, ["done"] * 4)
    assert marks(s, 2) == ["due", "open", "open"]


def test_what_was_not_walked_is_missed_once_the_week_is_over() -> None:
    """A short session keeps its place; a hole is missed only when it cannot be filled."""
    sessions = [*on_days(0), walked(2, 2, 3.0)]
    assert marks(stands(sessions, 3), 1) == ["done", "short", "due", "open"]
    assert marks(stands(sessions, 7), 1) == ["done", "short", "missed"]


# --- What is due.


@pytest.mark.parametrize(
    ("a_week", "expected"),
    [(1, [0, 7]), (2, [0, 3, 7]), (3, [0, 2, 4, 7]), (4, [0, 1, 2, 3, 7]), (7, [0, 1, 2, 3])],
)
def test_sessions_are_spread(a_week: int, expected: list[int]) -> None:
    """With three a week there is a day between them; who walks when due fills every week."""
    plan = replace(SIX_WEEKS, sessions_per_week=a_week)
    days: list[int] = []
    for day in expected:
        assert due_day(stands(on_days(*days), days[-1] if days else 0, plan)) == day
        days.append(day)


def test_what_is_overdue_is_due_today() -> None:
    """A session that waits is due today; missed ones are not to be made up for."""
    s = stands(on_days(0), 6)
    assert s.due is not None
    assert (due_day(s), s.due.session) == (6, 2)
    assert due_day(stands(on_days(0, 6), 6)) == 8


# --- Rest.


def test_a_rest_follows_fatigue() -> None:
    """One day longer than usual, and the visit that asks for it is named."""
    s = stands([walked(1, 0, tired=True)], 1)
    assert due_day(s) == 3
    assert s.due is not None
    assert s.due.rest is not None
    assert s.due.rest.hard == "fatigue"
    again = stands([walked(1, 0, tired=True), walked(2, 3, tired=True)], 3)
    assert due_day(again) == 6


@pytest.mark.parametrize(
    ("before", "after_", "hard"),
    [(3.0, 5.0, "pain"), (3.0, 4.5, None), (6.0, 6.0, None), (None, 8.0, None), (3.0, None, None)],
)
def test_a_rest_follows_pain_that_rose(
    before: float | None, after_: float | None, hard: str | None
) -> None:
    """Two points more than before; pain that was there before, or is not known, says nothing."""
    s = stands([walked(1, 0, pain_before=before, pain_after=after_)], 0)
    assert s.last is not None
    assert s.last.hard == hard
    assert due_day(s) == (3 if hard else 2)


def test_the_pain_of_a_day_is_that_before_its_first_and_after_its_last_session() -> None:
    """As far as the walker has told it."""
    parts = [
        walked(1, 0, pain_before=3.0, pain_after=6.0),
        walked(2, 0, pain_before=6.0, pain_after=4.0),
        walked(3, 0),
    ]
    last = stands(parts, 0).last
    assert last is not None
    assert (last.pain_before, last.pain_after, last.hard) == (3.0, 4.0, None)


def test_a_full_week_is_rest_enough() -> None:
    """Where the next week begins after the rest, the rest is not what is waited for."""
    s = stands([*on_days(0, 1), walked(3, 3, tired=True)], 3)
    assert s.due is not None
    assert (due_day(s), s.due.rest) == (7, None)


def test_a_rest_that_puts_nothing_off_is_not_what_is_waited_for() -> None:
    """With two sessions a week the next is due three days later anyway."""
    twice = replace(SIX_WEEKS, sessions_per_week=2)
    s = stands([walked(1, 0, tired=True)], 0, twice)
    assert s.due is not None
    assert (due_day(s), s.due.rest) == (3, None)


def test_a_rest_is_over_when_it_is_over() -> None:
    """After a week without walking nothing is left of it."""
    s = stands([walked(1, 0, tired=True)], 6)
    assert s.due is not None
    assert (due_day(s), s.due.rest) == (6, None)


def test_a_short_session_that_was_too_much_asks_for_rest_too() -> None:
    """It does not count, and it is heeded."""
    s = stands([*on_days(0), walked(2, 2, 3.0, tired=True)], 2)
    assert due_day(s) == 5


def test_an_advised_rest_spoils_no_week() -> None:
    """One session of a week may give way to it: the streak goes on."""
    hard = stands([walked(1, 0, tired=True), walked(2, 5), *(walked(n, n + 4) for n in (3,))], 8)
    assert marks(hard, 1) == ["done", "done", "rest"]
    assert (hard.weeks[0].kept, hard.streak, hard.done) == (True, 1, 3)
    assert marks(stands(on_days(0, 5), 8), 1) == ["done", "done", "missed"]
    both = stands([walked(1, 0, tired=True), walked(2, 7)], 8)
    assert marks(both, 1) == ["done", "rest", "missed"]
    assert not both.weeks[0].kept
    once = replace(SIX_WEEKS, sessions_per_week=1)
    assert not stands([walked(1, 0), walked(2, 7, 2.0, tired=True)], 14, once).weeks[1].kept


# --- Streaks.


def test_a_streak_is_weeks_in_a_row_with_all_sessions() -> None:
    """A week that misses one ends it; the week that runs does not."""
    days = [0, 2, 4, 7, 9, 14, 16, 18, 21]
    assert stands(on_days(*days), 22).streak == 1
    assert stands(on_days(*days[:3]), 6).streak == 1
    assert stands(on_days(*days), 35).streak == 0


# --- Days that are not known.


def test_a_session_without_a_date_is_in_no_week() -> None:
    """It is told with the days between which it was; a hole that it may fill is not missed."""
    s = stands([*on_days(0, 2), walked(3, None), walked(4, 8)], 8)
    (undated,) = s.undated
    assert (undated.earliest, undated.latest) == (after(2), after(8))
    assert marks(s, 1) == ["done", "done", "undated"]
    assert (s.done, s.streak) == (3, 0)


def test_only_the_weeks_that_it_may_belong_to_are_in_doubt() -> None:
    """From the day of the session before it to the day of the one after it; a short one nowhere."""
    late = stands([*on_days(0, 2), walked(3, None), walked(4, 7)], 14)
    assert [marks(late, week) for week in (1, 2)] == [
        ["done", "done", "undated"],
        ["done", "undated", "missed"],
    ]
    in_second = stands([*on_days(0, 2, 7), walked(4, None), walked(5, 9)], 14)
    assert [marks(in_second, week) for week in (1, 2)] == [
        ["done", "done", "missed"],
        ["done", "done", "undated"],
    ]
    short = stands([*on_days(0, 2), walked(3, None, 2.0), walked(4, 7)], 14)
    assert marks(short, 1) == ["done", "done", "missed"]


def test_between_two_sessions_of_a_day_the_day_is_known() -> None:
    """Its neighbours date it: the order of the log is sure."""
    s = stands([walked(1, 0, 2.0), walked(2, None, 3.0), walked(3, 0, 1.0)], 0)
    assert (s.undated, s.done) == ((), 1)


def test_an_unset_clock_dates_nothing() -> None:
    """Today bounds the last session only where today is sure."""
    sessions = [*on_days(0), walked(2, None)]
    assert stands(sessions, 0).undated == ()
    assert stands(sessions, 0, sure=False).undated[0].latest is None


def test_a_week_that_undated_sessions_may_have_filled_ends_no_streak() -> None:
    """Nobody knows whether it was kept, so it is passed over."""
    sessions = [*on_days(0, 2, 4, 7, 9), walked(6, None), *(walked(7, 14),)]
    assert marks(stands(sessions, 14), 2) == ["done", "done", "undated"]
    assert stands(sessions, 14).streak == 1


def test_what_lies_outside_the_programme_is_not_told() -> None:
    """Sessions without a date from before its first week are none of its business."""
    plan = replace(SIX_WEEKS, started=after(20).isoformat())
    assert stands([walked(1, None), walked(2, 5), walked(3, None), walked(4, 21)], 21, plan) == (
        stands([walked(3, None), walked(4, 21), walked(2, 5)], 21, plan)
    )


# --- Progress.


def test_a_try_of_seconds_weighs_no_more_than_it_lasted() -> None:
    """Ten minutes at 80 and six seconds at 140 are a day at 80.6 steps/min, not at 110."""
    tries = [walked(1, 0, 10.0, cadence_spm=80.0), walked(2, 0, 0.1, cadence_spm=140.0)]
    [visit] = stands(tries, 0).weeks[0].visits
    assert programme.figures([visit]).cadence_spm == pytest.approx(80.6, abs=0.01)


def test_a_week_in_figures() -> None:
    """Means over what was walked; stumbles for ten minutes of walking; the latest stage."""
    sessions = [
        walked(1, 0, 5.0, stumbles=2, cadence_spm=50.0, pain_before=5.0, stage="rails"),
        walked(2, 2, 15.0, stumbles=1, cadence_spm=60.0, pain_before=4.0, stage="hands free"),
        walked(3, 8, step_time_cv=5.0, pain_after=3.0),
    ]
    weeks = stands(sessions, 8).weeks
    pair = programme.first_and_last(weeks)
    assert pair is not None
    first, last = (programme.figures(week.visits) for week in pair)
    assert (first.minutes, first.cadence_spm, first.stumbles_10min) == (10.0, 57.5, 1.5)
    assert (first.pain_before, first.pain_after, first.stage) == (4.5, None, "hands free")
    assert (last.step_time_cv, last.pain_after, last.stage) == (5.0, 3.0, None)
    assert programme.first_and_last(stands(sessions[:2], 3).weeks) is None
