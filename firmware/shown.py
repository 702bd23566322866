"""Text that somebody has typed or that a log held, as it may be shown: one function a medium.

A control character moves a terminal's cursor, a bidirectional override (Unicode TR 9) makes a
sentence read as another, and a cell that begins like a formula is one to a spreadsheet. None of
it is dropped: what cannot be shown as it is stands there as its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TextIO

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: control, format (bidirectional overrides among them), halves of surrogates,
line and paragraph separators."""

_JOINERS: Final = frozenset("\u200c\u200d")
"""Letters of some scripts and emoji are joined with these; they move nothing."""

_FORMULA: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""The wide ones of East Asian keyboards as well: some spreadsheets take them for the same."""

_BELOW_NOTHING: Final = re.compile(r"-\d+(\.\d+)?")


LINES: Final = "\n\t"
"""What parts the lines and columns of our own output."""


def visible(text: str, *, keep: str = "") -> str:
    """`text` for a terminal or a page: what cannot be seen stands as `[U+202E]`; `keep` stays."""
    plain = text
    for character in keep:
        plain = plain.replace(character, "")
    if plain.isascii() and (plain.isprintable() or not plain):
        return text
    return "".join(_seen(c) if c not in keep else c for c in text)


def _seen(character: str) -> str:
    import unicodedata  # most text is plain

    unseen = unicodedata.category(character) in _UNSEEN and character not in _JOINERS
    return f"[U+{ord(character):04X}]" if unseen else character


class Seen:
    """A text stream on which nothing unseen gets out, whoever writes to it.

    What draws with control characters of its own (rich) writes to the stream `beneath`.
    """

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """As a text stream does."""
        return self.beneath.write(visible(text, keep=LINES))

    def writelines(self, lines: Iterable[str]) -> None:
        """As a text stream does."""
        self.beneath.writelines(visible(line, keep=LINES) for line in lines)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the stream's
        return getattr(self.beneath, name)


def write_csv(file: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Rows of values for a spreadsheet."""
    import csv

    csv.writer(file, lineterminator="\n").writerows([cell(v) for v in row] for row in rows)


def cell(value: object) -> object:
    """`value` for a spreadsheet: text that would be a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    formula = text.startswith(_FORMULA) and not _BELOW_NOTHING.fullmatch(text)
    return f"'{text}" if formula else text
