"""What the device's own vibration motor does to it: `python -m tests.bench.bench_motor`.

Recorded walks whose limit is always exceeded, so that the cue to slow down never rests, and
recorded falls that go on lying for a minute, each with a motor on the case (`tests.support.motor`)
that shakes it by so much: what is told in vain, and whether the alarm ends. Ten minutes of two
cores.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from coach.events import Cadence, Cue, Event, Fall, Stumble
from coach.samples import Floats
from tests.bench.bench_augmented import DATA, HZ, SHARE, at_100_hz, hash_of
from tests.support.augmented import scaled
from tests.support.motor import Motor, coached, with_motor
from tests.support.recordings import Row, manifest
from tests.support.stumbles import group

SIZES_G = (0.0, 0.5, 1.0, 1.5)
POLES = (1, 2)
EVERY_FALL = 6
LIES_S, BREATH_HZ, BREATH_DPS = 70.0, 0.25, (0.3, 0.15, 0.1)
NOISE = [0.003] * 3 + [0.05] * 3

Found = dict[str, tuple[float, float]]
"""By figure: events, and what they are counted by."""


class Job(NamedTuple):
    """A recording and a motor."""

    data: Path
    row: Row
    size_g: float
    poles: int


def goes_on_lying(x: Floats, rng: np.random.Generator) -> Floats:
    """The recording, and then a body that only breathes."""
    t = np.arange(round(LIES_S * HZ)) / HZ
    lies = np.tile(np.median(x[-HZ:], axis=0), (len(t), 1))
    lies[:, 3:] = np.sin(2 * np.pi * BREATH_HZ * t)[:, None] * BREATH_DPS
    return np.vstack([x, lies + rng.normal(0.0, NOISE, lies.shape)])


def found(job: Job) -> Found:
    """What the coach says of it."""
    x, seed = at_100_hz(job.data, job.row), hash_of(job.row)

    def said_of(samples: Floats, limit_spm: int) -> list[Event]:
        motor = Motor(np.random.default_rng([seed, 7]), job.size_g, job.poles)
        return coached(samples, with_motor(f"cadence.max_spm={limit_spm}"), motor)

    if group(job.row) == "fall":
        said = said_of(goes_on_lying(x, np.random.default_rng(seed)), 200)
        ended = [e for e in said if isinstance(e, Cue) and (e.cue, e.state) == ("fall", "off")]
        told = sum(isinstance(e, Cadence) and e.spm is not None and e.t > len(x) / HZ for e in said)
        return {"falls: alarm ended": (bool(ended), 1), "lying: cadence told": (told, LIES_S)}
    figures: Found = {}
    for name, share in (("as it is", 1.0), ("on the rails", SHARE)):
        said = said_of(scaled(x, share), 40)
        alarms = sum(isinstance(e, Stumble | Fall) for e in said)
        figures[f"walks {name}: false alarms /h"] = alarms, len(x) / HZ / 3600
    return figures


def rows(data: Path) -> Iterator[Row]:
    """Walks long enough to be told something, and some falls."""
    known = list(manifest(data))
    yield from (r for r in known if group(r) == "walking" and r["dataset"] == "movingreality")
    yield from [r for r in known if group(r) == "fall"][::EVERY_FALL]


def main() -> None:
    """Print the table."""
    data = Path(os.environ.get("COACH_DATA", DATA))
    table = Table(title="a motor on the case")
    for head in ("shakes it by (g)", "poles of the low-pass", "figure", "value", "of"):
        table.add_column(head)
    with ProcessPoolExecutor(2) as pool:
        for poles in POLES:
            for size_g in SIZES_G:
                sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
                for figures in pool.map(found, [Job(data, r, size_g, poles) for r in rows(data)]):
                    for name, (value, weight) in figures.items():
                        sums[name][0] += value
                        sums[name][1] += weight
                for name, (value, weight) in sums.items():
                    cells = (f"{size_g:g}", str(poles), name, f"{value / weight:.3f}")
                    table.add_row(*cells, f"{weight:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
