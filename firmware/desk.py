"""Where orders to the daemon wait until it has a moment: between two reads of the sensor.

Other threads put orders in; the daemon takes a few at a time, so that however many come, none
delays a cue. Each order is a function of the daemon, made and checked outside of it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from firmware.daemon import Daemon

A_TURN = 4
"""Orders between two reads (a twentieth of a second): each takes well below a millisecond."""

MOST_WAITING = 200
"""Orders; more than a daemon that is alive ever leaves waiting."""

Act = Callable[["Daemon"], dict[str, Any]]
Answer = Callable[[dict[str, Any]], None]


class Order(NamedTuple):
    """What to do, and whom to tell what came of it."""

    act: Act
    answer: Answer


class Desk:
    """A queue of orders, safe between threads."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def put(self, act: Act, answer: Answer = lambda _: None) -> bool:
        """Leave an order; False where too many are waiting. `answer` is called by the daemon."""
        if self._orders.qsize() >= MOST_WAITING:
            return False
        self._orders.put(Order(act, answer))
        return True

    def serve(self, daemon: Daemon) -> None:
        """Carry out what waits, a few at most. Only the daemon calls this."""
        for _ in range(A_TURN):
            if self._orders.empty():
                return
            order = self._orders.get()
            order.answer(order.act(daemon))
