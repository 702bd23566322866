"""A walk on which something goes wrong, and what was seen of it: shown, recovered, lost.

A little more than a minute: easy at first, which is when the fault comes, and above the limit at
the end, which must be heard whatever has happened.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coach.events import Cue, Session
from firmware.records import Record, Recovered
from hardware.simulated.walker import BeltChange, Segment, Stand, Walk
from tests.support.device import Device

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
LOST_S = 1.4
"""Seconds of the walk that a fault may cost beyond its own time: the driver tries again every
second at least, and then the chip starts and fills its first burst."""


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
        self.began = math.nan  # until the fault comes
        self.shown: float | None = None
        self.patterns = ("fault",)
        self.told: list[tuple[float, Record]] = []
        self.device.on_record = lambda record: self.told.append((self.clock.now(), record))

    def at(self, action: Callable[[], None], earliest: float = 18.0, latest: float = 36.0) -> None:
        """Do something at a random moment, and look from then on for the LED."""

        def act() -> None:
            self.began = self.clock.now()
            action()
            self.look()

        self.clock.call_at(self.random.uniform(earliest, latest), act)

    def look(self) -> None:
        """Note when the LED shows it."""
        playing = self.simulation.indicators.lit
        if playing is not None and playing.name in self.patterns and self.simulation.led_on:
            self.shown = self.clock.now()
        else:
            self.clock.call_at(self.clock.now() + LOOK_S, self.look)

    def moments(self, *kinds: str) -> list[float]:
        """When records of these types were told."""
        return [t for t, record in self.told if record.type in kinds]

    def recoveries(self) -> list[tuple[float, Recovered]]:
        """When the sensor's troubles were over, and what was lost with them."""
        return [(t, record) for t, record in self.told if isinstance(record, Recovered)]

    def in_fault(self, at: float) -> bool:
        """Whether the last word on the sensor before this instant was a fault."""
        said = [r.type for t, r in self.told if t <= at and r.type in ("fault", "recovered")]
        return bool(said) and said[-1] == "fault"

    def cue_heard(self) -> bool:
        """The limit that the end of the walk exceeds was told to the walker."""
        return any(
            isinstance(r, Cue) and r.cue.startswith("slow_down") and r.state == "on"
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
        if len([r for _, r in self.told if isinstance(r, Session)]) != 1:
            found.append("the session was cut")
        return ", ".join(found)


def judged(walk: Walkthrough, lasts: float, *, blocks: bool = False) -> Outcome:
    """Shown, recovered, and no more missing than the fault's own time and a second."""
    told, back = walk.moments("fault"), walk.moments("recovered")
    missing = sum(r.missing_s for _, r in walk.recoveries())
    wrong = walk.complaints()
    shown = walk.shown_s
    if shown is not None and blocks:
        shown -= lasts  # the transfer itself hangs so long: there is nobody to show it before
    if told and not back:
        wrong += ", not recovered"
    if missing and (shown is None or shown > SHOWN_WITHIN_S):
        wrong += f", not shown ({shown})"
    lost = max(missing - lasts, 0.0)
    if lost > LOST_S:
        wrong += f", lost {lost:.2f} s"
    after = back[-1] - walk.began - lasts if back else None
    return Outcome(shown if missing else None, after, lost, wrong)
