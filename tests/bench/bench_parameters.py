"""Moves every constant of the engine by 10 and 25 %, up and down, and tells what changes.

Run it: `python -m tests.bench.bench_parameters [--all] [--write] [NAME ...]`. It reads a fixed
small sample of the recordings, `--all` every one (hours); a NAME (`guidance.pace`, say) moves only
the constants that begin with it. `--write` puts what it found into docs/algorithms.md. The figures
are those of `coach evaluate people`, and those of the long walks for the guidance, which is all
that its constants touch.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from coach.engine import ENGINE, EngineParameters
from coach.parameters import Described
from docs import tables
from firmware.lab.evaluate import people
from firmware.lab.evaluate.trial import Known, Score, score
from firmware.settings.catalogue import Settings
from tests.bench import bench_longwalks
from tests.support.longwalks import people as walkers
from tests.support.recordings import Row, known, manifest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "algorithms.md"

GUIDANCE, PACE = "guidance.", "guidance.pace"
UNMEASURED = tuple(
    GUIDANCE + group for group in ("session", "milestone", "settle", "cue", "metronome")
)
"""How long and how often something is said: no figure depends on it, and they are not moved."""

MOVES = (-0.25, -0.10, 0.10, 0.25)
KNIFE = 0.10
"""A constant must bear this much: where it does not, it stands on a knife's edge."""
POINTS = 0.01
"""A share that moves by no more has not changed; counts and seconds: by no more than `OTHERS`."""
OTHERS = 0.10
"""Relative."""

SAMPLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("movingreality", "pp03"): (),
    ("felius", "average"): (),
    ("voisard", "s01"): (),
    ("backward", "actor1"): (),
    ("sfu", "sub1"): ("Near_Falls/trip", "Near_Falls/slip", "Falls/trip", "ADLs/NW"),
    ("sisfall", "SA01"): ("D02", "D05", "D11", "D18", "F01", "F03"),
    ("smartfallmm", "yS46"): ("wave hand", "wash hands", "fall: back", "fall: left"),
}
"""A few people, and of each of these activities (without any: of all) their first recording."""
LONG_WALKERS = 3


class Result(NamedTuple):
    """What every figure is under one set of constants."""

    name: str
    value: float
    figures: dict[str, float]


def data() -> Path:
    """The folder of the recordings."""
    return Path(os.environ.get("COACH_DATA", ROOT.parent / "shared" / "data"))


def sampled(rows: Iterable[Row]) -> Iterator[Row]:
    """The first recording of each activity of the sample."""
    seen = set()
    for row in rows:
        who, activity = (row["dataset"], row["subject"]), row["activity"]
        wanted = who in SAMPLE and (not SAMPLE[who] or activity in SAMPLE[who])
        if wanted and (who, activity) not in seen:
            seen.add((who, activity))
            yield row


@cache
def recordings(everything: bool) -> list[Known]:
    """Read once by each process."""
    rows = manifest(data())
    return [known(data(), row) for row in (rows if everything else sampled(rows))]


@cache
def long_walks(everything: bool) -> list[bench_longwalks.Heard]:
    """Heard once, under the constants in force."""
    who = walkers(data())[: None if everything else LONG_WALKERS]
    return [heard for n, one in enumerate(who) for heard in bench_longwalks.hear((one, 70 + n))]


def of_recordings(parameters: EngineParameters, everything: bool) -> dict[str, float]:
    """Every figure of `coach evaluate people`, cadence by dataset."""
    scores = [score(each, Settings(), parameters) for each in recordings(everything)]
    by_dataset: dict[str, list[Score]] = {}
    for each in scores:
        by_dataset.setdefault(each.item.dataset, []).append(each)
    found = {name: people.figure(name, scores) for name in people.FIGURES}
    for dataset, own in by_dataset.items():
        found[f"cadence within 3, {dataset}"] = people.figure("cadence within 3", own)
    return {name: value for name, value in found.items() if value is not None}


def measured(job: tuple[str, float, bool]) -> Result:
    """The figures with one constant of another value."""
    name, value, everything = job
    parameters = ENGINE.having(name, value)
    if of := part(name):
        pace = of == PACE
        walks = [w for w in long_walks(everything) if (w.kind in ("below", "above")) == pace]
        figures = bench_longwalks.figures(walks, parameters.guidance)
    else:
        figures = of_recordings(parameters, everything)
    return Result(name, value, figures)


def part(name: str) -> str:
    """What a constant is measured on: the recordings, or one kind of long walk."""
    return next((prefix for prefix in (PACE, GUIDANCE) if name.startswith(prefix)), "")


def moved(constant: Described) -> list[tuple[float, float]]:
    """(share, value) for each move; whole numbers stay whole, and move by one at least."""
    found = []
    for share in MOVES:
        value = constant.value * (1.0 + share)
        if isinstance(constant.value, int):
            value = round(value)
            if value == constant.value:
                value += int(math.copysign(1, share))
        found.append((share, value))
    return found


def changes(before: dict[str, float], after: dict[str, float]) -> dict[str, tuple[float, float]]:
    """The figures that are others now: from what, to what."""
    found = {}
    for name in before.keys() | after.keys():
        a, b = before.get(name, math.nan), after.get(name, math.nan)
        share = 0.0 <= a <= 1.0 and 0.0 <= b <= 1.0
        line = POINTS if share else OTHERS * abs(a)
        if not (abs(a - b) <= line or (math.isnan(a) and math.isnan(b))):
            found[name] = (a, b)
    return dict(sorted(found.items()))


def _told(
    c: Described,
    found: dict[tuple[str, float], dict[str, tuple[float, float]]],
    counts: Callable[[float], bool],
) -> str:
    """The figures that some of the moves change, each with where it goes furthest."""
    furthest: dict[str, tuple[float, float]] = {}
    for share, value in moved(c):
        for name, (a, b) in found.get((c.name, value), {}).items() if counts(share) else ():
            if name not in furthest or abs(b - a) > abs(furthest[name][1] - furthest[name][0]):
                furthest[name] = (a, b)
    return "; ".join(f"{name} {a:.3g} to {b:.3g}" for name, (a, b) in furthest.items()) or "-"


def main() -> None:
    """Print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all recordings, not the sample")
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
    jobs = [(c.name, value, args.all) for c in constants for _, value in moved(c)]
    found: dict[tuple[str, float], dict[str, tuple[float, float]]] = {}
    before: dict[str, dict[str, float]] = {}
    if any(c.name.startswith(GUIDANCE) for c in constants):
        long_walks(args.all)  # before the processes are forked, which then have it
    with ProcessPoolExecutor(2) as pool:
        unmoved = {part(c.name): (c.name, c.value, args.all) for c in constants}
        for of, result in zip(unmoved, pool.map(measured, unmoved.values()), strict=True):
            before[of] = result.figures
        for name, value, figures in pool.map(measured, jobs):
            found[name, value] = changes(before[part(name)], figures)
            for figure, (a, b) in found[name, value].items():
                sys.stdout.write(f"{name} {value:g}: {figure} {a:.3g} to {b:.3g}\n")
    dead = [c.name for c in constants if not any(found[c.name, v] for _, v in moved(c))]
    sys.stdout.write(f"moved by a quarter, nothing changes: {', '.join(dead) or 'none'}\n")
    if args.write:
        told = {
            tables.named(c): (
                _told(c, found, lambda s: abs(s) <= KNIFE),
                _told(c, found, lambda _: True),
            )
            for c in constants
        }
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(tables.filled(text, told), encoding="utf-8")


if __name__ == "__main__":
    main()
