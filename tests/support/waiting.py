"""Waiting for something that other threads and processes do, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware.errors import UserError

LONGEST_S = 60.0


def eventually(
    true: Callable[[], object], seconds: float = LONGEST_S, seen: Callable[[], object] = lambda: ""
) -> float:
    """Wait until `true()`; how long that took. A daemon that is not there yet is no error.

    `seen()` is shown where it does not come.
    """
    began = time.monotonic()
    while not _holds(true):
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s; {seen()}"
        time.sleep(0.02)
    return time.monotonic() - began


def meanwhile(true: Callable[[], object], seconds: float) -> bool:
    """Whether it holds at every look of so many seconds: that something does not happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not _holds(true):
            return False
        time.sleep(0.02)
    return True


def _holds(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except UserError:
        return False
