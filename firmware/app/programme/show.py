"""`coach programme`: the page for a person, and the same for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.guidance import programme
from coach.guidance.programme import Due, Figures, Slot, Standing, Week
from firmware.app.programme.read import Page, Today, read
from firmware.app.programme.words import done, paragraphs, sentence
from firmware.errors import EXIT_OK
from firmware.settings.catalogue import Settings
from firmware.shown import write_csv
from firmware.terminal import console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STYLES = {
    "done": "green",
    "short": "yellow",
    "due": "bold",
    "rest": "cyan",
    "missed": "dim",
    "undated": "dim",
    "open": "dim",
}
"""Colour only repeats what the word says."""

HARD = "*"
"""Marks a visit after which a longer rest was advised."""

COLUMNS = (
    *("week", "mark", "day", "sessions", "minutes", "cadence_spm", "step_time_cv", "stumbles"),
    *("pain_before", "pain_after", "hard", "stage"),
)


def run(
    path: Path, settings: Settings, walker: str | None, today: Today | None, output: str
) -> int:
    """The command."""
    page = read(path, settings, walker, today)
    if output == "json":
        sys.stdout.write(json.dumps(_as_dict(page), indent=2) + "\n")
    elif output == "csv":
        made = (_row(week, slot) for week in page.standing.weeks for slot in week.slots)
        rows = ({**row, "sessions": " ".join(map(str, row["sessions"]))} for row in made)
        write_csv(sys.stdout, [COLUMNS, *(row.values() for row in rows)])
    else:
        _print(console(), page)
    return EXIT_OK


# --- On the screen.


def _print(out: Console, page: Page) -> None:
    s = page.standing
    if page.walker:
        out.print(f"The programme of {page.walker}", style="dim")
    out.print(sentence(page), style="bold")
    if s.weeks:
        out.print()
        out.print(_grid(s.weeks))
        if any(visit.hard for week in s.weeks for visit in week.visits):
            out.print(f"{HARD} ended in fatigue or with more pain", style="dim")
        out.print()
        out.print(_counted(s))
    if pair := programme.first_and_last(s.weeks):
        out.print()
        out.print(_progress(*pair))
    for note in paragraphs(page):
        out.print()
        out.print(note, soft_wrap=not out.is_terminal)


def _counted(s: Standing) -> str:
    streak = {0: "", 1: "; 1 week with all its sessions"}.get(
        s.streak, f"; {s.streak} weeks in a row with all their sessions"
    )
    return f"{done(s)}{streak}."


def _grid(weeks: Sequence[Week]) -> Table:
    from rich.table import Table
    from rich.text import Text

    most = max(len(week.slots) for week in weeks)
    table = Table("week", "from", *[""] * most, box=None, padding=(0, 2, 0, 0))
    for week in weeks:
        cells = [Text(_cell(slot), STYLES[slot.mark]) for slot in week.slots]
        table.add_row(str(week.number), f"{week.first.day} {week.first:%b}", *cells)
    return table


def _cell(slot: Slot) -> str:
    if slot.mark == "open":
        return "-"
    hard = HARD if slot.visit is not None and slot.visit.hard else ""
    return slot.mark if slot.day is None else f"{slot.mark} {slot.day:%a}{hard}"


def _number(value: float | None, digits: int, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.{digits}f}"


PROGRESS: tuple[tuple[str, Callable[[Figures], float | None], int], ...] = (
    ("walking, min a day", lambda f: f.minutes, 1),
    ("cadence, steps/min", lambda f: f.cadence_spm, 0),
    ("step time varies by, %", lambda f: f.step_time_cv, 1),
    ("stumbles in 10 min", lambda f: f.stumbles_10min, 1),
    ("pain before, of 10", lambda f: f.pain_before, 1),
    ("pain after, of 10", lambda f: f.pain_after, 1),
)
"""Name of a row, how it is read from a week's figures, and its decimals."""


def _progress(first: Week, last: Week) -> Table:
    from rich.table import Table

    a, b = programme.figures(first.visits), programme.figures(last.visits)
    table = Table("progress", box=None, padding=(0, 2, 0, 0))
    for head in (f"week {first.number}", f"week {last.number}", "change"):
        table.add_column(head, justify="right")
    for name, value, digits in PROGRESS:
        was, now = value(a), value(b)
        # Of the figures as they stand beside it: who subtracts them finds it right.
        change = None if was is None or now is None else round(now, digits) - round(was, digits)
        table.add_row(
            name, _number(was, digits), _number(now, digits), _number(change, digits, "+")
        )
    if a.stage or b.stage:
        table.add_row("stage", a.stage or "-", b.stage or "-", "")
    return table


# --- For programs.


def _as_dict(page: Page) -> dict[str, Any]:
    s = page.standing
    return {
        "walker": page.walker,
        "today": page.today.day.isoformat(),
        "today_sure": page.today.sure,
        "started": s.started and s.started.isoformat(),
        "sentence": sentence(page),
        "due": None if s.due is None else _due(s.due),
        "finished": s.finished,
        "done": s.done,
        "planned": s.planned,
        "streak": s.streak,
        "weeks": [
            {
                "week": week.number,
                "from": week.first.isoformat(),
                "done": week.done,
                "kept": week.kept,
                "slots": [_row(week, slot) for slot in week.slots],
                "figures": {
                    name: value if isinstance(value, str) else _rounded(value)
                    for name, value in asdict(programme.figures(week.visits)).items()
                },
            }
            for week in s.weeks
        ],
        "undated": [
            {
                "session": u.session.number,
                "minutes": _rounded(u.session.minutes),
                "earliest": u.earliest and u.earliest.isoformat(),
                "latest": u.latest and u.latest.isoformat(),
            }
            for u in s.undated
        ],
        "others": page.others,
    }


def _due(due: Due) -> dict[str, Any]:
    return {
        "day": due.day.isoformat(),
        "week": due.week,
        "session": due.session,
        "rest_after": due.rest and due.rest.day.isoformat(),
        "rest_because": due.rest and due.rest.hard,
    }


def _row(week: Week, slot: Slot) -> dict[str, Any]:
    """One place of a week, under the names of `COLUMNS`."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    day = slot.day and slot.day.isoformat()
    row.update(week=week.number, mark=slot.mark, day=day, sessions=[])
    if slot.visit is not None:
        f = programme.figures([slot.visit])
        row.update(
            sessions=[s.number for s in slot.visit.sessions],
            minutes=_rounded(slot.visit.minutes),
            cadence_spm=_rounded(f.cadence_spm),
            step_time_cv=_rounded(f.step_time_cv),
            stumbles=sum(s.stumbles for s in slot.visit.sessions),
            pain_before=f.pain_before,
            pain_after=f.pain_after,
            hard=slot.visit.hard,
            stage=f.stage,
        )
    return row


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
