"""An SD card that stalls at a sync, under the whole daemon in real time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from coach.events import Cue
from firmware.log import sessions
from firmware.log.writer import Item, LogWriter
from firmware.records import Record
from hardware import SystemClock
from hardware.simulated.walker import Stand, Walk
from tests.support.device import Device
from tests.support.logbook import read_raw
from tests.support.waiting import eventually

STALL_S = 3.0
AT_ONCE_S = 1.5
"""On a machine that has other work too; `bench_latency` measures it."""


def test_a_stall_of_three_seconds_delays_no_cue_and_loses_no_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every sync takes three seconds; the cue's pin rises with its sample, and all is logged."""
    stalls: list[float] = []
    write = LogWriter.write

    def slow(self: LogWriter, items: Sequence[Item]) -> None:
        stalls.append(time.monotonic())
        time.sleep(STALL_S)
        write(self, items)

    monkeypatch.setattr(LogWriter, "write", slow)
    clock = SystemClock()
    plan = (Stand(1.0), Walk(17.0, spm=112.0, amplitude_g=0.2))
    device = Device(plan, tmp_path, clock=clock)
    late: list[float] = []

    def note(record: Record) -> None:
        if isinstance(record, Cue) and record.state == "on":
            assert device.simulation.buzzer_on
            late.append(clock.now() - record.t)

    device.on_record = note
    device.run()
    clock.close()
    # Stopping does not wait for such a card; what it still holds is written all the same.
    eventually(lambda: sessions.read_one(device.log, "1").ended is not None)
    assert stalls
    session = sessions.read_one(device.log, "last")
    assert late
    assert max(late) - session.mono_start_us / 1e6 < AT_ONCE_S
    t_us, _ = read_raw(device.log, "last")
    assert np.diff(t_us).max() < 15_000
    assert t_us[-1] > 14e6
