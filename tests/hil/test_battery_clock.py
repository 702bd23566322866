"""A clock with a battery on the sensor's bus, behind the kernel's own driver of a DS3231."""

from __future__ import annotations

import time

import pytest

from tests.hil import chapters
from tests.hil.build import obstacle
from tests.hil.chapters import STEADY
from tests.hil.device import Device

if why := obstacle():
    pytest.skip(why, allow_module_level=True)

OVERLAY = "echo ds3231 0x68 > /sys/bus/i2c/devices/i2c-0/new_device"
"""What `dtoverlay=i2c-rtc,ds3231` does on a Pi."""

LONG_AGO = "2026-01-02"
"""Where a Pi's clock stands at power-on, about: at what its system was last told."""

CLOCK_OFF_S = 5.0  # a DS3231 counts whole seconds, and asking takes its time
LOOKED_AT_S = 3.0  # the service looks at the clock once a second


def test_never_set(device: Device) -> None:
    """Nothing is believed of one that was never set; once it is, the date is sure."""
    device.board.solder_battery_clock()
    chapters.is_switched_on(device)
    device.guest.ask("dpkg --install /mnt/share/*.deb")
    device.guest.ask("coach config set sensor.address=0x69")
    device.guest.ask(f"systemctl stop cadence-coach && {OVERLAY}")  # a Pi does so before it starts
    device.board.walk(STEADY)
    chapters.starts_again(device)
    device.until("some of it", lambda: (device.status("session", "for_s") or 0.0) > LOOKED_AT_S)
    assert not device.sessions()[-1]["start_sure"]
    device.tell("a DS3231 that was never set", "nothing is believed of it")
    device.guest.ask("hwclock --systohc")
    device.until("a sure date", lambda: device.sessions()[-1]["start_sure"])
    device.tell("sudo hwclock --systohc", "the session's date is sure")


def test_after_a_power_cut(device: Device) -> None:
    """The kernel takes its time, and the date is sure from the start."""
    device.guest.power_cut()
    device.board.walk(STEADY)
    device.guest.power_on()
    device.until("the service", device.ready)
    device.guest.ask(f"systemctl stop cadence-coach && date --set '{LONG_AGO}' && {OVERLAY}")
    chapters.starts_again(device)
    ahead = float(device.guest.ask("date +%s.%N")) - time.time()
    assert abs(ahead) <= CLOCK_OFF_S
    device.until("a session", lambda: device.status("session", "running"))
    device.until("a sure date", lambda: device.sessions()[-1]["start_sure"])
    assert "set by the battery clock rtc0" in device.guest.run("coach doctor --quiet")[1]
    device.tell("power off and on", f"the kernel takes its time ({ahead:+.1f} s); the date is sure")
