"""What more than one story tells, be it on a user-mode kernel or on an emulated Pi."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hardware.indicators import patterns
from hardware.simulated.walker import Segment, Stand, Walk
from tests.hil.device import DISCIPLINED, Device

STEADY: list[Segment] = [Stand(3.0), Walk(600.0, spm=70.0, amplitude_g=0.18)]

MEMBER = "cd / && setpriv --reuid member --regid member --init-groups"
"""Before a command: an ordinary user of the coach's groups, in a folder where nobody may write."""

URGENT_S = 1.0
"""From the true onset of a stumble to the rattle."""

KEPT_S = 8.0  # a session goes on for so long before its power is cut
LOST_S = 5.0
ON_ITS_WAY_S = 0.5  # from the sensor to the log, and the sync's own time, on a busy machine


def is_switched_on(device: Device) -> None:
    """Power on, until the system is up with all of its services."""
    began = device.board.now()
    device.guest.power_on()
    device.guest.ask("systemctl is-system-running --wait || true")
    device.tell("power on", f"Debian is up ({device.board.now() - began:.1f} s)")


def is_examined(device: Device) -> None:
    """An ordinary user has the device examined; the service is stopped meanwhile, and after it."""
    device.guest.ask("useradd member && usermod -aG i2c,gpio,cadence-coach member")
    device.guest.ask("systemctl stop cadence-coach")
    began = device.board.now()
    _, said = device.guest.run(f"{MEMBER} coach doctor")
    assert "ok        WHO_AM_I" in said, said
    assert "ok        buzzer and LED" in said, said
    assert device.heard(patterns.SLOW_DOWN, began)
    took = device.board.now() - began
    device.tell("coach doctor, as a user, in /", f"sensor well, beeped and blinked; {took:.1f} s")
    assert device.guest.run("ls -A / | grep lgd")[1] == ""


def starts_again(device: Device) -> None:
    """The service is started."""
    device.guest.ask("systemctl start cadence-coach")
    device.until("the service is ready", device.ready)


def answers_a_stumble(device: Device) -> None:
    """The stumble of the walk is answered by the urgent rattle at once."""
    device.until("the stumble", device.board.stumbles)
    onset, peak = device.board.stumbles()[0]
    rattle = device.until("the rattle", lambda: device.heard(patterns.STUMBLE, onset))
    seen = f"rattle {rattle - onset:.2f} s after the onset ({rattle - peak:+.2f} s to its peak)"
    device.tell("stumble (1.2 g)", seen)
    assert rattle - onset <= URGENT_S


def is_dated(device: Device) -> None:
    """Nobody has set the clock: the date is a guess, until chrony, without rtcsync, sets it."""
    assert not device.sessions()[-1]["start_sure"]
    device.guest.ask(f"python3 -I -c '{DISCIPLINED}'")
    device.until("a sure date", lambda: device.sessions()[-1]["start_sure"])
    assert "set by a time service" in device.guest.run("coach doctor --quiet")[1]
    device.tell("chrony disciplines the clock", "the session's date is sure")


def loses_its_power(device: Device, then: Sequence[Segment]) -> None:
    """The power is cut in a session; at most five seconds of it are lost, and the log is sound.

    The walker does `then` when it comes again.
    """
    device.until("a session", lambda: device.status("session", "running"))
    number = device.sessions()[-1]["session"]
    device.until("some of it", lambda: (device.status("session", "for_s") or 0.0) > KEPT_S)
    cut = float(device.guest.ask("date +%s.%N"))
    device.guest.power_cut()
    began = device.board.now()
    device.board.walk(then)
    device.guest.power_on()
    device.until("the service", device.ready)
    ready = device.until("the ready beep", lambda: device.heard(patterns.READY, began))
    device.tell("cut the power, and on again", f"ready beep after {ready - began:.1f} s")
    last = device.guest.ask(f"coach log export {number} --format raw-csv | tail -n 1")
    session = next(s for s in device.sessions() if s["session"] == number)
    lost = cut - datetime.fromisoformat(session["start"]).timestamp() - float(last.split(",")[0])
    device.tell("", f"session {number} is {session['ended']}, {lost:.1f} s of it are lost")
    assert session["ended"] == "cut short"
    assert -ON_ITS_WAY_S < lost <= LOST_S + ON_ITS_WAY_S
    device.guest.ask("coach log verify")
    device.tell("", "the log is sound")
