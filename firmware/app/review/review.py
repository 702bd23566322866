"""`coach log show`: a session understood in a minute, over SSH."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.events import Fall, Stumble
from firmware.app.review import drawing, listing, result, sentences
from firmware.errors import EXIT_OK
from firmware.log import figures, index, sessions, summary
from firmware.terminal import console, print_beside
from firmware.wording import clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from firmware.log.summary import Summary

GAP = 2
"""Between two columns."""

COMPARED = 5
"""`show` sets a session beside this many before it."""


def show_sessions(path: Path, wanted: list[str], since: str | None, output: str) -> int:
    """The command `coach log show`."""
    with index.reading(path) as db:  # one session at a time: there may be thousands
        around = index.around(db)
        found = index.find(db, path, wanted, since)
        each = (figures.measured(db, number, around) for number in found)
        if output == "jsonl":
            for session, s in each:
                told = {**listing.as_dict(session), **asdict(s)}
                sys.stdout.write(json.dumps(told) + "\n")
            return EXIT_OK
        out, rows = console(), index.rows(db, path, [index.ALL])
        for session, s in each:
            print_session(out, session, s)
            if before := result.earlier(rows, session):
                out.print(_comparison(session.id, s, before[-COMPARED:], out.width))
    return EXIT_OK


def print_session(out: Console, session: sessions.StoredSession, s: Summary) -> None:
    """Prescription and result, what happened in sentences, and the chart, onto a console."""
    whose = f", {session.walker}" if session.walker else ""
    out.print(f"\nSession {session.id}{whose}, {listing.when(session)}", style="bold")
    if not session.wall_sure:
        out.print(listing.UNSURE.strip(), style="dim", soft_wrap=not out.is_terminal)
    if remarks := listing.remarks(session):
        out.print("; ".join(remarks), soft_wrap=not out.is_terminal)
    print_beside(out, [*result.prescription(session), *result.result(session, s)])
    print_beside(out, [(f"{clock(t):>7}", text) for t, text in sentences.told(session)])
    if s.walking_s and session.seconds:
        out.print(_chart(session, out))
    elif s.walking_s:
        out.print("the seconds of this session have been pruned; its figures stay")


def _comparison(number: int, s: Summary, before: list[index.Row], room: int) -> Table:
    """The figures `s` of this session beside those of the walker's last ones, as many as fit."""
    from rich.table import Table

    columns = [s, *map(summary.of, before[::-1])]
    heads = ("beside the last", f"session {number}", *(f"{r.id}" for r in reversed(before)))
    rows = [heads, *result.compared(columns)]
    ends = accumulate(GAP + max(map(len, column)) for column in zip(*rows, strict=True))
    fitting = sum(end <= room + GAP for end in ends)
    table = Table(*heads[:fitting], box=None, padding=(0, GAP, 0, 0))
    for row in rows[1:]:
        table.add_row(*row[:fitting])
    return table


def _chart(session: sessions.StoredSession, out: Console) -> Text:
    from rich.text import Text

    line = _limit_line(session)
    walked = [(t / 60, spm) for t, spm in session.curve() if spm is not None]
    if not walked:
        return Text("")
    alarms = [(e.t - session.begins) / 60 for e in session.of(Stumble, Fall)]

    def draw(chart: Any) -> None:  # noqa: ANN401 - plotext has no types
        chart.scatter(*zip(*walked, strict=True), marker="braille")
        chart.plot(*zip(*line, strict=True), marker="-", color="red")
        if alarms:
            chart.scatter(alarms, [line[0][1]] * len(alarms), marker="x", color="red")

    text = drawing.drawn(
        draw,
        width=min(out.width, drawing.WIDTH),
        minutes=session.curve()[-1][0] / 60,
        axes=("minutes", "steps/min (---: limit; x: stumble)"),
        colour=out.color_system is not None,
    )
    return Text.from_ansi(text)


def _limit_line(session: sessions.StoredSession) -> list[tuple[float, float]]:
    """(minutes, steps/min): the limit in force as a line with steps."""
    limits, end = session.limits(), session.seconds[-1][0]
    until = [*(t for t, _ in limits[1:]), end]
    spans, zero = zip(limits, until, strict=True), session.begins
    return [(max(0.0, t - zero) / 60, spm) for (since, spm), last in spans for t in (since, last)]
