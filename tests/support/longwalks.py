"""Long walks made of real strides: one person's recording, played to a script.

Nobody has recorded a quarter of an hour of which the true tempo is known, least of all one in which
it passes a limit at a known instant. So the strides of a recording, blocks of them in a random
order, are put behind one another and stretched in time until they follow the script's tempo. What
a stride has of its own stays: how long it is against those around it, its shape, its limp.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from coach.samples import Block, Floats
from tests.support.recordings import Row, manifest, samples

HZ = 100
BLOCK_STRIDES = 40
"""Strides that stay in their order: what wanders within half a minute wanders on."""
AROUND = 10
"""Strides on either side whose median length is the tempo of their time."""
ODD = 0.25
"""A stride that differs by more from those around it is a step that the truth missed."""
EDGE_S = 10.0
"""Left out at both ends, where the belt gathers speed and runs down."""
JOIN_S = 0.2
"""Over which one block turns into the next, at the same phase of the stride."""
FEWEST = 60
"""Strides of a recording that has enough of a person to be played for minutes."""

Script = Sequence[tuple[float, float]]
"""(seconds, value) corners of a line."""


class Walker(NamedTuple):
    """One recording of a person who walks."""

    name: str
    x: Floats  # (n, 6) at 100 Hz: g, deg/s
    contacts: Floats  # (m,) seconds
    tempo_spm: Floats  # (m - 2,) of the strides' surroundings
    good: Floats  # (m - 2,) whether the stride that begins there can be used

    @property
    def spm(self) -> float:
        """The person's own tempo."""
        return float(np.median(self.tempo_spm[self.good > 0]))


class LongWalk(NamedTuple):
    """What a sensor gave, and when the feet met the belt."""

    block: Block
    contacts: Floats


def walker(data: Path, row: Row) -> Walker:
    """A recording with trusted steps."""
    t, x = samples(data, row)
    with np.load(data / f"{row['dataset']}.npz") as arrays:
        contacts = np.sort(arrays[f"{row['recording']}__steps_s"])
    even = np.arange(0.0, t[-1], 1 / HZ)
    x = np.column_stack([np.interp(even, t, channel) for channel in x.T])
    stride = contacts[2:] - contacts[:-2]
    around = [np.median(stride[max(0, i - AROUND) : i + AROUND + 1]) for i in range(len(stride))]
    odd = np.abs(np.log(stride / around)) > ODD
    odd |= (contacts[:-2] < EDGE_S) | (contacts[2:] > t[-1] - EDGE_S)
    name = f"{row['dataset']} {row['subject']}"
    return Walker(name, x, contacts, 120.0 / np.array(around), (~odd).astype(float))


def people(data: Path) -> list[Walker]:
    """Of each person on a treadmill the recording that keeps its tempo best."""
    best: dict[str, tuple[float, Walker]] = {}
    for row in manifest(data):
        if row["dataset"] not in ("movingreality", "felius") or row["steps_trusted"] != "yes":
            continue
        one = walker(data, row)
        usable = one.tempo_spm[one.good > 0]
        if len(usable) < FEWEST // (1 + (one.spm < 50)):
            continue
        wander = float(np.std(np.log(usable)))
        if one.name not in best or wander < best[one.name][0]:
            best[one.name] = (wander, one)
    return [one for _, one in best.values()]


def long_walk(
    who: Walker,
    seconds: float,
    tempo: Script,
    *,
    seed: int,
    amplitude: Script = ((0.0, 1.0),),
    unevenness: Script = ((0.0, 1.0),),
) -> LongWalk:
    """`seconds` of this person at `tempo` (steps/min).

    `amplitude` scales the movement about its mean; `unevenness` how much a stride's length
    differs from those around it.
    """
    rng = np.random.default_rng(seed)
    t, strides = 0.0, []  # (begin, length, index of the first contact)
    block: list[int] = []
    while t < seconds + 2.0:
        if not block:
            block = _block(who, rng)
        i = block.pop(0)
        own = 120.0 / (who.contacts[i + 2] - who.contacts[i]) / who.tempo_spm[i]
        own **= _at(unevenness, t)
        length = 120.0 / (_at(tempo, t) * own)
        strides.append((t, length, i))
        t += length
    x = _played(who, strides)
    mean = who.x.mean(axis=0)
    times = np.arange(len(x)) / HZ
    x = mean + (x - mean) * np.array([_at(amplitude, s) for s in times])[:, None]
    contacts = []
    for begin, length, i in strides:
        a, b, c = who.contacts[i : i + 3]
        contacts += [begin, begin + length * (b - a) / (c - a)]
    n = round(seconds * HZ)
    found = np.array(contacts)
    return LongWalk(Block(times[:n], x[:n, :3], x[:n, 3:]), found[found < seconds])


def _at(script: Script, t: float) -> float:
    times, values = zip(*script, strict=True)
    return float(np.interp(t, times, values))


def _block(who: Walker, rng: np.random.Generator) -> list[int]:
    """The first contacts of consecutive strides, all of the same foot as ever."""
    whole = [i for i in range(0, len(who.good), 2) if who.good[i]]
    at = int(rng.integers(len(whole)))
    block = [whole[at]]
    for i in whole[at + 1 :]:
        if i != block[-1] + 2 or len(block) == BLOCK_STRIDES:
            break
        block.append(i)
    return block


def _played(who: Walker, strides: Sequence[tuple[float, float, int]]) -> Floats:
    """The strides one behind the other; where a block ends it fades into the next."""
    source = np.arange(len(who.x)) / HZ
    end = strides[-1][0] + strides[-1][1]
    out = np.zeros((int(end * HZ), 6))
    before: tuple[float, float, int] | None = None
    for begin, length, i in strides:
        k = np.arange(int(np.ceil(begin * HZ)), min(int(np.ceil((begin + length) * HZ)), len(out)))
        at = k / HZ - begin
        values = _stretched(who, source, at, length, i)
        if before is not None and before[2] + 2 != i:
            fade = np.clip(at / JOIN_S, 0.0, 1.0)[:, None]
            old = _stretched(who, source, at, before[1], before[2] + 2)
            values = fade * values + (1.0 - fade) * old
        out[k] = values
        before = (begin, length, i)
    return out


def _stretched(who: Walker, source: Floats, at: Floats, length: float, i: int) -> Floats:
    """The recording from contact `i` on, at `at` seconds of a stride that lasts `length`."""
    last = min(i + 2, len(who.contacts) - 1)
    own = who.contacts[last] - who.contacts[i] if last > i else length
    moments = who.contacts[i] + at * own / length
    return np.column_stack([np.interp(moments, source, channel) for channel in who.x.T])
