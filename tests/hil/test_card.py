"""From the files of `make card` to the first beep: cloud-init's own run on a fresh Debian."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from hardware.indicators import patterns
from hardware.simulated.walker import Stand, Walk
from tests.hil.build import CHECKOUT, Kit, obstacle
from tests.hil.conftest import Table
from tests.hil.device import Device
from tests.hil.guest import UserModeGuest
from tests.hil.virtio import VirtioBoard

if why := obstacle():
    pytest.skip(why, allow_module_level=True)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx9 walker@home"
NAME, HOST = "anna", "anna-pi"
USER_DATA = "/boot/firmware/user-data"


@pytest.fixture(scope="module")
def device(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """A new Pi, whose card has the files of `make card` in its boot partition."""
    folder = tmp_path_factory.mktemp("card")
    (folder / "key.pub").write_text(f"{KEY}\n")
    made = [sys.executable, str(CHECKOUT / "packaging/card.py"), str(kit.package)]
    made += [str(folder / "boot"), "--key", str(folder / "key.pub")]
    subprocess.run([*made, "--name", NAME, "--hostname", HOST], check=True, capture_output=True)
    board = VirtioBoard(folder)
    guest = UserModeGuest(kit, board, folder, folder / "boot")
    yield Device(guest, board, kit.package, Table(board.now), guest.command_s)
    guest.power_cut()


def test_the_first_start_ends_in_a_beep(device: Device) -> None:
    """Nobody logs in: the Pi is switched on, and some time later it is ready."""
    began = device.board.now()
    device.guest.power_on()
    ready = device.until("the ready beep", lambda: device.heard(patterns.READY, began))
    device.tell("a card of make card, power on", f"ready beep after {ready - began:.1f} s")
    said = device.guest.run("cloud-init status --wait --long")[1]
    assert "status: done" in said, said
    said = device.guest.ask(f"cloud-init schema --config-file {USER_DATA}")
    assert "Valid" in said
    device.tell("cloud-init's own check", said.strip())


def test_its_owner_gets_in_and_is_coached(device: Device) -> None:
    """The user of the card has the key, the groups, and the coach."""
    assert device.guest.ask(f"cat /home/{NAME}/.ssh/authorized_keys") == KEY
    assert device.guest.ask("hostname") == HOST
    assert device.guest.ask("systemctl is-active ssh") == "active"
    assert {"i2c", "gpio", "sudo", "cadence-coach"} <= set(
        device.guest.ask(f"id -nG {NAME}").split()
    )
    device.guest.ask(f"setpriv --reuid {NAME} --regid {NAME} --init-groups coach status")
    device.board.walk([Stand(2.0), Walk(600.0, spm=110.0, amplitude_g=0.18)])
    began = device.board.now()
    asked = device.until("slow down", lambda: device.heard(patterns.SLOW_DOWN, began))
    device.tell("walk at 110 steps/min", f"slow_down on the buzzer after {asked - began:.1f} s")
