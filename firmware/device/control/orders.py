"""Orders to the daemon wait here until it has a moment: between two reads of the sensor.

Other threads put orders in; the daemon carries a few at a time out, so that however many come, none
delays a cue. Each order is a function of the daemon, made and checked outside of it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from firmware.protocol import Request
from firmware.records import Record
from firmware.settings.catalogue import Settings

A_TURN = 4
"""Orders between two looks whether the sensor is due: each takes well below a millisecond."""

MOST_WAITING = 200
"""Orders; more than a daemon that is alive ever leaves waiting."""


class Ordered(Protocol):
    """What can be ordered of the daemon."""

    @property
    def settings(self) -> Settings:
        """What is in force."""

    @property
    def t(self) -> float:
        """The time of a record that is told now."""

    def tell(self, record: Record) -> None:
        """Log and publish a record."""

    def change(self, settings: Settings) -> None:
        """Put other settings in force."""

    def mute(self, muted: bool) -> None:
        """Silence the buzzer, or let it sound."""

    def clear(self) -> list[str]:
        """End an alarm; returns the cues that end with it."""

    def mark(self, text: str) -> dict[str, Any]:
        """Put a remark into the log."""

    def play(self, name: str) -> dict[str, Any]:
        """Let somebody hear a signal."""


Order = Callable[[Ordered], dict[str, Any]]
"""It returns what is answered."""

Answer = Callable[[dict[str, Any]], None]


def order(request: Request) -> Order:
    """What a checked request orders."""
    return partial(_ORDERS[request.do], **request.arguments)


def order_to_tell(record: Callable[[float], Record]) -> Order:
    """An order to tell a record, made for the time at which it is told."""

    def act(daemon: Ordered) -> dict[str, Any]:
        daemon.tell(record(daemon.t))
        return {}

    return act


def _mute(daemon: Ordered, muted: bool) -> dict[str, Any]:
    daemon.mute(muted)
    return {"muted": muted}


_ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "mute": _mute,
    "clear": lambda daemon: {"cleared": daemon.clear()},
    "mark": lambda daemon, text: daemon.mark(text),
    "play": lambda daemon, name: daemon.play(name),
}


class Orders:
    """A queue of orders, safe between threads."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Order, Answer]] = queue.SimpleQueue()
        self.rouse: Callable[[], None] = lambda: None
        """Called when an order comes; who carries them out says what wakes it."""

    def put(self, order: Order, answer: Answer = lambda _: None) -> bool:
        """Leave somebody's order; False where too many are waiting. The daemon calls `answer`."""
        if self._waiting.qsize() >= MOST_WAITING:
            return False
        self.put_own(order, answer)
        return True

    def put_own(self, order: Order, answer: Answer = lambda _: None) -> None:
        """Leave one of the device itself, which nobody would give again: it is always taken."""
        self._waiting.put((order, answer))
        self.rouse()

    def carry_out(self, daemon: Ordered) -> None:
        """Carry out what waits, a few at most; `rouse` for the others. Only the daemon calls it."""
        for _ in range(A_TURN):
            if self._waiting.empty():
                return
            order, answer = self._waiting.get()
            answer(order(daemon))
        self.rouse()
