"""The engine's promises: block cutting, orientation and causality change no decision."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coach.engine import Engine
from coach.events import Cadence, Cue, Event, Fall, Gap, Handling, Limit, Outcome, Session, Stumble
from coach.samples import Block
from coach.settings import CoachSettings, SessionSettings, StumbleSettings
from firmware.records import encode
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Knock, Segment, Stand, Walk, Walker
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.gait import sampled

LIMITED = CoachSettings()

SHORT_WALK: tuple[Segment, ...] = (
    Stand(4.0),
    Walk(
        48.0,
        spm=104.0,
        amplitude_g=0.15,
        asymmetry=0.1,
        events=(Knock(14.0), StumblePlan(25.0, size_g=0.8), FallPlan(40.0)),
    ),
)


@cache
def walk(seed: int = 3) -> Block:
    """Standing, walking above the limit, a knock, a stumble, a fall; with a sensor's noise."""
    t = np.arange(0.0, 52.0, 0.01)
    noise = np.random.default_rng(seed).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    x = Walker(SHORT_WALK, seed=seed).signal(t) + noise
    return Block(t, x[:, :3], x[:, 3:])


def events(block: Block, cuts: list[int] | None = None) -> list[Event]:
    """Everything that a fresh engine says to the block, fed in the pieces that the cuts make."""
    engine, out = Engine(LIMITED), []
    for a, b in itertools.pairwise([0, *sorted(cuts or []), len(block.t)]):
        out += engine.feed(Block(*(part[a:b] for part in block)))
    return out


@cache
def whole() -> list[Event]:
    """The events of the uncut walk."""
    return events(walk())


def test_the_walk_has_everything_in_it() -> None:
    """The walk that the properties are shown on brings every kind of decision."""
    kinds = {type(e) for e in whole()}
    assert {Cadence, Session, Cue, Stumble, Fall} <= kinds


@given(cuts=st.lists(st.integers(0, 5200), max_size=60))
@settings(max_examples=15, deadline=None)
def test_block_cutting_changes_nothing(cuts: list[int]) -> None:
    """Any cutting of the same samples gives exactly the same events."""
    assert events(walk(), cuts) == whole()


def test_one_sample_at_a_time_changes_nothing() -> None:
    """Not even the finest cutting of all."""
    assert events(walk(), list(range(1, 5200))) == whole()


@given(n=st.integers(2, 5200))
@settings(max_examples=15, deadline=None)
def test_an_event_depends_on_no_later_sample(n: int) -> None:
    """A recording cut short gives a prefix of the events, complete up to its last frame."""
    block = walk()
    short = events(Block(*(part[:n] for part in block)))
    assert short == whole()[: len(short)]
    last_frame = ((n - 1) // 5) * 5 / 100
    assert len(short) == sum(e.t <= last_frame + 1e-9 for e in whole())


def rotation(seed: int) -> np.ndarray:
    """Any rotation, evenly drawn."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, ::-1]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_mounting_changes_nothing(seed: int) -> None:
    """Any rigid rotation gives the same cadence to 0.5 steps/min and the same alarms and cues."""
    turn = rotation(seed)
    block = walk()
    turned = events(Block(block.t, block.acc @ turn.T, block.gyro @ turn.T))
    for a, b in zip(cadences(whole()), cadences(turned), strict=True):
        assert (a is None) == (b is None)
        assert a is None or b is None or abs(a - b) <= 0.5
    kinds = (Stumble, Fall, Session, Cue)
    assert [(e.type, e.t) for e in turned if isinstance(e, kinds)] == [
        (e.type, e.t) for e in whole() if isinstance(e, kinds)
    ]


def test_the_cue_of_a_stumble_ends_with_its_time() -> None:
    """After three seconds to the frame, whenever the next cadence comes."""
    on, off = (e.t for e in whole() if isinstance(e, Cue) and e.cue == "stumble" and e.t < 40.0)
    assert off - on == pytest.approx(3.0)


def cadences(found: list[Event]) -> list[float | None]:
    """What was shown second by second."""
    return [e.spm for e in found if isinstance(e, Cadence)]


@pytest.mark.parametrize(("lost", "at"), [(4, 1500), (80, 2000), (700, 1000)])
def test_a_gap_is_told_and_raises_no_alarm(lost: int, at: int) -> None:
    """Missing samples are one gap event of their length, and are not taken for a stumble."""
    block = walk()
    keep = np.r_[0:at, at + lost : 2600]
    found = events(Block(*(part[keep] for part in block)))
    gaps = [e for e in found if isinstance(e, Gap)]
    assert [g.missing_s for g in gaps] == pytest.approx([lost / 100])
    assert gaps[0].t == pytest.approx((at + lost) / 100)
    near = [e for e in found if isinstance(e, Stumble | Fall) and abs(e.t - gaps[0].t) < 2]
    assert near == []


@pytest.mark.parametrize(("lost", "goes_on"), [(100, True), (300, False)])
def test_a_cadence_goes_on_after_a_second_and_not_after_three(lost: int, goes_on: bool) -> None:
    """Who walks on is told so as soon as samples come again, or has to be seen to walk anew."""
    keep = np.r_[0:1220, 1220 + lost : 1700]
    found = events(Block(*(part[keep] for part in walk())))
    first = next(e for e in found if isinstance(e, Cadence) and e.t > 12.2 + lost / 100)
    assert (first.spm is not None) == goes_on


@given(
    rate=st.sampled_from([50.0, 100.0, 200.0]),
    scale=st.sampled_from([0.0, 1e-3, 1.0, 16.0, 1e6]),
    seed=st.integers(0, 1000),
)
@example(rate=100.0, scale=0.0, seed=0)
@settings(max_examples=20, deadline=None)
def test_nothing_finite_breaks_it(rate: float, scale: float, seed: int) -> None:
    """Zeros, noise and absurd values are survived, and every number that comes out is finite."""
    rng = np.random.default_rng(seed)
    t = np.arange(0, 12, 1 / rate)
    block = Block(t, rng.normal(0, scale, (len(t), 3)), rng.normal(0, scale, (len(t), 3)))
    found = Engine(LIMITED).feed(block)
    for event in found:
        numbers = [v for v in encode(event).values() if isinstance(v, float)]
        assert np.isfinite(numbers).all()


def fed(engine: Engine, block: Block, begin_s: float, end_s: float) -> list[Event]:
    """What is said to a part of the block."""
    part = slice(round(100 * begin_s), round(100 * end_s))
    return engine.feed(Block(*(each[part] for each in block)))


def test_an_engine_is_not_spent_while_somebody_may_be_falling() -> None:
    """Who stands and is pushed over: no new engine may miss how that goes on."""
    t = np.arange(0.0, 20.0, 0.01)
    x = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(t), 1))
    x[1000:] = [1.0, 0.0, 0.1, 0.0, 0.0, 0.0]
    x[1000:1005, 0] = 5.0
    x += np.random.default_rng(1).normal(0.0, [0.003] * 3 + [0.05] * 3, x.shape)
    block = Block(t, x[:, :3], x[:, 3:])
    engine = Engine(LIMITED)
    fed(engine, block, 0.0, 9.95)
    assert engine.spent
    fed(engine, block, 9.95, 10.75)
    assert not engine.spent
    assert any(isinstance(e, Fall) for e in fed(engine, block, 10.75, 20.0))
    assert not engine.spent
    assert not engine.idle
    assert [(e.type, round(e.t, 2)) for e in engine.clear()] == [("cue", 19.95)]
    assert engine.idle


def test_an_engine_is_not_idle_while_a_session_pauses() -> None:
    """Who stands on the side rails comes back: the session is still theirs."""
    still = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (800, 1))
    x = np.concatenate([np.hstack(walk()[1:])[:1600], still])
    engine = Engine(LIMITED)
    said = engine.feed(sampled(x))
    assert said[-1] == Cadence(23.0, None, 0.0)
    assert engine.in_session
    assert not engine.idle


def test_a_clear_that_ends_nothing_changes_nothing() -> None:
    """The log keeps none of it, and a replay does without: also in the middle of a half second."""
    t = np.arange(0.0, 16.0, 0.01)
    x = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (len(t), 1))
    x += np.random.default_rng(1).normal(0.0, [0.003] * 3 + [0.05] * 3, x.shape)
    x[421:467] += [0.4, -1.5, 1.1, 71.0, -86.0, 93.0]  # put down somewhere, and left there
    block = Block(t, x[:, :3], x[:, 3:])
    said = []
    for cleared in (False, True):
        engine = Engine(LIMITED)
        events = fed(engine, block, 0.0, 11.65)
        if cleared:
            events += engine.clear()
        said.append(events + fed(engine, block, 11.65, 16.0))
    assert any(isinstance(e, Handling) for e in said[0])
    assert said[0] == said[1]


def test_another_sensitivity_counts_from_the_next_frame_on() -> None:
    """The stumble that comes after it is as severe as if it had been set from the beginning."""
    severities = []
    for sensitivity, later in ((1.0, 1.0), (0.5, 2.0), (2.0, 2.0)):
        engine = Engine(CoachSettings(stumble=StumbleSettings(sensitivity=sensitivity)))
        fed(engine, walk(), 0.0, 20.0)
        engine.adopt(CoachSettings(stumble=StumbleSettings(sensitivity=later)))
        said = fed(engine, walk(), 20.0, 38.0)
        severities += [e.severity for e in said if isinstance(e, Outcome)]
    usual, changed, known = severities
    assert changed == pytest.approx(known, rel=0.02)  # calm is another: which frames are judged
    assert changed > 1.1 * usual


def test_an_engine_is_not_spent_while_a_stumble_lowers_the_limit() -> None:
    """Who stumbles before a session begins: the engine lasts until it has told the end of that."""
    walk = Walk(20.0, spm=90.0, amplitude_g=0.2, events=(StumblePlan(15.0, size_g=1.0),))
    plan = (Stand(4.0), walk, Stand(40.0))
    t = np.arange(0.0, 64.0, 0.01)
    noise = np.random.default_rng(1).normal(0.0, [0.003] * 3 + [0.05] * 3, (len(t), 6))
    x = Walker(plan, seed=1).signal(t) + noise
    engine = Engine(
        CoachSettings(
            session=SessionSettings(start_after_s=60), stumble=StumbleSettings(settle_s=30)
        )
    )
    lowered = False
    for i in range(0, len(t), 50):
        part = slice(i, i + 50)
        for event in engine.feed(Block(t[part], x[part, :3], x[part, 3:])):
            if isinstance(event, Limit):
                lowered = event.reason == "stumble"
                assert lowered == (event.t < 30.0)
        assert not (lowered and engine.spent)
    assert not lowered
    assert engine.spent
