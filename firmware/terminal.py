"""What a person sees of long work and of tables: on a terminal with rich, elsewhere plain."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, TextIO

from firmware.packages import needed
from firmware.shown import LINES, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

_LINE_EVERY_S = 10.0


class Progress:
    """Counts pieces of work: `with Progress("replay", 60) as p: ... p.advance()`.

    In a terminal it is rich's bar, where rich is installed; elsewhere a plain line every ten
    seconds, so that a log file stays short and a pipe stays clean.
    """

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._next_line = time.monotonic() + _LINE_EVERY_S
        self._bar = _bar(what, total) if total > 1 and sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self) -> None:
        """One more piece is done."""
        self._done += 1
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _LINE_EVERY_S
            self.say(f"{self._what}: {self._done} of {self._total}")

    def say(self, sentence: str) -> None:
        """A line of its own on standard error, above the bar."""
        if self._bar is not None:
            self._bar.console.print(sentence, soft_wrap=True)
        else:
            sys.stderr.write(sentence + "\n")


def _bar(what: str, total: int) -> Bar | None:
    try:
        from rich import progress
    except ImportError:
        return None
    columns = progress.Progress.get_default_columns()
    bar = progress.Progress(*columns, console=_console(sys.stderr), transient=True)
    bar.add_task(what, total=total)
    return bar


def console() -> Console:
    """Standard output; rich leaves colour away when it is no terminal or NO_COLOR is set."""
    with needed("the review", "rich"):
        return _console(sys.stdout)


def print_beside(out: Console, pairs: Sequence[tuple[str, str]]) -> None:
    """Names with their sentences: a terminal wraps a sentence beside its name, a pipe has it whole.

    So that what is searched for stands on one line.
    """
    from rich.table import Table

    if not out.is_terminal:
        room = max((len(name) for name, _ in pairs), default=0)
        for name, sentence in pairs:
            out.print(f"{name:<{room}}  {sentence}", soft_wrap=True)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for pair in pairs:
        table.add_row(*pair)
    out.print(table)


def _console(stream: TextIO) -> Console:
    """On this stream, where text is text: no markup, and nothing in it that cannot be seen."""
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401
            return super().render_str(visible(text, keep=LINES), **options)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # no failure, as rich has it: `errors.exit_code`

    beneath = getattr(stream, "beneath", stream)  # rich draws with control characters of its own
    return Plain(file=beneath, markup=False, highlight=False, emoji=False)
