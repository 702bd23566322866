"""The session in words, a line each: for the plain watch, and parts of the full screen."""

from __future__ import annotations

from typing import Any

from coach.events import Cadence, Steadiness, Step
from firmware.app import asking

QUIET = (Step, Steadiness, Cadence)
"""What comes too often for a line each."""

State = dict[str, Any]


def zone(state: State) -> str:
    """Where the cadence is, in words: colour alone tells nothing to many."""
    spm = state["cadence"]["spm"]
    if spm is None:
        return "not walking"
    return "ABOVE LIMIT" if spm > state["limit_spm"] else "within limit"


def cadence(state: State) -> str:
    """One line: cadence, zone and session clock."""
    spm = state["cadence"]["spm"]
    shown = "no cadence" if spm is None else f"{spm:.0f} steps/min"
    return f"{shown}, {zone(state)} ({state['limit_spm']:g}), {session(state)}"


def session(state: State) -> str:
    """The session's clock."""
    running = state["session"]
    return f"session {asking.clock(running['for_s'])}" if running["running"] else "no session"
