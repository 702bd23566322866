"""The demo's screen: cadence, limit, what buzzer and LED do, and what the coach says."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Self

from coach.events import Cadence, Limit, Session, Steadiness, Step
from firmware.records import Record
from firmware.sentences import as_line
from firmware.settings.catalogue import Settings
from firmware.wording import clock, spm

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from firmware.device.simulation import Simulation

SHOWN_EVENTS = 12
LINE_EVERY_S = 30.0
"""Without a terminal: the cadence as a line this often."""
FRAMES_PER_S = 12.0
_QUIET = (Step, Steadiness, Cadence)


class Screen:
    """In a terminal a live panel; elsewhere plain lines."""

    def __init__(self, out: Console, settings: Settings, speed: float) -> None:
        from rich.live import Live

        self._out = out
        self._limit = settings.cadence.max_spm
        self._speed = speed
        self._live = Live(console=out, auto_refresh=False) if out.is_terminal else None
        self._events: deque[str] = deque(maxlen=SHOWN_EVENTS)
        self._spm: float | None = None
        self._session = False
        self._next_frame = 0.0
        self._next_line = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def tell(self, record: Record) -> None:
        """The coach has said something."""
        match record:
            case Cadence(t=t, spm=spm):
                self._spm = spm
                if self._live is None and t >= self._next_line:
                    self._next_line = t + LINE_EVERY_S
                    self._out.print(as_line(record))
            case Limit(max_spm=spm):
                self._limit = spm
            case Session(state=state):
                self._session = state == "started"
        if not isinstance(record, _QUIET):
            self._events.append(as_line(record))
            if self._live is None:
                self._out.print(as_line(record))

    def refresh(self, now: float, device: Simulation) -> None:
        """Draw a frame, if one is due; `now` is the time on the device (s)."""
        if self._live is not None and now >= self._next_frame:
            self._next_frame = now + self._speed / FRAMES_PER_S
            self._live.update(self._frame(now, device), refresh=True)

    def _frame(self, now: float, device: Simulation) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        over = self._spm is not None and self._spm > self._limit
        colour = "red" if over else "green"
        shown = "  --" if self._spm is None else f"{self._spm:5.1f}"
        playing = device.indicators.playing
        table = Table.grid(padding=(0, 3))
        table.add_row(
            Text(f"{shown} steps/min", style=f"bold {colour}"),
            Text(f"limit {spm(self._limit)}"),
            Text("session" if self._session else "no session"),
            Text(f"{clock(now)}  (x{self._speed:g})", style="dim"),
        )
        bar = ProgressBar(total=150.0, completed=self._spm or 0.0, width=60, complete_style=colour)
        line_of_its_own = Table.grid()
        line_of_its_own.add_row(bar)
        lamps = Text.assemble(
            _lamp("buzzer", device.buzzer_on, "yellow"),
            "   ",
            _lamp("LED", device.led_on, "bright_red"),
            f"   {playing.name}: {playing.sounds}" if playing else "",
        )
        said = Text("\n".join(self._events), no_wrap=True)
        return Panel(
            Group(table, line_of_its_own, lamps, Text(), said), title="cadence coach, simulated"
        )


def _lamp(name: str, on: bool, colour: str) -> tuple[str, str]:
    return (f"{'●' if on else '○'} {name}", colour if on else "dim")
