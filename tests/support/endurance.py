"""A long day of the whole daemon: sessions, faults and rests, with an eye on all that may creep.

What is watched: memory, threads and open files; the log's size; every sample's stamp against the
instant at which the simulated chip took it; every cue against the buzzer's pin. What only the
simulation would pile up (its truth, its pins' history, faults that are over) is thrown away as it
goes, so that what grows is the coach.
"""

from __future__ import annotations

import ctypes
import gc
import random
import re
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coach import events
from coach.events import Cue, Session
from firmware import signals
from firmware.app import client
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.log import journal
from firmware.log.retention import Limits
from firmware.records import Record, Recovered
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source
from hardware import Clock
from hardware.indicators import Priority
from hardware.simulated import Fault, SimulatedMpu6050, VirtualClock
from hardware.simulated.walker import BeltChange, ClipOn, Segment, Sit, Stand, Stumble, Walk
from tests.support.device import Device
from tests.support.waiting import LONGEST_S, eventually

FAULTS: tuple[tuple[Fault, float | None], ...] = (
    (Fault.NACK, 0.3),
    (Fault.NACK, 4.0),
    (Fault.STUCK, 2.0),
    (Fault.BUS_GONE, 3.0),
    (Fault.BROWN_OUT, None),
    (Fault.FROZEN, None),
    (Fault.SILENT, None),
    (Fault.SHORT_READ, 1.0),
    (Fault.STALL, 1.5),
)

EASY_SPM, OVER_SPM = 78.0, 14.0
OVER_S = 40.0
"""How long the belt is too fast: the hold time, the decision and some seconds of hearing it."""

HEARD_WITHIN_S = 20.0
"""From the moment the belt is too fast: the ramp, the cadence's window and the hold time."""

AT_THE_PIN_S = 1.0
SETTLED_S = 30.0
"""After a start of the chip its phase is found again within this time; drift is measured beyond."""

TIDY_S = 300.0
KNOWN = 6000  # samples whose true instant is remembered: a minute
WAITING = 2000  # items of the log: virtual time waits for it here, as real time would


@dataclass(frozen=True)
class Mark:
    """How things stood at one moment."""

    at_s: float
    rss_mb: float
    threads: int
    files: int
    log_mb: float


@dataclass
class Seen:
    """What a day brought."""

    marks: list[Mark] = field(default_factory=list)
    faults: int = 0
    recovered: int = 0
    too_fast: int = 0  # stretches above the limit that no fault disturbed
    unheard: list[float] = field(default_factory=list)  # of those, without a cue
    cues: int = 0
    lost: list[str] = field(default_factory=list)  # cues that did not reach the pin
    gave_way: int = 0  # cues that were over, or no news any more, while something urgent sounded
    slowest_s: float = 0.0
    stumbles: int = 0
    sessions: int = 0


class Endurance:
    """`run` a day of `seconds`; a mark is taken every `mark_s`."""

    def __init__(
        self,
        seconds: float,
        mark_s: float,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        fault_every_s: float = 600.0,
        max_mb: float = 10.0,
    ) -> None:
        self._random = random.Random(seed)
        self.seconds, self._mark_s, self._fault_every_s = seconds, mark_s, fault_every_s
        self.clock = clock or VirtualClock()
        self.begin = self.clock.now()
        self.seen = Seen()
        self.errors_s = np.full(int(seconds) + 2, np.nan)  # of a stamp in each second
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.over: list[tuple[float, float]] = []
        settings = Settings().changed({"control.socket": str(folder / "sock")})
        plan = self._day(settings.cadence.max_spm)
        self.device = Device(
            plan, folder, seed=seed, clock=self.clock, settings=settings, limits=Limits(max_mb)
        )
        self.device.records = deque(maxlen=100)  # type: ignore[assignment]
        self.device.on_record = self._record
        status = Status(self.device.settings)
        self._control = Control(
            self.device.settings, Source(None), self.device.orders or Orders(), status
        )
        self._known: dict[bytes, float] = {}
        self._order: deque[bytes] = deque()
        self._unsettled_until = self.begin + SETTLED_S
        self._disturbed: list[float] = []
        self._asked: dict[str, float] = {}  # cues on their way to the pin
        self._heard: list[float] = []

    def run(self) -> Seen:
        """Play it."""
        self._spy(self.device.simulation.chip)
        self._at(self._mark_s, self.mark)
        self._at(TIDY_S, self._tidy)
        self._at(self._random.expovariate(1 / self._fault_every_s), self._fault)
        accelerated = isinstance(self.clock, VirtualClock)
        every = journal.WRITE_EVERY_S
        if accelerated:  # the log's time runs with the walker's
            journal.WRITE_EVERY_S = every / 50
        self._control.start()
        try:
            self.device.run(self.seconds)
        finally:
            journal.WRITE_EVERY_S = every
            self._control.close()
        self._settle_accounts()
        self._folder.cleanup()
        return self.seen

    def drift_ms_per_h(self) -> list[float]:
        """The slope of the stamps' error, hour by hour (all in one where it is shorter)."""
        step = min(3600, len(self.errors_s))
        found = []
        for first in range(0, len(self.errors_s) - step + 1, step):
            part = self.errors_s[first : first + step]
            there = np.flatnonzero(np.isfinite(part))
            if len(there) > step // 2:
                found.append(float(np.polyfit(there / 3600, part[there] * 1e3, 1)[0]))
        return found

    # --- The plan of the day

    def _day(self, limit: float) -> list[Segment]:
        plan: list[Segment] = []
        t = 0.0
        while t < self.seconds:
            walk_s = self._random.uniform(500, 1000)
            fast_at = self._random.uniform(100, walk_s - 150)
            stumble_at = self._random.uniform(fast_at + 90, walk_s - 30)
            walk = Walk(
                walk_s,
                spm=EASY_SPM,
                amplitude_g=0.18,
                variability=0.03,
                asymmetry=0.05,
                events=(
                    BeltChange(fast_at, limit + OVER_SPM, over_s=4.0),
                    BeltChange(fast_at + OVER_S, EASY_SPM, over_s=4.0),
                    Stumble(stumble_at, size_g=1.2),
                ),
            )
            rests: list[Segment] = [
                ClipOn(8.0),
                Stand(self._random.uniform(10, 60)),
                walk,
                Stand(80.0),
                Sit(self._random.uniform(100, 600)),
            ]
            self.over.append((t + 8.0 + rests[1].seconds + fast_at, fast_at + OVER_S))
            plan += rests
            t += sum(segment.seconds for segment in rests)
        self.over = [(at, at + OVER_S) for at, _ in self.over if at + OVER_S < self.seconds]
        return plan

    def _at(self, seconds: float, action) -> None:
        self.clock.call_at(self.clock.now() + seconds, action)

    def _fault(self) -> None:
        what, lasting = self._random.choice(FAULTS)
        chip = self.device.simulation.chip
        chip.faults = [f for f in chip.faults if f.end > self.clock.now()]
        chip.inject(what, lasting)
        self.seen.faults += 1
        self._disturbed.append(self.clock.now())
        self._at(30.0 + self._random.expovariate(1 / self._fault_every_s), self._fault)

    # --- What is said

    def _record(self, record: Record) -> None:
        self._control.publish(record)
        match record:
            case Recovered():
                self.seen.recovered += 1
                self._unsettled_until = self.clock.now() + SETTLED_S
            case events.Stumble():
                self.seen.stumbles += 1
            case Session(state="started"):
                self.seen.sessions += 1
            case Cue(cue=cue, state="on"):
                self.seen.cues += 1
                self._asked[cue] = self.clock.now()
                if cue.startswith("slow_down"):
                    self._heard.append(self.clock.now() - self.begin)
                self._look_at_pin(cue)
            case Cue(cue=cue) if self._asked.pop(cue, None) is not None:
                self.seen.gave_way += 1

    def _look_at_pin(self, cue: str) -> None:
        """See whether the cue sounds; if not, look again until it has to."""
        began = self._asked.get(cue)
        if began is None:
            return
        now, simulation = self.clock.now(), self.device.simulation
        pattern, playing = signals.SIGNALS[cue].pattern, simulation.indicators.playing
        if playing is not None and playing.name == pattern.name and simulation.buzzer_on:
            self.seen.slowest_s = max(self.seen.slowest_s, now - began)
        elif now - began > AT_THE_PIN_S:
            urgent = playing is not None and playing.priority >= max(
                pattern.priority, Priority.NOTICE
            )
            if urgent:
                self.seen.gave_way += 1
            else:
                self.seen.lost.append(f"{cue} at {now - self.begin:.0f} s")
        else:
            self._at(0.02, lambda: self._look_at_pin(cue))
            return
        del self._asked[cue]

    def _settle_accounts(self) -> None:
        """Which stretches above the limit were told to the walker."""
        for begin, end in self.over:
            at = [d - self.begin for d in self._disturbed]
            if any(begin - SETTLED_S <= d <= end for d in at):
                continue
            self.seen.too_fast += 1
            if not any(begin <= h <= begin + HEARD_WITHIN_S + 5 for h in self._heard):
                self.seen.unheard.append(begin)

    # --- What is watched

    def _spy(self, chip: SimulatedMpu6050) -> None:
        """Know of each sample when the chip took it, by its noise and that of the one before."""
        take = chip._take
        last = [b""]

        def taking(due: int):
            begin, period, before = chip._begin, chip._period, chip._taken
            raw = take(due)
            numbers = np.arange(before, chip._taken)[-len(raw) :] + 1 if len(raw) else []
            if len(numbers) == len(raw) and chip._taken - before == len(raw):
                for sample, t in zip(raw, begin + period * np.asarray(numbers), strict=True):
                    key = last[0] + sample.tobytes()
                    last[0] = sample.tobytes()
                    if key not in self._known:
                        self._known[key] = float(t)
                        self._order.append(key)
                while len(self._order) > KNOWN:
                    del self._known[self._order.popleft()]
            return raw

        chip._take = taking
        read = self.device.simulation.sensor.read

        def reading():
            got = read()
            now = self.clock.now()
            if got.burst is not None and len(got.burst) > 1 and now > self._unsettled_until:
                true = self._known.get(got.burst.raw[-2:].tobytes())
                second = int(now - self.begin)
                if true is not None and second < len(self.errors_s):
                    self.errors_s[second] = got.burst.t_us[-1] / 1e6 - true
            return got

        self.device.simulation.sensor.read = reading

    def _tidy(self) -> None:
        """Throw away what only the simulation keeps; ask the daemon how it is."""
        simulation = self.device.simulation
        del simulation.walker.truth.steps[:-500]
        for number in (self.device.settings.buzzer.pin, self.device.settings.led.pin):
            simulation.pins.pin(number).clear_states()
        assert client.ask(self.device.settings.control.socket, "status")["ok"]
        eventually(lambda: self.device.journal.waiting <= WAITING)
        self._at(TIDY_S, self._tidy)

    def mark(self) -> None:
        if isinstance(self.clock, VirtualClock):
            eventually(lambda: self.device.journal.waiting == 0)
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        status = Path("/proc/self/status").read_text()
        rss = re.search(r"VmRSS:\s+(\d+)", status)
        assert rss is not None
        self.seen.marks.append(
            Mark(
                self.clock.now() - self.begin,
                int(rss[1]) / 1024,
                threading.active_count(),
                self._files_kept(),
                sum(p.stat().st_size for p in self.device.log.parent.glob("coach.db*")) / 1e6,
            )
        )
        self._at(self._mark_s, self.mark)

    def _files_kept(self) -> int:
        """The least number of open files within a minute of real time: those that stay.

        A sync of the log opens one for a moment; and the control socket forgets a client in a
        second of real time, which is much of virtual time.
        """
        usual = self.seen.marks[0].files if self.seen.marks else 0
        deadline = time.monotonic() + LONGEST_S
        least = _files()
        while isinstance(self.clock, VirtualClock) and least > usual:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
            least = min(least, _files())
        return least


def _files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
