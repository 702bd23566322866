"""The full screen of `coach watch`, made with textual.

Everything fits 80 x 24, is said in words as well as in colour, and is drawn once a second, so that
a slow link keeps up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Static

from coach.events import Cadence, Steadiness, Step
from firmware.app import asking, client
from firmware.app.config import changing
from firmware.app.examine import surroundings
from firmware.app.watch import words
from firmware.app.watch.parts import Lines, Mark, drawn
from firmware.device.control import status
from firmware.errors import DeviceError, UserError
from firmware.records import Record, decode
from firmware.sentences import LIMIT
from firmware.settings.catalogue import find
from firmware.shown import LINES, visible

AGAIN_S = 1.0
"""Between two tries to find the daemon."""

KEYS = "up/down limit  m mute  k mark  c clear  u undo  q quit"
"""Fits 60 columns."""

LEAVES_WITHIN_S = 3.0
"""After a hang-up."""

EVENTS = 6
STEP_SPM = 1.0
POWER_EVERY_S = 30.0

SHOWN_LATER = (Step, Steadiness)
"""What comes often is drawn with the next cadence, once a second."""

State = dict[str, Any]


class WatchApp(App[None]):
    """Follows the daemon on its socket; keys move the limit and give orders."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,plus", "limit(1)", "Limit +1"),
        Binding("down,minus", "limit(-1)", "Limit -1"),
        Binding("m", "mute", "Mute"),
        Binding("k", "mark", "Mark"),
        Binding("c", "clear", "Clear"),
        Binding("u", "undo", "Undo"),
        Binding("q,ctrl+c", "quit", "Quit", priority=True),
    ]
    CSS = """
    #top { height: 5; }
    #spm { width: 11; text-style: bold; }
    #words { width: 1fr; padding-left: 1; }
    #chart { height: 7; border-top: solid $foreground; }
    #events { height: 8; border-top: solid $foreground; }
    #said { height: 2; text-style: bold; }
    #keys { dock: bottom; height: 1; background: $panel; }
    .above { color: red; }
    .within { color: green; }
    """

    def __init__(self, socket: str, config: Path) -> None:
        super().__init__()
        self._socket, self._config = socket, config
        self._state: State | None = None
        self._cadences: deque[float | None] = deque(maxlen=status.REMEMBERED_S)
        self._wanted: float | None = None  # the limit that keys ask for, until it is in force
        self._orders: deque[tuple[str, dict[str, Any]]] = deque()  # not answered yet
        self._events: deque[str] = deque(maxlen=EVENTS)
        self._live = words.Live()
        self._power = ""
        self._lost = client.NOT_RUNNING
        self._talk: client.Client | None = None
        self._left = threading.Event()
        self._put_last: dict[str, str] = {}  # what each part of the screen shows

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        with Vertical():
            with Horizontal(id="top"):
                yield Digits("--", id="spm")
                yield Lines(id="words")
            yield Static(id="health", markup=False)
            yield Lines(id="chart")
            yield Lines(id="events")
            yield Lines(id="said")
        yield Static(KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        """Begin to follow; a signal ends the app as a key does, with the terminal restored."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.exit)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        self.set_interval(POWER_EVERY_S, self._look_at_power)
        self._look_at_power()
        # No worker of textual's: the process would wait for it when its terminal has vanished.
        threading.Thread(target=self._follow, name="follow", daemon=True).start()

    def _hang_up(self) -> None:
        """The terminal may have vanished, and what writes to it may then wait for ever."""
        last = threading.Timer(LEAVES_WITHIN_S, os._exit, [128 + signal.SIGHUP])
        last.daemon = True
        last.start()
        self.exit()

    def on_unmount(self) -> None:
        """The end: the thread that follows is told so."""
        self._left.set()
        if self._talk is not None:
            self._talk.hang_up()

    def _follow(self) -> None:
        while not self._left.is_set():
            try:
                with client.Client(self._socket) as talk, asking.understood(self._socket):
                    self._talk = talk
                    self._hand(self._know, talk.ask("follow"))
                    talk.wait_for_ever()
                    told: list[Record] = []
                    for record in talk.records():
                        told.append(record)
                        if not isinstance(record, SHOWN_LATER):
                            self._hand(self._take, told)
                            told = []
            except DeviceError as e:
                self._hand(self._lose, str(e))
            self._left.wait(AGAIN_S)

    def _hand(self, take: Callable[[Any], None], what: object) -> None:
        """From the thread that follows to the one that draws."""
        if not self._left.is_set():
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self.call_from_thread(take, what)

    def _know(self, state: State) -> None:
        """The answer to `follow`: all there is to know."""
        self._state = state
        self._cadences.clear()
        self._cadences.extend(state.get("cadences", ()))
        self._events.clear()
        self._events.extend(words.told_before([*map(decode, state.get("records", ()))], state))
        self._draw()

    def _lose(self, why: str) -> None:
        self._state, self._lost = None, why
        self._say("")
        self._draw()

    def _take(self, told: list[Record]) -> None:
        for record in told:
            if self._state is None:
                return
            self._state = status.after(self._state, record)
            if isinstance(record, Cadence):
                self._cadences.append(record.spm)
            self._events.extend(self._live.lines(record, self._state, time.monotonic()))
        self._draw()

    # --- Drawing: nothing any more while it ends, for then the parts of the screen go one by one.

    def _draw(self) -> None:
        if not self.is_running:
            return
        if self._state is None:
            self._put("#spm", "--")
            self._put("#words", f"{self._lost}; trying again")
            self._put("#health", self._power)
            return
        state = self._state
        if self._wanted is not None:
            state = {**state, "prescribed_spm": self._wanted}
        shown = state["cadence"]["spm"]
        self._put("#spm", "--" if shown is None else f"{shown:.0f}")
        spm = self.query_one("#spm")
        zone = words.zone(state)
        spm.set_class(zone == words.ABOVE, "above")
        spm.set_class(zone == words.IN_ZONE, "within")
        who = f"   {state['profile']}" if state["profile"] else ""
        self._put(
            "#words",
            f"steps/min   {zone}{who}\n"
            f"{asking.limit(state)}\n"
            f"{words.session(state)}   {asking.counts(state)}\n"
            f"{_steadiness(state)}\n"
            f"cues: {asking.cues(state)}",
        )
        health = [f"{part} {state[part]['state']}" for part in asking.shown_parts(state)]
        health += [f"{thread} trouble" for thread in state["parts"]]
        self._put("#health", "   ".join((*health, self._power)))
        room = max(10, self.query_one("#chart").size.width - 6)
        self._put("#chart", drawn(list(self._cadences), state["limit_spm"], room))
        self._put("#events", "\n".join(self._events))

    def _put(self, where: str, text: str) -> None:
        """Text onto the screen, if it is another: nothing in it moves the cursor."""
        if self.is_running and self._put_last.get(where) != text:
            self._put_last[where] = text
            widget = self.query_one(where)
            shown = visible(text, keep=LINES)
            if isinstance(widget, Lines):
                widget.text = shown
            else:
                assert isinstance(widget, Static | Digits)
                widget.update(shown)

    def _say(self, text: str) -> None:
        self._put("#said", text)

    def _look_at_power(self) -> None:
        self._power = f"power {surroundings.power().verdict}"

    # --- Keys. What waits for the disk or the daemon runs on a thread.

    def action_limit(self, up: int) -> None:
        """Move the limit that was set; a lowered one is the coach's own and passes."""
        if self._state is None:
            return
        key = find(LIMIT)
        busy = self._wanted is not None
        stands = self._state["prescribed_spm"] if self._wanted is None else self._wanted
        wanted = min(max(stands + STEP_SPM * up, key.low or 0.0), key.high or stands)
        if wanted == stands:
            self._say(f"the limit goes from {key.low:g} to {key.high:g} steps/min")
            return
        self._wanted = wanted
        self._draw()
        if not busy:
            self._change()

    def action_mute(self) -> None:
        """Mute, or let it sound again."""
        if self._state is not None:
            muted = not self._state["muted"]
            self._muted(muted)  # two presses are one and one back
            self._order("mute", muted=muted)

    def _muted(self, muted: bool) -> None:
        if self._state is not None:
            self._state = {**self._state, "muted": muted}
            self._draw()

    def action_clear(self) -> None:
        """End an alarm."""
        self._order("clear")

    def action_mark(self) -> None:
        """Ask for a remark, and put it into the log."""

        def send(text: str | None) -> None:
            if text:
                self._order("mark", text=text)

        self.push_screen(Mark(), send)

    @work(thread=True)
    def action_undo(self) -> None:
        """Take the last change of the settings back."""
        self._run_change(lambda say: changing.undo(self._config, say, self._socket))

    @work(thread=True)
    def _change(self) -> None:
        """Put the limit in force that the keys ask for; then show what the daemon says of it."""
        asked = self._wanted
        given = [f"{LIMIT}={asked:g}"]
        self._run_change(
            lambda say: changing.assign(self._config, given, say=say, socket=self._socket)
        )
        state: State = {}
        with contextlib.suppress(DeviceError):  # if it is gone, who follows says so
            state = client.ask(self._socket, "status")
        self.call_from_thread(self._changed, asked, state)

    def _changed(self, asked: float | None, state: State) -> None:
        """Of the limits alone: what else has happened comes, or has come, to who follows."""
        if self._wanted != asked:  # another key meanwhile
            self._change()
            return
        self._wanted = None
        if self._state is not None:
            limits = {name: state[name] for name in status.LIMITS if name in state}
            self._state = {**self._state, **limits}
        self._draw()

    def _run_change(self, change: Callable[[Callable[[str], None]], int]) -> None:
        said: list[str] = []
        try:
            change(said.append)
        except UserError as e:
            said = [str(e)]
        self.call_from_thread(self._say, "; ".join(said))

    def _order(self, what: str, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        self._orders.append((what, arguments))
        if len(self._orders) == 1:
            self._ask()

    @work(thread=True)
    def _ask(self) -> None:
        """One order after the other: side by side the last key might be heard first."""
        more = True
        while more:
            what, arguments = self._orders[0]
            try:
                said = asking.done(what, client.ask(self._socket, what, **arguments))
            except UserError as e:
                said = str(e)
                if what == "mute":
                    self.call_from_thread(self._muted, not arguments["muted"])
            more = self.call_from_thread(self._answered, said)

    def _answered(self, said: str) -> bool:
        """Say it; whether there are more orders."""
        self._say(said)
        self._orders.popleft()
        return bool(self._orders)


def _steadiness(state: State) -> str:
    cv = (state["steadiness"] or {}).get("step_time_cv")
    stage = state.get("stage")
    shown = "steadiness: not yet known" if cv is None else f"step time varies by {cv:.1f} %"
    return f"{shown}   stage {stage}" if stage else shown
