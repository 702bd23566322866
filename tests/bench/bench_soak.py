"""Hours at rest, then a walk, again and again: `python -m tests.bench.bench_soak [HOURS]`.

24 hours by default, on virtual time, through the shipped acquisition, engine, log and control
socket: rests of a minute to four hours, after each a walk of five minutes with a stumble. Printed
are, walk by walk, how long the first cadence and the stumble took after such a rest, and what was
then resident, open and written: nothing of it may grow with the hours.
"""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from rich.console import Console
from rich.table import Table

from coach import events
from firmware.records import Record
from hardware.simulated.walker import ClipOn, Segment, Sit, Stand, Stumble, Walk
from tests.bench.bench_endurance import marks_table
from tests.support.endurance import Endurance

RESTS_MIN = (1.0, 5.0, 240.0, 20.0, 60.0, 120.0)
CLIP_S, STAND_S, WALK_S, STUMBLE_AT_S = 8.0, 30.0, 300.0, 200.0
NEVER_S = 1e12


@dataclass
class Bout:
    """A walk after a rest: when it began, and when the daemon told of it (s from the start)."""

    rest_s: float
    begins: float
    cadence_at: float = float("nan")
    stumble_at: float = float("nan")


class Soak(Endurance):
    """A day of rests and walks without a fault."""

    def __init__(self, seconds: float) -> None:
        self.bouts: list[Bout] = []
        super().__init__(seconds, seconds / 24, fault_every_s=NEVER_S, max_mb=1000.0)

    def _day(self, limit: float) -> list[Segment]:  # noqa: ARG002 - they walk below any limit
        plan: list[Segment] = [ClipOn(CLIP_S)]
        t = CLIP_S
        for rest_min in cycle(RESTS_MIN):
            rest_s = 60 * rest_min
            t += rest_s + STAND_S
            if t + WALK_S > self.seconds:
                plan.append(Sit(self.seconds))
                return plan
            self.bouts.append(Bout(rest_s, t))
            walk = Walk(WALK_S, spm=78.0, amplitude_g=0.18, events=(Stumble(STUMBLE_AT_S, 1.2),))
            plan += [Sit(rest_s), Stand(STAND_S), walk]
            t += WALK_S
        return plan

    def _record(self, record: Record) -> None:
        super()._record(record)
        at = self.clock.now() - self.begin
        bout = next((b for b in reversed(self.bouts) if b.begins <= at), None)
        if bout is None:
            return
        if isinstance(record, events.Cadence) and record.spm is not None:
            bout.cadence_at = min(bout.cadence_at, at) if bout.cadence_at > 0 else at
        elif isinstance(record, events.Stumble):
            onsets = [s.onset for s in self.device.simulation.walker.truth.stumbles]
            bout.stumble_at = at - min(onsets, key=lambda onset: abs(onset - at))


def main() -> None:
    """Print the tables."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 24.0
    logging.disable()
    soak = Soak(3600 * hours)
    began, used = time.monotonic(), time.process_time()
    seen = soak.run()
    out = Console()
    out.print(marks_table(seen.marks))
    table = Table("rest before, min", "walks", "first cadence after, s", "stumble told after, s")
    for rest_min in sorted(RESTS_MIN):
        of_rest = [b for b in soak.bouts if b.rest_s == 60 * rest_min]
        if of_rest:
            first = [b.cadence_at - b.begins for b in of_rest]
            told = [b.stumble_at for b in of_rest]
            table.add_row(f"{rest_min:g}", str(len(of_rest)), _spread(first), _spread(told))
    out.print(table)
    grown = seen.marks[-1].rss_mb - seen.marks[0].rss_mb
    minutes = (time.monotonic() - began) / 60
    out.print(
        f"{hours:g} h in {minutes:.0f} min, {time.process_time() - used:.0f} s of processor"
        f" with the simulation; memory {grown:+.2f} MB since the first mark; {seen.sessions}"
        f" sessions, {seen.stumbles} stumbles of {len(soak.bouts)} walks with one each"
    )


def _spread(values: list[float]) -> str:
    """Median and range; `-` of one that was never told."""
    if not np.isfinite(values).all():
        return f"{int(np.isnan(values).sum())} never"
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
