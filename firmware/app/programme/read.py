"""A walker's programme as it stands in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from coach.frozen import frozen
from coach.guidance import programme
from coach.guidance.programme import Standing, Walked
from coach.settings import ProgrammeSettings
from firmware.log import clocks, index, schema, summary
from firmware.settings.catalogue import Settings, stored


@frozen
class Today:
    """The day that counts as today, and whether a time service has set the clock it is from."""

    day: date
    sure: bool = True


@frozen
class Page:
    """All that is told of one walker's programme."""

    walker: str
    """Empty: whoever walks without a profile."""
    standing: Standing
    plan: ProgrammeSettings
    target_min: float
    """Of the next session."""
    today: Today
    others: dict[str, int]
    """Other walkers in the log: how many sessions each."""
    to_come: tuple[int, ...]
    """Sessions whose date is to come: a clock was wrong."""
    rows: tuple[index.Row, ...]
    """The walker's own sessions, oldest first."""
    missing: Path | None
    """Where no log is, if there is none."""
    in_use: str
    """The profile whose settings `coach config set` sets; empty: the common ones."""

    @property
    def another(self) -> str:
        """One of the others as `--walker` takes it: one with a name, where there is one."""
        import shlex  # few are told of others

        return shlex.quote(next((name for name in self.others if name), ""))


def read(
    path: Path, settings: Settings, walker: str | None = None, today: Today | None = None
) -> Page:
    """Where a walker stands; `walker` None: the profile in use, or the log's only walker.

    `settings` are the walker's. No log is a log without sessions. Raises `UserError`.
    """
    there = schema.exists(path)
    rows = index.read_rows(path) if there else []
    ended = [row for row in rows if row.summary is not None and summary.of(row).walking_s]
    sessions_of = Counter(row.walker for row in ended)
    if walker is None:
        only = next(iter(sessions_of)) if len(sessions_of) == 1 else ""
        walker = settings.walker.profile or only
    others = settings.programme.after_session
    own = [r for r in ended if r.walker == walker and r.is_after(others)]
    walked = [_walked(row) for row in own]
    today = today or _today(own, rows)
    plan = settings.programme
    return Page(
        walker,
        programme.standing(walked, plan, today.day, today_sure=today.sure),
        plan,
        settings.session.target_min,
        today,
        {name: count for name, count in sorted(sessions_of.items()) if name != walker},
        tuple(row.id for row in own if row.to_come),
        tuple(own),
        None if there else path,
        settings.walker.profile,
    )


def _walked(row: index.Row) -> Walked:
    s = summary.of(row)
    return Walked(
        number=row.id,
        day=_day(row.wall_start) if row.wall_sure else None,
        minutes=s.walking_s / 60,
        target_min=s.target_min(float(stored(row.settings, "session.target_min"))),
        tired=s.tired > 0,
        stumbles=s.stumbles,
        pain_before=row.number("pain_before"),
        pain_after=row.number("pain_after"),
        cadence_spm=s.cadence_mean,
        step_time_cv=s.step_time_cv,
        stage=s.stage,
    )


def _day(wall: float) -> date:
    return datetime.fromtimestamp(wall, UTC).astimezone().date()


def _today(own: Sequence[index.Row], everybodys: Sequence[index.Row]) -> Today:
    """Today by the clock; one that is not set and behind the log is known to be wrong."""
    is_set = clocks.is_set()
    known = own if is_set else everybodys
    latest = max((_day(row.wall_start) for row in known if row.wall_sure), default=date.min)
    now = datetime.now(UTC).astimezone().date()
    return Today(max(now, latest), is_set)
