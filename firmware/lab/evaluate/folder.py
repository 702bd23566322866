"""A folder of recordings with known truth.

`FOLDER/recordings.csv` names them, one a line, with the header
`file,dataset,subject,group,kind,steps` and, if wanted, `labels`:

- `file`: the recording, relative to the folder (the CSV that `coach replay` reads)
- `dataset`, `subject`: free words; tables and splits go by them
- `group`: the row of the stumble table, `trip` or `stairs` say
- `kind`: what an alarm means there: `walking` and `active` (false, counted by the hour), `other`
  (false, counted by the recording), `still` (as `other`, and a cadence is false too: nobody
  walks), `handled` (a fall is false: the device is put on or taken off), `stumble` (right, and
  must be soon), `fall` (right, and must be reported as a fall); empty: not used for stumbles
- `steps`: a CSV with the header `t` and one foot contact a line (seconds since the first sample);
  empty: not used for cadence
- `labels`: a CSV with the header `from,to,group,kind` and one interval a line (seconds), where
  different things are done in one recording; each counts as a recording of its own

All of them are read as recordings are: with semicolons or tabs as well, decimal commas between
these, and in a spreadsheet's encoding.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from coach.frozen import frozen
from coach.samples import Floats
from firmware.errors import UserError
from firmware.recordings.columns import advice, delimiter_of, with_points
from firmware.recordings.text import Text

INDEX = "recordings.csv"
COLUMNS = ("file", "dataset", "subject", "group", "kind", "steps")
LABELS = "labels"
OF_LABELS = ("from", "to", "group", "kind")
STEPS_HEADER = "t"
STILL, HANDLED = "still", "handled"
KINDS = ("walking", "active", "other", STILL, HANDLED, "stumble", "fall", "")

Row = dict[str, str | None]


@frozen
class Item:
    """One recording and what is known of it."""

    path: Path
    dataset: str
    subject: str
    group: str
    kind: str
    steps: Path | None
    labels: Path | None = None


@frozen
class Span:
    """What is done from `start` to `end` (seconds since the first sample)."""

    start: float
    end: float
    group: str
    kind: str


def read(folder: Path) -> list[Item]:
    """All recordings of the folder. Raises `UserError` that names the line and what is expected."""
    index = folder / INDEX
    try:
        rows, _ = _rows(index, COLUMNS)
    except UserError as e:
        if not isinstance(e.__cause__, FileNotFoundError | NotADirectoryError):
            raise
        raise UserError(
            f"{index}: there is none; expected a CSV file with a line for each recording, under the"
            f" header {','.join(COLUMNS)}: see docs/validation.md, 'How to check it yourself'"
        ) from e
    if not rows:
        raise UserError(f"{index}: expected recordings below the header")
    return [_item(index, line, row) for line, row in rows]


def _rows(path: Path, columns: Sequence[str]) -> tuple[list[tuple[int, Row]], str]:
    """The rows of a table, each with the number of its line, and what parts its cells.

    Raises `UserError`.
    """
    header = ",".join(columns)
    with Text.open(path, header) as text:
        delimiter = delimiter_of(text.head)
        try:
            table = csv.DictReader([text.head, *text.body()], delimiter=delimiter)
            missing = [c for c in columns if c not in (table.fieldnames or ())]
            rows = [(table.line_num, row) for row in table]
        except csv.Error as e:
            raise UserError(f"{path}: cannot be read: {e}") from e
    if missing:
        raise UserError(
            f"{path}: line 1: expected the header {header}, but {', '.join(missing)} missing"
        )
    return rows, delimiter


def _item(index: Path, line: int, row: Row) -> Item:
    values = {c: row.get(c) for c in COLUMNS}
    missing = [c for c, value in values.items() if value is None]
    if missing:
        raise UserError(f"{index}: line {line}: {', '.join(missing)} missing")
    text = {c: str(value) for c, value in values.items()}
    _check_kind(f"{index}: line {line}", text["kind"])
    labels = row.get(LABELS)
    return Item(
        path=index.parent / text["file"],
        dataset=text["dataset"],
        subject=text["subject"],
        group=text["group"] or text["dataset"],
        kind=text["kind"],
        steps=index.parent / text["steps"] if text["steps"] else None,
        labels=index.parent / labels if labels else None,
    )


def _check_kind(where: str, kind: str | None) -> None:
    if kind not in KINDS:
        expected = ", ".join(k for k in KINDS if k)
        raise UserError(f"{where}: kind '{kind or ''}': expected one of {expected}")


def spans(item: Item, seconds: float) -> list[Span]:
    """What is done when; without labels one thing for all `seconds`. Raises `UserError`."""
    if item.labels is None:
        return [Span(0.0, seconds, item.group, item.kind)]
    found = []
    rows, delimiter = _rows(item.labels, OF_LABELS)
    for line, row in rows:
        where = f"{item.labels}: line {line}"
        _check_kind(where, row["kind"])
        begin, end = (_number(where, name, row[name], delimiter) for name in ("from", "to"))
        if not 0.0 <= begin < min(end, seconds):
            raise UserError(
                f"{where}: expected an interval within the {seconds:g} s of the recording,"
                f" found {begin:g} to {end:g}"
            )
        found.append(Span(begin, min(end, seconds), str(row["group"]), str(row["kind"])))
    return found


def read_steps(path: Path) -> Floats:
    """The foot contacts (n,) in seconds, sorted. Raises `UserError`."""
    with Text.open(path, STEPS_HEADER) as text:
        head = _cell(text.head)
        if head != STEPS_HEADER:
            raise UserError(f"{path}: line 1: expected the header {STEPS_HEADER}, found '{head}'")
        lines = ((n, _cell(line)) for n, line in enumerate(text.body(), start=2))
        steps = [_number(f"{path}: line {n}", STEPS_HEADER, cell, "") for n, cell in lines if cell]
    return np.sort(np.array(steps, dtype=np.float64))


def _cell(line: str) -> str:
    """Of a line that is a single cell."""
    return line.strip().strip('"')


def _number(where: str, name: str, text: str | None, delimiter: str) -> float:
    try:
        return float(with_points(text or "", delimiter))
    except ValueError as e:
        shown = (text or "").strip()[:40]
        todo = advice(shown, delimiter)
        raise UserError(f"{where}: expected a number for {name}, found '{shown}'{todo}") from e
