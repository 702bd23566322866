"""What the screen of `coach watch` is put together from."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from firmware.protocol import LONGEST_MARK

CHART_ROWS = 6
BLOCKS = " ▁▂▃▄▅▆▇█"


class Mark(ModalScreen[str]):
    """Asks for the text of a mark."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]
    DEFAULT_CSS = "Mark { align: center middle; } Mark Input { width: 60; }"

    def compose(self) -> ComposeResult:
        """One line of input."""
        yield Input(placeholder="a remark for the log, then Enter", max_length=LONGEST_MARK)

    def on_input_submitted(self, submitted: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(submitted.value)

    def action_leave(self) -> None:
        """Escape."""
        self.dismiss("")


class Lines(Widget):
    """Some lines of text whose place on the screen does not depend on what they say.

    So another text is only painted, where a `Static` of the textual that Raspberry Pi OS has lays
    the whole screen out anew.
    """

    text = reactive("")

    def render(self) -> Text:
        """As plain text."""
        return Text(self.text)


def drawn(cadences: list[float | None], limit: float, width: int) -> str:
    """The last cadences (one a second) as a chart with the limit's line, in block characters."""
    newest = cadences[-width:]
    seen = [c for c in newest if c is not None]
    low = min([*seen, limit]) - 10.0
    per_row = (max([*seen, limit]) + 10.0 - low) / CHART_ROWS
    lines = []
    for row in reversed(range(CHART_ROWS)):
        bottom = low + row * per_row
        at_limit = bottom <= limit < bottom + per_row
        empty = "-" if at_limit else " "
        cells = (_cell(c, bottom, per_row, empty) for c in newest)
        label = f"{limit:4.0f} " if at_limit else f"{bottom:4.0f} " if row == 0 else "     "
        lines.append(label + "".join(cells).rjust(width, empty))
    return "\n".join(lines)


def _cell(spm: float | None, bottom: float, per_row: float, empty: str) -> str:
    if spm is None or spm <= bottom:
        return empty
    filled = min(len(BLOCKS) - 1, round((spm - bottom) / per_row * (len(BLOCKS) - 1)))
    return BLOCKS[filled] if filled else empty
