"""Orders wait until the daemon has a moment, and wake it."""

from __future__ import annotations

from typing import cast

from firmware.device.control.orders import A_TURN, Ordered, Orders


def test_the_daemon_takes_few_orders_at_a_time() -> None:
    """However many wait: a few between two reads, and no more than so many wait at all."""
    orders, done = Orders(), []
    while orders.put(lambda _: {}, done.append):
        pass
    roused: list[int] = []
    orders.rouse = lambda: roused.append(len(done))
    orders.carry_out(cast("Ordered", None))
    assert len(done) == A_TURN
    assert roused == [A_TURN]  # the others do not wait for the next half second


def test_an_order_wakes_the_daemon() -> None:
    """It may be dozing until the sensor is due."""
    orders, roused = Orders(), list[int]()
    orders.rouse = lambda: roused.append(1)
    assert orders.put(lambda _: {})
    assert roused == [1]
