"""An SD card that stalls at a sync, under the whole daemon."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from coach.events import Cue, Session
from firmware.log import sessions
from firmware.log.writer import Item, LogWriter
from firmware.records import Record
from hardware.simulated.walker import Stand, Walk
from tests.support.device import Device
from tests.support.logbook import read_raw
from tests.support.waiting import LONGEST_S, eventually

AT_ONCE_S = 0.16
"""The three frames in which a calm walk is read, and a sample."""


def test_a_card_that_stalls_delays_no_cue_and_loses_no_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers only when the cue sounds, which comes with its sample; and all is logged.

    A coach that waited for the card would never cue. How late it is in real time is what
    `bench_latency` measures.
    """
    stalled: list[bool] = []
    cued = threading.Event()
    write = LogWriter.write

    def stalling(self: LogWriter, items: Sequence[Item]) -> None:
        stalled.append(not cued.is_set())
        assert cued.wait(LONGEST_S)
        write(self, items)

    monkeypatch.setattr(LogWriter, "write", stalling)
    plan = (Stand(1.0), Walk(17.0, spm=112.0, amplitude_g=0.2))
    device = Device(plan, tmp_path)
    late: list[float] = []

    def note(record: Record) -> None:
        if device.of_type("session") and not isinstance(record, Session):
            eventually(lambda: stalled)  # as it is kept, it goes to the card
        if isinstance(record, Cue) and record.state == "on":
            assert device.simulation.buzzer_on
            late.append(device.clock.now() - record.t)
            cued.set()

    device.on_record = note
    device.run()
    assert stalled[0]
    session = sessions.read_one(device.log, "last")
    assert late
    assert max(late) - session.mono_start_us / 1e6 < AT_ONCE_S
    t_us, _ = read_raw(device.log, "last")
    assert np.diff(t_us).max() < 15_000
    assert t_us[-1] > 14e6
