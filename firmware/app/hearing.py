"""`coach cues --play`: the cues one after another, so that a walker learns them.

Where the daemon runs it owns the pins, and is asked; elsewhere they are played on the pins
themselves. A machine without pins draws them.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware.app import asking, cuetable
from firmware.app.client import Client, NotRunningError
from firmware.device import service
from firmware.errors import EXIT_OK, DeviceError
from firmware.settings.source import Source
from firmware.signals import Signal, taste
from hardware import SystemClock
from hardware.errors import NoGpioError

BETWEEN_S = 1.0
"""Silence between two: time to read the next line."""

Player = Callable[[Signal], float]
"""Begins to play; returns for how long (s)."""


def play(signals: Sequence[Signal], config: Path | None, socket: str | None) -> int:
    """The command. Raises `UserError` where the daemon refuses or a pin cannot be had."""
    path = asking.socket_path(config, socket)
    try:
        with Client(path) as client:
            _one_by_one(
                signals, lambda s: float(client.ask("play", name=s.name)["seconds"]), time.sleep
            )
    except NotRunningError:
        _on_the_pins(signals, config)
    return EXIT_OK


def _on_the_pins(signals: Sequence[Signal], config: Path | None) -> None:
    clock = SystemClock()
    try:
        with warnings.catch_warnings(action="ignore"):  # gpiozero tells of each library it misses
            indicators = service.pins(Source(config).load(), clock)
    except DeviceError as e:
        if not isinstance(e.__cause__, NoGpioError):
            raise
        sys.stderr.write(f"coach: drawn only: {e}\n")
        cuetable.draw(signals)
        return

    def begin(signal: Signal) -> float:
        pattern = taste(signal.pattern)
        indicators.show(pattern)
        return pattern.seconds

    try:
        _one_by_one(signals, begin, clock.sleep)
    finally:
        indicators.close()
        clock.close()


def _one_by_one(signals: Sequence[Signal], begin: Player, sleep: Callable[[float], None]) -> None:
    for signal in signals:
        seconds = begin(signal)
        sys.stdout.write(f"{cuetable.line(signal)}\n{'':<{cuetable.ROOM}}{signal.pattern.sounds}\n")
        sys.stdout.flush()
        sleep(seconds + BETWEEN_S)
