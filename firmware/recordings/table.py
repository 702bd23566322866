"""A CSV file as samples. A bad one is refused as a whole, with a sentence that names the place."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from coach.frozen import frozen
from coach.samples import Block, Floats
from firmware.errors import UserError
from firmware.recordings import stamps, units
from firmware.recordings.columns import (
    COLUMNS,
    DECIMAL_COMMAS,
    Layout,
    advice,
    find,
    parted,
    with_points,
)
from firmware.recordings.text import HEADER, Text
from firmware.recordings.units import Units

BACK = 10
"""Periods that a trembling clock may go back; more is another clock."""

LINES_AT_ONCE = 10_000
"""Lines that are text at a time: a recording of hours would be several times its file."""

DATED = (
    "; a time of day is not read: name another column, of seconds or milliseconds, with"
    " --columns t=NAME, or write the seconds since the first sample"
)

_CLOCK = re.compile(r"\d:\d\d|\d{4}-\d\d-\d\d")
"""Of a time of day or a date, as ISO 8601 and spreadsheets write them."""

HIGHEST = np.array([1e19] + 6 * [1e9])
"""Of the stamps (nanoseconds since 1970) and of the values, whatever their unit."""


@frozen
class Reading:
    """How a file is to be read where it does not say so itself (`--columns`, `--units`)."""

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Units | None = None


@frozen
class Recording:
    """What was read of a file, and checked as a whole: the instants. The rest is read as it goes.

    Two hours of samples at once would take 40 MB, and as much again to check them.
    """

    path: Path
    t: Floats
    remark: str
    """What had to be done about it, a sentence or nothing."""
    _layout: Layout
    _factors: Units

    def blocks(self) -> Iterator[Block]:
        """The samples in their order. Raises `UserError` where the file has changed meanwhile."""
        at = 0
        with Text.open(self.path) as text:
            for rows in _tables(text, self._layout):
                t = self.t[at : at + len(rows)]
                at += len(rows)
                if at > len(self.t):
                    break
                yield Block(t, rows[:, 1:4] * self._factors.acc, rows[:, 4:7] * self._factors.gyro)
        if at != len(self.t):
            raise UserError(f"{self.path}: has changed while it was read; try again")

    @property
    def block(self) -> Block:
        """All of it at once."""
        t, acc, gyro = map(np.concatenate, zip(*self.blocks(), strict=True))
        return Block(t, acc, gyro)


def read(path: Path, how: Reading | None = None) -> Recording:
    """Read and check one whole recording. Raises `UserError`."""
    how = how or Reading()
    with Text.open(path) as text:
        try:
            layout = find(text.head, how.columns)
        except UserError as e:
            raise UserError(f"{path}: line 1: expected the header {HEADER}, but {e}") from e
        factors = how.units or units.of_head(layout.units[1:])
        seen = units.Sizes.of_none(text.most_lines)
        t = np.empty(text.most_lines)
        for rows in _tables(text, layout):
            _check_finite(text, rows, seen.known)
            t[seen.known : seen.known + len(rows)] = rows[:, 0]
            seen = seen.and_of(rows[:, 1:4] * factors.acc, rows[:, 4:7] * factors.gyro)
        t = t[: seen.known]
        _check_rising(text, t)
    try:
        if len(t) < 2:
            raise UserError(f"line 3: expected at least two samples, found {len(t)}")
        t = stamps.scaled(t, units.TIMES.get(units.spelled(layout.units[0])))
        stamps.check_rate(t)
        t, remark = stamps.steadied(t)
        units.check(seen, factors)
    except UserError as e:
        raise UserError(f"{path}: {e}") from e
    return Recording(path, t, remark, layout, factors)


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


def _tables(text: Text, layout: Layout) -> Iterator[Floats]:
    """The seven columns of ours, (n, 7), some lines at a time."""
    found = False
    lines = text.body()
    while piece := list(itertools.islice(lines, LINES_AT_ONCE)):
        numbers = [line for line in piece if line.strip()]
        if not numbers:
            continue
        numbers = [with_points(line, layout.delimiter) for line in numbers]
        if not found:
            _refuse_more_columns(text.path, numbers, layout)
        found = True
        try:
            yield np.loadtxt(
                numbers,
                delimiter=layout.delimiter,
                comments=None,
                ndmin=2,
                usecols=layout.places,
                quotechar='"' if text.quotes else None,
            )
        except ValueError as e:
            raise UserError(_blame(text, layout)) from e
    if not found:
        raise UserError(f"{text.path}: line 2: expected samples after the header, found none")


def _refuse_more_columns(path: Path, lines: Sequence[str], layout: Layout) -> None:
    """Decimal commas between commas double the columns: nothing in such a file is what it seems."""
    first = parted(lines[0].rstrip("\n"), layout.delimiter)
    if layout.delimiter == "," and len(first) > layout.width:
        raise UserError(
            f"{path}: line 2: expected {layout.width} values as in the header, found {len(first)}"
            f"{DECIMAL_COMMAS}"
        )


def _blame(text: Text, layout: Layout) -> str:
    """The sentence that names the first line which does not hold its numbers."""
    last, path = max(layout.places), text.path
    for number, line in enumerate(text.body(), start=2):
        if not line.strip():
            continue
        cells = parted(with_points(line, layout.delimiter).rstrip("\n"), layout.delimiter)
        if len(cells) <= last:
            return f"{path}: line {number}: expected {HEADER}, found {len(cells)} values"
        for name, place in zip(COLUMNS, layout.places, strict=True):
            try:
                float(cells[place])
            except ValueError:
                shown = cells[place].strip()[:40]
                dated = name == "t" and _CLOCK.search(shown)
                todo = DATED if dated else advice(cells[place], layout.delimiter)
                return f"{path}: line {number}: expected a number for {name}, found '{shown}'{todo}"
    return f"{path}: expected seven plain decimal numbers on every line"


def _check_finite(text: Text, table: Floats, before: int) -> None:
    """Numbers are finite; there were so many rows `before`."""
    bad = np.argwhere(~(np.abs(table) <= HIGHEST))
    if len(bad):
        row, column = bad[0].tolist()
        raise UserError(
            f"{text.path}: line {_line(text, before + row)}: expected a number for "
            f"{COLUMNS[column]}, found {table[row, column]}"
        )


def _check_rising(text: Text, t: Floats) -> None:
    """Time goes on, but for a clock that ticks or trembles all along."""
    steps = np.diff(t)
    period = float(np.median(steps)) if len(steps) else 0.0
    trembles = not stamps.is_even(steps, period)
    back = np.flatnonzero(steps < -BACK * abs(period) if trembles else steps <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise UserError(
            f"{text.path}: line {_line(text, row)}: expected t to rise, found {t[row]:g} "
            f"after {t[row - 1]:g}"
        )


def _line(text: Text, row: int) -> int:
    """The line number of a row of the table; the header is line 1, blank lines are no rows."""
    filled = (n for n, line in enumerate(text.body(), start=2) if line.strip())
    return next(itertools.islice(filled, row, None))
