"""What may be asked over the control socket: each line is checked here before anything happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firmware.signals import SIGNALS

if TYPE_CHECKING:
    from firmware.device.daemon import Daemon

Act = Callable[["Daemon"], dict[str, Any]]
"""What the daemon is to do; it returns the answer."""

VERSION = 1
LONGEST_MARK = 200
"""Characters of a mark: a line in the review."""

LONGEST_ID = 64


class RequestError(ValueError):
    """A line that is no request; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request. `id` comes back with the answer."""

    do: str
    id: str | int | None
    arguments: dict[str, Any]

    def act(self) -> Act:
        """What the daemon is to do."""
        made: Act = _ORDERS[self.do][1](**self.arguments)
        return made

    def answered(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The line that answers it."""
        frame: dict[str, Any] = {"v": VERSION, "ok": "error" not in answer}
        if self.id is not None:
            frame["id"] = self.id
        return {**frame, **answer}


def _mute(muted: bool) -> Act:
    def act(daemon: Daemon) -> dict[str, Any]:
        daemon.mute(muted)
        return {"muted": muted}

    return act


def _clear() -> Act:
    return lambda daemon: {"cleared": daemon.clear()}


def _mark(text: str) -> Act:
    def act(daemon: Daemon) -> dict[str, Any]:
        daemon.note("mark", text=text)
        return {}

    return act


def _play(name: str) -> Act:
    return lambda daemon: daemon.play(name)


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_MARK and value.isprintable()


# Each order: its arguments with their checks, and the function that makes it.
_Checks = dict[str, tuple[Callable[[object], bool], str]]
_NONE: _Checks = {}
_MUTED: _Checks = {"muted": (lambda v: isinstance(v, bool), "true or false")}
_TEXT: _Checks = {"text": (_is_mark, f"1 to {LONGEST_MARK} printable characters")}
_NAME: _Checks = {
    "name": (lambda v: isinstance(v, str) and v in SIGNALS, "a name that coach cues shows")
}
_ORDERS: dict[str, tuple[_Checks, Callable[..., Act]]] = {
    "mute": (_MUTED, _mute),
    "clear": (_NONE, _clear),
    "mark": (_TEXT, _mark),
    "play": (_NAME, _play),
}
_QUESTIONS = ("status", "follow", "reload")
KNOWN = (*_QUESTIONS, *_ORDERS)


def read(line: bytes) -> Request:
    """Check one line. Raises `RequestError`."""
    try:
        got = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise RequestError('expected a line of JSON, as in {"v": 1, "do": "status"}') from e
    if not isinstance(got, dict):
        raise RequestError('expected a JSON object, as in {"v": 1, "do": "status"}')
    version, do, given = got.pop("v", None), got.pop("do", None), got.pop("id", None)
    if type(version) is not int or version != VERSION:
        raise RequestError(f"expected v = {VERSION}; client and daemon are of different versions")
    if not isinstance(do, str) or do not in KNOWN:
        raise RequestError(f"expected do = one of {', '.join(KNOWN)}")
    checks = _ORDERS[do][0] if do in _ORDERS else _NONE
    if set(got) != set(checks):
        raise RequestError(f"{do}: expected {', '.join(checks) or 'no arguments'}")
    for name, (check, expected) in checks.items():
        if not check(got[name]):
            raise RequestError(f"{do}: expected {name} = {expected}")
    return Request(do, _id(given), got)


def _id(given: object) -> str | int | None:
    if given is None or (type(given) is int and abs(given) < 2**63):
        return given
    if isinstance(given, str) and len(given) <= LONGEST_ID:
        return given
    raise RequestError(f"expected id = a number, or text of at most {LONGEST_ID} characters")
