"""Simulated walkers who are coached: samples into the engine, and what it says into the walker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from coach.engine import Engine
from coach.events import Cue, Event
from coach.samples import Block
from coach.settings import CoachSettings
from hardware.simulated.walker import Segment, Walker

NOISE = [0.004] * 3 + [0.08] * 3  # g, deg/s: an MPU-6050 at 44 Hz
HZ = 100

Hears = Callable[[Event, Walker], None]


def said(events: Sequence[Event]) -> list[tuple[float, str, str]]:
    """Time, cue and state of each cue among them."""
    return [(e.t, e.cue, e.state) for e in events if isinstance(e, Cue)]


def person(seed: int) -> dict[str, Any]:
    """What makes one walker another: tempo, amplitude, unevenness, a limp."""
    rng = np.random.default_rng(seed)
    return {
        "spm": float(rng.uniform(45, 95)),
        "amplitude_g": float(rng.uniform(0.05, 0.35)),
        "variability": float(rng.uniform(0.02, 0.06)),
        "asymmetry": float(rng.uniform(0, 0.2)),
    }


def session(
    plan: Sequence[Segment],
    seed: int,
    settings: CoachSettings | None = None,
    hears: Hears = lambda _event, _walker: None,
) -> list[Event]:
    """Everything that is said; `hears` is told of each event within a second, and may obey."""
    walker = Walker(plan, seed=seed)
    rng = np.random.default_rng(seed)
    engine, said = Engine(settings or CoachSettings()), []
    for second in range(int(walker.plan_s)):
        t = second + np.arange(HZ) / HZ
        x = walker.signal(t) + rng.normal(0.0, NOISE, (HZ, 6))
        events = engine.feed(Block(t, x[:, :3], x[:, 3:]))
        said += events
        for event in events:
            hears(event, walker)
    return said
