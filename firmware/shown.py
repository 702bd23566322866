"""Text that somebody has typed or that a log held, as it may be shown: one function a medium.

A control character moves a terminal's cursor, a bidirectional override (Unicode TR 9) makes a
sentence read as another, and a cell that begins like a formula is one to a spreadsheet. None of
it is dropped: what cannot be shown as it is stands there as its number.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: control, format (bidirectional overrides among them), halves of surrogates,
line and paragraph separators."""

_JOINERS: Final = frozenset("\u200c\u200d")
"""Letters of some scripts and emoji are joined with these; they move nothing."""

_FORMULA: Final = ("=", "+", "-", "@")


def visible(text: str, *, keep: str = "") -> str:
    """`text` for a terminal or a page: what cannot be seen stands as `[U+202E]`; `keep` stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(c) if c not in keep else c for c in text)


def _seen(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN and character not in _JOINERS
    return f"[U+{ord(character):04X}]" if unseen else character


def cell(value: object) -> object:
    """`value` for a spreadsheet: text that would be a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
