"""`coach log progress`: how a walker gets on, session by session, in the terminal and as a page.

The page is like the report's: one file, no network, printable. Its charts are drawn here, for they
need no pointer; each has its figures in the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from firmware.app.columns import print_columns, print_sentences
from firmware.app.config.history import in_words, kept
from firmware.app.programme.read import Page, read
from firmware.app.programme.words import done, sentence, taken, today_line
from firmware.app.review import listing
from firmware.app.review.page import hand_over, html, table
from firmware.app.review.page.svg import Chart
from firmware.app.review.result import was_set
from firmware.errors import EXIT_OK, UserError
from firmware.log import prescriptions, summary
from firmware.log.index import Row
from firmware.log.schema import NO_LOG_YET
from firmware.log.summary import Summary
from firmware.settings.catalogue import Settings
from firmware.wording import NOBODY, NOTHING, clock, counted, doubt, figure, percent, spm

HEAD = (
    *("session", "date", "walked", "limit", "cadence", "in zone", "varies", "stumbles", "stage"),
    "pain",
)

WIDTH, HEIGHT = 360, 150
"""Of a chart, in its own units: as wide as a phone, so that letters keep their size there."""

Points = Sequence[float | None]


class Series(NamedTuple):
    """A chart: one value a session, and beside it what was asked for."""

    title: str
    unit: str
    values: Points
    beside: Points = ()
    beside_is: str = ""


def run(path: Path, settings: Settings, walker: str | None, output: str | None) -> int:
    """The command. Raises `UserError` where there is nothing to show."""
    page = read(path, settings, walker)
    rows = page.rows
    if not rows:
        raise UserError(f"{path}: {_why_none(page)}")
    if output is None:
        print_sentences(_words(page))
        print_columns(HEAD, [_row(row) for row in rows])
        return EXIT_OK
    text = drawn(page, rows, kept(path.parent, page.walker))
    hand_over(text, output, f"{counted(len(rows), 'session')} {'is' if len(rows) == 1 else 'are'}")
    return EXIT_OK


def _why_none(page: Page) -> str:
    if page.missing is not None:
        return NO_LOG_YET
    if page.others:
        others = ", ".join(name or NOBODY for name in page.others)
        another = f"there are some of {others}: coach log progress --walker {page.another}"
        return f"no finished session of {page.walker or NOBODY}; {another}"
    return f"no finished session of {page.walker}" if page.walker else "no finished session yet"


def _title(page: Page) -> str:
    return f"Progress of {page.walker}" if page.walker else "Progress"


def _words(page: Page) -> list[str]:
    s = page.standing
    unsure = [taken(page.today)] if not page.today.sure else []
    return [_title(page), sentence(page), *unsure, f"{done(s)}.", *_weeks(page), ""]


def _weeks(page: Page) -> list[str]:
    lines = []
    for week in page.standing.weeks:
        of = f"{week.done} of {page.plan.sessions_per_week}"
        more = len(week.visits) - week.done
        walked = f", {more} more walked" if more else ""
        lines.append(f"week {week.number}, from {week.first:%Y-%m-%d}: {of} done{walked}")
    return lines


def _row(row: Row) -> tuple[str, ...]:
    s = summary.of(row)
    before, after = row.note("pain_before"), row.note("pain_after")
    pain = f"{before or NOTHING} to {after or NOTHING}" if before or after else NOTHING
    return (
        str(row.id),
        listing.when(row),
        f"{clock(s.walking_s)} of {_target(row, s):g} min",
        " to ".join(dict.fromkeys(map(spm, _limits(row, s)))),
        figure(s.cadence_mean),
        percent(s.within_limit),
        NOTHING if s.step_time_cv is None else f"{s.step_time_cv:.1f} %",
        listing.stumbles(s),
        s.stage or NOTHING,
        pain,
    )


def _target(row: Row, s: Summary) -> float:
    return s.target_min(was_set(row, "session.target_min"))


def _limits(row: Row, s: Summary) -> tuple[float, float]:
    return s.limits_spm(was_set(row, "cadence.max_spm"))


# --- The page.


def drawn(page: Page, rows: Sequence[Row], history: Sequence[prescriptions.Entry]) -> str:
    """All of it as one file."""
    made = f"{page.today.day}{doubt(sure=page.today.sure)}"
    weeks = "".join(f"<li>{escape(line)}</li>" for line in _weeks(page))
    charts = "\n".join(_chart(one, rows) for one in _series(rows))
    changed = "".join(f"<li>{escape(in_words(entry))}</li>" for entry in reversed(history))
    prescribed = f"<h2>Prescriptions</h2>\n<ul>{changed}</ul>" if changed else ""
    return html(
        _title(page),
        f"""<p class="soft">{counted(len(rows), "session")}, as of {made}</p>
<h2>Programme</h2>
<p>{escape(today_line(page))}</p>
<ul class="told">{weeks}</ul>
<h2>Session by session</h2>
<div class="pair">
{charts}
</div>
{table(map(str.capitalize, HEAD), map(_row, reversed(rows)), "All sessions")}
{prescribed}""",
    )


def _series(rows: Sequence[Row]) -> list[Series]:
    figures: list[Summary] = [summary.of(row) for row in rows]
    before, after = ([row.number(key) for row in rows] for key in ("pain_before", "pain_after"))
    target = [_target(row, s) for row, s in zip(rows, figures, strict=True)]
    limit = [_limits(row, s)[-1] for row, s in zip(rows, figures, strict=True)]
    share = [None if s.within_limit is None else 100 * s.within_limit for s in figures]
    made = [
        Series("Walking", "min", [s.walking_s / 60 for s in figures], target, "target"),
        Series("Cadence", "steps/min", [s.cadence_mean for s in figures], limit, "limit"),
        Series("In zone", "%", share),
        Series("Step time varies by", "%", [s.step_time_cv for s in figures]),
        Series("Stumbles", "", [float(s.stumbles) for s in figures]),
        Series("Pain after", "of 10", after, before, "before"),
    ]
    return [s for s in made if any(v is not None for v in s.values)]


def _chart(series: Series, rows: Sequence[Row]) -> str:
    known = [v for v in (*series.values, *series.beside) if v is not None]
    low = 0.0 if min(known) >= 0 and series.unit != "steps/min" else math.floor(min(known) - 5)
    halves = max(1, math.ceil((max(known) * 1.1 - low) / 2))  # whole numbers: they are written so
    high = 100.0 if series.unit == "%" and max(known) > 50 else low + 2 * halves
    chart, gaps = Chart(WIDTH, HEIGHT, low, high), max(1, len(rows) - 1)

    def dots(values: Points) -> list[tuple[float, float]]:
        known = [(i, v) for i, v in enumerate(values) if v is not None]
        return [(chart.x(i / gaps), chart.y(v)) for i, v in known]

    parts = [chart.level(v) for v in (low, (low + high) / 2, high)]
    if beside := dots(series.beside):
        parts.append(chart.line("limit", beside))
    values = dots(series.values)
    parts.append(chart.line("walk", values))
    parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in values]
    parts.append(chart.below(0.0, listing.day(rows[0]), "start"))
    if len(rows) > 1:
        parts.append(chart.below(1.0, listing.day(rows[-1]), "end"))
    last = next(v for v in reversed(series.values) if v is not None)
    sessions = counted(len(rows), "session")
    told = f"{series.title} over {sessions}; the last is {f'{last:.0f} {series.unit}'.strip()}."
    dashed = f" (dashed: {series.beside_is})" if series.beside_is else ""
    unit = f", {series.unit}" if series.unit else ""
    return chart.figure(f"{series.title}{unit}{dashed}", told, parts)
