"""Two faults of the sensor at once: every pair of them in a walk, and what was seen of it.

The second comes up to two seconds after the first, so that it falls into the first, into the way
back from it, or just behind it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware.log import sessions
from hardware.simulated import Fault
from tests.support.logbook import read_raw
from tests.support.truesamples import TrueSamples
from tests.support.walkthrough import SHOWN_WITHIN_S, Walkthrough

Lasting = tuple[float, float] | None
"""From, to, in seconds; None: a moment, or until a reset."""

KINDS: dict[str, tuple[Fault, Lasting]] = {
    "nack-short": (Fault.NACK, (0.05, 0.3)),
    "nack-long": (Fault.NACK, (1.0, 4.0)),
    "stuck-short": (Fault.STUCK, (0.1, 0.5)),
    "stuck-long": (Fault.STUCK, (1.0, 3.0)),
    "bus-gone-short": (Fault.BUS_GONE, (0.2, 1.0)),
    "bus-gone-long": (Fault.BUS_GONE, (1.0, 3.0)),
    "short-read": (Fault.SHORT_READ, (0.1, 1.0)),
    "stall-short": (Fault.STALL, (0.9, 1.5)),
    "stall-long": (Fault.STALL, (2.0, 4.0)),
    "brown-out-dip": (Fault.BROWN_OUT, None),
    "brown-out": (Fault.BROWN_OUT, (0.1, 0.8)),
    "frozen": (Fault.FROZEN, None),
    "frozen-long": (Fault.FROZEN, (0.5, 3.0)),
    "silent": (Fault.SILENT, None),
    "silent-long": (Fault.SILENT, (0.5, 3.0)),
    "rate-lost": (Fault.DIVIDER_LOST, None),
    "range-lost": (Fault.RANGE_FLIPPED, None),
    "gyro-range-lost": (Fault.GYRO_RANGE_FLIPPED, None),
    "byte-lost": (Fault.BYTES_LOST, None),
    "bytes-lost": (Fault.BYTES_LOST, (0.5, 2.0)),
    "late": (Fault.LATE, (1.5, 5.0)),
    "axis": (Fault.AXIS_STUCK, None),
    "axis-long": (Fault.AXIS_STUCK, (0.1, 3.0)),
    "zero": (Fault.ACCEL_ZERO, None),
    "zero-long": (Fault.ACCEL_ZERO, (0.1, 3.0)),
    "full": (Fault.ACCEL_FULL, None),
    "full-long": (Fault.ACCEL_FULL, (0.1, 3.0)),
    "gyro-dead": (Fault.GYRO_DEAD, (2.0, 8.0)),
    "gyro-dead-for-long": (Fault.GYRO_DEAD, (20.0, 25.0)),
}

PAIRS = list(itertools.combinations_with_replacement(KINDS, 2))

WALKERS = 8
"""So many people take turns. Whether the coach is right about a walk without faults is another
test's question."""

TIME_RIGHT_S = 0.02
BACK_WITHIN_S = 3.0
"""After both are over: the driver tries again every second at least, the chip starts, and a
gyroscope has to show that it lives."""


@dataclass
class Happened:
    """A fault that was done to the device."""

    fault: Fault
    began: float
    lasted: float

    @property
    def over(self) -> float:
        return self.began + self.lasted


def play(folder: Path, pair: tuple[str, str], seed: int) -> str:
    """Both faults in one walk; what was wrong, empty where all was as it has to be."""
    walk = Walkthrough(folder, 1 + seed % WALKERS)
    walk.random.seed(seed)
    true = TrueSamples(walk.simulation.walker)
    happened: list[Happened] = []

    def strike(name: str) -> None:
        fault, lasting = KINDS[name]
        lasts = None if lasting is None else walk.random.uniform(*lasting)
        happened.append(Happened(fault, walk.clock.now(), lasts or 0.0))
        walk.simulation.chip.inject(fault, lasts)

    def both() -> None:
        strike(pair[0])
        later = walk.clock.now() + walk.random.uniform(0.0, 2.0)
        walk.clock.call_at(later, lambda: strike(pair[1]))

    walk.at(both, 16.0, 24.0)
    walk.device.run()
    wrong = [walk.complaints(), *(_unseen(walk, one, happened) for one in happened)]
    wrong += [_not_back(walk, happened), _time_wrong(walk, true)]
    return "; ".join(filter(None, wrong))


def _blocked_s(happened: list[Happened]) -> float:
    """While a transfer hangs there is nobody to show anything."""
    return sum(one.lasted for one in happened if one.fault is Fault.STALL)


def _unseen(walk: Walkthrough, one: Happened, happened: list[Happened]) -> str:
    """A fault of which nothing was told in time. One that the other's cure ended is none."""
    late = one.began + SHOWN_WITHIN_S + _blocked_s(happened)
    if walk.in_fault(one.began) or any(one.began <= t <= late for t in walk.moments("fault")):
        return ""
    lost = [r.missing_s for t, r in walk.recoveries() if one.began < t < one.over + 2.0]
    limits = one.fault in (Fault.LATE, Fault.GYRO_DEAD)
    return f"{one.fault.name} not told in time" if sum(lost) or limits else ""


def _not_back(walk: Walkthrough, happened: list[Happened]) -> str:
    over = max(one.over for one in happened) + _blocked_s(happened) + BACK_WITHIN_S
    return f"still in fault at {over:.1f} s" if walk.in_fault(over) else ""


def _time_wrong(walk: Walkthrough, true: TrueSamples) -> str:
    """The stamps after the last recovery against the instants at which samples were taken."""
    session = sessions.read_one(walk.device.log, "last")
    t_us, raw = read_raw(walk.device.log, "last")
    t = t_us / 1e6 + session.mono_start_us / 1e6
    last = max((at for at, r in walk.recoveries() if r.missing_s), default=walk.began)
    first = int(np.searchsorted(t, last)) + 1
    off = t[first] - true.instant(raw[first : first + true.MATCHED], 0)
    return f"time off by {1e3 * off:.0f} ms" if abs(off) > TIME_RIGHT_S else ""
