"""Stumble to buzzer: how long it takes in real time, on the simulated chip.

Run it: `python -m tests.bench.bench_latency [STUMBLES]` (default 100; about four minutes). Several
walkers walk side by side in processes of their own, each with the whole daemon on the machine's
clock; what counts is the instant at which the buzzer's pin is high.

Where the time goes, from the sample on at which the engine could decide: until the daemon reads the
FIFO, over the bus, through the engine, to the pin. The simulated bus is quicker than the real one:
at 400 kHz a frame of five samples takes another 2 ms.

With `--load` one walker walks alone, with the service's own niceness where that may be had, beside
four busy processes, a thousand connections that somebody opens again and again, and words on
standard error that nobody reads.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Process
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from coach.events import Cue, Event
from firmware.device.announcer import Announcer
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.device.words import Words
from firmware.records import Record
from firmware.settings.source import Source
from hardware import SystemClock
from hardware.mpu6050 import Mpu6050
from hardware.simulated.walker import Stand, Stumble, Walk
from tests.support.device import Device
from tests.support.powercut import UNIT_NICE

WALKERS = 5
FIRST_S, EVERY_S = 12.0, 10.0
CAUGHT_WITHIN_S = 2.0

BUSY, CONNECTIONS = 4, 1000
PROMISED_S = 0.150

log = logging.getLogger("load")


class Alarm(NamedTuple):
    """The instants of one alarm, on the clock."""

    sample: float  # at which the engine could decide
    read_from: float
    read_to: float
    told: float
    high: float  # the pin


class Way(NamedTuple):
    """One stumble's way to the buzzer, in seconds."""

    after_the_onset: float
    after_the_peak: float
    after_the_deciding_sample: float
    of_this_waiting_in_the_fifo: float
    over_the_bus: float
    in_the_engine: float
    to_the_pin: float


def way(alarm: Alarm, onset: float, peak: float) -> Way:
    """From a stumble's onset and peak, on the clock, to its alarm."""
    return Way(
        alarm.high - onset,
        alarm.high - peak,
        alarm.high - alarm.sample,
        alarm.read_from - alarm.sample,
        alarm.read_to - alarm.read_from,
        alarm.told - alarm.read_to,
        alarm.high - alarm.told,
    )


class Meter:
    """Reads the clock at the borders of the daemon's parts."""

    def __init__(self, clock: SystemClock) -> None:
        self.read_from = self.read_to = self.told = self.sample = 0.0
        read: Callable[..., Any] = Mpu6050.read
        tell: Callable[..., Any] = Announcer.tell

        def metered_read(sensor: Mpu6050) -> Any:
            self.read_from = clock.now()
            reading = read(sensor)
            self.read_to = clock.now()
            return reading

        def metered_tell(announcer: Announcer, event: Event, origin_s: float) -> None:
            if event.type in ("stumble", "fall"):
                self.told, self.sample = clock.now(), origin_s + event.t
            tell(announcer, event, origin_s)

        Mpu6050.read = metered_read  # type: ignore[assignment]
        Announcer.tell = metered_tell  # type: ignore[assignment]

    def alarm(self, high: float) -> Alarm:
        """The newest one; `high`: when the pin was."""
        return Alarm(self.sample, self.read_from, self.read_to, self.told, high)


def walk(seed: int, stumbles: int, door: str = "") -> list[Way | None]:
    """One walker: the way of each stumble; None: missed. `door`: where others may connect."""
    plan = (
        Stand(3.0),
        Walk(
            FIRST_S + EVERY_S * stumbles,
            spm=60.0 + 8.0 * seed,
            amplitude_g=0.2,
            events=tuple(Stumble(FIRST_S + EVERY_S * i, size_g=1.0) for i in range(stumbles)),
        ),
    )
    alarms: list[Alarm] = []
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        meter = Meter(clock)
        orders = Orders()
        device = Device(plan, Path(folder), seed=seed, clock=clock, orders=orders)
        control = _control(door, orders) if door else None

        def note(record: Record) -> None:
            if control is not None:
                control.publish(record)
                log.warning("%s", record)
            match record:
                case Cue(cue="stumble" | "fall", state="on") if device.simulation.buzzer_on:
                    alarms.append(meter.alarm(clock.now()))

        device.on_record = note
        device.run()
        clock.close()
        if control is not None:
            control.close()
    found: list[Way | None] = []
    start = device.simulation.start
    for s in device.simulation.walker.truth.stumbles:
        ways = (way(alarm, start + s.onset, start + s.peak) for alarm in alarms)
        found.append(next((w for w in ways if 0 <= w.after_the_onset <= CAUGHT_WITHIN_S), None))
    return found


# --- The load.


def _control(path: str, orders: Orders) -> Control:
    """The daemon's door; and its words go where nobody reads them."""
    source = Source(None, [f"control.socket={path}"])
    control = Control(source.load(), source, orders, Status(source.load()))
    control.start()
    log.addHandler(Words(os.pipe()[1]))
    log.propagate = False
    return control


def _busy(_: str) -> None:
    while True:
        sum(range(10_000))


def _connect(path: str) -> None:
    """Hold as many connections as one gets, and open those that were closed again."""
    held: list[socket.socket] = []
    while True:
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        with contextlib.suppress(OSError):
            one.connect(path)
            one.send(b'{"v": 1, "do": "follow"}\n')
        held.append(one)
        if len(held) > CONNECTIONS:
            held.pop(0).close()
        time.sleep(0.001)


def _walk_loaded(stumbles: int, niceness: int, path: str) -> list[Way | None]:
    with contextlib.suppress(PermissionError):
        os.nice(niceness)
    return walk(1, stumbles, path)


def loaded(stumbles: int, niceness: int) -> list[Way | None]:
    """A walker among all that."""
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1) as pool:
        path = f"{folder}/s"
        pests = [Process(target=_busy, args=(path,), daemon=True) for _ in range(BUSY)]
        pests.append(Process(target=_connect, args=(path,), daemon=True))
        for pest in pests:
            pest.start()
        try:
            return pool.submit(_walk_loaded, stumbles, niceness, path).result()
        finally:
            for pest in pests:
                pest.kill()


def main() -> None:
    """Print the table."""
    numbers = [int(a) for a in sys.argv[1:] if a.isdecimal()]
    wanted = numbers[0] if numbers else 100
    if "--load" in sys.argv:
        for niceness in (0, UNIT_NICE):
            print(f"nice {niceness}, {BUSY} busy processes at 0, {CONNECTIONS} connections:")
            report(loaded(wanted, niceness))
        return
    each = -(-wanted // WALKERS)
    with ProcessPoolExecutor(WALKERS) as pool:
        report([f for some in pool.map(walk, range(WALKERS), [each] * WALKERS) for f in some])


def report(found: list[Way | None]) -> None:
    """The table of these stumbles."""
    caught = [f for f in found if f is not None]
    table = Table("buzzer pin high", "median", "95th percentile", "worst")
    for name, column in zip(Way._fields, zip(*caught, strict=True), strict=True):
        values = sorted(column)
        p95 = values[int(0.95 * (len(values) - 1))]
        figures = (statistics.median(values), p95, values[-1])
        table.add_row(name.replace("_", " "), *(f"{1000 * v:.1f} ms" for v in figures))
    Console().print(table)
    print(f"{len(caught)} of {len(found)} stumbles caught")
    soon = sum(w.after_the_deciding_sample <= PROMISED_S for w in caught)
    print(f"{soon} of {len(caught)} within {1000 * PROMISED_S:.0f} ms of the deciding sample")


if __name__ == "__main__":
    main()
