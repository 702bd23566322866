"""The installed package on real kernel interfaces: one day, from the first boot to a power cut.

The tests are its chapters and run in this order, on one device. What is awaited is looked for
again and again, with much time: a busy machine makes the story longer, not false. Only what a
walker's safety hangs on has its bound.
"""

from __future__ import annotations

import pytest

from hardware.indicators import BUZZER_PIN, LED_PIN, patterns
from hardware.simulated import Fault
from hardware.simulated.walker import BeltChange, Segment, Stand, Stumble, Walk
from tests.hil import chapters
from tests.hil.build import obstacle
from tests.hil.chapters import STEADY
from tests.hil.device import UNDISCIPLINED, Device

if why := obstacle():
    pytest.skip(why, allow_module_level=True)

PLAN: list[Segment] = [
    Stand(3.0),
    Walk(
        63.0,
        spm=80.0,
        amplitude_g=0.18,
        events=(
            BeltChange(19.0, 110.0, over_s=2.0),
            BeltChange(36.0, 80.0, over_s=2.0),
            Stumble(54.0, size_g=1.2),
        ),
    ),
]
STANDING: list[Segment] = [Stand(600.0)]
TOO_FAST_AT = 3.0 + 21.0

BAD_CONTACT_S = 0.2  # several looks at the sensor, on a busy machine too

CADENCE_OFF_SPM = 3.0
STEADY_SPM = 1.0
FAULT_SHOWN_S = 1.0
OFF_AFTER_KILL_S = 10.0  # a Pi needs one: here each program starts ten times as slowly


def test_install(device: Device) -> None:
    """It installs on a fresh system; without a bus it waits, shows that, and then begins."""
    chapters.is_switched_on(device)
    device.guest.ask("rm /dev/i2c-1 /dev/i2c-0")
    began = device.board.now()
    device.guest.ask("dpkg --install /mnt/share/*.deb")
    device.until("the fault on the LED", lambda: device.seen(patterns.FAULT, began))
    assert device.told("/dev/i2c-1 does not exist: enable I2C")
    device.tell("install it, I2C is off", "fault on the LED, and the advice in the journal")
    began = device.board.now()
    device.guest.ask("mknod -m 600 /dev/i2c-0 c 89 0 && ln -s i2c-0 /dev/i2c-1")
    device.guest.ask("udevadm trigger --subsystem-match=i2c-dev")
    device.until("the service is ready", device.ready)
    device.until("the ready beep", lambda: device.heard(patterns.READY, began))
    device.until("the heartbeat", lambda: device.seen(patterns.HEARTBEAT, began))
    device.tell("switch I2C on", "active (notify), ready beep, heartbeat on the LED")
    assert device.service("NRestarts") == "0"


def test_examined(device: Device) -> None:
    """An ordinary user of its groups has it examined from a folder where nobody may write."""
    device.guest.ask("systemctl start cadence-coach-again.timer")  # as after five failed starts
    chapters.is_examined(device)
    assert device.guest.run("systemctl is-active cadence-coach-again.timer")[1] == "inactive\n"
    off = device.timed(f"{chapters.MEMBER} coach off")
    bare = device.timed("python3 -I -c pass")
    device.tell("coach off, as a user, in /", f"{off:.2f} s; Python alone takes {bare:.2f} s")
    chapters.starts_again(device)


def test_cadence(device: Device) -> None:
    """A walk starts a session, and the cadence on the device is the walker's."""
    device.board.walk(PLAN)
    device.until("a session", lambda: device.status("session", "running"))
    device.tell("walk at 80 steps/min", "a session began")
    worst, looks = 0.0, 0
    while device.board.now() < device.board.began + TOO_FAST_AT - 3.0:
        before, told, true = (
            device.board.cadence(),
            device.status("cadence", "spm"),
            device.board.cadence(),
        )
        # Asking takes seconds on a busy machine: what the belt did meanwhile is not its error.
        if told and before and true and abs(true - before) < STEADY_SPM:
            worst, looks = max(worst, abs(told - true)), looks + 1
    assert looks, "the device told no cadence"
    device.tell("", f"cadence off by {worst:.1f} steps/min at most, in {looks} looks")
    assert worst <= CADENCE_OFF_SPM


def test_limit(device: Device) -> None:
    """Above the limit the buzzer asks to slow down, and keeps quiet when the walker does."""
    fast = device.board.began + TOO_FAST_AT
    asked = device.until("slow down", lambda: device.heard(patterns.SLOW_DOWN, fast))
    device.tell("walk at 110 steps/min", f"slow_down on the buzzer after {asked - fast:.1f} s")

    def quiet_since() -> float:
        last = device.board.pins.edges(BUZZER_PIN, asked)[-1]
        return last.t if not last.on and device.board.now() - last.t > 3.0 else 0.0

    quiet = device.until("silence", quiet_since)
    slower = device.board.began + 3.0 + 36.0
    device.tell("slow down to 80", f"silent after {quiet - slower:.1f} s")


def test_stumble(device: Device) -> None:
    """A stumble is answered by the urgent rattle at once."""
    chapters.answers_a_stumble(device)
    device.until("calm: the walker stands", lambda: device.dark(3.0))


def test_dated(device: Device) -> None:
    """Nobody has set the clock: the date is a guess, until chrony, without rtcsync, sets it."""
    chapters.is_dated(device)


def test_restarted_dated(device: Device) -> None:
    """Once set, set: a restart of the service, when the error has grown again, takes nothing."""
    device.guest.ask(f"python3 -I -c '{UNDISCIPLINED}'")
    device.guest.ask("systemctl restart cadence-coach")
    device.until("the service is ready", device.ready)
    assert "set by a time service" in device.guest.run("coach doctor --quiet")[1]
    device.tell("its error grows, the coach restarts", "the date stays sure")


def test_under_voltage(device: Device) -> None:
    """What the firmware says of the supply reaches the unit: on the LED, and in the log."""
    assert device.status("power", "state") == "ok"
    device.guest.ask(
        "mount -t tmpfs t /sys/devices/platform"
        " && mkdir -p /sys/devices/platform/soc/soc:firmware"
        " && echo 50005 > /sys/devices/platform/soc/soc:firmware/get_throttled"
    )
    began = device.board.now()
    device.until("it on the LED", lambda: device.seen(patterns.LOW_POWER, began))
    assert device.told("the power supply has dipped")
    assert device.status("power", "state") == "low"
    device.guest.ask("umount /sys/devices/platform")
    device.tell("the supply dips (faked file)", "on the LED and in the journal")


def test_nacks(device: Device) -> None:
    """A bad contact of a fifth of a second is noticed, and the samples come again."""
    device.board.walk(STEADY)  # a device at rest may not even look while it lasts
    device.until("a session", lambda: device.status("session", "running"))
    device.board.chip.inject(Fault.NACK, BAD_CONTACT_S)
    news = device.until("news of it", lambda: device.told("Samples come again"))
    device.tell(f"no answer for {BAD_CONTACT_S} s", news.partition("; ")[2])


def test_unplugged(device: Device) -> None:
    """A sensor that is pulled shows on the LED within a second, and is taken up again."""
    device.until("a dark LED", lambda: device.dark(1.0))
    pulled = device.board.now()
    device.board.unplug()
    device.until("the fault on the LED", lambda: device.seen(patterns.FAULT, pulled))
    shown = device.board.pins.edges(LED_PIN, pulled)[0].t
    device.tell("pull the sensor's cable", f"fault on the LED after {shown - pulled:.2f} s")
    assert shown - pulled <= FAULT_SHOWN_S
    device.board.plug_in()
    device.until("samples", lambda: device.status("sensor", "state") == "ok")
    device.until("the end of the fault on the LED", lambda: device.dark(2.0))
    missing = device.told("Samples come again").partition("; ")[2]
    device.tell("plug it in again", f"LED dark; {missing}")
    assert device.service("NRestarts") == "0"


def test_killed(device: Device) -> None:
    """Killed while the buzzer sounds: it is switched off, and the coach comes back by itself."""
    device.until("a session", lambda: device.status("session", "running"))
    before = len(device.sessions())
    device.guest.ask("coach config set cadence.max_spm=60")
    since = device.board.now()
    device.until("slow down", lambda: device.heard(patterns.SLOW_DOWN, since))
    pid = device.service("MainPID")
    device.until("a stop while it sounds", lambda: device.stopped_sounding(pid))
    device.guest.ask(f"kill -KILL {pid}")
    killed = device.board.now()
    device.until("both pins off", device.silent)
    off = device.board.pins.edges(BUZZER_PIN, killed)[0].t - killed
    device.until("the service again", lambda: device.ready(restarts=1))
    device.tell("SIGKILL while it beeps", f"pins off after {off:.1f} s, restarted")
    sessions = device.sessions()
    assert sessions[before - 1]["ended"] == "cut short"
    device.tell("", f"session {before} closed as cut short")
    assert off <= OFF_AFTER_KILL_S


def test_hangs(device: Device) -> None:
    """A daemon that hangs is ended by systemd's watchdog and started again."""
    device.guest.ask("coach config set cadence.max_spm=100")
    began = device.board.now()
    device.guest.ask(f"kill -STOP {device.service('MainPID')}")
    device.until("the watchdog", lambda: device.ready(restarts=2))
    assert device.told("Watchdog timeout")
    device.tell(
        "SIGSTOP", f"the watchdog bit, ready again after {device.board.now() - began:.1f} s"
    )


def test_power_cut(device: Device) -> None:
    """After a power cut the device coaches again, and at most five seconds of the log are lost."""
    chapters.loses_its_power(device, STEADY)
    device.until("a session", lambda: device.status("session", "running"))
    device.tell("", "a new session began")


def test_dated_by_timesyncd(device: Device) -> None:
    """After a boot nothing is known again, until systemd's own service has set the clock."""
    assert not device.sessions()[-1]["start_sure"]
    device.guest.ask("mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized")
    device.until("a sure date", lambda: device.sessions()[-1]["start_sure"])
    device.tell("systemd-timesyncd sets it", "the session's date is sure")


def test_read_only(device: Device) -> None:
    """In the read-only mode of Raspberry Pi OS it coaches, says what is lost, harms nothing."""
    before = device.sessions()
    device.guest.ask("sync")
    device.guest.power_cut()
    device.guest.power_on(in_memory=True)
    device.until("the service", device.ready)
    assert "is kept in memory and gone at power-off" in device.guest.run("coach doctor --quiet")[1]
    device.board.walk(STEADY)
    device.until("a session", lambda: device.status("session", "running"))
    assert device.sessions()[-1]["ended"] is None
    lost = device.sessions()[-1]["start"]
    device.guest.power_cut()
    device.board.walk(STANDING)
    device.guest.power_on()
    device.until("the service", device.ready)
    kept = device.sessions()
    assert "gone at power-off" not in device.guest.run("coach doctor --quiet")[1]
    assert [s["session"] for s in kept] == [s["session"] for s in before]
    assert lost not in [s["start"] for s in kept]
    device.guest.ask("coach log verify")
    seen = f"it coached, doctor warned; {len(kept)} sessions kept, that one gone, as said"
    device.tell("a read-only root, and its end", seen)


def test_purged(device: Device) -> None:
    """Purged, nothing of it is left."""
    device.guest.ask("dpkg --purge cadence-coach")
    assert device.guest.run("ls -d /var/lib/cadence-coach /etc/cadence-coach 2> /dev/null")[1] == ""
