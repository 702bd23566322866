"""`coach watch`: the session as it goes, full-screen or as plain lines."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from coach.events import Cadence
from firmware.app import asking, client
from firmware.app.watch import words
from firmware.device.control import status
from firmware.errors import EXIT_OK
from firmware.packages import needed
from firmware.settings.place import DEFAULT_PATH

NO_SCREEN = "no terminal, so lines instead of the screen; over SSH: ssh -t ... coach watch"
CANNOT_DRAW = "this terminal cannot draw, so lines instead of the screen"

DUMB = ("", "dumb", "unknown")
"""What a terminal is called that moves no cursor: an editor's, or one that nobody knows."""

LINE_EVERY_S = 5.0
"""Plain: the cadence as a line this often, and at once when it crosses the limit."""


def run(config: Path | None, socket: str | None, *, plain: bool) -> int:
    """The command. Plain where it is not a terminal."""
    path = asking.socket_path(config, socket)
    if not plain and not (sys.stdout.isatty() and sys.stdin.isatty()):
        sys.stderr.write(f"coach: {NO_SCREEN}\n")
        plain = True
    if not plain and os.environ.get("TERM", "") in DUMB:
        sys.stderr.write(f"coach: {CANNOT_DRAW}\n")
        plain = True
    if plain:
        return _plain(path)
    with needed("the full screen", "textual", "; or use --plain"):
        from firmware.app.watch.app import WatchApp
    client.ask(path, "status")  # not running, not allowed: a sentence, and no screen at all
    app = WatchApp(path, config or DEFAULT_PATH)
    app.run()
    return app.return_code or EXIT_OK


def _plain(path: str) -> int:
    """Lines for a screen reader or a pipe; ends with the daemon."""
    signal.signal(signal.SIGTERM, _leave)
    with client.Client(path) as talk, asking.understood(path):
        state = talk.ask("follow")
        sys.stdout.writelines(f"{line}\n" for line in asking.lines(state))
        sys.stdout.flush()
        next_line, was, live = 0.0, words.zone(state), words.Live()
        talk.wait_for_ever()
        for record in talk.records():
            state = status.after(state, record)
            now = time.monotonic()
            due = now >= next_line or words.zone(state) != was
            if isinstance(record, Cadence) and due:
                next_line, was = now + LINE_EVERY_S, words.zone(state)
                sys.stdout.write(f"{words.cadence(state)}\n")
            else:
                sys.stdout.writelines(f"{line}\n" for line in live.lines(record, state, now))
            sys.stdout.flush()
    return EXIT_OK


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
