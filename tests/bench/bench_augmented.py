"""What becomes of balance where something is done to the recordings that no recording has.

Run it: `python -m tests.bench.bench_augmented [EVERY]` (every how many-th recording, default 4; all
of them take half an hour of one core). `SEED` in the environment draws other slips, stumbles,
pauses and belts; `COACH_DATA` names the recordings' folder. The intervals are of the bootstrap over
people.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from coach.balance import StumbleDetector
from coach.events import Event, Fall, Stumble
from coach.samples import Block, Floats
from tests.support import augmented
from tests.support.recordings import Row, at_raster, manifest, samples
from tests.support.stumbles import detected, group

DATA = Path(__file__).parents[3] / "shared" / "data"
HZ = 100
SHARE = 0.3
"""Of the movement, with the hands on the rails."""
SIZES_G = (0.3, 0.4, 0.6, 0.8)
SURE_G = 0.6
SOON_S, LATE_S = 0.3, 1.2
SLOW_SPM = 88.0
TWO_STEPS_S = 2.5
RAILS_FROM_S, RAILS_S, LETS_GO_S = 25.0, 77.0, (0.4, 1.5)
"""A free walk until the hands take the rails; until they let go of them; and how quickly."""
BEGUN_S, AFTER_S = 30.0, 10.0
"""Of a walk that begins on the rails: until the hands let go; and so long it is watched then."""
MOMENTS, EARLIEST_S = 4, 15.0
"""Draws of when they let go, and the earliest."""
SLIPS_S, SLIP_DRAWS, SLIP_BEFORE_S, SLIP_AFTER_S = (0.1, 0.2, 0.4), 3, 30.0, 4.0
"""Of a clip that slips on the rails: within which times, how often, and the walk around it."""
CLIP_SLIPS, LETS_GO = "clip slips", "letting go of the rails"
CADENCE_S = 6.0
"""So long after the first sample the gait analysis tells a cadence in these walks."""
DRAWS = 400


class Case(NamedTuple):
    """Samples, and what is asked of them: `figure`, of whom, by which kind of answer."""

    figure: str
    person: str
    t: Floats
    x: Floats
    at_s: float | None = None  # of the stumble, or of the slip
    told: bool = False  # a cadence is told in it


class Answer(NamedTuple):
    """What one case adds to its figure: events over weight, or right over one."""

    figure: str
    person: str
    value: float
    weight: float


def hear(case: Case) -> list[Event]:
    """What a fresh detector says, gaps and all."""
    block = Block(case.t, case.x[:, :3], case.x[:, 3:])
    return detected(block, StumbleDetector(), told=lambda t: case.told and t > CADENCE_S)


def answer(case: Case) -> list[Answer]:
    """Count what is said of a case, by what its figure asks."""
    events = hear(case)
    alarms = [event.t for event in events if isinstance(event, Stumble | Fall)]
    figure, who = case.figure, case.person
    if figure.endswith("/h"):
        return [Answer(figure, who, len(alarms), len(case.t) / HZ / 3600)]
    if case.at_s is None:
        kinds = Fall if figure.startswith("fall") else Stumble | Fall
        return [Answer(figure, who, any(isinstance(event, kinds) for event in events), 1.0)]
    if figure.startswith((CLIP_SLIPS, LETS_GO)):
        return [Answer(figure, who, any(t > case.at_s for t in alarms), 1.0)]
    delays = [t - case.at_s for t in alarms if 0.0 < t - case.at_s <= LATE_S]
    said = [Answer(figure, who, bool(delays), 1.0)]
    if delays:
        said.append(Answer("added stumble: within 0.3 s of onset", who, delays[0] <= SOON_S, 1.0))
    return said


def at_100_hz(data: Path, row: Row) -> Floats:
    """The samples of a recording on the raster."""
    t, x = samples(data, row)
    return at_raster(Block(t, x[:, :3], x[:, 3:]))


@cache
def real_shapes(data: Path) -> tuple[Floats, ...]:
    """What the real stumbles of some people add to their walks."""
    shapes = []
    for row in manifest(data):
        if group(row) in ("D18", "trip, slip") and hash_of(row) % 3 == 0:
            x = at_100_hz(data, row)
            case = Case("", "", np.arange(len(x)) / HZ, x)
            onsets = [event.onset for event in hear(case) if isinstance(event, Stumble)]
            shape = augmented.residual(x, onsets[0] - 0.1) if onsets else None
            if shape is not None:
                shapes.append(shape)
    return tuple(shapes)


def hash_of(row: Row) -> int:
    """A number of the recording that no run changes."""
    return sum(row["recording"].encode())


def is_slow(data: Path, row: Row) -> bool:
    """Whether a treadmill walk is slow, or slow and uneven, by its known steps."""
    if row["dataset"] == "felius":
        return True
    if row["dataset"] != "movingreality":
        return False
    with np.load(data / f"{row['dataset']}.npz") as file:
        steps = file[f"{row['recording']}__steps_s"]
    return len(steps) > 2 and 60.0 / float(np.median(np.diff(steps))) < SLOW_SPM


def walked(x: Floats, first_s: float) -> Floats:
    """Instants (s) from `first_s` to 2 s before the end at which somebody walks.

    The two steps before, however slow, move half as much as those of most of the recording do.
    """
    load = np.linalg.norm(x[:, :3], axis=1)
    steps = round(TWO_STEPS_S * HZ)
    moves = np.lib.stride_tricks.sliding_window_view(load, steps).std(axis=1)
    at = (np.arange(len(moves)) + steps) / HZ
    walks = moves >= 0.5 * np.quantile(moves, 0.75)
    return at[walks & (at >= first_s) & (at <= len(x) / HZ - 2.0)]


def added(data: Path, row: Row, x: Floats, rng: np.random.Generator) -> Iterator[Case]:
    """Stumbles at random phases of a slow or backward walk, and of any walk on the rails."""
    walks = [("rails", augmented.scaled(x, SHARE))]
    if row["dataset"] == "backward" or is_slow(data, row):
        walks.append(("backward" if row["dataset"] == "backward" else "slow", x))
    first = 5.0 if row["dataset"] == "backward" else 10.0
    for name, walk in walks:
        if len(walk) / HZ < first + 3.0:
            continue
        moments = walked(walk, first)
        for size in SIZES_G if len(moments) else ():
            at = float(rng.choice(moments))
            shapes = [make(rng) for make in augmented.STUMBLES.values()]
            real = real_shapes(data)
            shapes.append(real[rng.integers(len(real))])
            y = augmented.stumble_added(walk, rng, at, size, shapes[rng.integers(len(shapes))])
            part = slice(max(0, round((at - 45) * HZ)), round((at + 2.0) * HZ))
            figure = f"added stumble, {name}, {'0.6 g and more' if size >= SURE_G else '0.3-0.4 g'}"
            since = part.start / HZ
            yield Case(figure, person(row), times(y[part]), y[part], at - since, told=True)


def person(row: Row) -> str:
    """Of all data sets' people, this one."""
    return f"{row['dataset']}/{row['subject']}"


def times(x: Floats) -> Floats:
    """The instants of samples on the raster."""
    return np.arange(len(x)) / HZ


def asked(who: str, figure: str, x: Floats, at_s: float | None = None) -> Case:
    """A case of samples on the raster."""
    return Case(figure, who, times(x), x, at_s)


def walks(data: Path, row: Row, x: Floats, rng: np.random.Generator) -> Iterator[Case]:
    """Walks in which nobody stumbles, and some in which somebody does."""

    case = partial(asked, person(row))
    yield case("false alarms, as it is /h", x)
    yield case("false alarms, 0.3 of the movement /h", augmented.scaled(x, SHARE))
    yield case("false alarms, gyroscope dead /h", augmented.dead_gyroscope(x))
    yield case("false alarms, gyroscope of another frame /h", augmented.other_frame(x, rng))
    belt = augmented.vibration(x, rng, rng.uniform(8, 25), rng.uniform(0.02, 0.1))
    yield case("false alarms, belt vibrates /h", belt)
    thumps = augmented.seam(x, rng, rng.uniform(2, 5), rng.uniform(0.05, 0.2))
    yield case("false alarms, belt's seam /h", thumps)
    t, kept = augmented.lost(x, rng)
    yield Case("false alarms, 0.5 % of the samples lost /h", person(row), t, kept)
    if len(x) > 20 * HZ:
        yield case("false alarms, pauses put in /h", augmented.with_pauses(x, rng))
    if len(x) > 11 * HZ:
        at = rng.uniform(6, len(x) / HZ - 4)
        yield case(f"{CLIP_SLIPS}: false alarm", augmented.clip_slips(x, rng, at), at)
    yield from added(data, row, x, rng)
    if len(x) > (RAILS_S + AFTER_S) * HZ:
        yield let_go(person(row), "", x, rng, (RAILS_FROM_S, RAILS_S))


def let_go(
    who: str, how: str, x: Floats, rng: np.random.Generator, span: tuple[float, float],
    share: float = SHARE,
) -> Case:  # fmt: skip
    """The hands hold the rails from the first instant of `span` to the second, and let go."""
    since, until = span
    held = augmented.rails_held(x, since, until, lets_go_s=rng.uniform(*LETS_GO_S), share=share)
    part = held[: round((until + AFTER_S) * HZ)]
    return asked(who, f"{LETS_GO}{how}: false alarm", part, until)


def begun_on_the_rails(who: str, x: Floats, rng: np.random.Generator) -> Iterator[Case]:
    """A walk begins with the hands on the rails: they let go, or the clip slips."""
    room, before = len(x) / HZ - AFTER_S, -2.0  # they hold them before the first sample
    if room <= BEGUN_S:
        return
    for share in (SHARE, 0.5):
        how = f", begun on them, {share:g} of the movement"
        yield let_go(who, how, x, rng, (before, BEGUN_S), share)
    for _ in range(MOMENTS):
        until = rng.uniform(EARLIEST_S, room)
        yield let_go(who, ", begun on them, at any moment", x, rng, (before, until))
    rails = augmented.scaled(x, SHARE)
    for within in SLIPS_S * SLIP_DRAWS:
        at = rng.uniform(EARLIEST_S, room)
        slipped = augmented.clip_slips(rails, rng, at, within_s=(within, within))
        since = max(0.0, at - SLIP_BEFORE_S)
        part = slipped[round(since * HZ) : round((at + SLIP_AFTER_S) * HZ)]
        figure = f"{CLIP_SLIPS} on the rails within {within:g} s: false alarm"
        yield asked(who, figure, part, at - since)


def cases(data: Path, row: Row, seed: int) -> Iterator[Case]:
    """All that is asked of one recording."""
    kind, who = group(row), person(row)
    drawn = [seed, hash_of(row)]
    rng = np.random.default_rng(drawn)
    x = at_100_hz(data, row)
    elsewhere = augmented.worn_at(x, augmented.elsewhere(np.random.default_rng([*drawn, 1])))

    case = partial(asked, who)
    if kind == "walking":
        yield case("false alarms, worn elsewhere /h", elsewhere)
        yield from walks(data, row, x, rng)
        yield from begun_on_the_rails(who, x, np.random.default_rng([*drawn, 2]))
    elif kind in ("D18", "trip, slip"):
        yield case(f"{kind}: caught", x)
        yield case(f"{kind}: caught, worn elsewhere", elsewhere)
        yield case(f"{kind}: caught, 0.3 of the movement", augmented.scaled(x, SHARE))
        yield case(f"{kind}: caught, gyroscope dead", augmented.dead_gyroscope(x))
        t, kept = augmented.lost(x, rng)
        yield Case(f"{kind}: caught, 0.5 % of the samples lost", who, t, kept)
    elif kind == "soft fall":
        yield case("fall: soft, from standing", x)
    elif kind == "other":
        yield case("fall told of an everyday movement", x)
    elif kind in ("stairs", "jogging"):
        yield case(f"{kind} /h", x)
        yield case(f"{kind}, worn elsewhere /h", elsewhere)


def run(job: tuple[Path, Row, int]) -> list[Answer]:
    """Every answer of one recording."""
    return [said for case in cases(*job) for said in answer(case)]


def interval(answers: list[Answer], rng: np.random.Generator) -> tuple[float, float, float]:
    """The figure, and 95 % of it over people drawn anew."""
    people = sorted({each.person for each in answers})
    sums = np.zeros((len(people), 2))
    for each in answers:
        sums[people.index(each.person)] += each.value, each.weight
    drawn = sums[rng.integers(len(people), size=(DRAWS, len(people)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    value, weight = sums.sum(axis=0)
    return float(value / weight), float(low), float(high)


def table(every: int, seed: int, data: Path, progress: Callable[[str], None]) -> Table:
    """Run all and tell the figures."""
    rows = [row for i, row in enumerate(manifest(data)) if group(row) and i % every == 0]
    by_figure: dict[str, list[Answer]] = defaultdict(list)
    with ProcessPoolExecutor(2) as pool:
        for i, answers in enumerate(pool.map(run, [(data, row, seed) for row in rows])):
            for each in answers:
                by_figure[each.figure].append(each)
            if i % 100 == 0:
                progress(f"{i} of {len(rows)} recordings")
    made = Table(title=f"seed {seed}, every {every}th recording")
    for title in ("figure", "value", "95 %", "cases", "people"):
        made.add_column(title, no_wrap=True)
    rng = np.random.default_rng(seed)
    for figure, answers in sorted(by_figure.items()):
        value, low, high = interval(answers, rng)
        people = len({each.person for each in answers})
        span = f"{low:.3f} to {high:.3f}"
        made.add_row(figure, f"{value:.3f}", span, str(len(answers)), str(people))
    return made


def main() -> None:
    """Print the table."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    data = Path(os.environ.get("COACH_DATA", DATA))
    seed = int(os.environ.get("SEED", "1"))
    told = table(every, seed, data, lambda line: print(line, file=sys.stderr, flush=True))
    Console(width=120).print(told)


if __name__ == "__main__":
    main()
