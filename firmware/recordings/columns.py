"""Which column of a CSV file holds what, by the names that loggers give them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import NamedTuple

from firmware.errors import UserError

COLUMNS = ("t", "ax", "ay", "az", "gx", "gy", "gz")
DELIMITERS = ",;\t"

DECIMAL_COMMAS = "; decimal commas need another separator between the columns, as a semicolon"

_TIMES = ("seconds_elapsed", "t", "time", "timestamp", "time_s", "timestamps", "ts", "elapsed")
"""The first of these that is there: a clock from 0 goes before one from 1970."""

_ACC = r"(?:a|acc|accel|acceleration|accelerometer|total ?acceleration)"
_GYRO = r"(?:g|w|gyr|gyro|gyroscope|rotation ?rate|angular ?velocity|omega)"
_LINEAR = re.compile(r"(?:linear|user) ?acc\w*")
"""Acceleration without gravity, as phones reckon it."""


class Layout(NamedTuple):
    """Where each of `COLUMNS` stands in the file, and its unit, empty where the head has none."""

    delimiter: str
    width: int
    places: tuple[int, ...]
    units: tuple[str, ...]


def parse_columns(text: str) -> dict[str, str]:
    """`t=Time,ax=X` as a mapping from our names to the file's. Raises `ValueError`."""
    pairs = [part.partition("=") for part in text.split(",")]
    made = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    each_once = len(pairs) == len(made) == len(set(made.values()))
    if not each_once or not set(made) <= set(COLUMNS) or not all(made.values()):
        raise ValueError
    return made


def find(head: str, named: Mapping[str, str]) -> Layout:
    """The layout that a file's first line tells. Raises `UserError` with the end of a sentence."""
    delimiter = delimiter_of(head)
    cells = [cell.strip() for cell in parted(head, delimiter)]
    plain = [_plain(cell) for cell in cells]
    places = [_place(column, cells, plain, named) for column in COLUMNS]
    missing = [c for c, p in zip(COLUMNS, places, strict=True) if p is None]
    if missing:
        raise UserError(_what_is_missing(missing, cells, plain, named))
    found = tuple(p for p in places if p is not None)
    return Layout(delimiter, len(cells), found, tuple(_unit(cells[p]) for p in found))


def delimiter_of(head: str) -> str:
    """What parts the cells of a file with this first line."""
    return max(DELIMITERS, key=head.count)


def with_points(numbers: str, delimiter: str) -> str:
    """A comma that parts no cells stands before decimals: a point in its place."""
    return numbers if delimiter == "," else numbers.replace(",", ".")


def advice(cell: str, delimiter: str) -> str:
    """The end of a sentence on a cell that is no number: what to do about it, if that is known."""
    comma = delimiter == "," and "," in cell and _is_number(cell)
    return DECIMAL_COMMAS if comma else ""


def parted(line: str, delimiter: str) -> list[str]:
    """The cells of a line; none where it is no line of a table."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell of hundreds of kilobytes
        return []


def _place(column: str, cells: list[str], plain: list[str], named: Mapping[str, str]) -> int | None:
    if column in named:
        wanted = named[column].lower()
        return next((i for i, cell in enumerate(cells) if cell.lower() == wanted), None)
    if column == "t":
        return next((plain.index(name) for name in _TIMES if name in plain), None)
    kind, axis = (_ACC if column[0] == "a" else _GYRO), column[1]
    fits = re.compile(rf"{kind}[ _.]?{axis}")
    return next((i for i, name in enumerate(plain) if fits.fullmatch(name)), None)


def _what_is_missing(
    missing: list[str], cells: list[str], plain: list[str], named: Mapping[str, str]
) -> str:
    shown = ", ".join(cells)[:60]
    for ours in missing:
        if theirs := named.get(ours):
            return f"it has no column '{theirs}', which --columns names for {ours}; found '{shown}'"
    if any(c in missing for c in ("ax", "ay", "az")) and any(map(_LINEAR.match, plain)):
        return "the acceleration is without gravity; record the one with gravity"
    none_of_it = len(missing) == len(COLUMNS)
    if none_of_it and (len(cells) < len(COLUMNS) or any(map(_is_number, cells))):
        return f"found '{shown}'; put it first, whatever the columns are called"
    hint = ",".join(f"{name}=NAME" for name in missing)
    return f"{', '.join(missing)} missing; found '{shown}'; name them with --columns {hint}"


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _plain(cell: str) -> str:
    """A column's name without its unit, in small letters."""
    name = re.sub(r"\s*[(\[].*[)\]]\s*$", "", cell.lower())
    return re.sub(r"\s+", " ", name)


def _unit(cell: str) -> str:
    found = re.search(r"[(\[]([^)\]]*)[)\]]\s*$", cell)
    return "" if found is None else found[1].strip()
