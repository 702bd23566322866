"""`coach setup` waits for steps that do not come, and for a sensor that says nothing."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from coach.events import Cadence
from firmware.app import client, guided
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.errors import EXIT_OK
from firmware.records import Fault, Record
from firmware.settings.source import Source
from tests.support.settingsfile import settings_file
from tests.support.waiting import LONGEST_S

Publish = Callable[[Record], None]


def steps(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: Callable[[Publish, threading.Event], None],
    before: Sequence[Record] = (),
) -> int:
    """`coach setup steps` of somebody who presses Enter once, with what the daemon says."""
    file = settings_file(folder)
    source = Source(file, [])
    settings = source.load()
    gone = threading.Event()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    monkeypatch.setattr(guided, "FELT_WITHIN_S", 0.2)
    with closing(Control(settings, source, Orders(), Status(settings))) as control:
        control.start()
        for record in before:
            control.publish(record)
        saying = threading.Thread(target=says, args=(control.publish, gone))
        saying.start()
        try:
            return guided.run(file, settings.control.socket, ["steps"])
        finally:
            gone.set()
            saying.join(LONGEST_S)


def rests(publish: Publish, gone: threading.Event) -> None:
    """Somebody who stands."""
    while not gone.wait(0.02):
        publish(Cadence(0.5, None, 0.0))


def test_whoever_does_not_walk_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the daemon's time begins anew with every engine, once a minute."""
    assert steps(tmp_path, monkeypatch, rests) == EXIT_OK
    assert "No walk was felt. Clip it tighter" in capsys.readouterr().out


def test_a_sensor_that_was_pulled_before_steps_are_awaited_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It will say nothing more, and no step can come until it is back."""
    pulled = Fault(0.5, "device_not_found", "No MPU-6050 answers")
    assert steps(tmp_path, monkeypatch, rests, [pulled]) == EXIT_OK
    assert "No MPU-6050 answers" in capsys.readouterr().out


@pytest.mark.slow
def test_a_sensor_that_is_pulled_while_steps_are_awaited_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its silence, however long, is not the daemon's."""

    def is_pulled(publish: Publish, gone: threading.Event) -> None:
        while not gone.wait(0.02):
            publish(Fault(0.5, "device_not_found", "No MPU-6050 answers"))
            gone.wait(client.PATIENCE_S + 1.0)

    assert steps(tmp_path, monkeypatch, is_pulled) == EXIT_OK
    said = capsys.readouterr().out
    assert "No MPU-6050 answers" in said
    assert "No walk was felt" in said
