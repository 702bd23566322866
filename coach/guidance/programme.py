"""The programme: which sessions of the weeks are done, which is due, and when to rest.

Ten supervised minutes on three days a week for six weeks is what Alghadir and others gave to people
with knee osteoarthritis (BMC Musculoskeletal Disorders 2019, 20:159); weeks and sessions a week are
settings. All walking of one day is one visit: who steps off for a drink has not walked twice. The
weeks count from the day of the first visit. Nothing here pushes: a missed session is not to be
made up for, and a rest that was advised spoils no week.

There is no clock and no file here: today and the sessions are given, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from statistics import fmean
from typing import Literal

from coach.frozen import frozen
from coach.settings import ProgrammeSettings, parse_day

Mark = Literal["done", "short", "rest", "missed", "undated", "due", "open"]
Hard = Literal["fatigue", "pain"]

WEEK_DAYS = 7

PAIN_RISE = 2.0
"""Points of 10 by which pain grew during a session that was too much. A change of about two points
matters to people with chronic pain (Farrar and others, Pain 2001, 94:149, there a fall over weeks);
that a rise within a session should weigh the same is a choice."""

REST_DAYS = 3
"""After a session that ended in fatigue or pain the next comes this many days later at the
earliest: a choice. Soreness after unaccustomed work is worst one to three days later."""


@frozen
class Walked:
    """One session of the log."""

    number: int
    """Its number in the log; the order of the numbers is the order of walking."""
    day: date | None
    """None: the clock had not been set, the day is not known."""
    minutes: float
    """Walking time."""
    target_min: float
    """The walking time that was to be reached then."""
    tired: bool = False
    """It was told to ease off: the rhythm said that the walker was getting tired."""
    stumbles: int = 0
    pain_before: float | None = None
    pain_after: float | None = None
    """0 to 10, as the walker tells it."""
    cadence_spm: float | None = None
    """Mean, steps/min."""
    step_time_cv: float | None = None
    """Per cent."""
    stage: str | None = None


@frozen
class Visit:
    """All walking of one day."""

    day: date
    sessions: tuple[Walked, ...]
    """In their order; at least one."""
    done: bool
    """Long enough to count."""

    @property
    def minutes(self) -> float:
        """Walking time of the day."""
        return sum(s.minutes for s in self.sessions)

    @property
    def pain_before(self) -> float | None:
        """Before the first session that says so."""
        return next((s.pain_before for s in self.sessions if s.pain_before is not None), None)

    @property
    def pain_after(self) -> float | None:
        """After the last session that says so."""
        known = [s.pain_after for s in self.sessions if s.pain_after is not None]
        return known[-1] if known else None

    @property
    def hard(self) -> Hard | None:
        """Why a rest should follow."""
        before, after = self.pain_before, self.pain_after
        if before is not None and after is not None and after - before >= PAIN_RISE:
            return "pain"
        return "fatigue" if any(s.tired for s in self.sessions) else None


@frozen
class Undated:
    """A session whose day is not known, and between which days it was (None: not known)."""

    session: Walked
    earliest: date | None
    latest: date | None
    done: bool


@frozen
class Slot:
    """One place in a week: what was walked there, or what became or will become of it."""

    mark: Mark
    day: date | None = None
    visit: Visit | None = None


@frozen
class Week:
    """One week of the programme."""

    number: int
    first: date
    visits: tuple[Visit, ...]
    slots: tuple[Slot, ...]
    done: int
    """Sessions done, of those planned; what was walked beyond is not counted."""
    kept: bool
    """All sessions done, but for one at most that gave way to an advised rest."""


@frozen
class Due:
    """The next session: its first good day, and its place in the programme."""

    day: date
    week: int
    session: int
    rest: Visit | None
    """The hard visit that puts it off, if one does."""


@frozen
class Figures:
    """A week's visits in figures; None where nothing is known."""

    minutes: float | None
    """Walking time of a visit, mean."""
    cadence_spm: float | None
    """Mean over the walking time, as that of the next one, per cent."""
    step_time_cv: float | None
    stumbles_10min: float | None
    """Stumbles in ten minutes of walking: longer sessions have more of them for their length."""
    pain_before: float | None
    pain_after: float | None
    stage: str | None


@frozen
class Standing:
    """Where a walker stands in the programme."""

    started: date | None
    """None: no session is done yet."""
    weeks: tuple[Week, ...]
    """Empty before the start."""
    done: int
    planned: int
    streak: int
    """Weeks kept in a row; the week that runs counts once it is kept."""
    due: Due | None
    """None: the programme is over."""
    last: Visit | None
    """The latest visit, of the programme or before it."""
    undated: tuple[Undated, ...]
    """Sessions that may belong to the programme; no week counts them."""

    @property
    def finished(self) -> bool:
        """No session is due any more."""
        return self.due is None


def standing(
    sessions: Iterable[Walked], plan: ProgrammeSettings, today: date, *, today_sure: bool = True
) -> Standing:
    """Where a walker stands on the day `today`; `today_sure` False: going by an unset clock."""
    ordered = sorted(sessions, key=lambda s: s.number)
    dated, undated = _dated(ordered, plan, today if today_sure else None)
    visits = _visits(dated, plan)
    started = parse_day(plan.started) or next((v.day for v in visits if v.done), None)
    first = started or today
    done = [
        min(plan.sessions_per_week, sum(v.done for v in _within(visits, begin)))
        for begin in _begins(first, plan)
    ]
    due = _due(visits, done, first, plan, today)
    weeks = _weeks(visits, undated, due, first, plan, today) if started is not None else ()
    return Standing(
        started=started,
        weeks=weeks,
        done=sum(done),
        planned=plan.weeks * plan.sessions_per_week,
        streak=_streak(weeks, today),
        due=due,
        last=visits[-1] if visits else None,
        undated=tuple(u for u in undated if _touches(u, first, plan.weeks) or started is None),
    )


def figures(visits: Sequence[Visit]) -> Figures:
    """What a week's visits come to."""
    sessions = [s for visit in visits for s in visit.sessions]
    minutes = sum(s.minutes for s in sessions)
    stages = [s.stage for s in sessions if s.stage]
    return Figures(
        minutes=_mean([v.minutes for v in visits]),
        cadence_spm=_of_walking(sessions, lambda s: s.cadence_spm),
        step_time_cv=_of_walking(sessions, lambda s: s.step_time_cv),
        stumbles_10min=10 * sum(s.stumbles for s in sessions) / minutes if minutes else None,
        pain_before=_mean([v.pain_before for v in visits]),
        pain_after=_mean([v.pain_after for v in visits]),
        stage=stages[-1] if stages else None,
    )


def first_and_last(weeks: Sequence[Week]) -> tuple[Week, Week] | None:
    """The first and the last week with a visit: what progress is told from; None before two."""
    walked = [week for week in weeks if week.visits]
    return (walked[0], walked[-1]) if len(walked) > 1 else None


# --- From sessions to visits. A session without a date lies between its neighbours in the log; if
# these are of one day, so is it. Else it belongs to no week, and a hole that it may fill is not
# called missed.


def _dated(
    ordered: Sequence[Walked], plan: ProgrammeSettings, latest: date | None
) -> tuple[list[tuple[date, Walked]], tuple[Undated, ...]]:
    """`latest`: the day on which the last session was walked at the latest, where it is known."""
    dated: list[tuple[date, Walked]] = []
    undated: list[Undated] = []
    before = _carried([s.day for s in ordered])
    after = _carried([latest, *(s.day for s in reversed(ordered))])[:0:-1]
    for session, earliest, last in zip(ordered, before, after, strict=True):
        if earliest is not None and earliest == last:
            dated.append((earliest, session))
        else:
            done = _long_enough([session], plan)
            undated.append(Undated(session, earliest, last, done))
    return dated, tuple(undated)


def _carried(days: Iterable[date | None]) -> list[date | None]:
    """Each day, and where there is none the one before it."""
    carried: list[date | None] = []
    for day in days:
        carried.append(carried[-1] if day is None and carried else day)
    return carried


def _visits(dated: list[tuple[date, Walked]], plan: ProgrammeSettings) -> tuple[Visit, ...]:
    by_day = groupby(sorted(dated, key=lambda d: d[0]), key=lambda d: d[0])  # keeps their order
    days = ((day, tuple(session for _, session in group)) for day, group in by_day)
    return tuple(Visit(day, sessions, _long_enough(sessions, plan)) for day, sessions in days)


def _long_enough(sessions: Sequence[Walked], plan: ProgrammeSettings) -> bool:
    """Judged by the day's last target: that is what the walker was told."""
    walked = sum(s.minutes for s in sessions)
    return walked >= plan.done_percent / 100 * sessions[-1].target_min


# --- What is due. Sessions are spread: with three a week there is a day between them, and as many
# as are planned always fit into a week, whichever day the week before ended on.


def _due(
    visits: Sequence[Visit], done: Sequence[int], first: date, plan: ProgrammeSettings, today: date
) -> Due | None:
    day = max(today, first)
    walked = [v for v in visits if v.done]
    if walked:
        apart = timedelta(days=WEEK_DAYS // plan.sessions_per_week)
        day = max(day, walked[-1].day + apart)
    rest = None
    hard = [v for v in visits if v.hard]
    if hard and hard[-1].day + timedelta(days=REST_DAYS) > day:
        rest = hard[-1]
        day = rest.day + timedelta(days=REST_DAYS)
    week = (day - first).days // WEEK_DAYS
    if week < plan.weeks and done[week] >= plan.sessions_per_week:
        week += 1  # nothing is walked in it: the day lies behind every session
        rest, day = None, first + timedelta(days=WEEK_DAYS * week)
    return Due(day, week + 1, done[week] + 1, rest) if week < plan.weeks else None


# --- The weeks.


def _begins(first: date, plan: ProgrammeSettings) -> list[date]:
    return [first + timedelta(days=WEEK_DAYS * k) for k in range(plan.weeks)]


def _within(visits: Sequence[Visit], begin: date) -> list[Visit]:
    return [v for v in visits if 0 <= (v.day - begin).days < WEEK_DAYS]


def _weeks(
    visits: Sequence[Visit],
    undated: Sequence[Undated],
    due: Due | None,
    first: date,
    plan: ProgrammeSettings,
    today: date,
) -> tuple[Week, ...]:
    made = []
    for number, begin in enumerate(_begins(first, plan), start=1):
        walked = _within(visits, begin)
        done = min(plan.sessions_per_week, sum(v.done for v in walked))
        holes = plan.sessions_per_week - done
        slots = [Slot("done" if v.done else "short", v.day, v) for v in walked]
        kept = holes == 0
        if _over(begin, today):
            # one session at most gives way to a rest, and never the whole week
            resting = min(holes, plan.sessions_per_week - 1, int(any(v.hard for v in walked)))
            kept = holes == resting
            slots += _left(plan.sessions_per_week - len(walked), resting, _perhaps(undated, begin))
        else:
            slots += _to_come(holes, due, number)
        made.append(Week(number, begin, tuple(walked), tuple(slots), done, kept))
    return tuple(made)


def _left(holes: int, resting: int, perhaps: int) -> list[Slot]:
    """What became of the places in which nothing was walked."""
    rest = [Slot("rest")] * resting
    unknown = [Slot("undated")] * perhaps
    return [*rest, *unknown, *[Slot("missed")] * max(0, holes)][: max(0, holes)]


def _to_come(holes: int, due: Due | None, week: int) -> list[Slot]:
    slots = [Slot("open")] * holes
    if due is not None and due.week == week:
        slots[0] = Slot("due", due.day)
    return slots


def _over(begin: date, today: date) -> bool:
    return (today - begin).days >= WEEK_DAYS


def _perhaps(undated: Sequence[Undated], begin: date) -> int:
    """How many whole sessions without a date may have been walked in a week."""
    return sum(u.done and _touches(u, begin, 1) for u in undated)


def _touches(undated: Undated, begin: date, weeks: int) -> bool:
    """Whether a session without a date may have been walked in these weeks."""
    end = begin + timedelta(days=WEEK_DAYS * weeks)
    return (undated.earliest is None or undated.earliest < end) and (
        undated.latest is None or undated.latest >= begin
    )


def _streak(weeks: Sequence[Week], today: date) -> int:
    """A week that undated sessions may have filled is passed over: nobody knows."""
    run = 0
    for week in weeks:
        if week.kept:
            run += 1
        elif _over(week.first, today) and not any(s.mark == "undated" for s in week.slots):
            run = 0
    return run


def _of_walking(
    sessions: Sequence[Walked], figure: Callable[[Walked], float | None]
) -> float | None:
    """The mean over the time that was walked: a try of seconds weighs no more than it lasted."""
    known = [(value, s.minutes) for s in sessions if (value := figure(s)) is not None]
    walked = sum(minutes for _, minutes in known)
    return sum(value * minutes for value, minutes in known) / walked if walked else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return fmean(known) if known else None
