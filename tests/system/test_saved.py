"""When it is safe to switch off: a session that is over has reached the card, and that is heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from coach.settings import SessionSettings
from firmware.log import index, writer
from firmware.log.schema import FILE_NAME
from firmware.settings.catalogue import Settings
from hardware.indicators import patterns
from hardware.simulated import VirtualClock
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.device import Device

FAST = 40.0
"""Seven real seconds are left when the session has ended, in which the log tries again."""
LOOK_S = 0.1
FULL = 2
"""Of SQLite's `PRAGMA synchronous`: a commit is on the card when it returns."""

ONE_WALK: Sequence[Segment] = (
    Stand(4.0),
    Walk(30.0, spm=70.0, amplitude_g=0.2),
    Stand(400.0),
)
SAVED_AT = 110.0  # the session has ended by then


class Listener:
    """What sounded, in order, and whether the log held the whole session when it began."""

    def __init__(self, device: Device) -> None:
        self.heard: list[tuple[str, bool]] = []
        self.saved_s = 0.0  # for so long it was said that the power may be cut
        self._device, self._before = device, ""
        device.clock.call_at(0.0, self._look)

    def _look(self) -> None:
        playing = self._device.simulation.indicators.playing
        name = playing.name if playing is not None else ""
        if name != self._before and name in (patterns.SESSION_ENDED.name, patterns.SAVED.name):
            self.heard.append((name, name == patterns.SAVED.name and self._has_ended()))
        self._before = name
        self.saved_s += LOOK_S if name == patterns.SAVED.name else 0.0
        self._device.clock.call_at(self._device.clock.now() + LOOK_S, self._look)

    def _has_ended(self) -> bool:
        return [row.ended is not None for row in index.read_rows(self._device.log)] == [True]


def synced_ends(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each write with a session's end: whether it was synced."""
    found: list[bool] = []
    write = writer.LogWriter.write

    def noting(self: writer.LogWriter, items: Any) -> None:
        write(self, items)
        synced = self._db.execute("PRAGMA synchronous").fetchone()[0] == FULL
        found.extend(synced for item in items if type(item).__name__ == "Closing")

    monkeypatch.setattr(writer.LogWriter, "write", noting)
    return found


def test_it_is_told_when_the_session_is_on_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the two long beeps, not before the end was written and synced; once."""
    synced = synced_ends(monkeypatch)
    device = Device(ONE_WALK, tmp_path)
    listener = Listener(device)
    device.waits(SAVED_AT, device.journal.has_told("saved"))
    device.run()
    assert listener.heard[0][0] == "session_ended"
    assert listener.heard[1:] == [("saved", True)]
    assert listener.saved_s < patterns.SAVED.seconds + 1.0
    assert synced == [True]


def test_a_log_that_has_stopped_is_never_told_to_be_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The LED says that nothing is recorded; no beep says the opposite."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    device = Device(ONE_WALK, tmp_path, clock=VirtualClock(FAST))
    listener = Listener(device)
    device.on_record = lambda record: (
        monkeypatch.setattr(writer.LogWriter, "write", full) if record.type == "session" else None
    )
    device.waits(SAVED_AT, device.journal.has_told("log_stopped"))
    device.run()
    assert [name for name, _ in listener.heard] == ["session_ended"]


def test_who_wants_no_announcements_hears_none(tmp_path: Path) -> None:
    """`session.announce = false`, as for the beginning and the end."""
    settings = Settings(session=SessionSettings(announce=False))
    device = Device(ONE_WALK, tmp_path, settings=settings)
    listener = Listener(device)
    device.waits(SAVED_AT, device.journal.has_told("saved"))
    device.run()
    assert listener.heard == []
    assert index.read_rows(tmp_path / FILE_NAME)[-1].ended
