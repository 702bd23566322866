"""What the device is doing, made from what it says: for `coach status` and `coach watch`."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from coach.events import Cadence, Cue, Fall, Limit, Session, Stage, Steadiness, Step, Stumble
from firmware import __version__, records
from firmware.sentences import sentence

if TYPE_CHECKING:
    from firmware.settings.catalogue import Settings

State = dict[str, Any]
"""As the answer to `status` has it."""

REMEMBERED_S = 600
"""Cadences (one a second) that who begins to follow is given: what a wide screen shows."""

REMEMBERED_RECORDS = 6

LIMITS = ("limit_spm", "prescribed_spm", "stage_spm", "lowered")
"""What of the state tells the limit in force, and why it is that."""

OFTEN = (Step, Steadiness, Cadence)
"""What comes too often to be a line of a screen each."""


class Status:
    """Fed with every record (`tell`) by the daemon; read (`snapshot`) from any thread.

    The state is replaced, never changed, so a reader sees it whole without a lock; with the number
    of the last record in it, who begins to follow knows which are still to come.
    """

    def __init__(self, settings: Settings) -> None:
        self._began = time.monotonic()
        self._cadences: deque[tuple[int, float | None]] = deque(maxlen=REMEMBERED_S)
        self._records: deque[tuple[int, records.Record]] = deque(maxlen=REMEMBERED_RECORDS)
        first: State = {
            "t": 0.0,
            "seen": True,
            "cadence": {"spm": None, "confidence": 0.0},
            "steadiness": None,
            "session": {"running": False, "started_t": None, "for_s": 0.0},
            **_NONE,
            "under_engine": {"t": 0.0, **_NONE},
            "cues": [],
            "sensor": {"state": "starting", "message": "no sample yet"},
            "log": {"state": "ok", "message": ""},
            "pins": {"state": "ok", "message": ""},
            "power": {"state": "ok", "message": ""},
            "settings": {"state": "ok", "message": ""},
            "parts": {},
            "stage": None,
            "limit_spm": settings.cadence.max_spm,
            "prescribed_spm": settings.cadence.max_spm,
            "stage_spm": None,
            "lowered": None,
            "settle_s": settings.stumble.settle_s,
            "muted": settings.buzzer.muted,
            "profile": settings.walker.profile,
        }
        self._now = 0, first

    def tell(self, record: records.Record) -> int:
        """The daemon has said something; returns the record's number."""
        number, state = self._now
        number += 1
        if isinstance(record, Cadence):
            self._cadences.append((number, record.spm))
        elif not isinstance(record, OFTEN):
            self._records.append((number, record))
        self._now = number, after(state, record)
        return number

    def snapshot(self) -> State:
        """The state as JSON has it."""
        return self._shown(self._now[1])

    def so_far(self) -> tuple[int, State]:
        """For who begins to look: the number of the last record in it, and the state.

        With what has been until then: cadences, one a second, and the last records.
        """
        last, state = self._now
        spm = [None if c is None else round(c, 1) for n, c in self._cadences.copy() if n <= last]
        told = [records.encode(record) for n, record in self._records.copy() if n <= last]
        return last, {**self._shown(state), "cadences": spm, "records": told}

    def _shown(self, state: State) -> State:
        made = {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._began, 1),
        }
        return {**made, **state}


def after(state: State, record: records.Record) -> State:
    """The state when this record has been told; who follows keeps its own in this way."""
    return {**state, **_changes(state, record), **_health(state, record)}


def _changes(state: State, record: records.Record) -> State:
    """What the record changes in the state."""
    changes: State = {}
    match record:
        case Cadence():
            changes = _cadence(state, record)
        case Session():
            changes = _session(state, record, running=record.state == "started")
        case Cue(cue=cue, state=said):
            others = [c for c in state["cues"] if c != cue]
            changes = {"cues": [*others, cue] if said == "on" else others}
        case Stage(stage=stage):
            changes = {"stage": stage}
        case Limit():
            changes = _limit(state, record)
        case Steadiness():
            told = records.encode(record)
            changes = {"steadiness": {k: v for k, v in told.items() if k not in ("t", "type")}}
        case records.SettingsChanged():
            changes = _settings(state, record)
        case records.Muted() | records.Unmuted():
            changes = {"muted": isinstance(record, records.Muted)}
        case Step() | Stumble() | Fall():
            changes = _count(state, record)
    return changes


def _health(state: State, record: records.Record) -> State:
    if isinstance(record, records.PartFailed | records.PartWorks):
        parts = {k: v for k, v in state["parts"].items() if k != record.part}
        failed = {record.part: record.message} if isinstance(record, records.PartFailed) else {}
        return {"parts": {**parts, **failed}}
    if isinstance(record, records.LogDamaged):  # it is written on
        return {"log": {"state": "ok", "message": record.message}}
    part, health = _HEALTH.get(type(record), ("", ""))
    if not part:
        return {}
    told: State = {part: _OK if health == "ok" else {"state": health, "message": sentence(record)}}
    if isinstance(record, records.Fault):  # else the last one stands there until it is over
        told |= {"cadence": {"spm": None, "confidence": 0.0}, "seen": False}
    return told


def _cadence(state: State, record: Cadence) -> State:
    session, sensor = state["session"], state["sensor"]
    if session["running"]:
        session = {**session, "for_s": record.t - session["started_t"]}
    if sensor["state"] == "starting":
        sensor = _OK
    shown = {"spm": record.spm, "confidence": record.confidence}
    counts = _under_engine(state, record)
    anew = record.t < state["under_engine"]["t"]  # what another engine had lowered is not lowered
    limit = _in_force(state, {"lowered": None}) if anew else {}
    seen = {"t": record.t, "seen": True, "cadence": shown, "session": session, "sensor": sensor}
    return {**seen, **limit, "under_engine": counts}


def _under_engine(state: State, record: Cadence | Step | Stumble | Fall) -> State:
    """What this engine has counted before the record: a log begins with it, not with the session.

    With another one time begins anew.
    """
    counts: State = state["under_engine"]
    return {**(counts if record.t >= counts["t"] else _NONE), "t": record.t}


def _count(state: State, record: Step | Stumble | Fall) -> State:
    name = _COUNTED[type(record)]
    counts = _under_engine(state, record)
    return {name: state[name] + 1, "under_engine": {**counts, name: counts[name] + 1}}


def _limit(state: State, record: Limit) -> State:
    """After a stumble the limit is lowered for a while; what was set stays as it is."""
    if record.reason == "stage":
        of_stage = record.max_spm if record.max_spm < state["prescribed_spm"] else None
        return _in_force(state, {"stage_spm": of_stage})
    lowered = None
    if record.reason == "stumble":
        lowered = {"spm": record.max_spm, "until_t": record.t + state["settle_s"]}
    return _in_force(state, {"lowered": lowered})


def _in_force(state: State, changes: State) -> State:
    """These changes, and the limit that counts with them."""
    made = {**state, **changes}
    lowered, of_stage = made["lowered"], made["stage_spm"]
    limits = [made["prescribed_spm"], of_stage, None if lowered is None else lowered["spm"]]
    return {**changes, "limit_spm": min(spm for spm in limits if spm is not None)}


def _settings(state: State, record: records.SettingsChanged) -> State:
    changes: State = {_SHOWN[k]: v for k, v in record.changes.items() if k in _SHOWN}
    if "prescribed_spm" in changes:  # the stage's, if it counts on, is told again
        changes["stage_spm"] = None
    if "settle_s" in changes and (lowered := state["lowered"]) is not None:
        until_t = lowered["until_t"] + changes["settle_s"] - state["settle_s"]
        changes["lowered"] = {**lowered, "until_t": until_t}
    return _in_force(state, changes)


def _session(state: State, record: Session, *, running: bool) -> State:
    session = {"running": running, "started_t": record.t if running else None, "for_s": 0.0}
    fresh = {name: state["under_engine"][name] for name in _NONE} if running else {}
    lowered = state["lowered"] if running else None  # a stumble may come before the session begins
    return {
        "session": session,
        **fresh,
        **_in_force(state, {"stage_spm": None, "lowered": lowered}),
    }


_COUNTED: dict[type[records.Record], str] = {Step: "steps", Stumble: "stumbles", Fall: "falls"}
_NONE = dict.fromkeys(_COUNTED.values(), 0)
_SHOWN = {
    "cadence.max_spm": "prescribed_spm",
    "stumble.settle_s": "settle_s",
    "buzzer.muted": "muted",
    "walker.profile": "profile",
}
_OK = {"state": "ok", "message": ""}
_HEALTH: dict[type[records.Record], tuple[str, str]] = {
    records.Fault: ("sensor", "fault"),
    records.Recovered: ("sensor", "ok"),
    records.LogStopped: ("log", "stopped"),
    records.LogResumed: ("log", "ok"),
    records.PinTrouble: ("pins", "trouble"),
    records.PinsWork: ("pins", "ok"),
    records.LowPower: ("power", "low"),
    records.SettingsRefused: ("settings", "refused"),
    records.SettingsTaken: ("settings", "ok"),
}
"""Which part of the device a record speaks of, and how that is from now on."""
