"""`coach run --simulate` with a meter at the simulated bus: what the chip costs is not the coach's.

Run as a program it is the `coach` command, unchanged but for the clock readings at a few borders.
When it is ready, and on SIGUSR1, it prints one line of JSON: what it has used since its start. The
chip and the walker are counted by their thread's processor time inside each call of the bus, so
that what is left is the shipped code and nothing else: a real chip does its own work. What reading
the clock costs counts for the coach; the parts are therefore metered only if `PARTS` is set in the
environment: they tell where it goes, not how much it is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coach.engine import Engine
from firmware import __main__ as command
from firmware.device import simulation
from firmware.log.recorder import Recorder
from hardware.indicators import Indicators, Pattern, patterns
from hardware.mpu6050 import Mpu6050
from hardware.simulated import SimulatedBus
from hardware.simulated.walker import ClipOn, Segment, Stand

CHIP, DRIVER, ENGINE, LOG, PINS = "chip", "driver and chip", "engine", "log", "buzzer and LED"

PARTS = "METER_PARTS"

REST = "METER_REST"
"""Set in the environment: the simulated walker clips the device on, and stands."""

used: defaultdict[str, float] = defaultdict(float)
"""Processor seconds on the calling thread, by part; nested parts count in both."""

counted: Counter[str] = Counter()
"""Transfers over the bus, and bytes: data, register and address bytes as on the wire."""


def timed(kind: type, name: str, part: str) -> None:
    """Let a method add its processor time to `part`."""
    original: Callable[..., Any] = getattr(kind, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        began = time.thread_time()
        try:
            return original(*args, **kwargs)
        finally:
            used[part] += time.thread_time() - began

    setattr(kind, name, method)


def counting() -> None:
    """Count what goes over the simulated bus."""
    combined = SimulatedBus.i2c_rdwr

    def i2c_rdwr(self: SimulatedBus, *messages: Any) -> None:
        counted["transfers"] += 1
        counted["bytes"] += sum(1 + m.len for m in messages)
        combined(self, *messages)

    SimulatedBus.i2c_rdwr = i2c_rdwr
    write = SimulatedBus.write_byte_data

    def write_byte_data(self: SimulatedBus, *args: int) -> None:
        counted["transfers"] += 1
        counted["bytes"] += 3
        write(self, *args)

    SimulatedBus.write_byte_data = write_byte_data  # type: ignore[assignment]


def note_ready() -> None:
    """Report when the walker is told that the coach is ready, and when it is asked from then on.

    The daemon has settled by now what other signals do.
    """
    show = Indicators.show

    def noting(self: Indicators, pattern: Pattern, **more: Any) -> None:
        show(self, pattern, **more)
        if pattern.name == patterns.READY.name:
            signal.signal(signal.SIGUSR1, report)
            report()

    Indicators.show = noting


def _ran_s(task: Path) -> float:
    """How long a thread has run: to the nanosecond, where its ticks are of 10 ms."""
    return int((task / "schedstat").read_text().split()[0]) / 1e9


def report(*_: object) -> None:
    """Print what has been used so far."""
    figures = {
        "cpu_s": time.process_time(),
        "at": time.monotonic(),
        "used": dict(used),
        "counted": dict(counted),
        "thread_s": {p.name: _ran_s(p) for p in Path("/proc/self/task").iterdir()},
        "threads": {t.name: t.native_id for t in threading.enumerate()},
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def _standing(limit_spm: float) -> list[Segment]:  # noqa: ARG001 - as the shipped plan has it
    return [ClipOn(6.0), Stand(1e6)]


def main() -> int:
    """The command, metered."""
    counting()
    for name in ("read_byte_data", "write_byte_data", "i2c_rdwr"):
        timed(SimulatedBus, name, CHIP)
    if os.environ.get(PARTS):
        timed(Mpu6050, "read", DRIVER)
        timed(Engine, "feed", ENGINE)
        for name in ("samples", "record", "keep", "finish"):
            timed(Recorder, name, LOG)
        for name in ("show", "stop"):
            timed(Indicators, name, PINS)
    if os.environ.get(REST):
        simulation.treadmill_session = _standing
    note_ready()
    return command.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
