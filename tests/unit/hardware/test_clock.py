"""The machine's clock: sleeping, dozing, and being roused."""

from __future__ import annotations

import threading
import time

import pytest

from hardware import SystemClock
from tests.support.waiting import LONGEST_S


def test_a_machine_that_slept_was_not_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The monotonic clock stands still in its sleep; wall clock and sensor do not."""
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    before, clock = time.clock_gettime(time.CLOCK_BOOTTIME), SystemClock()
    assert before <= clock.now() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_who_dozes_is_roused_from_another_thread() -> None:
    """An order that comes while the daemon rests is carried out at once."""
    clock = SystemClock()
    dozing = threading.Thread(target=clock.doze, args=(3600.0,))
    dozing.start()
    clock.rouse()
    dozing.join(LONGEST_S)
    assert not dozing.is_alive()


def test_a_call_before_the_doze_ends_it_and_only_it() -> None:
    """Nothing is missed between a look for orders and the doze; the next one lasts."""
    clock = SystemClock()
    clock.rouse()
    clock.rouse()
    clock.doze(3600.0)
    began = time.monotonic()
    clock.doze(0.02)
    assert time.monotonic() - began >= 0.02


def test_a_call_comes_in_time_though_the_timers_wait_for_a_later_one() -> None:
    """Or for nothing at all: else a beep that began after a silence would have no end."""
    clock = SystemClock()
    for _ in range(20):
        over = threading.Event()
        clock.call_at(clock.now(), over.set)
        assert over.wait(LONGEST_S)
        clock.call_at(clock.now() + 3600.0, over.clear)
    clock.close()


def test_an_action_that_goes_wrong_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The thread that drives buzzer and LED outlives whatever happens in it, and tells of it."""
    clock, called = SystemClock(), threading.Event()

    def wrong() -> None:
        raise MemoryError("no room")

    clock.call_at(clock.now(), wrong)
    clock.call_at(clock.now(), called.set)
    assert called.wait(LONGEST_S)
    clock.close()
    assert "no room" in caplog.text
