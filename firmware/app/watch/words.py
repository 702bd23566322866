"""The session in words, a line each: for the plain watch, and parts of the full screen."""

from __future__ import annotations

from typing import Any

from firmware.app import asking
from firmware.app.review import sentences
from firmware.records import Record
from firmware.wording import clock

State = dict[str, Any]

ABOVE, IN_ZONE = "ABOVE LIMIT", "in zone"


def zone(state: State) -> str:
    """Where the cadence is, in words: colour alone tells nothing to many."""
    shown = state["cadence"]["spm"]
    if shown is None:
        return "not walking"
    return ABOVE if shown > state["limit_spm"] else IN_ZONE


def cadence(state: State) -> str:
    """One line: cadence, zone, limit and session clock."""
    shown = state["cadence"]["spm"]
    said = "no cadence" if shown is None else f"{shown:.0f} steps/min"
    return f"{said}, {zone(state)}, {asking.limit(state)}, {session(state)}"


def session(state: State) -> str:
    """The session's clock."""
    running = state["session"]
    return f"session {clock(running['for_s'])}" if running["running"] else "no session"


def lines(record: Record, state: State) -> list[str]:
    """What a record says, a line each, at the session's own time."""
    started = state["session"]["started_t"]
    at = "     " if started is None or record.t < started else f"{clock(record.t - started):>5}"
    return [f"{at}  {sentence}" for sentence in sentences.of(record)]
