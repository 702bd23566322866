"""Recordings: CSV files with the header `t,ax,ay,az,gx,gy,gz` (s, g, deg/s).

Any steady rate from 50 to 200 Hz, read from `t`. A bad file is refused as a whole with one
sentence that names the file, the line and what was expected.
"""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import TextIO

import numpy as np

from coach.samples import RATE_MAX_HZ, RATE_MIN_HZ, Block, Floats
from firmware.errors import UserError

COLUMNS = ("t", "ax", "ay", "az", "gx", "gy", "gz")
HEADER = ",".join(COLUMNS)


def read(path: Path) -> Block:
    """Read one whole recording. Raises `UserError`."""
    text = _text(path)
    head, _, body = text.partition("\n")
    names = [name.strip() for name in head.split(",")]
    if names != list(COLUMNS):
        missing = [c for c in COLUMNS if c not in names]
        found = f"{', '.join(missing)} missing" if missing else f"found '{head.strip()[:60]}'"
        raise UserError(f"{path}: line 1: expected the header {HEADER}, but {found}")
    table = _table(path, body)
    _check(path, body, table)
    _check_rate(path, table[:, 0])
    return Block(table[:, 0], table[:, 1:4], table[:, 4:7])


def write(file: TextIO, t_us: np.ndarray[tuple[int], np.dtype[np.int64]], values: Floats) -> None:
    """Write a recording so exactly that reading it back gives the very same numbers.

    `t_us` (n,) microseconds, `values` (n, 6) in g and deg/s.
    """
    file.write(HEADER + "\n")
    writer = csv.writer(file, lineterminator="\n")
    first = int(t_us[0]) if len(t_us) else 0
    for t, row in zip(t_us.tolist(), values.tolist(), strict=True):
        writer.writerow([f"{(t - first) / 1e6:.6f}", *map(repr, row)])


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except IsADirectoryError as e:
        raise UserError(f"{path}: is a folder; expected a CSV file with {HEADER}") from e
    except OSError as e:
        raise UserError(f"{path}: cannot be read: {e.strerror}") from e
    if not data.strip():
        raise UserError(f"{path}: is empty; expected a CSV file with {HEADER}")
    try:
        if b"\0" in data:
            raise ValueError
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except ValueError as e:
        raise UserError(f"{path}: is a binary file; expected a CSV file with {HEADER}") from e


def _table(path: Path, body: str) -> Floats:
    if not body.strip():
        raise UserError(f"{path}: line 2: expected samples after the header, found none")
    try:
        table: Floats = np.loadtxt(io.StringIO(body), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        table = np.empty((0, 0))
    if table.shape[1:] != (len(COLUMNS),):
        raise UserError(_blame(path, body))
    return table


def _blame(path: Path, body: str) -> str:
    """The sentence that names the first line which is not seven numbers."""
    for number, line in enumerate(body.split("\n"), start=2):
        if not line.strip():
            continue
        cells = line.split(",")
        if len(cells) != len(COLUMNS):
            return f"{path}: line {number}: expected {HEADER}, found {len(cells)} values"
        for name, cell in zip(COLUMNS, cells, strict=True):
            try:
                float(cell)
            except ValueError:
                shown = cell.strip()[:40]
                return f"{path}: line {number}: expected a number for {name}, found '{shown}'"
    return f"{path}: expected seven plain decimal numbers on every line"


def _check(path: Path, body: str, table: Floats) -> None:
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0].tolist()
        raise UserError(
            f"{path}: line {_line(body, row)}: expected a number for {COLUMNS[column]}, "
            f"found {table[row, column]}"
        )
    back = np.flatnonzero(np.diff(table[:, 0]) <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise UserError(
            f"{path}: line {_line(body, row)}: expected t to rise, found {table[row, 0]:g} "
            f"after {table[row - 1, 0]:g}"
        )


def _line(body: str, row: int) -> int:
    """The line number of a row of the table; the header is line 1, blank lines are no rows."""
    filled = (n for n, line in enumerate(body.split("\n"), start=2) if line.strip())
    return next(itertools.islice(filled, row, None))


def _check_rate(path: Path, t: Floats) -> None:
    if len(t) < 2:
        raise UserError(f"{path}: line 3: expected at least two samples, found {len(t)}")
    period = float(np.median(np.diff(t)))
    if not 1 / RATE_MAX_HZ <= round(period, 4) <= 1 / RATE_MIN_HZ:
        raise UserError(
            f"{path}: line 3: expected a rate from {RATE_MIN_HZ:g} to {RATE_MAX_HZ:g} Hz, "
            f"found {1 / period:.4g} Hz"
        )
