"""The programme in sentences: what is due, why to rest, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from coach.guidance.programme import Standing, Undated, Visit
from firmware.app.programme.read import Page, Today, read
from firmware.settings.catalogue import Settings
from firmware.wording import NOBODY, clock, counted, numbered

NAMED = 5
"""So many sessions without a date are named one by one."""

ASK_DAYS = 2
"""A walker is asked for the pain of a visit this many days: a choice; later nobody remembers."""


def due_line(path: Path, settings: Settings, today: Today | None = None) -> str:
    """What is due for the walker in use, in one sentence. Raises `UserError`."""
    return sentence(read(path, settings, None, today))


def today_line(page: Page) -> str:
    """The same, and which day that goes by where no clock says it."""
    return f"{sentence(page)} {taken(page.today)}".rstrip()


def taken(today: Today) -> str:
    """Which day it goes by where no clock says it; nothing where one does."""
    if today.sure:
        return ""
    return (
        f"Today is taken to be {_date(today.day)} {today.day.year}: no network has set this"
        " computer's clock."
    )


def sentence(page: Page) -> str:
    """What is to be done next."""
    due, today = page.standing.due, page.today.day
    if page.standing.started is None and page.standing.undated:
        walked = counted(len(page.standing.undated), "session")
        return f"The weeks cannot be counted: {walked} walked, none with a sure date."
    if due is None:
        weeks = page.plan.weeks
        over = "week is" if weeks == 1 else f"{weeks} weeks are"
        return f"The {over} over: {done(page.standing)}."
    place = f"session {due.session} of {page.plan.sessions_per_week} in week {due.week}"
    if due.rest is not None:
        return f"Rest until {_to_come(due.day, today)}: {_why(due.rest)}. Then {place}."
    if due.day == today:
        return f"Due today: {place}.{_so_far(page)}"
    tomorrow = "tomorrow, " if due.day - today == timedelta(days=1) else ""
    return f"Next: {tomorrow}{_to_come(due.day, today)}, {place}."


def done(standing: Standing) -> str:
    """How much of it, as it stands on every page."""
    return f"{standing.done} of {counted(standing.planned, 'session')} done"


def _why(visit: Visit) -> str:
    if visit.hard == "pain":
        return (
            f"pain rose from {visit.pain_before:g} to {visit.pain_after:g} of 10 on"
            f" {_date(visit.day)}"
        )
    return f"the walking on {_date(visit.day)} ended in fatigue"


def _so_far(page: Page) -> str:
    last = page.standing.last
    if last is None or last.day != page.today.day:
        return ""
    walked = clock(round(60 * last.minutes))
    return f" {walked} min walked so far today; it counts from {_counts_from(page)} min."


def _counts_from(page: Page) -> str:
    return clock(60 * page.target_min * page.plan.done_percent / 100)


def _to_come(day: date, today: date) -> str:
    """With its year, where it is another: a slip in `programme.started` is seen."""
    return _date(day) if day.year == today.year else f"{_date(day)} {day.year}"


def _date(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def paragraphs(page: Page) -> list[str]:
    """What else there is to say, a paragraph each."""
    s = page.standing
    said = [] if s.started is not None or s.undated else [_how_to_begin(page)]
    if page.missing is not None:
        said.append(f"There is no log at {page.missing} yet.")
    if s.due is None:
        again = f"coach config set programme.started={page.today.day}"
        said.append(f"To begin another{_once(page)}: {again}; to go on: a larger programme.weeks.")
    if missing := _pain_missing(s.last, page.today.day):
        said.append(f"How was the knee? {missing}")
    if s.undated:
        said.append(_without_date(s.undated, page.today))
    if page.to_come:
        said.append(
            f"The date of {numbered(page.to_come)} is to come, so a clock was wrong; no week"
            " counts it."
        )
    if not page.today.sure:
        said.append(f"{taken(page.today)} --today says better.")
    if page.others:
        named = ", ".join(f"{name or NOBODY} {n}" for name, n in page.others.items())
        none = (
            f"No session of {page.walker or NOBODY} is in this log yet. " if not page.rows else ""
        )
        said.append(
            f"{none}Sessions of others in this log: {named};"
            f" coach programme --walker {page.another}"
        )
    return said


def _once(page: Page) -> str:
    """What must be so before a setting is set, for it to be this walker's."""
    if page.in_use in ("", page.walker):
        return ""
    profile = f"the profile {page.walker} is" if page.walker else "no profile is"
    return f", once {profile} in use"


def _how_to_begin(page: Page) -> str:
    return (
        f"The programme: {counted(page.plan.weeks, 'week')}, {page.plan.sessions_per_week} a week,"
        f" {page.target_min:g} min each. It begins by itself: clip the coach on and walk; a"
        f" session counts from {_counts_from(page)} min of walking."
    )


def _pain_missing(last: Visit | None, today: date) -> str:
    """The command that adds what the walker has not told of the last visit."""
    if last is None or (today - last.day).days > ASK_DAYS:
        return ""
    before = " --pain-before 0-10" if last.pain_before is None else ""
    after = " --pain-after 0-10" if last.pain_after is None else ""
    number = last.sessions[-1].number
    return f"coach log note {number}{before}{after}" if before or after else ""


def _without_date(undated: Sequence[Undated], now: Today) -> str:
    if len(undated) > NAMED:
        named = counted(len(undated), "session")
    else:
        named = "; ".join(_named(u) for u in undated)
    latest, today = undated[-1].latest, now.day
    if latest is None and not now.sure:
        day = "DAY"  # nobody here knows one that it can have been
    else:
        day = str(today if latest is None else min(latest, today))
    rest = " Let a day pass after the last of them." if latest is None or latest >= today else ""
    return (
        f"Without a date, and so counted in no week: {named}. No network had set the clock; a"
        " network before the coach is switched off dates its sessions. Else say the day: coach log"
        f" note {undated[-1].session.number} --date {day}.{rest}"
    )


def _named(undated: Undated) -> str:
    session = undated.session
    tired = ", ended in fatigue" if session.tired else ""
    length = clock(round(60 * session.minutes))
    return f"session {session.number} ({length} min{_between(undated)}{tired})"


def _between(undated: Undated) -> str:
    earliest, latest = undated.earliest, undated.latest
    if earliest is not None and latest is not None:
        return f", between {_year(earliest)} and {_year(latest)}"
    if earliest is not None:
        return f", not before {_year(earliest)}"
    return "" if latest is None else f", not after {_year(latest)}"


def _year(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
