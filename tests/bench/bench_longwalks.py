"""How the coach guides people through long walks made of their own strides, and how soon.

Run it: `python -m tests.bench.bench_longwalks [PEOPLE]` (default all; an hour of walking takes a
quarter of a minute or so, and each person walks two and a half). `SEED` in the environment draws
other walks. It needs the recordings (`COACH_DATA` or `../shared/data`).
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from coach import CoachSettings, Engine
from coach.events import (
    Beat,
    Cue,
    Event,
    Fatigue,
    Limit,
    Metronome,
    Milestone,
    Reaction,
    Session,
    Stage,
)
from coach.guidance import GUIDANCE, SLOW_DOWN, SLOW_DOWN_FIRM, Guidance, GuidanceParameters
from coach.settings import CadenceSettings, SessionSettings, StageSettings
from tests.support.longwalks import Script, Walker, long_walk, people

LONG_S, TREND_S = 1200.0, 900.0
BELOW_SPM, CORRECTED_SPM = 2.0, 5.0
ABOVE_SPM = (3.0, 5.0, 8.0)
RAMP_S, ABOVE_S, BETWEEN_S = 2.0, (18.0, 25.0), (30.0, 45.0)
EARLY_S = 3.0
"""A cue this long before the limit is passed answers the first fast strides, not none."""
DRIFT = 1.08
ANYWHERE = StageSettings(plan="one 30-180, two 30-180, three 30-180", current="one")
OF_GUIDANCE = (Session, Milestone, Stage, Fatigue, Limit, Cue, Reaction, Metronome, Beat)


class Excursion(NamedTuple):
    """The true tempo is above the limit from `begin` to `end` (s)."""

    begin: float
    end: float
    above_spm: float


class Heard(NamedTuple):
    """What gait and balance said of one walk."""

    kind: str
    person: str
    limit_spm: float
    events: list[Event]
    excursions: tuple[Excursion, ...] = ()


def excursions(limit: float, seed: int) -> tuple[Script, tuple[Excursion, ...]]:
    """Now and then above the limit, whatever is said, and back to well below it."""
    rng = np.random.default_rng(seed)
    low = limit - CORRECTED_SPM
    script, found, t = [(0.0, low)], [], 40.0
    while t < LONG_S - 80.0:
        above, lasts = float(rng.choice(ABOVE_SPM)), float(rng.uniform(*ABOVE_S))
        down = t + RAMP_S + lasts
        script += [(t, low), (t + RAMP_S, limit + above), (down, limit + above)]
        script.append((down + RAMP_S, low))
        share = above / (above + CORRECTED_SPM)
        begin = t + RAMP_S * (1.0 - share)
        found.append(Excursion(begin, down + RAMP_S * share, above))
        t = down + RAMP_S + float(rng.uniform(*BETWEEN_S))
    return script, tuple(found)


def wandering(level: float, size: float, seed: int) -> Script:
    """Slow waves about `level` with this standard deviation (of the logarithm)."""
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, TREND_S + 1.0, 5.0)
    periods = (45.0, 90.0, 180.0, 400.0)
    waves = [np.sin(2 * np.pi * (t / p + rng.uniform())) * rng.uniform(0.5, 1.0) for p in periods]
    wave = np.sum(waves, axis=0)
    wave *= size / wave.std()
    return [(float(a), float(level * np.exp(b))) for a, b in zip(t, wave, strict=True)]


def walks(spm: float, seed: int) -> Iterator[tuple[str, Script, Script, Script]]:
    """Kind of walk, tempo, amplitude, unevenness."""
    even: Script = ((0.0, 1.0),)
    yield "steady", ((0.0, spm),), even, even
    yield "wandering", wandering(spm, 0.01, seed), wandering(1.0, 0.1, seed + 1), even
    drift: Script = ((0.0, spm), (300.0, spm), (600.0, spm * DRIFT), (TREND_S, spm * DRIFT))
    yield "drift in 5 min", drift, even, even
    yield "drift all along", ((60.0, spm), (TREND_S, spm * DRIFT)), even, even
    for faster in (1.08, 1.15, 0.9):
        over = 402.0 + 8.0 * (seed % 3)
        belt: Script = ((400.0, spm), (over, spm * faster))
        yield "belt changed", belt, ((400.0, 1.0), (over, faster**1.5)), even
    free: Script = ((400.0, 0.6), (403.0, 1.0))
    yield "rails let go", ((400.0, spm), (405.0, spm * 1.02)), free, ((400.0, 0.8), (403.0, 1.1))


def listen(who: Walker, tempo: Script, seconds: float, seed: int, *more: Script) -> list[Event]:
    """What gait and balance say of the walk."""
    amplitude, unevenness = more or (((0.0, 1.0),), ((0.0, 1.0),))
    walk = long_walk(who, seconds, tempo, seed=seed, amplitude=amplitude, unevenness=unevenness)
    return [e for e in Engine(CoachSettings()).feed(walk.block) if not isinstance(e, OF_GUIDANCE)]


def hear(job: tuple[Walker, int]) -> list[Heard]:
    """All walks of one person."""
    who, seed = job
    limit = max(who.spm, 32.0)
    below: Script = ((0.0, limit - BELOW_SPM),)
    script, found = excursions(limit, seed)
    heard = [
        Heard("below", who.name, limit, listen(who, below, LONG_S, seed)),
        Heard("above", who.name, limit, listen(who, script, LONG_S, seed + 1), found),
    ]
    for n, (kind, tempo, *more) in enumerate(walks(who.spm, seed)):
        events = listen(who, tempo, TREND_S, seed + 2 + n, *more)
        heard.append(Heard(kind, who.name, 200.0, events))
    return heard


def guided(walk: Heard, parameters: GuidanceParameters) -> list[Event]:
    """What the guidance adds."""
    settings = CoachSettings(
        cadence=CadenceSettings(max_spm=walk.limit_spm),
        session=SessionSettings(target_min=120.0, limit_min=180.0),
        stage=ANYWHERE,
    )
    guidance, said = Guidance(settings, parameters), []
    for t, moment in itertools.groupby(walk.events, key=lambda event: event.t):
        said += guidance.respond(list(moment), t, upright=True)
    return said


def sounding(events: Sequence[Event]) -> list[tuple[float, float]]:
    """From when to when the walker was told to slow down, gently or firmly."""
    spans: list[tuple[float, float]] = []
    on: set[str] = set()
    for e in events:
        if isinstance(e, Cue) and e.cue in (SLOW_DOWN, SLOW_DOWN_FIRM):
            before = bool(on)
            (on.add if e.state == "on" else on.discard)(e.cue)
            if on and not before and not (spans and spans[-1][1] == e.t):
                spans.append((e.t, np.inf))
            elif before and not on:
                spans[-1] = (spans[-1][0], e.t)
            elif on and not before:
                spans[-1] = (spans[-1][0], np.inf)
    return spans


def figures(heard: Sequence[Heard], parameters: GuidanceParameters = GUIDANCE) -> dict[str, float]:
    """All figures of these walks under these constants."""
    said = [(walk, guided(walk, parameters)) for walk in heard]
    found = _pace([pair for pair in said if pair[0].kind in ("below", "above")])
    for kind in dict.fromkeys(walk.kind for walk in heard):
        of_kind = [events for walk, events in said if walk.kind == kind]
        if kind in ("below", "above"):
            continue
        tired = [any(isinstance(e, Fatigue) for e in events) for events in of_kind]
        found[f"ease off: {kind}"] = float(np.mean(tired))
    steady = [events for walk, events in said if walk.kind == "steady"]
    ready = [t for events in steady for t in _ready(events)[:1]]
    found["ready, share of people"] = len(ready) / max(len(steady), 1)
    if ready:
        found["ready, first min"] = min(ready) / 60
        found["ready, last min"] = max(ready) / 60
    found["ready while slowing"] = sum(
        a <= t < b for _, events in said for t in _ready(events) for a, b in sounding(events)
    )
    return found


def _ready(events: Sequence[Event]) -> list[float]:
    return [e.t for e in events if isinstance(e, Stage) and e.advice == "ready for the next"]


def _pace(said: Sequence[tuple[Heard, list[Event]]]) -> dict[str, float]:
    delays: list[float] = []
    offs: list[float] = []
    missed = unjustified = false = told = 0
    hours = 0.0
    for walk, events in said:
        spans = sounding(events)
        if walk.kind == "below":
            unjustified += len(spans)
            hours += LONG_S / 3600
            continue
        for out in walk.excursions:
            inside = [s for s in spans if out.begin - EARLY_S < s[0] < out.end]
            missed += not inside
            delays += [inside[0][0] - out.begin] if inside else []
            offs += [end - out.end for begin, end in inside if end >= out.end]
        times = [e.t for e in events if isinstance(e, Reaction)]
        told += len(times)
        false += sum(any(o.begin < t < o.end for o in walk.excursions) for t in times)
    return {
        "slow down, median s": float(np.median(delays)) if delays else np.nan,
        "slow down, 95 % s": float(np.percentile(delays, 95)) if delays else np.nan,
        "silent after, median s": float(np.median(offs)) if offs else np.nan,
        "silent after, 95 % s": float(np.percentile(offs, 95)) if offs else np.nan,
        "not told": missed / max(missed + len(delays), 1),
        "unjustified an hour": unjustified / max(hours, 1e-9),
        "reactions while above": false / max(told, 1),
    }


def main() -> None:
    """Print the table."""
    data = Path(os.environ.get("COACH_DATA", Path(__file__).parents[3] / "shared" / "data"))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    seed = int(os.environ.get("SEED", "1"))
    who = people(data)[:count]
    heard: list[Heard] = []
    with ProcessPoolExecutor(2) as pool:
        jobs = [(one, 1000 * seed + 50 * n) for n, one in enumerate(who)]
        for one, found in zip(who, pool.map(hear, jobs), strict=True):
            heard += found
            sys.stderr.write(f"{one.name}: {figures(found)}\n")
    table = Table(f"{len(who)} people's strides, walked anew", "figure")
    for name, value in figures(heard).items():
        table.add_row(name, f"{value:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
