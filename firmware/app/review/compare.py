"""`coach log compare`: two chosen sessions over each other, in the terminal and as a page.

Time counts from the beginning of each, so that the two begin together.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firmware.app.columns import print_columns
from firmware.app.review import drawing, listing, result
from firmware.app.review.page import hand_over, html, table
from firmware.app.review.page.svg import Chart
from firmware.errors import EXIT_OK, UserError
from firmware.log import sessions
from firmware.log.figures import summarise
from firmware.log.sessions import StoredSession
from firmware.wording import NOBODY, NOTHING, clock

Curve = list[tuple[float, float]]
"""(seconds since the session began, steps/min)."""

WIDTH, HEIGHT = 480, 220
"""Of the page's chart, in its own units."""

TICKS = 5


def run(path: Path, wanted: Sequence[str], output: str | None) -> int:
    """The command. Raises `UserError`."""
    first, second = (sessions.read_one(path, one) for one in wanted)
    if first.id == second.id:
        raise UserError(f"'{wanted[0]}' and '{wanted[1]}' are the same session: expected two")
    head = ("", *(f"session {s.id}" for s in (first, second)))
    rows = _rows(first, second)
    if output is None:
        sys.stdout.write(f"{_title(first, second)}\n\n")
        print_columns(head, rows)
        sys.stdout.write(f"\n{_drawn(first, second)}\n")
        return EXIT_OK
    figures = table(("Figure", *head[1:]), rows, "Figures of both sessions", named=True)
    text = html(_title(first, second), _chart(first, second) + figures)
    hand_over(text, output, f"sessions {first.id} and {second.id} are")
    return EXIT_OK


def _title(first: StoredSession, second: StoredSession) -> str:
    walkers = dict.fromkeys((first.walker, second.walker))
    whose = f", {' and '.join(name or NOBODY for name in walkers)}" if any(walkers) else ""
    return f"Sessions {first.id} and {second.id}{whose}"


def _rows(first: StoredSession, second: StoredSession) -> list[tuple[str, str, str]]:
    """What was prescribed and what came of it, beside each other."""
    told = [
        dict([*result.prescription(s), *result.result(s, summarise(s))]) for s in (first, second)
    ]
    names = dict.fromkeys([*told[0], *told[1]])
    dates = [("date", listing.when(first), listing.when(second))]
    return [*dates, *((n, told[0].get(n, NOTHING), told[1].get(n, NOTHING)) for n in names)]


def _curve(session: StoredSession) -> Curve:
    return [(t, spm) for t, spm in session.curve() if spm is not None]


def _drawn(first: StoredSession, second: StoredSession) -> str:
    curves = _curve(first), _curve(second)
    if not all(curves):
        return "one of them has no curve: it has been pruned, or nobody walked"

    def draw(chart: Any) -> None:  # noqa: ANN401 - plotext has no types
        for curve, marker in zip(curves, ("braille", "x"), strict=True):
            chart.scatter([t / 60 for t, _ in curve], [spm for _, spm in curve], marker=marker)

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else drawing.WIDTH
    minutes = max(curve[-1][0] for curve in curves) / 60
    told = f"steps/min (dots: session {first.id}; x: session {second.id})"
    return drawing.drawn(draw, width=width, minutes=minutes, axes=("minutes of the session", told))


# --- The page.


def _chart(first: StoredSession, second: StoredSession) -> str:
    curves = _curve(first), _curve(second)
    if not all(curves):
        return "<p>One of them has no curve: it has been pruned, or nobody walked.</p>"
    values = [spm for curve in curves for _, spm in curve]
    low, high = min(values) - 5, max(values) + 5
    end = max(curve[-1][0] for curve in curves) or 1.0

    chart = Chart(WIDTH, HEIGHT, low, high)
    parts = []
    for k in range(TICKS):
        share = k / (TICKS - 1)
        anchor = "start" if k == 0 else "end" if k == TICKS - 1 else "middle"
        parts.append(chart.level(low + (high - low) * share))
        parts.append(chart.below(share, clock(end * share), anchor))
    for curve, style in zip(curves, ("walk", "limit"), strict=True):
        parts.append(chart.line(style, [(chart.x(t / end), chart.y(spm)) for t, spm in curve]))
    told = f"Cadence of sessions {first.id} and {second.id} over each other; the table has figures."
    caption = (
        f"Cadence, steps/min, from the beginning (line: session {first.id};"
        f" dashed: session {second.id})"
    )
    return chart.figure(caption, told, parts) + "\n"
