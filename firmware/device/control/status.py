"""What the device is doing, made from what it says: for `coach status` and `coach watch`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from firmware import __version__
from firmware.settings.catalogue import Settings

Record = dict[str, Any]
Fold = Callable[[Record, Record], Record]
"""From the state so far and a record to what it changes in the state."""


class Status:
    """Fed with every record (`tell`) by the daemon; read (`snapshot`) from any thread.

    The state is replaced, never changed, so a reader sees it whole without a lock.
    """

    def __init__(self, settings: Settings) -> None:
        self._began = time.monotonic()
        self._state: Record = {
            "t": 0.0,
            "cadence": {"spm": None, "confidence": 0.0},
            "steadiness": None,
            "session": {"running": False, "started_t": None, "for_s": 0.0},
            "steps": 0,
            "stumbles": 0,
            "falls": 0,
            "cues": [],
            "sensor": {"state": "starting", "message": "no sample yet"},
            "log": {"state": "ok", "message": ""},
            "pins": {"state": "ok", "message": ""},
            "stage": None,
            "limit_spm": settings.cadence.max_spm,
            "muted": settings.buzzer.muted,
            "profile": settings.walker.profile,
        }

    def tell(self, record: Record) -> None:
        """The daemon has said something."""
        self._state = after(self._state, record)

    def snapshot(self) -> Record:
        """The state as JSON has it."""
        made = {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._began, 1),
        }
        return {**made, **self._state}


def after(state: Record, record: Record) -> Record:
    """The state when this record has been told; who follows keeps its own in this way."""
    fold = _FOLDS.get(record["type"])
    return state if fold is None else {**state, **fold(state, record)}


def _cadence(state: Record, record: Record) -> Record:
    session = state["session"]
    if session["running"]:
        session = {**session, "for_s": record["t"] - session["started_t"]}
    sensor = state["sensor"]
    if sensor["state"] == "starting":
        sensor = {"state": "ok", "message": ""}
    shown = {"spm": record["spm"], "confidence": record["confidence"]}
    return {"t": record["t"], "cadence": shown, "session": session, "sensor": sensor}


def _session(_: Record, record: Record) -> Record:
    running = record["state"] == "started"
    session = {"running": running, "started_t": record["t"] if running else None, "for_s": 0.0}
    fresh = {"steps": 0, "stumbles": 0, "falls": 0} if running else {}
    return {"session": session, **fresh}


def _cue(state: Record, record: Record) -> Record:
    others = [c for c in state["cues"] if c != record["cue"]]
    return {"cues": [*others, record["cue"]] if record["state"] == "on" else others}


def _stage(_: Record, record: Record) -> Record:
    return {"stage": record["stage"]}


def _limit(_: Record, record: Record) -> Record:
    return {"limit_spm": record["max_spm"]}


def _steadiness(_: Record, record: Record) -> Record:
    return {"steadiness": {k: v for k, v in record.items() if k not in ("t", "type")}}


def _fault(_: Record, record: Record) -> Record:
    return {"sensor": {"state": "fault", "message": record["message"]}}


def _recovered(_: Record, __: Record) -> Record:
    return {"sensor": {"state": "ok", "message": ""}}


def _log_stopped(_: Record, record: Record) -> Record:
    return {"log": {"state": "stopped", "message": record["message"]}}


def _log_resumed(_: Record, __: Record) -> Record:
    return {"log": {"state": "ok", "message": ""}}


def _pins(_: Record, record: Record) -> Record:
    state = "ok" if record["type"] == "pins_work" else "trouble"
    return {"pins": {"state": state, "message": record["message"]}}


_SHOWN = {
    "cadence.max_spm": "limit_spm",
    "buzzer.muted": "muted",
    "walker.profile": "profile",
}


def _settings(_: Record, record: Record) -> Record:
    return {_SHOWN[name]: v for name, v in record["changes"].items() if name in _SHOWN}


def _muted(_: Record, record: Record) -> Record:
    return {"muted": record["type"] == "muted"}


def _counted(name: str) -> Fold:
    return lambda state, _: {name: state[name] + 1}


_FOLDS: dict[str, Fold] = {
    "cadence": _cadence,
    "session": _session,
    "cue": _cue,
    "stage": _stage,
    "limit": _limit,
    "steadiness": _steadiness,
    "step": _counted("steps"),
    "stumble": _counted("stumbles"),
    "fall": _counted("falls"),
    "fault": _fault,
    "recovered": _recovered,
    "settings": _settings,
    "muted": _muted,
    "unmuted": _muted,
    "log_stopped": _log_stopped,
    "log_resumed": _log_resumed,
    "pin_trouble": _pins,
    "pins_work": _pins,
}
