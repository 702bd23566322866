"""The whole coach on the recordings as another sensor, clip or belt would have given them.

Run it: `python -m tests.bench.bench_changed [DATASET ...]` (default: all of them, half an hour of
two cores; `movingreality` alone takes some minutes). `SEED` in the environment draws
other noise, offsets and losses; `COACH_DATA` names the recordings' folder. What is put into walks,
stumbles and pauses and slips, is `tests.bench.bench_augmented`'s.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from coach.engine import Engine
from coach.samples import Block, Floats
from coach.settings import CoachSettings
from firmware.lab.evaluate import people
from firmware.lab.evaluate.folder import Span
from firmware.lab.evaluate.trial import scored
from tests.bench.bench_parameters import data
from tests.support import augmented
from tests.support.gait import sampled
from tests.support.recordings import Row, at_raster, known, manifest, truth

HZ = augmented.HZ
SLOWER, SHARE = 0.6, 0.3
"""Of the tempo, and of the movement: a cautious walker, with both hands on the rails."""
BELT_HZ, BELT_G = (8.0, 25.0), (0.02, 0.1)
CLIP_HZ, CLIP_Q = (6.0, 12.0), 3.0
OFFSET_G, SCALE_SHARE, OFFSET_DPS = 0.06, 0.03, 5.0
"""By the datasheet: zero-g output, sensitivity tolerance; the gyroscope's offset after a start."""
NOISE_G, NOISE_DPS = 0.0066, 0.1
"""Of a sample: twice what an MPU-6050 has behind a low-pass of 44 Hz."""
COUNTS_PER_G, COUNTS_PER_DPS = 4096.0, 32.8
"""At +-8 g and +-1000 deg/s, a step coarser than the coach sets."""
DRIFT_G, DRIFT_DPS = 0.05, 8.0
JITTER = 0.3
"""Of a sample period, either way."""
LOST_SHARE = 0.02
NOW_AND_THEN = 0.3
"""Share of the recordings with a clip that is soft, or a belt that vibrates, beside much else."""
SHORT, LONG = (6, 30), (40, 190)
"""Samples that are lost at once: a wire that is loose, a bus that is set up again."""

WALKING, ACTIVE = "false alarms/h walking", "false alarms/h active"
CAUGHT, FALLS = "stumbles alarmed", "falls alarmed"
KINDS = ("walking", "active", "stumble", "fall")


class Copy(NamedTuple):
    """A recording as it might have been: all of it at 1 / `pace` of its instants, or backward."""

    block: Block
    pace: float = 1.0
    backward: bool = False

    def at(self, was: Floats) -> Floats:
        """The instants, in order, of what was at these (s)."""
        return (self.block.t[-1] - was)[::-1] if self.backward else was / self.pace

    def span(self, was: Span) -> Span:
        """The stretch that was this one."""
        start, end = self.at(np.array([was.start, was.end])).tolist()
        return replace(was, start=start, end=end)


Change = Callable[[Floats, np.random.Generator], Copy]


def _moved(change: Callable[[Floats, np.random.Generator], Floats]) -> Change:
    """A change of the samples, at the instants that they had."""
    return lambda x, rng: Copy(sampled(change(x, rng)))


def _paced(x: Floats, pace: float) -> Copy:
    return Copy(sampled(augmented.belt_changes(x, -1.0, 1.0, pace)[0]), pace)


def _backward(x: Floats, _: np.random.Generator) -> Copy:
    """Who walks backward goes much the same ways as forward, in the other order (Winter, Pluck and
    Yang, Journal of Motor Behavior 1989, 21:291-305): a film that runs backward, in which
    accelerations stay what they were and rotations turn the other way."""
    return Copy(sampled(np.hstack([x[::-1, :3], -x[::-1, 3:]])), backward=True)


def _soft_clip(x: Floats, rng: np.random.Generator) -> Floats:
    """The device is a mass on a damped spring: what is quicker than its own ringing is lost."""
    padded = np.pad(x, ((HZ, HZ), (0, 0)), mode="edge")
    ratio = np.fft.rfftfreq(len(padded), 1.0 / HZ)[:, None] / rng.uniform(*CLIP_HZ)
    heard = np.fft.rfft(padded, axis=0) / (1.0 - ratio**2 + 1j * ratio / CLIP_Q)
    rung: Floats = np.fft.irfft(heard, len(padded), axis=0)[HZ:-HZ]
    return rung


def _vibrating(x: Floats, rng: np.random.Generator) -> Floats:
    return augmented.vibration(x, rng, rng.uniform(*BELT_HZ), rng.uniform(*BELT_G))


def _off(x: Floats, rng: np.random.Generator) -> Floats:
    scale = 1.0 + rng.uniform(-SCALE_SHARE, SCALE_SHARE, 6)
    return x * scale + rng.uniform(-1.0, 1.0, 6) * ([OFFSET_G] * 3 + [OFFSET_DPS] * 3)


def _noisy(x: Floats, rng: np.random.Generator) -> Floats:
    counts = np.array([COUNTS_PER_G] * 3 + [COUNTS_PER_DPS] * 3)
    noise = rng.normal(0.0, [NOISE_G] * 3 + [NOISE_DPS] * 3, x.shape)
    return np.round((x + noise) * counts) / counts


def _drifting(x: Floats, rng: np.random.Generator) -> Floats:
    most = rng.choice([-1.0, 1.0], 6) * ([DRIFT_G] * 3 + [DRIFT_DPS] * 3)
    return x + np.linspace(0.0, 1.0, len(x))[:, None] * most


def _much_at_once(x: Floats, rng: np.random.Generator) -> Copy:
    """Another walker in most of what can differ: where and how the device sits, size and tempo."""
    x = augmented.worn_at(x, augmented.elsewhere(rng))
    x = augmented.scaled(x, rng.uniform(SHARE, 1.0))
    for change in (_soft_clip, _vibrating):
        if rng.random() < NOW_AND_THEN:
            x = change(x, rng)
    return _paced(_noisy(_off(x, rng), rng), rng.uniform(SLOWER, 1.0))


def _at(rate_hz: float) -> Change:
    """Drawn at another rate."""
    return lambda x, _: Copy(sampled(at_raster(sampled(x), rate_hz), rate_hz))


def _jittering(x: Floats, rng: np.random.Generator) -> Copy:
    block = sampled(x)
    return Copy(block._replace(t=block.t + rng.uniform(-JITTER, JITTER, len(x)) / HZ))


def _with_losses(
    lose: Callable[[Floats, np.random.Generator], tuple[Floats, Floats]],
) -> Change:
    def losing(x: Floats, rng: np.random.Generator) -> Copy:
        t, kept = lose(x, rng)
        return Copy(Block(t, kept[:, :3], kept[:, 3:]))

    return losing


CHANGES: dict[str, Change] = {
    "as it is": _moved(lambda x, _: x),
    "walked slower, to 0.6": lambda x, _: _paced(x, SLOWER),
    "walked backward in time": _backward,
    "the same, 0.3 of the movement": lambda x, rng: _backward(augmented.scaled(x, SHARE), rng),
    "0.3 of the movement": _moved(lambda x, _: augmented.scaled(x, SHARE)),
    "much at once": _much_at_once,
    "soft clip": _moved(_soft_clip),
    "belt vibrates": _moved(_vibrating),
    "gyroscope dead": _moved(lambda x, _: augmented.dead_gyroscope(x)),
    "gyroscope of other axes": _moved(augmented.other_frame),
    "offset and scale": _moved(_off),
    "offset drifts": _moved(_drifting),
    "twice the noise, coarser": _moved(_noisy),
    "50 samples a second": _at(50.0),
    "200 samples a second": _at(200.0),
    "instants jitter": _jittering,
    "2 % of the samples lost": _with_losses(partial(augmented.lost, share=LOST_SHARE)),
    "0.06 to 0.3 s lost, every 10 s": _with_losses(partial(augmented.torn, at_once=SHORT)),
    "0.4 to 1.9 s lost, every 10 s": _with_losses(partial(augmented.torn, at_once=LONG)),
}


class Share(NamedTuple):
    """What a recording adds to a figure: so many of so many."""

    change: str
    figure: str
    part: float
    whole: float


def heard(job: tuple[Row, int]) -> list[Share]:
    """One recording, changed in every way."""
    row, number = job
    of = known(data(), row)
    x, found = at_raster(of.block), list[Share]()
    for order, (name, change) in enumerate(CHANGES.items()):
        rng = np.random.default_rng([int(os.environ.get("SEED", "0")), number, order])
        copy = change(x, rng)
        steps = None if of.steps is None else copy.at(of.steps)
        spans = [copy.span(each) for each in of.spans]
        events = Engine(CoachSettings()).feed(copy.block)
        score = scored(replace(of, block=copy.block, steps=steps, spans=spans), events)
        # What was lost after a hit is there before it, backward: nobody falls so.
        of_falls = () if copy.backward else (CAUGHT, FALLS)
        for figure in ("cadence within 3", WALKING, ACTIVE, *of_falls):
            part, whole = people.FIGURES[figure](score)
            by = "" if figure in (WALKING, ACTIVE) else f", {row['dataset']}"
            found.append(Share(name, figure + by, part, whole))
    return found


def asked(row: Row) -> bool:
    """Whether it says something of a figure."""
    wanted = sys.argv[1:]
    if wanted and row["dataset"] not in wanted:
        return False
    return row["steps_trusted"] == "yes" or row["dataset"] == "hapt" or truth(row)[1] in KINDS


def main() -> None:
    """Print the table: a row a figure, of all recordings together."""
    rows = [row for row in manifest(data()) if asked(row)]
    sums: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(2))
    with ProcessPoolExecutor(2) as pool:
        for shares in pool.map(heard, [(row, n) for n, row in enumerate(rows)], chunksize=4):
            for share in shares:
                sums[share.figure, share.change] += share.part, share.whole
    names = list(dict.fromkeys(figure for (figure, _), (_, of) in sums.items() if of))
    table = Table("changed", *names, title=f"{len(rows)} recordings")
    for change in CHANGES:
        of_change = [sums[name, change] for name in names]
        table.add_row(change, *(f"{part / of:.3f}" if of else "" for part, of in of_change))
    Console(width=40 + 14 * len(names)).print(table)


if __name__ == "__main__":
    main()
