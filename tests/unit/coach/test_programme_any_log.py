"""The programme over any log: what must hold whatever sessions stand in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from coach.guidance import programme
from coach.guidance.programme import Walked
from coach.settings import ProgrammeSettings

DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 15)) | st.dates(date(2000, 1, 1), date(2199, 1, 1))
PAIN = st.none() | st.integers(0, 10).map(float)
SESSIONS = st.lists(
    st.builds(
        Walked,
        number=st.integers(1, 10_000),
        day=st.none() | DAYS,
        minutes=st.floats(0, 60),
        target_min=st.floats(1, 120),
        tired=st.booleans(),
        stumbles=st.integers(0, 9),
        pain_before=PAIN,
        pain_after=PAIN,
    ),
    max_size=30,
    unique_by=lambda s: s.number,
)
PLANS = st.builds(
    ProgrammeSettings,
    weeks=st.integers(1, 52),
    sessions_per_week=st.integers(1, 7),
    started=st.just("") | DAYS.map(date.isoformat),
    done_percent=st.integers(10, 100),
)


@given(SESSIONS, PLANS, DAYS, st.booleans())
def test_counts_never_exceed_the_plan(
    sessions: list[Walked], plan: ProgrammeSettings, today: date, sure: bool
) -> None:
    """Of a week, of the programme, of the streak; each day's walking stands in one place."""
    s = programme.standing(sessions, plan, today, today_sure=sure)
    assert 0 <= s.done <= s.planned == plan.weeks * plan.sessions_per_week
    assert 0 <= s.streak <= plan.weeks
    assert all(0 <= week.done <= plan.sessions_per_week for week in s.weeks)
    assert all(len(week.slots) >= plan.sessions_per_week for week in s.weeks)
    numbers = [n.number for w in s.weeks for v in w.visits for n in v.sessions]
    numbers += [u.session.number for u in s.undated]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= {session.number for session in sessions}


@given(SESSIONS, PLANS, DAYS)
def test_what_is_due_is_never_in_the_past(
    sessions: list[Walked], plan: ProgrammeSettings, today: date
) -> None:
    """It is in a week with room for it, on a day without a session, and shown once at most."""
    s = programme.standing(sessions, plan, today)
    shown = [(w.number, slot.day) for w in s.weeks for slot in w.slots if slot.mark == "due"]
    if s.due is None:
        assert shown == []
        return
    assert s.due.day >= today
    assert 1 <= s.due.session <= plan.sessions_per_week
    assert shown == ([(s.due.week, s.due.day)] if s.weeks else [])
    for week in s.weeks[s.due.week - 1 : s.due.week]:
        assert 0 <= (s.due.day - week.first).days < 7
        assert s.due.session == week.done + 1
        assert all(v.day != s.due.day for v in week.visits if v.done)


@given(SESSIONS, PLANS, DAYS)
def test_two_days_in_a_row_are_never_asked_for(
    sessions: list[Walked], plan: ProgrammeSettings, today: date
) -> None:
    """Up to three a week leave a day between; after a hard visit two are left."""
    s = programme.standing(sessions, plan, today)
    visits = [v for w in s.weeks for v in w.visits]
    for visit in visits if s.due is not None else []:
        assert s.due is not None
        apart = (s.due.day - visit.day).days
        if visit.done and plan.sessions_per_week <= 3:
            assert apart >= 2
        if visit.hard:
            assert apart >= programme.REST_DAYS


@given(SESSIONS, PLANS, DAYS, st.randoms(use_true_random=False))
def test_the_order_in_which_sessions_are_given_changes_nothing(
    sessions: list[Walked], plan: ProgrammeSettings, today: date, random: object
) -> None:
    """Their numbers order them."""
    shuffled = list(sessions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert programme.standing(shuffled, plan, today) == programme.standing(sessions, plan, today)


@given(PLANS, DAYS)
def test_who_walks_when_it_is_due_keeps_every_week(plan: ProgrammeSettings, start: date) -> None:
    """The plan can be followed, whatever weeks and sessions a week it has."""
    plan = replace(plan, weeks=min(plan.weeks, 8), started="")
    sessions: list[Walked] = []
    s = programme.standing(sessions, plan, start)
    while s.due is not None:
        sessions.append(Walked(len(sessions) + 1, s.due.day, 10.0, target_min=10.0))
        s = programme.standing(sessions, plan, s.due.day)
    assert (s.done, s.streak) == (s.planned, plan.weeks)
