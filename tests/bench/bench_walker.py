"""How near simulated walks come to people's: `python -m tests.bench.bench_walker [WALKS]`.

The recordings of treadmill walkers (movingreality; COACH_DATA or ../shared/data) against walks of
simulated strangers, and against the even walks that tests use. 40 walks take half a minute.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from hardware.simulated.walker import ClipOn, Segment, Walk, Walker
from tests.support.people import PACE, stranger
from tests.support.recordings import manifest, samples
from tests.support.unevenness import MEANING, Unevenness, bouts, distance, quantiles

DATASET = "movingreality"
HANDLED = "hapt"
MOVES_G = 0.02  # rms: a second in which somebody has the device in the hand
SECONDS = 130.0
WALKS = 40


def recorded(data: Path) -> list[Unevenness]:
    """The bouts of the recordings whose steps are trusted."""
    found = []
    with np.load(data / f"{DATASET}.npz") as arrays:
        for row in manifest(data):
            if row["dataset"] == DATASET and row["steps_trusted"] == "yes":
                t, x = samples(data, row)
                found += bouts(t, x, arrays[f"{row['recording']}__steps_s"])
    return found


def simulated(plans: list[Segment]) -> list[Unevenness]:
    """The bouts of one walker for each plan."""
    found = []
    for seed, plan in enumerate(plans):
        walker = Walker([plan], seed=seed)
        t = np.arange(0.0, walker.plan_s, 0.01)
        x = walker.signal(t)
        found += bouts(t, x, np.array([step.t for step in walker.truth.steps if step.walking]))
    return found


def handled(pieces: list[np.ndarray]) -> dict[str, np.ndarray]:
    """10th, 50th and 90th percentile of each second in which a device in the hand moves."""
    seconds = np.concatenate([x[: len(x) // 100 * 100].reshape(-1, 100, 6) for x in pieces])
    shaken = np.linalg.norm(seconds[:, :, :3].std(axis=1), axis=1)
    turned = np.sqrt((seconds[:, :, 3:] ** 2).sum(axis=2).mean(axis=1))
    hardest = np.linalg.norm(seconds[:, :, :3], axis=2).max(axis=1)
    moves = shaken > MOVES_G
    found = {
        "acceleration, g rms": shaken,
        "rotation, deg/s rms": turned,
        "largest |a|, g": hardest,
    }
    return {name: np.percentile(values[moves], [10, 50, 90]) for name, values in found.items()}


def recorded_handling(data: Path) -> list[np.ndarray]:
    """What lies before the first and after the last label: put on, taken off."""
    found = []
    with np.load(data / f"{HANDLED}.npz") as arrays:
        for row in manifest(data):
            if row["dataset"] == HANDLED:
                _, x = samples(data, row)
                labels = arrays[f"{row['recording']}__labels_s"]
                found += [x[: int(labels[0, 0] * 100)], x[int(labels[-1, 1] * 100) :]]
    return found


def print_handling(data: Path, walks: int) -> None:
    """People who put the device on and take it off, against simulated ones."""
    table = Table("handled: 10 %, median, 90 %", "people", "at PACE", "as tests do")
    t = np.arange(0.0, 20.0, 0.01)

    def simulated_at(pace: float) -> dict[str, np.ndarray]:
        return handled([Walker([ClipOn(20.0, pace)], seed=s).signal(t) for s in range(walks)])

    columns = [handled(recorded_handling(data)), simulated_at(PACE), simulated_at(1.0)]
    for name in columns[0]:
        table.add_row(name, *("  ".join(f"{q:.3g}" for q in c[name]) for c in columns))
    Console(width=150).print(table)


def main() -> None:
    """Print the tables."""
    data = Path(os.environ.get("COACH_DATA", Path(__file__).parents[3] / "shared" / "data"))
    walks = int(sys.argv[1]) if len(sys.argv) > 1 else WALKS
    people = recorded(data)
    rng = np.random.default_rng(1)
    strangers = simulated([stranger(SECONDS, rng) for _ in range(walks)])
    even = simulated(
        [
            Walk(SECONDS, spm=float(rng.uniform(85, 122)), amplitude_g=0.4, direction="forward")
            for _ in range(walks)
        ]
    )
    table = Table("10 %, median, 90 %", "people", "strangers", "even", "KS strangers", "KS even")
    columns = [quantiles(some) for some in (people, strangers, even)]
    for name, meaning in MEANING.items():
        shown = ["  ".join(f"{q:.3g}" for q in column[name]) for column in columns]
        near = [f"{distance(people, some, name):.2f}" for some in (strangers, even)]
        table.add_row(f"{name}: {meaning}", *shown, *near)
    Console(width=150).print(table)
    print(f"{len(people)} bouts of people, {len(strangers)} of strangers, {len(even)} even ones;")
    print("KS: the largest difference of the two distributions, 0 the same, 1 nothing in common.")
    print_handling(data, walks)


if __name__ == "__main__":
    main()
