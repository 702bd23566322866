"""Columns for a person: a table where it fits the terminal, else a paragraph a row."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence

from firmware.wording import NOTHING

NARROW = 17
"""Characters: a column of sentences below this would be a word a line. A date is as long."""

PADDED = 24
"""Characters to which a pipe's cells are filled up: a longer one shifts the rest of its own line,
and one sentence does not make hundreds of columns of every row."""

NARROWEST = 40
GAP, INDENT = "  ", "    "

Row = Sequence[str]


def print_columns(head: Row, rows: Sequence[Row]) -> None:
    """Print a table. Names (the first column) are never cut; a pipe gets a line a row."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    if not sys.stdout.isatty():
        widths[1:] = [min(width, PADDED) for width in widths[1:]]
        sys.stdout.writelines(_line(row, widths) for row in (head, *rows))
        return
    room = _room()
    fitting = _fitted(widths, [head, *rows], room)
    if fitting is None:
        for row in rows:
            sys.stdout.writelines(_paragraph(head, row, room))
        return
    for row in (head, *rows):
        sys.stdout.writelines(_lines(row, fitting))


def print_sentences(lines: Iterable[str]) -> None:
    """Print lines, each on as many of the terminal's as it takes; a pipe gets them as they are."""
    if sys.stdout.isatty():
        import textwrap

        room = _room()
        lines = [part for line in lines for part in textwrap.wrap(line, room) or [""]]
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _room() -> int:
    import shutil  # a pipe needs none of it, and it takes its time

    return max(NARROWEST, shutil.get_terminal_size().columns)


def markdown(head: Row, rows: Iterable[Row]) -> str:
    """The table as the docs have it; the first column is code."""
    lines = [head, ["---"] * len(head)]
    for name, *rest in rows:
        lines.append([f"`{name}`", *(cell.replace("|", "\\|") for cell in rest)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _fitted(widths: list[int], rows: Sequence[Row], room: int) -> list[int] | None:
    """The widths with the widest columns wrapped until all fit; None where they cannot."""
    columns = list(zip(*rows, strict=True))
    least = [
        max(min(width, NARROW), *(len(word) for cell in column for word in cell.split()), 0)
        for width, column in zip(widths, columns, strict=True)
    ]
    least[0] = widths[0]
    made = list(widths)
    while sum(made) + len(GAP) * (len(made) - 1) > room:
        spare = [have - need for have, need in zip(made, least, strict=True)]
        if not any(spare):
            return None
        made[max(range(len(made)), key=lambda i: (spare[i] > 0, made[i]))] -= 1
    return made


def _lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    """One row, on as many lines as its longest cell takes."""
    if all(len(cell) <= width for cell, width in zip(row, widths, strict=True)):
        yield _line(row, widths)
        return
    import textwrap

    wrapped = [
        textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)
        if len(cell) > width
        else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    for parts in itertools.zip_longest(*wrapped, fillvalue=""):
        yield _line(parts, widths)


def _line(cells: Row, widths: Sequence[int]) -> str:
    """Each cell filled up to its width; a longer one shifts the rest."""
    return GAP.join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip() + "\n"


def _paragraph(head: Row, row: Row, room: int) -> Iterator[str]:
    """The first cell, then the short ones of the others on one line, then each long one."""
    import textwrap

    yield f"{row[0]}\n"
    cells = [(h, c) for h, c in zip(head[1:], row[1:], strict=True) if c not in ("", NOTHING)]
    short = [f"{h}: {c}" for h, c in cells if _is_short(c)]
    long = [f"{h}: {c}" for h, c in cells if not _is_short(c)]
    for text in [", ".join(short), *long]:
        for part in textwrap.wrap(text, room - len(INDENT), break_on_hyphens=False):
            yield f"{INDENT}{part}\n"


def _is_short(cell: str) -> bool:
    """A value, not a sentence."""
    return len(cell) <= NARROW and not cell.endswith(".")
