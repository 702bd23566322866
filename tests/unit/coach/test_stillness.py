"""While nobody moves the sensor may be read less often, and nothing is told later for it."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance import HOP_S
from coach.engine import AHEAD_S, Engine
from coach.events import Cadence, Event, Fall
from coach.samples import Block
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Segment, Sit, Stand, Walk, Walker


def played(plan: tuple[Segment, ...], seed: int = 1) -> list[tuple[float, list[Event], float]]:
    """Frame by frame: the time, what is said, and how far ahead the next decision is."""
    seconds = sum(part.seconds for part in plan)
    t = np.arange(0.0, seconds, 0.01)
    signal = Walker(plan, seed=seed).signal(t)
    signal = signal + np.random.default_rng(seed).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    engine, seen = Engine(CoachSettings()), []
    for i in range(0, len(t), 5):
        part = slice(i, i + 5)
        events = engine.feed(Block(t[part], signal[part, :3], signal[part, 3:]))
        now = float(t[part][-1])
        seen.append((now, events, engine.due_t - now))
    return seen


def test_nobody_who_moves_leaves_the_next_decision_late() -> None:
    """Sitting still it is up to 0.45 s ahead; walking two frames at the most."""
    frames = played((Sit(12.0), Walk(20.0, spm=90.0, amplitude_g=0.15)))
    still = [ahead for t, _, ahead in frames if 6.0 < t < 11.5]
    walking = [ahead for t, _, ahead in frames if t > 13.5]
    assert np.median(still) > AHEAD_S
    assert max(ahead for _, _, ahead in frames) <= AHEAD_S + HOP_S + 0.01
    assert max(walking) <= 2 * HOP_S + 0.01


@pytest.mark.parametrize("seed", range(6))
def test_what_follows_rest_is_told_no_later_for_it(seed: int) -> None:
    """First steps, and a fall as soon as somebody stands up: the rest was over long before."""
    fall = FallPlan(0.3 + 0.2 * seed)
    plans: list[tuple[Segment, ...]] = [
        (Sit(20.0), Walk(8.0, spm=60.0 + 12 * seed, amplitude_g=0.08)),
        (Stand(20.0), Walk(8.0, spm=80.0, amplitude_g=0.2, events=(fall,))),
    ]
    for plan in plans:
        rested = 0.0
        kinds = set()
        for t, events, ahead in played(plan, seed):
            told = [e for e in events if not (isinstance(e, Cadence) and e.spm is None)]
            kinds |= {type(e) for e in told}
            assert not told or t - rested > AHEAD_S + HOP_S, (told, rested)
            rested = t if ahead > 3 * HOP_S else rested
        assert rested > 5.0
        assert kinds & {Cadence, Fall}
