"""What `coach off` needs to know after a crash, noted by the service before it opens its pins."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.__main__ import main
from firmware.device import held
from firmware.settings.catalogue import BuzzerSettings, MotorSettings, Settings
from hardware import HardwareError

Asked = list[tuple[str, int, bool]]
MOVED = replace(
    Settings(), buzzer=BuzzerSettings(pin=5), motor=MotorSettings(22, active_high=False)
)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What was switched off; the note is in a folder of its own."""
    pins: Asked = []
    monkeypatch.setattr("hardware.lines.switch_off", pins.extend)
    monkeypatch.setattr(held, "HELD", tmp_path / "pins")
    return pins


def test_off_is_for_the_pins_that_the_service_held(asked: Asked) -> None:
    """Whatever the settings say by now."""
    held.note(held.fitted(MOVED))
    assert main(["off"]) == 0
    assert asked == [("buzzer", 5, True), ("LED", 27, True), ("motor", 22, False)]


def test_where_there_is_no_motor_no_pin_of_one_is_touched(asked: Asked) -> None:
    """Its setting is 0 then, and GPIO 0 is the board's own."""
    held.note(held.fitted(Settings()))
    assert main(["off"]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 27, True)]


NOTING = """
import sys, time
from pathlib import Path
from firmware.device import held
from firmware.settings.catalogue import Settings
held.HELD = Path(sys.argv[1])
held.note(held.fitted(Settings()))
print("noted", flush=True)
time.sleep(60)
"""


def test_who_tries_other_pins_by_hand_leaves_the_note_of_a_service_that_runs(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write there as well; when the service is gone, what is held now is noted."""
    with subprocess.Popen(
        [sys.executable, "-c", NOTING, held.HELD], stdout=subprocess.PIPE, text=True
    ) as service:
        try:
            assert service.stdout is not None
            assert service.stdout.readline() == "noted\n"
            mine = held.HELD.read_text()
            monkeypatch.setattr(os, "geteuid", lambda: held.HELD.stat().st_uid + 1)
            held.note(held.fitted(MOVED))
            assert held.HELD.read_text() == mine
        finally:
            service.kill()
    held.note(held.fitted(MOVED))
    assert main(["off"]) == 0
    assert asked == held.fitted(MOVED)


def test_the_service_notes_its_pins_beside_a_coach_that_root_runs(asked: Asked) -> None:
    """What it holds goes before what somebody tries out, whoever came first."""
    for settings in (MOVED, Settings()):
        held.note(held.fitted(settings))
    assert main(["off"]) == 0
    assert asked == held.fitted(Settings())


@pytest.mark.parametrize("note", [None, "", "buzzer\n", "buzzer x 1\n", "\udcff 1 1\n"])
def test_without_a_note_that_can_be_read_it_goes_by_the_settings(
    asked: Asked, note: str | None
) -> None:
    """A buzzer goes silent all the same."""
    if note is not None:
        held.HELD.write_text(note, errors="surrogateescape")
    assert main(["off"]) == 0
    assert asked == held.fitted(Settings())


def test_what_is_asked_for_goes_before_the_note(asked: Asked) -> None:
    """With an option the settings count."""
    held.note(held.fitted(MOVED))
    assert main(["off", "--set", "buzzer.pin=6"]) == 0
    assert asked[0] == ("buzzer", 6, True)


def test_a_pin_that_cannot_be_had_is_said(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The short way has no words of its own: the long one tries again, and says it."""

    def fail(pins: Asked) -> None:
        asked.extend(pins)
        raise HardwareError("taken")

    monkeypatch.setattr("hardware.lines.switch_off", fail)
    held.note(held.fitted(MOVED))
    assert main(["off"]) == 1
    assert asked[:3] == held.fitted(MOVED)
    assert "taken" in capsys.readouterr().err


def test_the_short_way_loads_no_settings() -> None:
    """Each import takes a Pi milliseconds in which the buzzer sounds."""
    look = "import sys, firmware.__main__, firmware.device.held; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    loaded = set(said.stdout.split())
    assert "hardware.lines" in loaded
    assert not loaded & {"argparse", "dataclasses", "firmware.settings", "gpiozero", "numpy"}
