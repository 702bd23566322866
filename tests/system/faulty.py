"""Faults at random moments of a walk, each with what was seen: shown, recovered, lost.

A walk of a little more than a minute: easy at first, which is when the fault comes, and above the
limit at the end, which must be heard whatever has happened. One function for each kind of fault;
all draw their moment, length and variant from a seed.
"""

from __future__ import annotations

import itertools
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import gpiozero

from firmware import journal
from firmware.log import clocks, sessions
from firmware.log.clocks import WallClock
from firmware.notify import PATIENCE_S, Notifier
from firmware.simulation import Simulation
from hardware.indicators import Indicators
from hardware.simulated.bus import Fault
from hardware.simulated.plan import BeltChange, Segment, Stand, Walk
from tests.hardware.machine import Machine
from tests.system.device import Device
from tests.system.powercut import kill_once

WALK_S = 66.0
TOO_FAST_S = 46.0  # into the walk
PLAN: tuple[Segment, ...] = (
    Stand(4.0),
    Walk(
        WALK_S,
        spm=80.0,
        amplitude_g=0.18,
        events=(BeltChange(TOO_FAST_S, 112.0, over_s=2.0),),
    ),
)
SHOWN_WITHIN_S = 1.0
LOOK_S = 0.02


class CannotError(Exception):
    """This machine cannot make this fault happen."""


@dataclass(frozen=True)
class Outcome:
    """What one fault brought. Seconds; None where it does not apply."""

    shown_s: float | None = None
    """From the fault to the LED's fault pattern (or the log's); None: no need, nothing was lost."""
    back_s: float | None = None
    """From the end of what was done to the device until all was well."""
    lost_s: float = 0.0
    """Of the walk's samples, beyond the time in which there could be none."""
    wrong: str = ""
    """What was not as it has to be; empty where all was."""


class Walkthrough:
    """A device on its walk, watched; `at` a moment something is done to it."""

    def __init__(self, folder: Path, seed: int, plan: tuple[Segment, ...] = PLAN) -> None:
        self.random = random.Random(seed)
        self.device = Device(plan, folder, seed=seed)
        self.clock, self.simulation = self.device.clock, self.device.simulation
        self.began: float | None = None
        self.shown: float | None = None
        self.patterns = ("fault",)
        self.told: list[tuple[float, dict]] = []
        self.device.on_record = lambda record: self.told.append((self.clock.now(), record))

    def at(self, action: Callable[[], None], earliest: float = 18.0, latest: float = 36.0) -> None:
        """Do something at a random moment, and look from then on for the LED."""

        def act() -> None:
            self.began = self.clock.now()
            action()
            self._look()

        self.clock.call_at(self.random.uniform(earliest, latest), act)

    def _look(self) -> None:
        playing = self.simulation.indicators._light.playing
        if playing is not None and playing.name in self.patterns and self.simulation.led_on:
            self.shown = self.clock.now()
        else:
            self.clock.call_at(self.clock.now() + LOOK_S, self._look)

    def moments(self, *kinds: str) -> list[float]:
        """When records of these types were told."""
        return [t for t, record in self.told if record["type"] in kinds]

    def cue_heard(self) -> bool:
        """The limit that the end of the walk exceeds was told to the walker."""
        return any(
            r["type"] == "cue" and r["cue"].startswith("slow_down") and r["state"] == "on"
            for t, r in self.told
            if t > TOO_FAST_S
        )

    @property
    def shown_s(self) -> float | None:
        return None if self.shown is None else self.shown - self.began

    def complaints(self) -> str:
        """What is wrong whatever the fault was."""
        found = [] if self.cue_heard() else ["no cue at the end"]
        if self.moments("stumble", "fall"):
            found.append("a false alarm")
        if len([r for _, r in self.told if r["type"] == "session"]) != 1:
            found.append("the session was cut")
        return ", ".join(found)


def _sensor(fault: Fault, shortest: float | None, longest: float = 0.0):
    """A fault of the chip or its wires that lasts so long; None: its own time, or until cured."""

    def once(folder: Path, seed: int) -> Outcome:
        walk = Walkthrough(folder, seed)
        lasts = None if shortest is None else walk.random.uniform(shortest, longest)
        walk.at(lambda: walk.simulation.chip.inject(fault, lasts))
        walk.device.run()
        return _judged(walk, lasts or 0.0, blocks=fault is Fault.STALL)

    return once


def _judged(walk: Walkthrough, lasts: float, *, blocks: bool = False) -> Outcome:
    """Shown, recovered, and no more missing than the fault's own time and a second."""
    told, back = walk.moments("fault"), walk.moments("recovered")
    missing = sum(r["missing_s"] for _, r in walk.told if r["type"] == "recovered")
    wrong = walk.complaints()
    shown = walk.shown_s
    if shown is not None and blocks:
        shown -= lasts  # the transfer itself hangs so long: there is nobody to show it before
    if told and not back:
        wrong += ", not recovered"
    if missing and (shown is None or shown > SHOWN_WITHIN_S):
        wrong += f", not shown ({shown})"
    after = back[-1] - walk.began - lasts if back else None
    return Outcome(shown if missing else None, after, max(missing - lasts, 0.0), wrong)


def moved_bus(folder: Path, seed: int) -> Outcome:
    """The adapter goes, and comes back under another number after up to two seconds."""
    walk = Walkthrough(folder, seed)
    machine = Machine(folder / "machine", walk.simulation.chip)
    away = walk.random.uniform(0.0, 2.0)
    number = walk.random.choice([2, 3, 11, 22])

    def unplug() -> None:
        (machine.dev / "i2c-1").unlink()
        walk.clock.call_at(walk.clock.now() + away, plug)

    def plug() -> None:
        machine.add(number, "bcm2835")
        machine.number = number

    with machine.patched():
        walk.simulation.sensor = machine.sensor()
        walk.at(unplug)
        walk.device.run()
    outcome = _judged(walk, away)
    named = any(f"set sensor.bus to {number}" in str(r.get("message")) for _, r in walk.told)
    return outcome if named else replace(outcome, wrong=outcome.wrong + ", the bus is not named")


def flipped_address(folder: Path, seed: int) -> Outcome:
    """AD0's wire comes off: the chip answers at 0x69 from one moment to the next."""
    walk = Walkthrough(folder, seed)
    machine = Machine(folder / "machine", walk.simulation.chip)
    with machine.patched():
        walk.simulation.sensor = machine.sensor()
        walk.at(lambda: setattr(walk.simulation.chip, "address", 0x69))
        walk.device.run()
    outcome = _judged(walk, 0.0)
    named = any("AD0 is high" in str(r.get("message")) for _, r in walk.told)
    return outcome if named else replace(outcome, wrong=outcome.wrong + ", AD0 is not named")


def clone(folder: Path, seed: int) -> Outcome:
    """The chip says that it is a relative: used as one, with a warning, from its first sample."""
    walk = Walkthrough(folder, seed)
    kinds = (0x70, 0x71, 0x72, 0x73, 0x74, 0x98)
    chip = walk.simulation.chip
    walk.simulation.chip = type(chip)(
        chip._source, walk.clock, rate_error=0.008, who_am_i=walk.random.choice(kinds)
    )
    walk.simulation.sensor = type(walk.simulation.sensor)(walk.simulation.chip.bus, walk.clock)
    walk.began = 0.0
    walk.device.run()
    warned = any(r.get("name") == "clone_chip" for _, r in walk.told)
    return Outcome(wrong=walk.complaints() + ("" if warned else ", no warning"))


def busy_pin(folder: Path, seed: int) -> Outcome:
    """Another program has the buzzer's or the LED's pin, and lets it go after the cue began."""
    walk = Walkthrough(folder, seed)
    simulation: Simulation = walk.simulation
    settings = walk.device.settings
    which = walk.random.choice(["buzzer", "led"])
    simulation.indicators.close()
    number = settings.buzzer.pin if which == "buzzer" else settings.led.pin
    other = gpiozero.DigitalOutputDevice(number, pin_factory=simulation.pins)
    simulation.indicators = Indicators(
        walk.clock,
        buzzer_pin=settings.buzzer.pin,
        led_pin=settings.led.pin,
        pin_factory=simulation.pins,
        make_do=True,
    )
    heard: list[float] = []
    freed = [0.0]

    def free() -> None:
        if not other.closed:
            other.close()
            freed[0] = walk.clock.now()

    def cue(record: dict) -> None:
        walk.told.append((walk.clock.now(), record))
        if record["type"] == "cue" and record["state"] == "on":
            working = simulation.led_on if which == "buzzer" else simulation.buzzer_on
            if working:
                heard.append(walk.clock.now())
            walk.clock.call_at(walk.clock.now() + walk.random.uniform(0.5, 3.0), free)

    walk.device.on_record = cue
    walk.began = 0.0
    walk._look()
    walk.device.run()
    told, back = walk.moments("pin_trouble"), walk.moments("pins_work")
    wrong = walk.complaints() + ("" if heard else ", no cue on the other pin")
    shown = walk.shown_s if which == "buzzer" else (told[0] if told else None)
    if shown is None or shown > SHOWN_WITHIN_S:
        wrong += f", not told ({shown})"
    return Outcome(shown, back[0] - freed[0] if back else None, 0.0, wrong)


# --- The card

TWICE: tuple[Segment, ...] = (*PLAN, Stand(80.0), Walk(40.0, spm=80.0, amplitude_g=0.18))
NEXT_SESSION_S = 4.0 + WALK_S + 80.0


@contextmanager
def _quick_log() -> Iterator[None]:
    """The log's time runs with the walker's, about fifty times as fast as a clock on the wall."""
    with (
        patch.object(journal, "WRITE_EVERY_S", journal.WRITE_EVERY_S / 50),
        patch.object(journal, "SYNC_EVERY_S", journal.SYNC_EVERY_S / 50),
    ):
        yield


def _card(folder: Path, seed: int, spoil: Callable[[Path], None], mend: Callable[[Path], None]):
    """The walk on a card that fails, and the next session when it is well again."""
    mount = folder / "card"
    walk = Walkthrough(mount, seed, TWICE)
    walk.patterns = ("log_trouble",)
    walk.at(lambda: spoil(mount))
    walk.clock.call_at(NEXT_SESSION_S - 10.0, lambda: mend(mount))
    with _quick_log():
        walk.device.run()
    stopped, resumed = walk.moments("log_stopped"), walk.moments("log_resumed")
    wrong = "" if walk.cue_heard() else "no cue, "
    if not stopped:
        return Outcome(wrong=wrong + "the log did not stop")
    if not resumed:
        return Outcome(wrong=wrong + "the log did not go on")
    last = sessions.read_one(walk.device.log, "last")
    if last.mono_start_us / 1e6 < NEXT_SESSION_S - 80.0 or not last.seconds:
        wrong += "the next session is not in the log"
    if walk.shown is None or walk.shown - stopped[0] > SHOWN_WITHIN_S:
        wrong += f"not shown {walk.shown}"
    return Outcome(walk.shown - stopped[0], None, 0.0, wrong)


def full_card(folder: Path, seed: int) -> Outcome:
    """A file system of its own (tmpfs, 2 MB) on which somebody writes until no byte is left."""
    mount = _mounted(folder, "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs")

    def fill(card: Path) -> None:
        with (card / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    try:
        return _card(folder, seed, fill, lambda card: (card / "ballast").unlink())
    finally:
        _do("umount", "-l", str(mount))


def read_only_card(folder: Path, seed: int) -> Outcome:
    """ext4 finds an error and makes itself read-only, as on an SD card that dies; then another."""
    image = folder / "card.img"

    def new_card() -> None:
        image.unlink(missing_ok=True)
        with image.open("wb") as file:
            file.truncate(40_000_000)
        _do("mkfs.ext4", "-q", str(image))

    new_card()
    mount = _mounted(folder, "mount", "-o", "loop,errors=remount-ro", str(image))

    def spoil(card: Path) -> None:
        found = subprocess.run(["findmnt", "-no", "SOURCE", card], capture_output=True, text=True,
                               check=True)  # fmt: skip
        trigger = Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"
        trigger.write_text("1")

    def exchange(card: Path) -> None:
        _do("umount", str(card))
        new_card()
        _do("mount", "-o", "loop", str(image), str(card))

    try:
        return _card(folder, seed, spoil, exchange)
    finally:
        _do("umount", "-l", str(mount))


def _mounted(folder: Path, *command: str) -> Path:
    mount = folder / "card"
    mount.mkdir()
    _do(*command, str(mount))
    return mount


def _do(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise CannotError(f"there is no {command[0]} here")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotError(f"{' '.join(command[:3])}: {done.stderr.strip()}")


# --- Time, power, and the one who watches

DAY_S = 86_400.0


def clock_jump(folder: Path, seed: int) -> Outcome:
    """The wall clock is set by a day, forward or back, in the middle of the walk."""
    walk = Walkthrough(folder, seed)
    true = time.time
    offset = [0.0]
    jump = walk.random.choice([-DAY_S, DAY_S])
    base = 1.79e9

    def read() -> WallClock:
        return WallClock("this boot", base + offset[0], True)

    walk.at(lambda: offset.__setitem__(0, jump))
    with (
        _quick_log(),
        patch.object(clocks, "read", read),
        patch.object(clocks, "boot_id", lambda _=None: "this boot"),
        patch.object(time, "time", lambda: true() + offset[0]),
    ):
        walk.device.run()
    session = sessions.read_one(walk.device.log, "last")
    wrong = walk.complaints()
    off = session.wall_start - (base + jump + session.mono_start_us / 1e6)
    if abs(off) > 1.0:
        wrong += f", dated {off:+.0f} s off"
    t_us, _ = sessions.read_raw(walk.device.log, "last")
    if max(b - a for a, b in itertools.pairwise(t_us)) > 15_000:
        wrong += ", samples are missing"
    if walk.moments("fault", "gap"):
        wrong += ", taken for a fault"
    return Outcome(wrong=wrong)


def kill(folder: Path, seed: int) -> Outcome:
    """SIGKILL of a process that writes a log in real time; the next start opens it."""
    left = kill_once(folder, seed)
    wrong = "" if left.sound else "the log is damaged"
    return Outcome(lost_s=left.lost_s, wrong=wrong)


def watchdog(folder: Path, seed: int) -> Outcome:
    """Samples stop: no feeding until they come again; the loop hangs: not a word to systemd."""
    walk = Walkthrough(folder, seed)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(folder / "notify"))
    ear.setblocking(False)
    environ = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "2000000"}
    walk.device.notifier = Notifier(_walking, environ, walk.clock.now)
    heard: list[tuple[float, str]] = []

    def tell(record: dict) -> None:  # as `coach run` does
        walk.told.append((walk.clock.now(), record))
        walk.device.notifier.tell(record)

    walk.device.on_record = tell

    def listen() -> None:
        while True:
            try:
                heard.append((walk.clock.now(), ear.recv(4096).decode()))
            except BlockingIOError:
                break
        walk.clock.call_at(walk.clock.now() + LOOK_S, listen)

    hangs = walk.random.random() < 0.5
    lasts = walk.random.uniform(3.0, 6.0)
    listen()
    what = Fault.STALL if hangs else Fault.SILENT
    walk.at(lambda: walk.simulation.chip.inject(what, lasts))
    walk.device.run()
    listen()
    walk.device.notifier.close()
    ear.close()
    return replace(_judged(walk, lasts, blocks=hangs), wrong=_fed(walk, heard, lasts, hangs))


def _walking() -> dict:
    sound = {"state": "ok", "message": ""}
    return {
        "cadence": {"spm": 80.0},
        "limit_spm": 90.0,
        "session": {"running": False},
        "sensor": sound,
        "log": sound,
        "pins": sound,
    }


def _fed(walk: Walkthrough, heard: list[tuple[float, str]], lasts: float, hangs: bool) -> str:
    """What is wrong with the feeding: a fed watchdog in the fault, or none before and after."""
    began = walk.began
    fed = [t for t, said in heard if "WATCHDOG=1" in said]
    wrong = walk.complaints()
    during = [t for t in fed if began + 0.1 < t < began + lasts - 0.1]
    if during:
        wrong += f", fed {len(during)} times while no sample came"
    asked = [s for t, s in heard if f"WATCHDOG_USEC={round(PATIENCE_S * 1e6)}" in s]
    usual = [s for t, s in heard if t > began and "WATCHDOG_USEC=2000000" in s]
    if not hangs and (not asked or len(asked) != len(usual)):
        wrong += f", asked {len(asked)} times for patience, took it back {len(usual)} times"
    said = [t for t, _ in heard if began < t < began + lasts - 0.1]
    if hangs and said:
        wrong += ", spoke although it hung"
    if not [t for t in fed if t < began] or not [t for t in fed if t > began + lasts]:
        wrong += ", not fed before and after"
    return wrong


Once = Callable[[Path, int], Outcome]

FAULTS: dict[str, tuple[Once, str]] = {
    "NACK burst, 0.05 to 4 s": (_sensor(Fault.NACK, 0.05, 4.0), "its time and 1.2 s"),
    "bus stuck, 0.1 to 3 s": (_sensor(Fault.STUCK, 0.1, 3.0), "its time and 1.2 s"),
    "bus gone, 0.2 to 3 s": (_sensor(Fault.BUS_GONE, 0.2, 3.0), "its time and 1.2 s"),
    "bus back as another number": (moved_bus, "its time and 1.2 s"),
    "wrong wiring of AD0": (flipped_address, "1.2 s"),
    "brown-out": (_sensor(Fault.BROWN_OUT, 0.02, 0.8), "its time and 1.2 s"),
    "FIFO overflow": (_sensor(Fault.STALL, 1.1, 2.0), "its time and 0.2 s"),
    "burst broken off": (_sensor(Fault.SHORT_READ, 0.1, 1.0), "its time and 1.2 s"),
    "frozen data": (_sensor(Fault.FROZEN, None), "1.2 s"),
    "no samples": (_sensor(Fault.SILENT, None), "1.2 s"),
    "clone id": (clone, "nothing"),
    "GPIO busy": (busy_pin, "nothing"),
    "disk full": (full_card, "the rest of the session's log"),
    "disk read-only": (read_only_card, "the rest of the session's log"),
    "clock jump of a day": (clock_jump, "nothing"),
    "SIGKILL": (kill, "5 s"),
    "watchdog": (watchdog, "its time and 1.2 s"),
}
"""By name: what does it once, and how much of the walk or the log may be lost with it."""
