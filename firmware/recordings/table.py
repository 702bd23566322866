"""A CSV file as samples. A bad one is refused as a whole, with a sentence that names the place."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from coach.frozen import frozen
from coach.samples import Block, Floats
from firmware.errors import UserError
from firmware.recordings import stamps, units
from firmware.recordings.columns import COLUMNS, Layout, find, parted
from firmware.recordings.text import HEADER, Text
from firmware.recordings.units import Units

BACK = 10
"""Periods that a trembling clock may go back; more is another clock."""

LINES_AT_ONCE = 10_000
"""Lines that are text at a time: a recording of hours would be several times its file."""

HIGHEST = np.array([1e19] + 6 * [1e9])
"""Of the stamps (nanoseconds since 1970) and of the values, whatever their unit."""


@frozen
class Reading:
    """How a file is to be read where it does not say so itself (`--columns`, `--units`)."""

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Units | None = None


class Recording(NamedTuple):
    """What was read, and what had to be done about it, a sentence or nothing."""

    block: Block
    remark: str


def read(path: Path, how: Reading | None = None) -> Recording:
    """Read one whole recording. Raises `UserError`."""
    how = how or Reading()
    with Text.open(path) as text:
        try:
            layout = find(text.head, how.columns)
        except UserError as e:
            raise UserError(f"{path}: line 1: expected the header {HEADER}, but {e}") from e
        table = _table(text, layout)
        _check_numbers(text, table)
    try:
        return _made(table, layout, how)
    except UserError as e:
        raise UserError(f"{path}: {e}") from e


def _made(table: Floats, layout: Layout, how: Reading) -> Recording:
    if len(table) < 2:
        raise UserError(f"line 3: expected at least two samples, found {len(table)}")
    t = stamps.scaled(table[:, 0], units.TIMES.get(units.spelled(layout.units[0])))
    stamps.check_rate(t)
    t, remark = stamps.steadied(t)
    factors = how.units or units.of_head(layout.units[1:])
    acc, gyro = table[:, 1:4], table[:, 4:7]
    if factors != Units():
        acc *= factors.acc
        gyro *= factors.gyro
    units.check(acc, gyro)
    return Recording(Block(t, acc, gyro), remark)


def write(file: TextIO, pieces: Iterable[tuple[NDArray[np.int64], Floats]]) -> None:
    """Write a recording so exactly that reading it back gives the very same numbers.

    It comes piece by piece: microseconds (n,), and values (n, 6) in g and deg/s.
    """
    writer = csv.writer(file, lineterminator="\n")
    first: int | None = None
    for t_us, values in pieces:
        if first is None:
            first = int(t_us[0])
            file.write(HEADER + "\n")
        for t, row in zip(t_us.tolist(), values.tolist(), strict=True):
            writer.writerow([f"{(t - first) / 1e6:.6f}", *map(repr, row)])


def _table(text: Text, layout: Layout) -> Floats:
    """The seven columns of ours, (n, 7)."""
    table: Floats = np.empty((text.most_lines, len(COLUMNS)))
    filled = 0
    lines = text.body()
    while piece := list(itertools.islice(lines, LINES_AT_ONCE)):
        numbers = [line for line in piece if line.strip()]
        if not numbers:
            continue
        if layout.delimiter != ",":
            numbers = [line.replace(",", ".") for line in numbers]
        if not filled:
            _refuse_more_columns(text.path, numbers, layout)
        try:
            rows = np.loadtxt(
                numbers,
                delimiter=layout.delimiter,
                comments=None,
                ndmin=2,
                usecols=layout.places,
                quotechar='"' if text.quotes else None,
            )
        except ValueError as e:
            raise UserError(_blame(text, layout)) from e
        table[filled : filled + len(rows)] = rows
        filled += len(rows)
    if not filled:
        raise UserError(f"{text.path}: line 2: expected samples after the header, found none")
    return table[:filled]


def _refuse_more_columns(path: Path, lines: Sequence[str], layout: Layout) -> None:
    """Decimal commas between commas double the columns: nothing in such a file is what it seems."""
    first = parted(lines[0].rstrip("\n"), layout.delimiter)
    if layout.delimiter == "," and len(first) > layout.width:
        raise UserError(
            f"{path}: line 2: expected {layout.width} values as in the header, found {len(first)}; "
            "decimal commas need another separator, as a semicolon"
        )


def _blame(text: Text, layout: Layout) -> str:
    """The sentence that names the first line which does not hold its numbers."""
    last, path = max(layout.places), text.path
    for number, line in enumerate(text.body(), start=2):
        if not line.strip():
            continue
        numbers = line if layout.delimiter == "," else line.replace(",", ".")
        cells = parted(numbers.rstrip("\n"), layout.delimiter)
        if len(cells) <= last:
            return f"{path}: line {number}: expected {HEADER}, found {len(cells)} values"
        for name, place in zip(COLUMNS, layout.places, strict=True):
            try:
                float(cells[place])
            except ValueError:
                shown = cells[place].strip()[:40]
                return f"{path}: line {number}: expected a number for {name}, found '{shown}'"
    return f"{path}: expected seven plain decimal numbers on every line"


def _check_numbers(text: Text, table: Floats) -> None:
    """Numbers are finite; time goes on, but for a clock that ticks or trembles all along."""
    bad = np.argwhere(~(np.abs(table) <= HIGHEST))
    if len(bad):
        row, column = bad[0].tolist()
        raise UserError(
            f"{text.path}: line {_line(text, row)}: expected a number for {COLUMNS[column]}, "
            f"found {table[row, column]}"
        )
    steps = np.diff(table[:, 0])
    period = float(np.median(steps)) if len(steps) else 0.0
    trembles = not stamps.is_even(steps, period)
    back = np.flatnonzero(steps < -BACK * abs(period) if trembles else steps <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise UserError(
            f"{text.path}: line {_line(text, row)}: expected t to rise, found {table[row, 0]:g} "
            f"after {table[row - 1, 0]:g}"
        )


def _line(text: Text, row: int) -> int:
    """The line number of a row of the table; the header is line 1, blank lines are no rows."""
    filled = (n for n, line in enumerate(text.body(), start=2) if line.strip())
    return next(itertools.islice(filled, row, None))
