"""The installed package on a Pi's own bus and pin drivers: one story on each device tree.

All figures are the guest's own time, in which a program takes as long as it has instructions: they
do not depend on how busy this machine is. Those that a walker's safety hangs on have their bound.
"""

from __future__ import annotations

import time

import pytest

from hardware.indicators import BUZZER_PIN, patterns
from hardware.simulated.walker import BeltChange, Segment, Stand, Stumble, Walk
from tests.hil import chapters
from tests.hil.device import Device
from tests.hil.pi.build import obstacle

if why := obstacle():
    pytest.skip(why, allow_module_level=True)

FAST_AFTER_S = 12.0
PLAN: list[Segment] = [
    Stand(2.0),
    Walk(
        30.0,
        spm=80.0,
        amplitude_g=0.18,
        events=(
            BeltChange(FAST_AFTER_S, 110.0, over_s=1.0),
            BeltChange(18.0, 80.0, over_s=1.0),
            Stumble(26.0, size_g=1.2),
        ),
    ),
]
FAST: list[Segment] = [Stand(2.0), Walk(600.0, spm=110.0, amplitude_g=0.18)]
STANDING: list[Segment] = [Stand(600.0)]

OFF_S = 0.5
"""From a crash while the buzzer sounds to its silence, and for `coach off` alone."""

DRIVERS = {"pinctrl-bcm2835": "3f200000.gpio", "i2c-bcm2835": "3f804000.i2c"}
"""The real ones, each with its device."""

COMMANDS = (
    ("Python alone", "python3 -c pass"),
    ("import numpy", 'python3 -c "import numpy"'),
    ("import gpiozero", 'python3 -c "import gpiozero"'),
    ("coach status", "coach status"),
    ("coach config get", "coach config get cadence.max_spm"),
    ("coach log list", "coach log list"),
)


def test_boots(device: Device) -> None:
    """It boots with the Pi's own drivers, from its card; nothing has loaded i2c-dev."""
    began = time.monotonic()
    device.guest.power_on()
    model = device.guest.ask("tr -d '\\0' < /proc/device-tree/model")
    shell = f"{model}: a shell after {device.board.now():.1f} s"
    device.tell("power on", f"{shell} ({time.monotonic() - began:.0f} s of this machine's)")
    device.guest.ask("systemctl is-system-running --wait || true")
    device.tell("", f"systemd has done, kernel {device.guest.ask('uname -r')}")
    for driver, its in DRIVERS.items():
        bound = f"/sys/bus/platform/drivers/{driver}/{its}"
        device.guest.ask(f"until [ -e {bound} ]; do sleep 0.2; done")
    assert device.guest.run("ls /dev/i2c-1")[0], "i2c-dev is there before the package is"


def test_install(device: Device) -> None:
    """Installing the package is all: it loads i2c-dev, and the coach is ready."""
    began = device.board.now()
    device.guest.ask("dpkg --install /mnt/share/*.deb")
    device.tell("install the package", f"done after {device.board.now() - began:.1f} s")
    device.until("the service is ready", device.ready)
    ready = device.until("the ready beep", lambda: device.heard(patterns.READY, began))
    device.until("the heartbeat", lambda: device.seen(patterns.HEARTBEAT, ready))
    assert device.service("NRestarts") == "0"
    started = device.service("ExecMainStartTimestampMonotonic")
    active = device.service("ActiveEnterTimestampMonotonic")
    took = (int(active) - int(started)) / 1e6
    device.tell("", f"the service was ready after {took:.1f} s; ready beep, heartbeat")


def test_commands(device: Device) -> None:
    """How long what people type takes, where the coach runs beside it."""
    for name, command in COMMANDS:
        device.tell(name, f"{device.timed(command):.2f} s")


def test_examined(device: Device) -> None:
    """An ordinary user of its groups has it examined from a folder where nobody may write."""
    chapters.is_examined(device)
    off = device.timed(f"{chapters.MEMBER} coach off")
    device.tell("coach off, as a user, in /", f"{off:.2f} s")
    assert off <= OFF_S
    chapters.starts_again(device)


def test_limit(device: Device) -> None:
    """A walk starts a session, and above the limit the buzzer asks to slow down."""
    device.board.walk(PLAN)
    device.until("a session", lambda: device.status("session", "running"))
    fast = device.board.began + PLAN[0].seconds + FAST_AFTER_S
    told = device.status("cadence", "spm")
    device.tell("walk at 80 steps/min", f"a session began; the device tells {told}")
    asked = device.until("slow down", lambda: device.heard(patterns.SLOW_DOWN, fast))
    device.tell("walk at 110 steps/min", f"slow_down on the buzzer after {asked - fast:.1f} s")


def test_stumble(device: Device) -> None:
    """A stumble is answered by the urgent rattle at once."""
    chapters.answers_a_stumble(device)


def test_dated(device: Device) -> None:
    """The date is a guess until somebody who knows has set the clock."""
    chapters.is_dated(device)


def test_killed(device: Device) -> None:
    """Killed while the buzzer sounds: it is silent at once, and the coach comes back by itself."""
    device.board.walk(FAST)
    began = device.board.now()
    device.until("slow down", lambda: device.heard(patterns.SLOW_DOWN, began))
    number = device.sessions()[-1]["session"]
    pid = device.service("MainPID")
    device.until("a stop while it sounds", lambda: device.stopped_sounding(pid))
    killed = device.board.now()
    device.guest.ask(f"kill -KILL {pid}")
    device.until("both pins off", device.silent)
    off = device.board.pins.edges(BUZZER_PIN, killed)[0].t - killed
    device.tell("SIGKILL while it beeps", f"silent after {off:.2f} s")
    device.until("the service again", lambda: device.ready(restarts=1))
    again = device.board.now() - killed
    device.tell("", f"the service is ready again after {again:.1f} s at most")
    session = next(s for s in device.sessions() if s["session"] == number)
    assert session["ended"] == "cut short"
    assert off <= OFF_S


def test_power_cut(device: Device) -> None:
    """After a power cut the device coaches again, and at most five seconds of the log are lost."""
    chapters.loses_its_power(device, STANDING)
