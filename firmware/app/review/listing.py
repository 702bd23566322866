"""`coach log list`: a line a session, from its stored figures alone."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware.app.columns import print_columns
from firmware.errors import EXIT_OK
from firmware.log import index, notes, schema, summary
from firmware.log.summary import Summary
from firmware.shown import write_csv
from firmware.wording import NOTHING, clock, counted, doubt, figure, instant, percent

UNSURE = (
    "?: the date is not sure: no network had set the clock, or it is to come; the order of the"
    " sessions is sure\n"
)

ODD_ENDS = (schema.CUT_SHORT, "crashed")


def show_list(path: Path, wanted: list[str], since: str | None, output: str) -> int:
    """The command `coach log list`."""
    rows = index.read_rows(path, wanted, since)
    if output == "jsonl":
        sys.stdout.writelines(json.dumps(as_dict(row)) + "\n" for row in rows)
    elif output == "csv":
        write_csv(sys.stdout, [as_dict(None), *(as_dict(row).values() for row in rows)])
    else:
        _print_list(rows)
    return EXIT_OK


def _print_list(rows: list[index.Row]) -> None:
    head = ("N", "date", "length", "stage", "cadence", "highest", "in zone", "stumbles", "cues")
    lines = []
    for row in rows:
        s = summary.of(row)
        known = row.summary is not None
        length = clock(s.length_s) if known else "running" if row.ended is None else NOTHING
        lines.append(
            (
                str(row.id),
                when(row),
                length,
                s.stage or "-",
                figure(s.cadence_mean),
                figure(s.cadence_max),
                percent(s.within_limit),
                stumbles(s) if known else NOTHING,
                str(s.cues) if known else NOTHING,
                "; ".join([*_in_profile(row), *remarks(row)]),
            )
        )
    print_columns((*head, "notes"), lines)
    if not rows:
        sys.stdout.write("no sessions\n")
    if any(not row.wall_sure for row in rows):
        sys.stdout.write(UNSURE)


def remarks(row: index.Row) -> list[str]:
    """An end that was none, and what a person has noted."""
    said = [notes.words(key, value) for key, value in row.notes]
    return ([row.ended] if row.ended in ODD_ENDS else []) + said


def _in_profile(row: index.Row) -> list[str]:
    """Who walked, where nobody has noted it, so that the remarks do not say it."""
    told = row.walker and row.note(index.WALKER) is None
    return [notes.words(index.WALKER, row.walker)] if told else []


def as_dict(row: index.Row | None) -> dict[str, Any]:
    """What `list` tells a program; of no session: the names only."""
    figures = asdict(Summary() if row is None else summary.of(row))
    if row is not None and row.summary is None:  # it runs, or its figures are yet to be worked out
        figures = dict.fromkeys(figures)
    start = "" if row is None else datetime.fromtimestamp(row.wall_start, UTC).isoformat()
    head = {"session": row and row.id, "start": start, "start_sure": row and row.wall_sure}
    told = {} if row is None else dict(row.notes)
    if texts := [value for key, value in (row.notes if row else ()) if key == notes.TEXT]:
        told[notes.TEXT] = "; ".join(texts)
    if row is not None and row.walker:
        told[index.WALKER] = row.walker
    kinds = (*notes.KEYS, index.WALKER, notes.TEXT)
    return {**head, "ended": row and row.ended, **figures, **{k: told.get(k) for k in kinds}}


def when(row: index.Row) -> str:
    """Local date and time of a session's start; `?` where the clock had not been set."""
    return instant(datetime.fromtimestamp(row.wall_start, UTC), sure=row.wall_sure)


def day(row: index.Row) -> str:
    """The same without the time."""
    return when(row)[: len("2026-11-02")] + doubt(sure=row.wall_sure)


def stumbles(s: Summary) -> str:
    """Stumbles and, if there were any, falls."""
    falls = f", {counted(s.falls, 'fall')}" if s.falls else ""
    return f"{s.stumbles or 'none'}{falls}"
