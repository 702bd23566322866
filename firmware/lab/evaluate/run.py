"""`coach evaluate`: runs a folder of recordings and prints what came of it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coach.frozen import frozen
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError
from firmware.lab.evaluate import cadence, folder, people, plots, stumble
from firmware.lab.evaluate.spread import spread
from firmware.lab.evaluate.trial import Score, Trial, measure
from firmware.settings.catalogue import Settings
from firmware.shown import write_csv

NOTHING_CHOSEN = (
    "Nothing is chosen anew for those left out: it is the same coach.\n"
    "low and high: 95 % of the bootstrap over people."
)


@frozen
class Options:
    """How to run and what to print."""

    output: str
    jobs: int | None
    dask: str | None
    plot: Path | None


def run_cadence(where: Path, settings: Settings, options: Options) -> int:
    """The command `coach evaluate cadence`."""
    _check(options)
    items = [item for item in folder.read(where) if item.steps is not None]
    if not items:
        raise UserError(f"{where / folder.INDEX}: no recording with steps: fill the column steps")
    scores = _scores("cadence", [Trial(item, settings) for item in items], options)
    measured = [s.cadence for s in scores if s.cadence is not None]
    _print("cadence", cadence.table(measured), options.output)
    if options.output == "table":
        _print("confidence", cadence.reliability(measured), options.output)
    if options.plot is not None:
        plots.cadence(measured, options.plot)
    return _complain(scores)


def run_stumble(where: Path, settings: Settings, options: Options) -> int:
    """The command `coach evaluate stumble`."""
    _check(options)
    items = [item for item in folder.read(where) if item.kind or item.labels is not None]
    if not items:
        raise UserError(f"{where / folder.INDEX}: no recording for this: fill the column kind")
    default = settings.stumble.sensitivity
    levels = [default]
    if options.plot is not None:
        levels = sorted({default, *stumble.SENSITIVITIES})
    trials = [
        Trial(item, settings.changed({"stumble.sensitivity": level}))
        for level in levels
        for item in items
    ]
    scores = _scores("stumble", trials, options)
    by_level = {
        level: scores[i * len(items) : (i + 1) * len(items)] for i, level in enumerate(levels)
    }
    alarms = {level: [a for s in found for a in s.alarms] for level, found in by_level.items()}
    _print("stumbles and falls", stumble.table(alarms[default]), options.output)
    if options.plot is not None:
        points = [stumble.point(level, found) for level, found in alarms.items()]
        if options.output == "table":
            _print("by sensitivity", points, options.output)
        plots.stumble(points, default, options.plot)
    return _complain(by_level[default])


def run_people(
    where: Path, settings: Settings, options: Options, leave_out: people.LeaveOut
) -> int:
    """The command `coach evaluate people`."""
    trials = [Trial(item, settings) for item in folder.read(where)]
    scores = _scores("people", trials, options)
    _print(f"each {leave_out} left out", people.table(scores, leave_out), options.output)
    if options.output == "table":
        sys.stdout.write(NOTHING_CHOSEN + "\n")
    return _complain(scores)


def _check(options: Options) -> None:
    if options.plot is not None:
        plots.check(options.plot)


def _scores(what: str, trials: Sequence[Trial], options: Options) -> list[Score]:
    scores = spread(what, measure, trials, jobs=options.jobs, dask=options.dask)
    if all(s.error is not None for s in scores):
        raise UserError("\n".join(str(s.error) for s in scores))
    return scores


def _complain(scores: Sequence[Score]) -> int:
    """Name the recordings that could not be used; the results of the others stand."""
    bad = [s.error for s in scores if s.error is not None]
    for error in bad:
        sys.stderr.write(f"coach: {error}\n")
    return EXIT_BAD_INPUT if bad else EXIT_OK


def _print(title: str, rows: Sequence[Any], output: str) -> None:
    """Dataclass rows as a table, CSV or JSON lines."""
    records = [asdict(row) for row in rows]
    if not records:
        raise UserError("nothing to show: no recording has the truth that this asks for")
    if output == "jsonl":
        for record in records:
            sys.stdout.write(json.dumps({k: _plain(v) for k, v in record.items()}) + "\n")
    elif output == "csv":
        write_csv(sys.stdout, [records[0], *(record.values() for record in records)])
    else:
        _table(title, records)


def _table(title: str, records: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    from firmware.terminal import console

    table = Table(title=title, box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    rows = [[_shown(value) for value in record.values()] for record in records]
    for name, cells in zip(records[0], zip(*rows, strict=True), strict=True):
        number = all(isinstance(record[name], int | float | None) for record in records)
        # The heads of numbers are broken, between words; names and numbers are not.
        head = name.replace("_", " ")
        widest = max(map(len, [*cells, *head.split()] if number else [*cells, head]))
        table.add_column(head, justify="right" if number else "left", width=widest)
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _shown(value: object) -> str:
    """A number as short as people read it: three decimals, fewer where there is more before."""
    if isinstance(value, float):
        decimals = 3 if abs(value) < 10 else 1 if abs(value) < 100 else 0
        short = f"{value:.{decimals}f}"
        return short.rstrip("0").rstrip(".") if decimals else short
    return "" if value is None else str(value)


def _plain(value: object) -> object:
    """JSON has no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
