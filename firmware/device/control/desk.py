"""Where orders to the daemon wait until it has a moment: between two reads of the sensor.

Other threads put orders in; the daemon takes a few at a time, so that however many come, none
delays a cue. Each order is a function of the daemon, made and checked outside of it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any, Generic, TypeVar

D = TypeVar("D")
"""Who carries the orders out: the daemon."""

A_TURN = 4
"""Orders between two reads (a twentieth of a second): each takes well below a millisecond."""

MOST_WAITING = 200
"""Orders; more than a daemon that is alive ever leaves waiting."""

Answer = Callable[[dict[str, Any]], None]


class Desk(Generic[D]):
    """A queue of orders, safe between threads."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[Callable[[D], dict[str, Any]], Answer]]
        self._orders = queue.SimpleQueue()

    def put(self, act: Callable[[D], dict[str, Any]], answer: Answer = lambda _: None) -> bool:
        """Leave an order; False where too many are waiting. `answer` is called by the daemon."""
        if self._orders.qsize() >= MOST_WAITING:
            return False
        self._orders.put((act, answer))
        return True

    def serve(self, daemon: D) -> None:
        """Carry out what waits, a few at most. Only the daemon calls this."""
        for _ in range(A_TURN):
            if self._orders.empty():
                return
            act, answer = self._orders.get()
            answer(act(daemon))
