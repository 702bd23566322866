"""What is said over the control socket, line by line: one JSON object each.

A request is `{"v": 1, "do": "status"}` with its arguments; its answer has `ok`, and `error`, a
sentence, where that is false. An `id` comes back with the answer. After `follow` the daemon goes on
with records (`firmware.records`). Each request is checked here before anything happens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

VERSION = 1
"""Of the protocol; it rises when an old client would misunderstand."""

LONGEST_REQUEST = 4096
"""Bytes of a request; the longest that makes sense is a mark of 200 characters."""

LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer."""

LONGEST_MARK = 200
"""Characters of a mark: a line in the review."""

LONGEST_ID = 64
"""Characters of a request's `id`."""

Message = dict[str, Any]

PARTS = ("sensor", "log", "pins", "power", "settings")
"""Of the device, each with its `state` and `message` in the answer to `status`."""


OF_SIGHT = ("slow_down", "slow_down_firm")
"""The cues that fall silent where no samples come: nobody knows then how fast the walker is."""


class ProtocolError(ValueError):
    """A line that cannot be used; the message is one sentence."""


class Request(NamedTuple):
    """A checked request. `id` comes back with the answer."""

    do: str
    id: str | int | None
    arguments: Message

    def answered(self, answer: Mapping[str, Any]) -> Message:
        """The message that answers it; with `error` in it, a refusal."""
        frame: Message = {"v": VERSION, "ok": "error" not in answer}
        if self.id is not None:
            frame["id"] = self.id
        return {**frame, **answer}


def refusal(sentence: str) -> Message:
    """What is said to a line that is no request."""
    return {"v": VERSION, "ok": False, "error": sentence}


def request(do: str, **arguments: Any) -> Message:  # noqa: ANN401 - JSON
    """A request, not yet checked: the daemon does that."""
    return {"v": VERSION, "do": do, **arguments}


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as a line."""
    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> Message:
    """A line as a message. Raises `ProtocolError`."""
    try:
        got = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise ProtocolError('expected a line of JSON, as in {"v": 1, "do": "status"}') from e
    if not isinstance(got, dict):
        raise ProtocolError('expected a JSON object, as in {"v": 1, "do": "status"}')
    return got


def is_seen(state: Message) -> bool:
    """Whether samples come: else no cadence is no standing still, and the session's time waits.

    With some faults they do: of a gyroscope that is dead, say.
    """
    return bool(state["seen"])


def in_trouble(state: Message) -> list[str]:
    """Which of the `PARTS` do not do their work; `parts` of the state are threads of the daemon."""
    return [part for part in PARTS if state[part]["state"] not in ("ok", "starting")]


def _is_signal(value: object) -> bool:
    from firmware.signals import SIGNALS  # the daemon has them; a command that asks needs none

    return isinstance(value, str) and value in SIGNALS


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_MARK and value.isprintable()


_Checks = dict[str, tuple[Callable[[object], bool], str]]
_NONE: _Checks = {}
REQUESTS: dict[str, _Checks] = {
    "status": _NONE,
    "follow": _NONE,
    "reload": _NONE,
    "mute": {"muted": (lambda v: isinstance(v, bool), "true or false")},
    "clear": _NONE,
    "mark": {"text": (_is_mark, f"1 to {LONGEST_MARK} printable characters")},
    "play": {"name": (_is_signal, "a name that coach cues shows")},
}
"""Each with its arguments: the check of each, and what is expected."""


def read_request(line: bytes) -> Request:
    """Check one line. Raises `ProtocolError`."""
    got = decode(line)
    version, do, given = got.pop("v", None), got.pop("do", None), got.pop("id", None)
    if type(version) is not int or version != VERSION:
        raise ProtocolError(f"expected v = {VERSION}; client and daemon are of different versions")
    if not isinstance(do, str) or do not in REQUESTS:
        raise ProtocolError(f"expected do = one of {', '.join(REQUESTS)}")
    checks = REQUESTS[do]
    if set(got) != set(checks):
        raise ProtocolError(f"{do}: expected {', '.join(checks) or 'no arguments'}")
    for name, (check, expected) in checks.items():
        if not check(got[name]):
            raise ProtocolError(f"{do}: expected {name} = {expected}")
    return Request(do, _id(given), got)


def _id(given: object) -> str | int | None:
    if given is None or (type(given) is int and abs(given) < 2**63):
        return given
    if isinstance(given, str) and len(given) <= LONGEST_ID:
        return given
    raise ProtocolError(f"expected id = a number, or text of at most {LONGEST_ID} characters")
