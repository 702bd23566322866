"""Faults at random moments of a walk, each with what was seen: shown, recovered, lost.

One function for each kind of fault; all draw their moment, length and variant from a seed.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import gpiozero

from coach.events import Cue
from firmware.device.control.status import Status
from firmware.device.notify import PATIENCE_S, Notifier
from firmware.device.simulation import Simulation
from firmware.log import clocks, sessions
from firmware.log.clocks import WallClock
from firmware.records import Record
from firmware.sentences import as_line
from hardware.indicators import Indicators
from hardware.simulated import Fault
from tests.support.faulty_card import (
    NOTHING,
    OLD_CARD,
    full_card,
    quick_log,
    read_only_card,
)
from tests.support.logbook import read_raw
from tests.support.machine import Machine
from tests.support.powercut import kill_once
from tests.support.walkthrough import LOOK_S, LOST_S, SHOWN_WITHIN_S, Outcome, Walkthrough, judged

OFFSET_MAX_G, SCALE_MAX = 0.06, 0.03
"""PS 6.2 and 6.1: what a sound chip's accelerometer may show too much at 0 g (50 mg, 80 on z), and
by which part its and the gyroscope's sensitivity may be off."""

BOUND = f"its time and {LOST_S:g} s"


def _sensor(fault: Fault, shortest: float | None, longest: float = 0.0):
    """A fault of the chip or its wires that lasts so long; None: its own time, or until cured."""

    def once(folder: Path, seed: int) -> Outcome:
        walk = Walkthrough(folder, seed)
        lasts = None if shortest is None else walk.random.uniform(shortest, longest)
        walk.at(lambda: walk.simulation.chip.inject(fault, lasts))
        walk.device.run()
        return judged(walk, lasts or 0.0, blocks=fault is Fault.STALL)

    return once


def _limitation(fault: Fault, shortest: float, longest: float):
    """A fault with which samples go on: shown, told over, nothing lost."""

    def once(folder: Path, seed: int) -> Outcome:
        walk = Walkthrough(folder, seed)
        lasts = walk.random.uniform(shortest, longest)
        walk.at(lambda: walk.simulation.chip.inject(fault, lasts))
        walk.device.run()
        outcome = judged(walk, lasts)
        wrong = outcome.wrong + (f", lost {outcome.lost_s:.2f} s" if outcome.lost_s else "")
        if walk.shown_s is None or walk.shown_s > SHOWN_WITHIN_S:
            wrong += f", not shown ({walk.shown_s})"
        return replace(outcome, shown_s=walk.shown_s, wrong=wrong)

    return once


def off_by_the_datasheet(folder: Path, seed: int) -> Outcome:
    """A sound chip at the ends of its tolerances, that warms on the body: nothing to tell."""
    walk = Walkthrough(folder, seed)
    off = walk.random.choice([-1, 1])
    _run_with(
        walk,
        rate_error=0.01 * off,
        accel_offset=[OFFSET_MAX_G * walk.random.choice([-1, 1]) for _ in range(3)],
        gyro_bias=[20.0 * off, -20.0, 20.0],
        scale_error=[SCALE_MAX * walk.random.choice([-1, 1]) for _ in range(6)],
        warming_c=20.0,
    )
    told = walk.moments("fault", "gap")
    return Outcome(wrong=walk.complaints() + (", taken for a fault" if told else ""))


def _run_with(walk: Walkthrough, **chip: Any) -> None:
    """Another chip from the beginning."""
    simulation = walk.simulation
    simulation.chip = type(simulation.chip)(simulation.chip.source, walk.clock, **chip)
    simulation.sensor = type(simulation.sensor)(simulation.chip.bus, walk.clock)
    walk.began = 0.0
    walk.device.run()


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
    outcome = judged(walk, away)
    named = any(f"set sensor.bus to {number}" in as_line(r) for _, r in walk.told)
    return outcome if named else replace(outcome, wrong=outcome.wrong + ", the bus is not named")


def flipped_address(folder: Path, seed: int) -> Outcome:
    """AD0's wire comes off: the chip answers at 0x69 from one moment to the next."""
    walk = Walkthrough(folder, seed)
    machine = Machine(folder / "machine", walk.simulation.chip)
    with machine.patched():
        walk.simulation.sensor = machine.sensor()
        walk.at(lambda: setattr(walk.simulation.chip, "address", 0x69))
        walk.device.run()
    outcome = judged(walk, 0.0)
    named = any("AD0 is high" in as_line(r) for _, r in walk.told)
    return outcome if named else replace(outcome, wrong=outcome.wrong + ", AD0 is not named")


def clone(folder: Path, seed: int) -> Outcome:
    """The chip says that it is a relative: used as one, with a warning, from its first sample."""
    walk = Walkthrough(folder, seed)
    kinds = (0x70, 0x71, 0x72, 0x73, 0x74, 0x98)
    _run_with(walk, rate_error=0.008, who_am_i=walk.random.choice(kinds))
    warned = any(getattr(r, "name", None) == "clone_chip" for _, r in walk.told)
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

    def cue(record: Record) -> None:
        walk.told.append((walk.clock.now(), record))
        if isinstance(record, Cue) and record.state == "on":
            working = simulation.led_on if which == "buzzer" else simulation.buzzer_on
            if working:
                heard.append(walk.clock.now())
            walk.clock.call_at(walk.clock.now() + walk.random.uniform(0.5, 3.0), free)

    walk.device.on_record = cue
    walk.began = 0.0
    walk.look()
    walk.device.run()
    told, back = walk.moments("pin_trouble"), walk.moments("pins_work")
    wrong = walk.complaints() + ("" if heard else ", no cue on the other pin")
    shown = walk.shown_s if which == "buzzer" else (told[0] if told else None)
    if shown is None or shown > SHOWN_WITHIN_S:
        wrong += f", not told ({shown})"
    return Outcome(shown, back[0] - freed[0] if back else None, 0.0, wrong)


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
        quick_log(),
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
    t_us, _ = read_raw(walk.device.log, "last")
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
    status = Status(walk.device.settings)
    walk.device.notifier = notifier = Notifier(status.snapshot, environ, walk.clock.now)
    heard: list[tuple[float, str]] = []

    def tell(record: Record) -> None:  # as `coach run` does
        walk.told.append((walk.clock.now(), record))
        status.tell(record)
        notifier.tell(record)

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
    notifier.close()
    ear.close()
    return replace(judged(walk, lasts, blocks=hangs), wrong=_fed(walk, heard, lasts, hangs))


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
    "NACK burst, 0.05 to 4 s": (_sensor(Fault.NACK, 0.05, 4.0), BOUND),
    "bus stuck, 0.1 to 3 s": (_sensor(Fault.STUCK, 0.1, 3.0), BOUND),
    "bus gone, 0.2 to 3 s": (_sensor(Fault.BUS_GONE, 0.2, 3.0), BOUND),
    "bus back as another number": (moved_bus, BOUND),
    "wrong wiring of AD0": (flipped_address, f"{LOST_S:g} s"),
    "brown-out": (_sensor(Fault.BROWN_OUT, 0.02, 0.8), BOUND),
    "FIFO overflow": (_sensor(Fault.STALL, 1.1, 2.0), BOUND),
    "burst broken off": (_sensor(Fault.SHORT_READ, 0.1, 1.0), BOUND),
    "frozen data": (_sensor(Fault.FROZEN, None), f"{LOST_S:g} s"),
    "no samples": (_sensor(Fault.SILENT, None), f"{LOST_S:g} s"),
    "sample rate lost": (_sensor(Fault.DIVIDER_LOST, None), f"{LOST_S:g} s"),
    "accelerometer's range lost": (_sensor(Fault.RANGE_FLIPPED, None), f"{LOST_S:g} s"),
    "gyroscope's range lost": (_sensor(Fault.GYRO_RANGE_FLIPPED, None), f"{LOST_S:g} s"),
    "bytes lost, 0.1 to 1 s": (_sensor(Fault.BYTES_LOST, 0.1, 1.0), BOUND),
    "axis stuck, 0.1 to 3 s": (_sensor(Fault.AXIS_STUCK, 0.1, 3.0), BOUND),
    "axis stuck until a reset": (_sensor(Fault.AXIS_STUCK, None), f"{LOST_S:g} s"),
    "acceleration 0, 0.1 to 3 s": (_sensor(Fault.ACCEL_ZERO, 0.1, 3.0), BOUND),
    "acceleration full, 0.1 to 3 s": (_sensor(Fault.ACCEL_FULL, 0.1, 3.0), BOUND),
    "late bus, 2 to 5 s": (_limitation(Fault.LATE, 2.0, 5.0), "nothing"),
    "gyroscope dead, 2 to 8 s": (_limitation(Fault.GYRO_DEAD, 2.0, 8.0), "nothing"),
    "gyroscope dead to the end": (_limitation(Fault.GYRO_DEAD, 25.0, 25.0), "nothing"),
    "tolerances of the datasheet": (off_by_the_datasheet, "nothing"),
    "clone id": (clone, "nothing"),
    "GPIO busy": (busy_pin, "nothing"),
    "disk full": (full_card, NOTHING),
    "disk read-only": (read_only_card, OLD_CARD),
    "clock jump of a day": (clock_jump, "nothing"),
    "SIGKILL": (kill, "5 s"),
    "watchdog": (watchdog, BOUND),
}
"""By name: what does it once, and how much of the walk or the log may be lost with it."""
