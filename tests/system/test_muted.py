"""A buzzer that is silent: whoever reads a session afterwards should know what was not heard."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from firmware.app.review import sentences
from firmware.device.control.orders import Ordered, Orders
from firmware.log import index, sessions
from firmware.records import Muted
from firmware.settings.catalogue import Settings
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.device import Device

TWO_WALKS: list[Segment] = [
    *(Stand(4.0), Walk(40.0, spm=70.0, amplitude_g=0.2)),
    *(Stand(75.0), Walk(40.0, spm=70.0, amplitude_g=0.2), Stand(70.0)),
]


def muted(daemon: Ordered, *, on: bool) -> dict[str, object]:
    daemon.mute(on)
    return {}


def told(device: Device) -> list[int]:
    """How often each session of the log says that the buzzer was silent."""
    found = [sessions.read_one(device.log, str(row.id)) for row in index.read_rows(device.log)]
    for session in found:
        said = [text for _, text in sentences.told(session)]
        assert said.count("buzzer muted") == len(session.of(Muted))
    return [len(session.of(Muted)) for session in found]


def test_each_session_under_a_silent_buzzer_says_so(tmp_path: Path) -> None:
    """Also one that begins after it was muted: a cue that nobody heard is no cue ignored."""
    orders = Orders()
    device = Device(TWO_WALKS, tmp_path, orders=orders)
    device.clock.call_at(20.0, partial(orders.put, partial(muted, on=True)))
    device.run()
    assert told(device) == [1, 1]
    assert len(device.of_type("muted")) == 1


def test_a_buzzer_that_sounds_again_is_not_told_as_silent(tmp_path: Path) -> None:
    """In the session after."""
    orders = Orders()
    device = Device(TWO_WALKS, tmp_path, orders=orders)
    for t, on in ((20.0, True), (60.0, False)):
        device.clock.call_at(t, partial(orders.put, partial(muted, on=on)))
    device.run()
    assert told(device) == [1, 0]


def test_one_that_is_silent_by_its_setting_is_told_too(tmp_path: Path) -> None:
    """It is so from the start."""
    device = Device(TWO_WALKS, tmp_path, settings=Settings().changed({"buzzer.muted": True}))
    device.run()
    assert told(device) == [1, 1]
