"""The package over the first version of it, in a walk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.hil import chapters
from tests.hil.build import first_version, obstacle
from tests.hil.chapters import STEADY
from tests.hil.device import Device

if why := obstacle():
    pytest.skip(why, allow_module_level=True)


def test_upgraded(device: Device, tmp_path: Path) -> None:
    """Over version 0.1.0 while somebody walks: settings and log stay, and it coaches on."""
    first = first_version(tmp_path / "first")
    if first is None:
        pytest.skip("the project's history is not here: a whole clone has it")
    new = next(device.guest.share.glob("*.deb")).name
    shutil.copy(first, device.guest.share / "first")
    chapters.is_switched_on(device)
    device.guest.ask("dpkg --install /mnt/share/first")
    assert device.guest.ask("coach --version") == "coach 0.1.0"
    device.until("the first version", device.ready)
    device.board.walk(STEADY)
    device.until("a session", lambda: device.status("session", "running"))
    device.guest.ask("coach config set cadence.max_spm=77")
    device.guest.ask(f"dpkg --install /mnt/share/{new}")
    device.until("the new version", device.ready)
    assert device.guest.ask("coach --version") != "coach 0.1.0"
    device.until("a session", lambda: device.status("session", "running"))
    assert device.guest.ask("coach config get cadence.max_spm") == "77"
    old, now = device.sessions()
    assert (old["ended"], now["ended"]) == ("stopped", None)
    device.guest.ask("coach log verify")
    device.tell("upgrade from 0.1.0 in a walk", "settings and session are there, a new one began")
