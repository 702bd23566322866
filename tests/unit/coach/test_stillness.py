"""While nobody moves the sensor may be read less often, and nothing is told later for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from coach.engine import Engine
from coach.events import Cadence, Event, Fall
from coach.events import Stumble as StumbleEvent
from coach.samples import FRAME_S, Block
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Segment, Sit, Stand, Stumble, Walk, Walker


class Read(NamedTuple):
    """One visit of a reader who comes when the next decision falls due."""

    t: float
    events: list[Event]


def read_when_due(plan: tuple[Segment, ...], seed: int = 1) -> list[Read]:
    """What a reader is told who sleeps as long as the engine lets him."""
    t = np.arange(0.0, sum(part.seconds for part in plan), 0.01)
    signal = Walker(plan, seed=seed).signal(t)
    signal = signal + np.random.default_rng(seed).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    engine, reads = Engine(CoachSettings()), []
    begin = 0
    while (end := int(np.searchsorted(t, engine.due_t - 1e-9)) + 1) <= len(t):
        block = Block(t[begin:end], signal[begin:end, :3], signal[begin:end, 3:])
        reads.append(Read(float(t[end - 1]), engine.feed(block)))
        begin = end
    return reads


def test_who_does_not_walk_is_looked_at_twice_a_second() -> None:
    """Sitting each half second is enough; walking two frames at the most go by."""
    reads = read_when_due((Sit(12.0), Walk(20.0, spm=90.0, amplitude_g=0.15)))
    still = np.diff([read.t for read in reads if 6.0 < read.t < 11.5])
    walking = np.diff([read.t for read in reads if read.t > 13.5])
    assert np.median(still) == pytest.approx(0.5)
    assert still.max() < 0.51
    assert walking.max() < 2 * FRAME_S + 0.01


@pytest.mark.parametrize("seed", range(6))
def test_what_follows_rest_is_told_no_later_for_it(seed: int) -> None:
    """First steps, a fall as soon as somebody stands up, a stumble soon after."""
    fall = FallPlan(0.3 + 0.2 * seed)
    stumble = Stumble(2.5 + 0.25 * seed, size_g=1.2)  # before, no walk is known
    plans: list[tuple[type[Event], tuple[Segment, ...]]] = [
        (Cadence, (Sit(20.0), Walk(8.0, spm=60.0 + 12 * seed, amplitude_g=0.08))),
        (Fall, (Stand(20.0), Walk(8.0, spm=80.0, amplitude_g=0.2, events=(fall,)))),
        (StumbleEvent, (Stand(9.0), Walk(8.0, spm=90.0, amplitude_g=0.3, events=(stumble,)))),
    ]
    for awaited, plan in plans:
        reads = read_when_due(plan, seed)
        assert max(np.diff([read.t for read in reads])) > 0.45
        told = [(read.t, event) for read in reads for event in read.events]
        kinds = {type(e) for _, e in told if not (isinstance(e, Cadence) and e.spm is None)}
        assert awaited in kinds
        ends = np.array([read.t for read in reads])
        slept = dict(zip(ends[1:], np.diff(ends) > 3 * FRAME_S, strict=True))
        assert not [event for t, event in told if t - event.t > 0.001 and slept[t]]
