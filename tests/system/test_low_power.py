"""A supply that dips is told once: on the LED, in the journal, in each session of that run."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import pytest

from coach.events import Event, Session
from firmware.app.review import sentences
from firmware.device.control.status import Status, after
from firmware.log import index, sessions
from firmware.log.schema import FILE_NAME
from firmware.records import LowPower, decode
from firmware.settings.catalogue import Settings
from hardware import supply
from hardware.indicators import patterns
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.device import Device

TWO_WALKS: list[Segment] = [
    *(Stand(4.0), Walk(40.0, spm=70.0, amplitude_g=0.2)),
    *(Stand(75.0), Walk(40.0, spm=70.0, amplitude_g=0.2), Stand(70.0)),
]
DIPS_AT = 20.0
SAVED_AT = 110.0  # the first session has ended by then, and its beeps


def test_a_weak_supply_is_told_once_and_stands_in_each_session(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From the kernel's file to the LED, the journal, `coach status` and the review."""
    system = tmp_path / "sys"
    word = system / "devices/platform/soc/soc:firmware/get_throttled"
    word.parent.mkdir(parents=True)
    word.write_text("0\n")
    device = Device(TWO_WALKS, tmp_path, power_dips=partial(supply.dips, system))
    device.clock.call_at(DIPS_AT, lambda: word.write_text("50005\n") and None)
    shown: list[float] = []

    def look() -> None:
        if device.simulation.indicators.lit == patterns.LOW_POWER:
            shown.append(device.clock.now())
        device.clock.call_at(device.clock.now() + 0.1, look)

    def listen(record: Event) -> None:
        if isinstance(record, Session) and record.state == "started":
            started.append(device.clock.now())

    started: list[float] = []
    device.on_record = listen
    device.clock.call_at(0.0, look)
    # Or its beep may hide what the LED shows later.
    device.waits(SAVED_AT, device.journal.has_told("saved"))
    with caplog.at_level(logging.WARNING, logger="coach"):
        device.run()

    assert DIPS_AT <= shown[0] <= DIPS_AT + 1.5
    assert len(started) == 2
    assert started[0] < DIPS_AT
    assert started[1] - 1.0 < shown[-1] < started[1] + 0.2
    assert sum("4.63 V" in r.message for r in caplog.records) == 1
    told = device.of_type("low_power")
    assert len(told) == 1
    state = after(Status(Settings()).snapshot(), decode(told[0]))
    assert state["power"]["state"] == "low"
    log = tmp_path / FILE_NAME
    for row in index.read_rows(log):
        session = sessions.read_one(log, str(row.id))
        assert len(session.of(LowPower)) == 1
        assert any("stronger power bank" in text for _, text in sentences.told(session))
    assert len(index.read_rows(log)) == 2


def test_a_sound_supply_is_no_news(tmp_path: Path) -> None:
    """Nothing is told where nothing dips."""
    device = Device(TWO_WALKS[:2], tmp_path, power_dips=partial(supply.dips, tmp_path))
    device.run()
    assert device.of_type("low_power") == []
