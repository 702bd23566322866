"""`coach log list` and `coach log show`: a session understood in a minute, over SSH."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.events import Fall, Stumble
from firmware.app.review import result, sentences
from firmware.errors import EXIT_OK
from firmware.log import notes, schema, sessions, summary
from firmware.log.summary import Summary
from firmware.packages import missing
from firmware.shown import write_csv
from firmware.terminal import console
from firmware.wording import clock, figure, percent

if TYPE_CHECKING:
    from rich.console import Console

CHART_HEIGHT = 15
CHART_WIDTH = 100

STEPS_MIN, MOST_TICKS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120), 7
"""Of the chart's axis."""

COMPARED = 5
"""`show` sets a session beside this many before it."""

UNSURE = (
    "?: the date is not sure: no network had set the clock, or it is to come; the order of the"
    " sessions is sure\n"
)

ODD_ENDS = (schema.CUT_SHORT, "crashed")


def show_list(path: Path, wanted: list[str], since: str | None, output: str) -> int:
    """The command `coach log list`; it reads stored figures only, so a long log lists fast."""
    rows = sessions.read_rows(path, wanted, since)
    if output == "jsonl":
        sys.stdout.writelines(json.dumps(_as_dict(row)) + "\n" for row in rows)
    elif output == "csv":
        write_csv(sys.stdout, [_as_dict(None), *(_as_dict(row).values() for row in rows)])
    else:
        _print_list(rows)
    return EXIT_OK


def _print_list(rows: list[sessions.Row]) -> None:
    heads = ("N", "date", "length", "stage", "cadence", "highest", "in zone", "stumbles", "cues")
    lines = [(*heads, "notes")]
    for row in rows:
        s = summary.of(row)
        running = row.ended is None
        lines.append(
            (
                str(row.id),
                when(row),
                "running" if running else clock(s.length_s),
                s.stage or "-",
                figure(s.cadence_mean),
                figure(s.cadence_max),
                percent(s.within_limit),
                result.stumbles(s),
                str(s.cues),
                "; ".join(_remarks(row)),
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        cells = [
            c.ljust(w) if i in (1, 3) else c.rjust(w)
            for i, (c, w) in enumerate(zip(line, widths, strict=False))
        ]
        sys.stdout.write("  ".join([*cells, line[-1]]).rstrip() + "\n")
    if not rows:
        sys.stdout.write("no sessions\n")
    if any(not row.wall_sure for row in rows):
        sys.stdout.write(UNSURE)


def _remarks(row: sessions.Row) -> list[str]:
    said = [notes.words(key, value) for key, value in row.notes]
    return ([row.ended] if row.ended in ODD_ENDS else []) + said


def show_sessions(path: Path, wanted: list[str], since: str | None, output: str) -> int:
    """The command `coach log show`."""
    found = sessions.read_some(path, wanted, since)
    if output == "jsonl":
        for session in found:
            figures = {**_as_dict(session), **asdict(summary.summarise(session))}
            sys.stdout.write(json.dumps(figures) + "\n")
        return EXIT_OK
    out = console()
    for session in found:
        print_session(out, session)
        if before := result.earlier(path, session):
            out.print(_comparison(session, before[-COMPARED:]))
    return EXIT_OK


def print_session(out: Console, session: sessions.StoredSession) -> None:
    """Prescription and result, what happened in sentences, and the chart, onto a console."""
    s = summary.summarise(session)
    whose = f", {session.walker}" if session.walker else ""
    out.print(f"\nSession {session.id}{whose}, {when(session)}", style="bold")
    if not session.wall_sure:
        out.print(UNSURE.strip(), style="dim")
    if remarks := _remarks(session):
        out.print("; ".join(remarks))
    out.print(_lines([*result.prescription(session), *result.result(session, s)]))
    for t, sentence in sentences.told(session):
        out.print(f"{clock(t):>7}  {sentence}")
    if s.walking_s and session.seconds:
        out.print(_chart(session, out))
    elif s.walking_s:
        out.print("the seconds of this session have been pruned; its figures stay")


def _lines(lines: list[result.Line]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - rich is optional
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, text in lines:
        table.add_row(name, text)
    return table


def _comparison(session: sessions.StoredSession, before: list[sessions.Row]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """The figures of this session beside those of the walker's last ones."""
    from rich.table import Table

    columns = [summary.summarise(session), *result.figures_of(before[::-1])]
    heads = [f"session {session.id}", *(f"{r.id}" for r in reversed(before))]
    table = Table("beside the last", *heads, box=None, padding=(0, 2, 0, 0))
    for row in result.compared(columns):
        table.add_row(*row)
    return table


def _as_dict(row: sessions.Row | None) -> dict[str, Any]:
    """What `list` tells a program; of no session: the names only."""
    figures = asdict(Summary() if row is None else summary.of(row))
    start = "" if row is None else datetime.fromtimestamp(row.wall_start, UTC).isoformat()
    head = {"session": row and row.id, "start": start, "start_sure": row and row.wall_sure}
    told = {} if row is None else dict(row.notes)
    kinds = (*notes.KEYS, sessions.WALKER, notes.TEXT)
    return {**head, "ended": row and row.ended, **figures, **{k: told.get(k) for k in kinds}}


def _chart(session: sessions.StoredSession, out: Console):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from rich.text import Text

    try:
        import plotext
    except ImportError:  # Debian has none
        return Text(f"({missing('the chart', 'plotext')})", style="dim")
    line = _limit_line(session)
    walked = [(t / 60, spm) for t, spm in session.curve() if spm is not None]
    if not walked:
        return Text("")
    plotext.clear_figure()
    plotext.theme("clear" if out.color_system is None else "pro")
    plotext.plot_size(min(out.width, CHART_WIDTH), CHART_HEIGHT)
    plotext.scatter(*zip(*walked, strict=True), marker="braille")
    plotext.plot(*zip(*line, strict=True), marker="-", color="red")
    alarms = [(e.t - session.begins) / 60 for e in session.of(Stumble, Fall)]
    if alarms:
        plotext.scatter(alarms, [line[0][1]] * len(alarms), marker="x", color="red")
    plotext.xticks(_ticks(session.curve()[-1][0] / 60))
    plotext.xlabel("minutes")
    plotext.ylabel("steps/min (---: limit; x: stumble)")
    return Text.from_ansi(plotext.build())


def _limit_line(session: sessions.StoredSession) -> list[tuple[float, float]]:
    """(minutes, steps/min): the limit in force as a line with steps."""
    limits, end = session.limits(), session.seconds[-1][0]
    until = [*(t for t, _ in limits[1:]), end]
    spans, zero = zip(limits, until, strict=True), session.begins
    return [(max(0.0, t - zero) / 60, spm) for (since, spm), last in spans for t in (since, last)]


def _ticks(minutes: float) -> list[float]:
    """Round instants for the axis of so many minutes: no more than seven."""
    step = next((s for s in STEPS_MIN if minutes / s <= MOST_TICKS), STEPS_MIN[-1])
    return [k * step for k in range(int(minutes / step) + 1)]


def when(row: sessions.Row) -> str:
    """Local date and time of a session's start; `?` where the clock had not been set."""
    local = datetime.fromtimestamp(row.wall_start, UTC).astimezone()
    return local.strftime("%Y-%m-%d %H:%M") + ("" if row.wall_sure else "?")
