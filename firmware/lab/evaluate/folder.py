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
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from coach.frozen import frozen
from coach.samples import Floats
from firmware.errors import UserError, why

INDEX = "recordings.csv"
COLUMNS = ("file", "dataset", "subject", "group", "kind", "steps")
LABELS = "labels"
STILL, HANDLED = "still", "handled"
KINDS = ("walking", "active", "other", STILL, HANDLED, "stumble", "fall", "")


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
        with index.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UserError(f"{index}: cannot be read: {why(e)}") from e
    if not rows:
        raise UserError(f"{index}: expected the header {','.join(COLUMNS)} and recordings")
    return [_item(index, number, row) for number, row in enumerate(rows, start=2)]


def _item(index: Path, number: int, row: dict[str, str | None]) -> Item:
    values = {c: row.get(c) for c in COLUMNS}
    missing = [c for c, value in values.items() if value is None]
    if missing:
        raise UserError(f"{index}: line {number}: {', '.join(missing)} missing")
    text = {c: str(value) for c, value in values.items()}
    _check_kind(f"{index}: line {number}", text["kind"])
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


def _check_kind(where: str, kind: str) -> None:
    if kind not in KINDS:
        expected = ", ".join(k for k in KINDS if k)
        raise UserError(f"{where}: kind '{kind}': expected one of {expected}")


def spans(item: Item, seconds: float) -> list[Span]:
    """What is done when; without labels one thing for all `seconds`. Raises `UserError`."""
    if item.labels is None:
        return [Span(0.0, seconds, item.group, item.kind)]
    found = []
    try:
        with item.labels.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                _check_kind(f"{item.labels}: line {number}", row["kind"])
                begin, end = float(row["from"]), float(row["to"])
                if not 0.0 <= begin < min(end, seconds):
                    raise UserError(
                        f"{item.labels}: line {number}: expected an interval within the"
                        f" {seconds:g} s of the recording, found {begin:g} to {end:g}"
                    )
                found.append(Span(begin, min(end, seconds), row["group"], row["kind"]))
    except KeyError as e:
        raise UserError(f"{item.labels}: expected the header from,to,group,kind") from e
    except (OSError, ValueError, TypeError, csv.Error) as e:
        raise UserError(f"{item.labels}: {why(e)}") from e
    return found


def read_steps(path: Path) -> Floats:
    """The foot contacts (n,) in seconds, sorted. Raises `UserError`."""
    try:
        text = path.read_text(encoding="utf-8-sig").split()
        if text[:1] != ["t"]:
            raise ValueError(f"expected the header t, found '{' '.join(text[:1])}'")
        return np.sort(np.array(text[1:], dtype=np.float64))
    except (OSError, ValueError) as e:
        raise UserError(f"{path}: {why(e)}") from e
