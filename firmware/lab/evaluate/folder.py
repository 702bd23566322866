"""A folder of recordings with known truth.

`FOLDER/recordings.csv` names them, one a line, with the header
`file,dataset,subject,group,kind,steps`:

- `file`: the recording, relative to the folder (the CSV that `coach replay` reads)
- `dataset`, `subject`: free words; tables and splits go by them
- `group`: the row of the stumble table, `trip` or `stairs` say
- `kind`: what an alarm means there: `walking` and `active` (false, counted by the hour), `other`
  (false, counted by the recording), `stumble` (right, and must be soon), `fall` (right, and must
  be reported as a fall); empty: not used for stumbles
- `steps`: a CSV with the header `t` and one foot contact a line (seconds since the first sample);
  empty: not used for cadence
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coach.samples import Floats
from firmware.errors import UserError

INDEX = "recordings.csv"
COLUMNS = ("file", "dataset", "subject", "group", "kind", "steps")
KINDS = ("walking", "active", "other", "stumble", "fall", "")


@dataclass(frozen=True, slots=True)
class Item:
    """One recording and what is known of it."""

    path: Path
    dataset: str
    subject: str
    group: str
    kind: str
    steps: Path | None


def read(folder: Path) -> list[Item]:
    """All recordings of the folder. Raises `UserError` that names the line and what is expected."""
    index = folder / INDEX
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UserError(f"{index}: cannot be read: {getattr(e, 'strerror', None) or e}") from e
    if not rows:
        raise UserError(f"{index}: expected the header {','.join(COLUMNS)} and recordings")
    return [_item(index, number, row) for number, row in enumerate(rows, start=2)]


def _item(index: Path, number: int, row: dict[str, str | None]) -> Item:
    values = {c: row.get(c) for c in COLUMNS}
    missing = [c for c, value in values.items() if value is None]
    if missing:
        raise UserError(f"{index}: line {number}: {', '.join(missing)} missing")
    text = {c: str(value) for c, value in values.items()}
    if text["kind"] not in KINDS:
        raise UserError(
            f"{index}: line {number}: kind '{text['kind']}': expected one of "
            + ", ".join(k for k in KINDS if k)
        )
    return Item(
        path=index.parent / text["file"],
        dataset=text["dataset"],
        subject=text["subject"],
        group=text["group"] or text["dataset"],
        kind=text["kind"],
        steps=index.parent / text["steps"] if text["steps"] else None,
    )


def read_steps(path: Path) -> Floats:
    """The foot contacts (n,) in seconds, sorted. Raises `UserError`."""
    try:
        text = path.read_text(encoding="utf-8").split()
        if text[:1] != ["t"]:
            raise ValueError(f"expected the header t, found '{' '.join(text[:1])}'")
        return np.sort(np.array(text[1:], dtype=np.float64))
    except (OSError, ValueError) as e:
        raise UserError(f"{path}: {getattr(e, 'strerror', None) or e}") from e
