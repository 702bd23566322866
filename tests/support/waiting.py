"""Waiting for something that other threads and processes do, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware.errors import UserError

LONGEST_S = 60.0


def eventually(true: Callable[[], bool], seconds: float = LONGEST_S) -> float:
    """Wait until `true()`; how long that took. A daemon that is not there yet is no error."""
    began = time.monotonic()
    while not _holds(true):
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s"
        time.sleep(0.02)
    return time.monotonic() - began


def _holds(true: Callable[[], bool]) -> bool:
    try:
        return true()
    except UserError:
        return False
