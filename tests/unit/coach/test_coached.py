"""The coach and simulated walkers, many of them: who is steady, who is not, who listens, who tires.

More of them, as a table: `python -m tests.bench.bench_coaching`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from coach.engine import Engine
from coach.events import (
    Cadence,
    Cue,
    Event,
    Milestone,
    Reaction,
    Session,
    Stage,
    Steadiness,
)
from coach.guidance import NEXT_STAGE, SLOW_DOWN, SLOW_DOWN_FIRM
from coach.guidance.fatigue import FatigueWatch
from coach.samples import Block
from coach.settings import CoachSettings, SessionSettings, StageSettings
from hardware.simulated.walker import BeltChange, Segment, SideRails, Stand, Stumble, Walk, Walker
from tests.support.coached import person, session
from tests.support.gait import track, worn
from tests.support.walks import FIRST_AND_MORE

SHORT = CoachSettings(stage=StageSettings(comfort_min=1.0))
TIRING, STEADY = range(73_000, 73_024), range(73_000, 73_014)
"""Walkers to whom nothing was fitted; of more of them, the bench tells."""


def told(events: list[Event], *cues: str) -> list[str]:
    """The cues that went on, these or all, in order."""
    on = [e.cue for e in events if isinstance(e, Cue) and e.state == "on"]
    return [cue for cue in on if cue in cues or not cues]


def advice(events: list[Event]) -> list[str]:
    """What was said of the stage."""
    return [e.advice for e in events if isinstance(e, Stage) and e.advice != "begins"]


@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_a_steady_walker_advances(seed: int) -> None:
    """Once, after minutes of even walking in the band, and hears nothing else."""
    plan = (Stand(4.0), Walk(150.0, spm=60.0 + 6 * seed, amplitude_g=0.2, variability=0.02))
    events = session(plan, seed, SHORT)
    assert advice(events) == ["ready for the next"]
    assert told(events) == [NEXT_STAGE]


@pytest.mark.slow
@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_an_unsteady_walker_does_not(seed: int) -> None:
    """Step times that vary by more than a tenth are no rhythm to go on from."""
    plan = (Stand(4.0), Walk(200.0, spm=60.0 + 6 * seed, amplitude_g=0.2, variability=0.11))
    assert "ready for the next" not in advice(session(plan, seed, SHORT))


def tired(plan: tuple[Segment, ...], seed: int) -> list[float]:
    """When a walker is found tired; the gait alone, which is all that it is judged by."""
    samples, _ = worn(plan, seed)
    watch, found = FatigueWatch(), []
    for event in track(samples):
        if isinstance(event, Steadiness):
            watch.hear(event)
        elif isinstance(event, Cadence):
            fatigue = watch.compare(event)
            found += [fatigue.t] if fatigue else []
    return found


@pytest.mark.slow
def test_who_tires_is_told() -> None:
    """10 % over five minutes: three in four are told before they are over, although their tempo
    wanders by up to 3 %."""
    hits = 0
    for seed in TIRING:
        who = person(seed)
        drifts = Walk(300.0, **who, drift=0.1)
        hits += any(t > 304 for t in tired((Stand(4.0), Walk(300.0, **who), drifts), seed))
    assert hits >= 0.75 * len(TIRING)


@pytest.mark.slow
def test_who_does_not_tire_is_not_told() -> None:
    """Of steady quarters of an hour not more than one in ten."""
    false = sum(bool(tired((Stand(4.0), Walk(900.0, **person(seed))), seed)) for seed in STEADY)
    assert false <= 0.1 * len(STEADY)


def test_who_corrects_hears_no_more() -> None:
    """One calm cue, a reaction that is timed, and silence."""

    def obey(event: Event, walker: Walker) -> None:
        if isinstance(event, Cue) and event.state == "on":
            walker.set_cadence(92.0)

    plan = (Stand(4.0), Walk(90.0, spm=106.0, amplitude_g=0.2))
    events = session(plan, 1, hears=obey)
    assert told(events) == [SLOW_DOWN]
    [reaction] = [e for e in events if isinstance(e, Reaction)]
    assert 0 < reaction.seconds < 12


def test_who_ignores_hears_the_escalation() -> None:
    """The calm cue, then the firm one, once: it goes on until something changes."""
    events = session((Stand(4.0), Walk(90.0, spm=110.0, amplitude_g=0.2)), 2)
    assert told(events) == [SLOW_DOWN, SLOW_DOWN_FIRM]


@pytest.mark.slow
def test_who_pauses_keeps_the_session_and_the_clock_waits() -> None:
    """Forty seconds on the rails: one session, and the walking time goes on where it stopped."""
    settings = CoachSettings(session=SessionSettings(target_min=2.0))
    walk = Walk(90.0, spm=75.0, amplitude_g=0.2)
    plan = (Stand(4.0), walk, SideRails(40.0), walk, Stand(70.0))
    events = session(plan, 3, settings)
    assert [e.state for e in events if isinstance(e, Session)] == ["started", "ended"]
    [target] = [e for e in events if isinstance(e, Milestone) and e.name == "target"]
    assert target.walked_s == pytest.approx(120.0, abs=1.0)
    assert target.t > 4 + 120 + 35


def test_slowing_down_after_a_stumble_is_no_fatigue_before_or_after() -> None:
    """A careful minute and the way back to the old tempo leave the comparison where it was."""
    who: dict[str, Any] = {"spm": 75.0, "amplitude_g": 0.2, "variability": 0.025}
    slower = (Stumble(330.0, size_g=0.9), BeltChange(336.0, 58.0, over_s=3.0))
    back = BeltChange(400.0, 75.0, over_s=10.0)
    plan = (Stand(4.0), Walk(800.0, **who, events=(*slower, back)))
    assert tired(plan, 1) == []


def test_another_plan_counts_from_the_next_session() -> None:
    """Stages that are changed while somebody walks are for the next time, in one engine too."""
    engine = Engine(CoachSettings(session=SessionSettings(end_after_s=10)))
    free = StageSettings(plan="free 30-180", current="free")
    stages = []

    def feed(begin: float, seconds: float, spm: float | None, seed: int) -> None:
        plan = Stand(seconds) if spm is None else Walk(seconds, spm=spm, amplitude_g=0.2)
        t = np.arange(0.0, seconds, 0.01)
        x = Walker((plan,), seed=seed, mounting=np.eye(3)).signal(t)
        x += np.random.default_rng(seed).normal(0.0, [0.004] * 3 + [0.08] * 3, x.shape)
        block = Block(begin + t, x[:, :3], x[:, 3:])
        stages.extend(e.stage for e in engine.feed(block) if isinstance(e, Stage))

    feed(0.0, 30.0, 75.0, 1)
    engine.adopt(replace(CoachSettings(session=SessionSettings(end_after_s=10)), stage=free))
    feed(30.0, 20.0, 75.0, 1)
    feed(50.0, 30.0, None, 1)
    feed(80.0, 30.0, 75.0, 1)
    assert stages == ["rails", "free"]
