"""The commands that ask the daemon something, or tell it to do something."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firmware.app import client
from firmware.errors import EXIT_FAILED, EXIT_OK, DeviceError, UserError
from firmware.protocol import OF_SIGHT, PARTS, is_seen
from firmware.settings.place import CONTROL_SOCKET, DEFAULT_PATH, as_it_is
from firmware.wording import clock, counted, spm


def socket_path(config: Path | None, socket: str | None) -> str:
    """Where the daemon listens: as told, or as its settings file says. Raises `UserError`.

    What is wrong elsewhere in it, or with the usual one, is no reason not to ask the daemon, which
    goes on under the settings of before. So a file that names no socket is not checked.
    """
    if socket is not None:
        return socket
    path = config or DEFAULT_PATH
    try:
        text = as_it_is(path)
    except UserError:
        if config is not None:
            raise
        return CONTROL_SOCKET
    if "socket" not in text and "\\" not in text:  # a key in quotes may be written with escapes
        return CONTROL_SOCKET
    from firmware.settings import textfile

    try:
        return textfile.parse(text, str(path)).settings.control.socket
    except UserError:
        from firmware.settings import salvage

        return salvage.readable(text).settings.control.socket


def status(path: str, output: str) -> int:
    """The command `coach status`; its exit code says whether the device works."""
    state = client.ask(path, "status")
    with understood(path):
        if output == "json":
            sys.stdout.write(json.dumps(state) + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in lines(state))
        works = all(state[part]["state"] == "ok" for part in ("log", "pins", "settings"))
        good = works and state["sensor"]["state"] != "fault" and not state["parts"]
    return EXIT_OK if good else EXIT_FAILED


def order(path: str, what: str, **arguments: Any) -> int:  # noqa: ANN401 - JSON
    """The commands that are one order."""
    answer = client.ask(path, what, **arguments)
    with understood(path):
        sys.stdout.write(done(what, answer) + "\n")
    return EXIT_OK


@contextmanager
def understood(path: str) -> Iterator[None]:
    """What is missing in an answer becomes a sentence: a daemon runs on when its files are new."""
    try:
        yield
    except (KeyError, TypeError) as e:
        raise DeviceError(
            f"{path}: the daemon's answer cannot be read; is the daemon of another version?"
            " sudo systemctl restart cadence-coach"
        ) from e


def done(what: str, answer: dict[str, Any]) -> str:
    """What an order has done, for a person."""
    if what == "mute":
        return "muted: cues show on the LED" if answer["muted"] else "the buzzer sounds again"
    if what == "clear":
        return f"cleared: {', '.join(answer['cleared']) or 'no alarm was on'}"
    return "marked"


def lines(state: dict[str, Any]) -> Iterator[str]:
    """The device's state for a person."""
    shown = state["cadence"]["spm"]
    nothing = "nobody walks" if is_seen(state) else "unknown"
    walk = nothing if shown is None else f"{shown:.0f} steps/min"
    yield f"cadence   {walk} ({limit(state)})"
    session = state["session"]
    if session["running"]:
        falls = counted(state["falls"], "fall")
        yield f"session   {length(state)}, {counts(state)}, {falls}"
    else:
        yield "session   none"
    yield f"cues      {cues(state)}"
    yield from (f"{part:<9} {_health(state[part])}" for part in shown_parts(state))
    yield from (f"trouble   {message}" for message in state["parts"].values())
    if state["profile"]:
        yield f"profile   {state['profile']}"
    yield f"daemon    {state['version']}, up {clock(state['uptime_s'])}, settings {state['file']}"


def shown_parts(state: dict[str, Any]) -> Iterator[str]:
    """The parts of the device of which a person is told: two always, others when in trouble."""
    return (p for p in PARTS if p in ("sensor", "log") or state[p]["state"] != "ok")


def limit(state: dict[str, Any]) -> str:
    """The limit that counts, how long a lowered one still lasts, and what comes after it."""
    prescribed, of_stage, lowered = state["prescribed_spm"], state["stage_spm"], state["lowered"]
    usual = spm(prescribed)
    if of_stage is not None and of_stage < prescribed:
        usual = f"{spm(of_stage)} in this stage ({usual} set)"
    if lowered is None or lowered["spm"] >= min(prescribed, of_stage or prescribed):
        return f"limit {usual}"
    left = f"{max(0.0, lowered['until_t'] - state['t']):.0f} s more"
    return f"limit {spm(lowered['spm'])} for {left if is_seen(state) else 'now'}, then {usual}"


def length(state: dict[str, Any]) -> str:
    """How long the session has been; its time goes on with the samples, and makes good gaps."""
    last = "" if is_seen(state) else " when last seen"
    return f"{clock(state['session']['for_s'])}{last}"


def counts(state: dict[str, Any]) -> str:
    """Steps and stumbles so far."""
    return f"{counted(state['steps'], 'step')}, {counted(state['stumbles'], 'stumble')}"


def cues(state: dict[str, Any]) -> str:
    """The names of the cues that sound, and whether the buzzer is muted."""
    known = state["cadence"]["spm"] is not None
    sounding = [cue for cue in state["cues"] if known or cue not in OF_SIGHT]
    return f"{', '.join(sounding) or 'none'}{', muted' if state['muted'] else ''}"


def _health(part: dict[str, str]) -> str:
    return f"{part['state']}: {part['message']}" if part["message"] else part["state"]
