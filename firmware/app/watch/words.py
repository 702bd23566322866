"""The session in words, a line each: for the plain watch, and parts of the full screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from coach.events import Session
from firmware.app import asking
from firmware.app.review import sentences
from firmware.protocol import is_seen
from firmware.records import Record
from firmware.troubles import AsItGoes
from firmware.wording import clock

State = dict[str, Any]

ABOVE, IN_ZONE = "ABOVE LIMIT", "in zone"


def zone(state: State) -> str:
    """Where the cadence is, in words: colour alone tells nothing to many."""
    shown = state["cadence"]["spm"]
    if shown is None:
        return "not walking" if is_seen(state) else "unknown"
    return ABOVE if shown > state["limit_spm"] else IN_ZONE


def cadence(state: State) -> str:
    """One line: cadence, zone, limit and session clock."""
    shown = state["cadence"]["spm"]
    said = "no cadence" if shown is None else f"{shown:.0f} steps/min"
    return f"{said}, {zone(state)}, {asking.limit(state)}, {session(state)}"


def session(state: State) -> str:
    """The session's clock."""
    return f"session {asking.length(state)}" if state["session"]["running"] else "no session"


def lines(record: Record, state: State) -> list[str]:
    """What a record says, a line each, at the session's own time."""
    return _lines(record, state["session"]["started_t"])


class Live:
    """The same as it goes: what comes and goes all the time is counted; `now` by any clock (s)."""

    def __init__(self) -> None:
        self._goes = AsItGoes()
        self._started: float | None = None

    def lines(self, record: Record, state: State, now: float) -> list[str]:
        """What the record says, and what has to be said of those before it."""
        ends = isinstance(record, Session) and record.state == "ended"
        started = self._started if ends else state["session"]["started_t"]
        self._started = state["session"]["started_t"]
        said = _lines(record, started) if self._goes.is_told(record, now) else []
        at = _at(record, started)
        return said + [f"{at}  {sentence}" for sentence in self._goes.sums(now)]


def told_before(records: Sequence[Record], state: State) -> Iterator[str]:
    """The same of the last records before `state`, each at the time of its own session.

    A session that began before all of them is the one that runs, if any does; what was told before
    one that began among them is of no session, or of one whose beginning nobody knows.
    """
    began = any(isinstance(r, Session) and r.state == "started" for r in records)
    started = None if began else state["session"]["started_t"]
    for record in records:
        if isinstance(record, Session) and record.state == "started":
            started = record.t
        yield from _lines(record, started)
        if isinstance(record, Session) and record.state == "ended":
            started = None


def _lines(record: Record, started: float | None) -> list[str]:
    return [f"{_at(record, started)}  {sentence}" for sentence in sentences.of(record)]


def _at(record: Record, started: float | None) -> str:
    return "     " if started is None or record.t < started else f"{clock(record.t - started):>5}"
