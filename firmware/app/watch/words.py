"""The session in words, a line each: for the plain watch, and parts of the full screen."""

from __future__ import annotations

from typing import Any

from firmware.app import asking

QUIET = ("step", "steadiness", "cadence")
"""What comes too often for a line each."""

Record = dict[str, Any]


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
