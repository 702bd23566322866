"""`coach watch`: the session as it goes, full-screen or as plain lines."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from firmware import asking, client, status
from firmware.errors import EXIT_OK, UserError
from firmware.settings import DEFAULT_PATH

LINE_EVERY_S = 5.0
"""Plain: the cadence as a line this often, and at once when it crosses the limit."""

QUIET = ("step", "steadiness", "cadence")

Record = dict[str, Any]


def run(config: Path | None, socket: str | None, *, plain: bool) -> int:
    """The command. Plain where it is not a terminal."""
    path = asking.socket_path(config, socket)
    if plain or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return _plain(path)
    try:
        from firmware.watchapp import WatchApp
    except ImportError as e:
        raise UserError(
            "the full screen takes textual: pip install 'cadence-coach[cli]'; or use --plain"
        ) from e
    client.ask(path, "status")  # not running, not allowed: a sentence, and no screen at all
    app = WatchApp(path, config or DEFAULT_PATH)
    app.run()
    return app.return_code or EXIT_OK


def _plain(path: str) -> int:
    """Lines for a screen reader or a pipe; ends with the daemon."""
    signal.signal(signal.SIGTERM, _leave)
    with client.Client(path) as talk:
        state = talk.ask("follow")
        sys.stdout.writelines(f"{line}\n" for line in asking.lines(state))
        sys.stdout.flush()
        next_line, was = 0.0, zone(state)
        talk.wait_for_ever()
        for record in talk.records():
            state = status.after(state, record)
            now = time.monotonic()
            due = record["type"] == "cadence" and (now >= next_line or zone(state) != was)
            if due:
                next_line, was = now + LINE_EVERY_S, zone(state)
                sys.stdout.write(f"{cadence(state)}\n")
            elif record["type"] not in QUIET:
                sys.stdout.write(f"{event(record)}\n")
            sys.stdout.flush()
    return EXIT_OK


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def zone(state: Record) -> str:
    """Where the cadence is, in words: colour alone tells nothing to many."""
    spm = state["cadence"]["spm"]
    if spm is None:
        return "not walking"
    return "ABOVE LIMIT" if spm > state["limit_spm"] else "within limit"


def cadence(state: Record) -> str:
    """One line: cadence, zone and session clock."""
    spm = state["cadence"]["spm"]
    shown = "no cadence" if spm is None else f"{spm:.0f} steps/min"
    return f"{shown}, {zone(state)} ({state['limit_spm']:g}), {session(state)}"


def session(state: Record) -> str:
    """The session's clock."""
    running = state["session"]
    return f"session {asking.clock(running['for_s'])}" if running["running"] else "no session"


def event(record: Record) -> str:
    """One line for what the coach said."""
    words = [f"{k} {_short(v)}" for k, v in record.items() if k not in ("t", "type", "lost")]
    return f"{asking.clock(record['t'])}  {record['type']}  {', '.join(words)}".rstrip()


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {_short(v)}" for k, v in value.items())
    return f"{value:.2f}" if isinstance(value, float) else str(value)
