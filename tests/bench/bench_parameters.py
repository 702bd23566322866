"""Moves every constant of the engine by 10 %, up and down, and tells what changes.

Run it: `python -m tests.bench.bench_parameters [--all] [--write] [NAME ...]`. A NAME
(`balance.stumble`, say) moves only the constants that begin with it; all of them take an hour and a
half of two cores. The recordings are those of all people, but of those that are much alike only
every few (`EVERY`; `--all`: every one). `--write` puts what it found into docs/algorithms.md. Each
room is measured alone, with what the others tell it under the constants in force: the figures are
those of `coach evaluate people`, and those of the long walks for the guidance.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from coach.balance import StumbleDetector
from coach.engine import ENGINE, EngineParameters
from coach.events import Cadence, Event
from coach.gait import GaitTracker
from coach.parameters import Described
from docs import tables
from firmware.lab.evaluate import people
from firmware.lab.evaluate.folder import STILL
from firmware.lab.evaluate.trial import Known, Score, scored
from tests.bench import bench_longwalks
from tests.support.gait import tracked
from tests.support.longwalks import people as walkers
from tests.support.recordings import Row, known, manifest, truth
from tests.support.stumbles import detected

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "algorithms.md"

GUIDANCE, PACE, GAIT, BALANCE = "guidance.", "guidance.pace", "gait.", "balance."
OF_ROOM = {
    GAIT: ("cadence within 3", "cadence told, nobody walks"),
    BALANCE: tuple(name for name in people.FIGURES if "cadence" not in name),
}
"""The figures that hang on a room."""
UNMEASURED = tuple(
    GUIDANCE + group for group in ("session", "milestone", "settle", "cue", "metronome")
)
"""How long and how often something is said: no figure depends on it, and they are not moved."""

MOVES = (-0.10, 0.10)
"""A constant must bear this much: where it does not, it stands on a knife's edge."""
POINTS = 0.01
"""A share that moves by no more has not changed; counts and seconds: by no more than `OTHERS`."""
OTHERS = 0.10
"""Relative."""

EVERY = {"walking": 2, "other": 6, "active": 4, "fall": 3}
"""Of these kinds of recordings every how many-th is taken: they are many and alike."""
LONG_WALKERS = 4


class Result(NamedTuple):
    """What every figure is under one set of constants."""

    name: str
    value: float
    figures: dict[str, float]


def data() -> Path:
    """The folder of the recordings."""
    return Path(os.environ.get("COACH_DATA", ROOT.parent / "shared" / "data"))


class Recording(NamedTuple):
    """One with its truth, and the cadences told under the constants in force."""

    known: Known
    cadences: list[Cadence]

    @classmethod
    def of(cls, known: Known) -> Recording:
        """That, with what the gait analysis tells of it."""
        events = tracked(known.block, GaitTracker())
        return cls(known, [event for event in events if isinstance(event, Cadence)])

    def told(self, t: float) -> bool:
        """Whether a cadence was told at this instant (s)."""
        i = bisect_right(self.cadences, t, key=lambda cadence: cadence.t)
        return i > 0 and self.cadences[i - 1].spm is not None


def sampled(rows: Iterable[Row]) -> Iterator[Row]:
    """Every few of each kind."""
    seen: Counter[str] = Counter()
    for row in rows:
        _, kind = truth(row)
        if kind and seen[kind] % EVERY.get(kind, 1) == 0:
            yield row
        seen[kind] += 1


def has_cadence(of: Known) -> bool:
    """Whether it is known which cadence must be told, or that none must."""
    return of.steps is not None or any(span.kind == STILL for span in of.spans)


def heard(of: Recording, parameters: EngineParameters, room: str) -> list[Event]:
    """What the room tells of a recording: the gait analysis, or what tells stumbles and falls."""
    block = of.known.block
    if room == GAIT:
        return [*tracked(block, GaitTracker(parameters=parameters.gait))]
    return detected(block, StumbleDetector(parameters=parameters.balance), told=of.told)


@cache
def recordings(everything: bool) -> list[Recording]:
    """Read once, under the constants in force."""
    rows = manifest(data())
    taken = rows if everything else sampled(rows)
    return [Recording.of(known(data(), row)) for row in taken]


@cache
def long_walks(everything: bool) -> list[bench_longwalks.Heard]:
    """Heard once, under the constants in force."""
    who = walkers(data())[: None if everything else LONG_WALKERS]
    return [heard for n, one in enumerate(who) for heard in bench_longwalks.hear((one, 70 + n))]


def of_recordings(parameters: EngineParameters, everything: bool, room: str) -> dict[str, float]:
    """Every figure of `coach evaluate people` that hangs on this room, cadence by dataset."""
    scores = [
        scored(each.known, heard(each, parameters, room))
        for each in recordings(everything)
        if room != GAIT or has_cadence(each.known)
    ]
    by_dataset: dict[str, list[Score]] = {}
    for each in scores:
        by_dataset.setdefault(each.item.dataset, []).append(each)
    found = {name: people.figure(name, scores) for name in OF_ROOM[room]}
    if room == GAIT:
        for dataset, own in by_dataset.items():
            found[f"cadence within 3, {dataset}"] = people.figure("cadence within 3", own)
    return {name: value for name, value in found.items() if value is not None}


def measured(job: tuple[str, float, bool]) -> Result:
    """The figures with one constant of another value."""
    name, value, everything = job
    parameters = ENGINE.having(name, value)
    if (of := part(name)).startswith(GUIDANCE):
        pace = of == PACE
        walks = [w for w in long_walks(everything) if (w.kind in ("below", "above")) == pace]
        figures = bench_longwalks.figures(walks, parameters.guidance)
    else:
        figures = of_recordings(parameters, everything, of)
    return Result(name, value, figures)


def part(name: str) -> str:
    """What a constant is measured by: its room on the recordings, or one kind of long walk."""
    return next(prefix for prefix in (PACE, GUIDANCE, GAIT, BALANCE) if name.startswith(prefix))


def moved(constant: Described) -> list[float]:
    """Its value after each move; whole numbers stay whole, and move by one at least."""
    found = []
    for share in MOVES:
        value = constant.value * (1.0 + share)
        if isinstance(constant.value, int):
            value = round(value)
            if value == constant.value:
                value += int(math.copysign(1, share))
        found.append(value)
    return found


Changes: TypeAlias = dict[str, tuple[float, float]]
"""Of figures: from what, to what."""


def changes(before: dict[str, float], after: dict[str, float]) -> Changes:
    """The figures that are others now."""
    found = {}
    for name in before.keys() | after.keys():
        a, b = before.get(name, math.nan), after.get(name, math.nan)
        share = 0.0 <= a <= 1.0 and 0.0 <= b <= 1.0
        line = POINTS if share else OTHERS * abs(a)
        if not (abs(a - b) <= line or (math.isnan(a) and math.isnan(b))):
            found[name] = (a, b)
    return dict(sorted(found.items()))


def _told(c: Described, found: dict[tuple[str, float], Changes]) -> str:
    """The figures that some of the moves change, each with where it goes furthest."""
    furthest: Changes = {}
    for value in moved(c):
        for name, (a, b) in found[c.name, value].items():
            if name not in furthest or abs(b - a) > abs(furthest[name][1] - furthest[name][0]):
                furthest[name] = (a, b)
    return "; ".join(f"{name} {a:.3g} to {b:.3g}" for name, (a, b) in furthest.items()) or "-"


def main() -> None:
    """Print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all recordings, not every few")
    parser.add_argument(
        "--write", action="store_true", help="what it found into docs/algorithms.md"
    )
    parser.add_argument("names", nargs="*", help="only constants that begin so")
    args = parser.parse_args()
    wanted = tuple(args.names) or ("",)
    constants = [
        c
        for c in ENGINE.described()
        if c.name.startswith(wanted) and not c.name.startswith(UNMEASURED)
    ]
    jobs = [(c.name, value, args.all) for c in constants for value in moved(c)]
    found: dict[tuple[str, float], Changes] = {}
    before: dict[str, dict[str, float]] = {}
    rooms = {part(c.name) for c in constants}
    for read, needs in ((long_walks, {GUIDANCE, PACE}), (recordings, {GAIT, BALANCE})):
        if rooms & needs:
            read(args.all)  # before the processes are forked, which then have it
    with ProcessPoolExecutor(2) as pool:
        unmoved = {part(c.name): (c.name, c.value, args.all) for c in constants}
        for of, result in zip(unmoved, pool.map(measured, unmoved.values()), strict=True):
            before[of] = result.figures
        for name, value, figures in pool.map(measured, jobs):
            found[name, value] = changes(before[part(name)], figures)
            for figure, (a, b) in found[name, value].items():
                sys.stdout.write(f"{name} {value:g}: {figure} {a:.3g} to {b:.3g}\n")
    dead = [c.name for c in constants if not any(found[c.name, v] for v in moved(c))]
    sys.stdout.write(f"moved by a tenth, nothing changes: {', '.join(dead) or 'none'}\n")
    if args.write:
        told = {tables.named(c): _told(c, found) for c in constants}
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(tables.filled(text, told), encoding="utf-8")


if __name__ == "__main__":
    main()
