"""What of the engine's figures is left for people, and for datasets, on whom nothing was chosen.

Run it: `python -m tests.bench.bench_leftout [gait] [balance]`; half an hour of two cores.
`COACH_DATA` names the recordings' folder. Chosen anew, without each person and without each
dataset: the weights of the evidence for a rhythm and what movement offers by chance
(`tests.support.fitting`), and the excess that makes a stumble. The other constants are the ones in
force: they come from physiology or the chip, or lie on a plateau (docs/algorithms.md). The
intervals are of the bootstrap over people.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from coach.balance import StumbleDetector
from coach.engine import ENGINE
from coach.events import Cadence
from coach.gait import GaitParameters, GaitTracker
from coach.samples import Floats
from firmware.lab.evaluate import cadence, people
from firmware.lab.evaluate.trial import Known, Score, scored
from tests.bench.bench_parameters import Recording, data, has_cadence
from tests.support import augmented
from tests.support.fitting import WEIGHTS, Evidence, evidence_of, fitted, without
from tests.support.gait import sampled, tracked
from tests.support.recordings import Row, at_raster, known, manifest, truth
from tests.support.stumbles import detected

IN_FORCE, PERSON, DATASET = "in force", "a person left out", "a dataset left out"

BELT = "movingreality"
"""The recordings whose belt begins to run."""

EXCESSES = sorted({0.50, 0.55, 0.60, 0.65, 0.75, 0.80, 0.85, ENGINE.balance.stumble.excess})
"""Among them the one in force."""
RAILS_SHARE, RAILS = 0.3, ", 0.3 of the movement"
"""With the hands on the rails."""
PLACES_M, ELSEWHERE = ((0.15, 0.0), (0.0, 0.15)), ", worn elsewhere"
"""At the hip or in front where it was at the back, or the other way round."""

CAUGHT = "stumbles alarmed"
ALLOWED = {CAUGHT: 0.03, "false alarms/h walking": 0.3, "false alarms/h active": 2.0}
"""What may be missed, and alarmed in vain. The excess that is chosen is the one with the least of
all figures together, each in units of what is allowed of it."""

Unit = tuple[str, str | None]
"""A dataset, and a person of it; or the whole of it."""
NOBODY: Unit = ("", "")


class Share(NamedTuple):
    """What one person adds to a figure: so many of so many."""

    figure: str
    person: Unit
    part: float
    whole: float


def main() -> None:
    """Print the tables."""
    wanted = sys.argv[1:] or ["gait", "balance"]
    with ProcessPoolExecutor(2) as pool:
        for room, told in (("gait", gait), ("balance", balance)):
            if room in wanted:
                Console(width=130).print(table(room, told(pool)))


def table(room: str, by_choice: dict[str, list[Share]]) -> Table:
    """Each figure with the constants in force, and with those chosen without whom it is of."""
    titles = ("figure", IN_FORCE, PERSON, "95 % of people", "single people", DATASET, "people")
    made = Table(*titles, title=room)
    figures = list(dict.fromkeys(share.figure for share in by_choice[IN_FORCE]))
    for figure in figures:
        in_force, person, dataset = (
            summed(by_choice[c], figure) for c in (IN_FORCE, PERSON, DATASET)
        )
        each = person[:, 0] / person[:, 1]
        spans = (people.interval(person), (each.min(), each.max())) if len(each) > 1 else ()
        between = [f"{low:.3f} to {high:.3f}" for low, high in spans] or ["", ""]
        a, b, c = (f"{people.ratio(sums):.4f}" for sums in (in_force, person, dataset))
        made.add_row(figure, a, b, *between, c, str(len(each)))
    return made


def summed(shares: Iterable[Share], figure: str) -> Floats:
    """(people, 2): count and of how much, of one figure."""
    of_person: dict[Unit, Floats] = defaultdict(lambda: np.zeros(2))
    for share in shares:
        if share.figure == figure and share.whole:
            of_person[share.person] += share.part, share.whole
    return np.array(list(of_person.values()))


def worn_elsewhere(x: Floats) -> Iterator[Floats]:
    """A recording as felt in other places on the waistband."""
    for place_m in PLACES_M:
        yield augmented.worn_at(x, np.array(place_m))


# Gait: the weights of the evidence.


@cache
def with_cadence() -> list[Known]:
    """The recordings that say how right a cadence is; read once in each process."""
    read = (known(data(), row) for row in manifest(data()))
    return [each for each in read if has_cadence(each)]


def evidence(i: int) -> list[Evidence]:
    """That of one recording."""
    return list(evidence_of(with_cadence()[i]))


def heard(job: tuple[int, GaitParameters]) -> tuple[list[tuple[str, Score]], float | None]:
    """One recording's score, as it is and, if its steps are known, worn elsewhere; and the first
    cadence after the first step (s)."""
    i, parameters = job
    of = with_cadence()[i]
    cases = [("", of)]
    if of.steps is not None:
        moved = worn_elsewhere(at_raster(of.block))
        cases += [(ELSEWHERE, replace(of, block=sampled(x))) for x in moved]
    said = [[*tracked(case.block, GaitTracker(parameters=parameters))] for _, case in cases]
    told = [e.t for e in said[0] if isinstance(e, Cadence) and e.spm is not None]
    steps = of.steps
    first = told[0] - float(steps[0]) if told and steps is not None and len(steps) else None
    each = zip(cases, said, strict=True)
    return [(on, scored(case, [*events])) for (on, case), events in each], first


def gait(pool: ProcessPoolExecutor) -> dict[str, list[Share]]:
    """The figures of cadence, by what was chosen on whom."""
    jobs = range(len(with_cadence()))
    found = [each for some in pool.map(evidence, jobs, chunksize=4) for each in some]
    who: list[Unit] = [(k.item.dataset, k.item.subject) for k in with_cadence()]
    units: list[Unit] = list(dict.fromkeys([*who, *((dataset, None) for dataset, _ in who)]))
    fits = pool.map(fitted, [found, *(without(found, *unit) for unit in units)])
    told_of("weights of the evidence, chosen on all", next(fits))
    chosen = dict(zip(units, fits, strict=True))
    choices: dict[str, Callable[[Unit], GaitParameters]] = {
        IN_FORCE: lambda _: ENGINE.gait,
        PERSON: chosen.__getitem__,
        DATASET: lambda unit: chosen[unit[0], None],
    }
    asked_of: dict[str, list[Share]] = {}
    for choice, parameters in choices.items():
        told = list(pool.map(heard, [(i, parameters(who[i])) for i in jobs], chunksize=4))
        asked_of[choice] = [
            share
            for unit, (scores, _) in zip(who, told, strict=True)
            for on, score in scores
            for share in asked(unit, score, on)
        ]
        firsts = [
            t
            for (dataset, _), (_, t) in zip(who, told, strict=True)
            if dataset == BELT and t is not None
        ]
        median, late = np.percentile(firsts, [50, 90])
        sys.stdout.write(
            f"first cadence on the belt, {choice}: {median:.2f} s, 90 % {late:.2f} s\n"
        )
    return asked_of


def told_of(what: str, parameters: GaitParameters) -> None:
    """Print the constants that were chosen."""
    names = (*(f"evidence.{name}" for name in WEIGHTS), "rhythm.chance")
    values = {each.name: each.value for each in parameters.described()}
    sys.stdout.write(f"{what}: {', '.join(f'{name} {values[name]:.2f}' for name in names)}\n")


def asked(who: Unit, score: Score, on: str) -> list[Share]:
    """What one recording, worn as `on` says, adds to the figures of cadence."""
    found = []
    if (w := score.cadence) is not None and len(w.true):
        n = float(len(w.true))
        octaves = np.abs(np.log(w.shown / w.true)) > math.log1p(cadence.OCTAVE)
        right, _ = people.FIGURES["cadence within 3"](score)
        found += [
            Share(f"cadence within 3, {who[0]}{on}", who, right, n),
            Share(f"wrong by over a quarter, {who[0]}{on}", who, float(octaves.sum()), n),
        ]
    if score.rest is not None:
        name = f"a cadence told, {score.item.group}"
        found.append(Share(name, who, score.rest.told, score.rest.seconds))
    return found


# Balance: the excess that makes a stumble.


def with_alarms() -> list[Row]:
    """The rows of the recordings in which somebody stumbles, or walks and does not."""
    kinds = {"walking", "active", "stumble"}
    return [r for r in manifest(data()) if r["dataset"] == "hapt" or truth(r)[1] in kinds]


def worn(x: Floats) -> Iterator[tuple[Floats, str]]:
    """A recording as it is, on the rails, and as felt in other places on the waistband."""
    yield x, ""
    yield augmented.scaled(x, RAILS_SHARE), RAILS
    for moved in worn_elsewhere(x):
        yield moved, ELSEWHERE


def alarms(row: Row) -> dict[float, list[Share]]:
    """What a recording adds to the figures of stumbles, however it is worn, by excess."""
    as_it_is = known(data(), row)
    who: Unit = (row["dataset"], row["subject"])
    found: dict[float, list[Share]] = {excess: [] for excess in EXCESSES}
    for x, on in worn(at_raster(as_it_is.block)):
        of = Recording.of(replace(as_it_is, block=sampled(x)))
        for excess in EXCESSES:
            parameters = ENGINE.balance.having("stumble.excess", excess)
            events = detected(of.known.block, StumbleDetector(parameters=parameters), told=of.told)
            score = scored(of.known, events)
            for name in ALLOWED:
                count, all_of = people.FIGURES[name](score)
                if all_of:
                    where = f", {who[0]}" if name == CAUGHT else ""
                    found[excess].append(Share(name + where + on, who, count, all_of))
    return found


def balance(pool: ProcessPoolExecutor) -> dict[str, list[Share]]:
    """The figures of stumbles, by whom the excess was chosen on."""
    found: dict[float, list[Share]] = {excess: [] for excess in EXCESSES}
    for told in pool.map(alarms, with_alarms(), chunksize=4):
        for excess, shares in told.items():
            found[excess] += shares
    persons = list(dict.fromkeys(share.person for share in found[EXCESSES[0]]))
    datasets: list[Unit] = list(dict.fromkeys((dataset, None) for dataset, _ in persons))
    chosen = {unit: least_costly(found, unit) for unit in (NOBODY, *persons, *datasets)}
    times = Counter(chosen[person] for person in persons)
    sys.stdout.write(f"excess, chosen on all: {chosen[NOBODY]}; {PERSON}: {dict(times)}\n")
    return {
        IN_FORCE: found[ENGINE.balance.stumble.excess],
        PERSON: [s for who in persons for s in found[chosen[who]] if s.person == who],
        DATASET: [s for of in datasets for s in found[chosen[of]] if s.person[0] == of[0]],
    }


def least_costly(found: dict[float, list[Share]], left_out: Unit) -> float:
    """The excess with the least cost to all others; of several the middle one."""
    costs = {}
    for excess, shares in found.items():
        sums: dict[str, Floats] = defaultdict(lambda: np.zeros(2))
        for share in shares:
            if share.person != left_out and (left_out[1] or share.person[0] != left_out[0]):
                sums[share.figure] += share.part, share.whole
        costs[excess] = 0.0
        for figure, (count, of) in sums.items():
            name = figure.partition(",")[0]
            bad = 1.0 - count / of if name == CAUGHT else count / of
            costs[excess] += bad / ALLOWED[name]
    least = min(costs.values())
    best = [excess for excess, cost in costs.items() if cost <= least + 1e-9]
    return best[len(best) // 2]


if __name__ == "__main__":
    main()
