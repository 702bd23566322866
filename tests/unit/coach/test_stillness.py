"""While nobody moves the sensor may be read less often, and nothing is told later for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from unittest.mock import Mock, patch

import numpy as np
import pytest

from coach.balance import StumbleDetector
from coach.engine import Engine
from coach.events import Cadence, Event, Fall, Handling, Outcome
from coach.events import Stumble as StumbleEvent
from coach.samples import FRAME_S, Block, Floats, Frame
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Segment, Sit, Stand, Stumble, Walk, Walker
from tests.support.gait import sampled
from tests.support.stumbles import frames_of


def moved(*plan: Segment, seed: int) -> Floats:
    """The samples of simulated behaviour, without the chip's noise."""
    return Walker(plan, seed=seed).signal(np.arange(0.0, sum(part.seconds for part in plan), 0.01))


def noisy(x: Floats, seed: int) -> Floats:
    """The same samples (n, 6) with the chip's noise."""
    noise: Floats = np.random.default_rng(seed).normal(0.0, [0.003] * 3 + [0.05] * 3, x.shape)
    return x + noise


class Read(NamedTuple):
    """One visit of a reader who comes when the next decision falls due."""

    t: float
    events: list[Event]


def read_when_due(plan: tuple[Segment, ...], seed: int = 1) -> list[Read]:
    """What a reader is told who sleeps as long as the engine lets him."""
    signal = noisy(moved(*plan, seed=seed), seed)
    t = np.arange(len(signal)) / 100
    engine, reads = Engine(CoachSettings()), []
    begin = 0
    while (end := int(np.searchsorted(t, engine.due_t - 1e-9)) + 1) <= len(t):
        block = Block(t[begin:end], signal[begin:end, :3], signal[begin:end, 3:])
        reads.append(Read(float(t[end - 1]), engine.feed(block)))
        begin = end
    return reads


def test_who_does_not_walk_is_looked_at_twice_a_second() -> None:
    """Sitting each half second is enough; walking three frames at the most go by."""
    reads = read_when_due((Sit(12.0), Walk(20.0, spm=90.0, amplitude_g=0.15)))
    still = np.diff([read.t for read in reads if 6.0 < read.t < 11.5])
    walking = np.diff([read.t for read in reads if read.t > 13.5])
    assert np.median(still) == pytest.approx(0.5)
    assert still.max() < 0.51
    assert walking.max() < 3 * FRAME_S + 0.01


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
        slept = dict(zip(ends[1:], np.diff(ends) > 3 * FRAME_S + 0.01, strict=True))
        assert not [event for t, event in told if t - event.t > 0.001 and slept[t]]


def lived(engine: Engine, parts: list[Floats]) -> list[Event]:
    """The events of these samples, one part after the other, with the chip's noise."""
    x = noisy(np.concatenate(parts), 1)
    return engine.feed(sampled(x))


def lying(like: Floats, seconds: float) -> Floats:
    """A device that nobody wears, as it was in the newest sample."""
    return np.tile([*like[-1, :3], 0.0, 0.0, 0.0], (round(100 * seconds), 1))


DAYS: dict[str, Callable[[int], list[Floats]]] = {
    "a walk after sitting": lambda seed: [moved(Sit(21.3), Walk(15.0, spm=70.0), seed=seed)],
    "a few steps, then put down": lambda seed: [walk := moved(Walk(5.0, spm=80.0), seed=seed),
                                                lying(walk, 40.0)],
    "put down": lambda seed: [walk := moved(Walk(15.0, spm=80.0), Stand(5.0), seed=seed),
                              lying(walk, 150.0)],
    "a stumble": lambda seed: [moved(Stand(9.0), Walk(9.0, spm=90.0, amplitude_g=0.3, events=(
                               Stumble(2.5 + 0.25 * seed, size_g=1.2),)), Sit(20.0), seed=seed)],
    "a fall": lambda seed: [moved(Stand(20.0), Walk(8.0, spm=80.0, amplitude_g=0.2, events=(
                            FallPlan(0.3 + 0.2 * seed),)), seed=seed)],
}  # fmt: skip


def assert_alike(told: list[Event], expected: list[Event]) -> None:
    """The same at the same instants. A severity to a few hundredths, as a mean of half a second is
    to that of each frame; an onset to the two frames that are not judged after a calm one."""
    of_stumbles = [
        [e for e in events if isinstance(e, StumbleEvent | Outcome)] for events in (told, expected)
    ]
    for one, other in zip(*of_stumbles, strict=True):
        assert one.severity == pytest.approx(other.severity, abs=0.05)
        assert one.onset == pytest.approx(other.onset, abs=2 * FRAME_S + 1e-9)
    plain = [
        [
            replace(e, severity=0.0, onset=0.0) if isinstance(e, StumbleEvent | Outcome) else e
            for e in events
        ]
        for events in (told, expected)
    ]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("day", DAYS)
def test_half_a_second_taken_at_once_is_like_its_frames(day: str, seed: int) -> None:
    """What is told around rest is the same as if each frame of the rest had been judged."""
    parts = DAYS[day](seed)
    at_once, slowly = Engine(CoachSettings()), Engine(CoachSettings())
    taken = Mock(wraps=at_once._stumble.rest)
    with (
        patch.object(at_once._stumble, "rest", taken),
        patch.object(slowly._stumble, "rest", lambda _: None),
    ):
        told, expected = lived(at_once, parts), lived(slowly, parts)
    assert taken.call_count >= 10
    assert_alike(*([e for e in es if e.type != "handling"] for es in (told, expected)))
    handled, others = ([e for e in es if isinstance(e, Handling)] for es in (told, expected))
    assert [e.kind for e in handled] == [e.kind for e in others]
    for one, other in zip(handled, others, strict=True):
        assert abs(one.t - other.t) <= 1.0  # looked for once a second


@pytest.mark.parametrize("until_s", [12.1, 12.2, 12.4])
@pytest.mark.parametrize("missing_s", [0.3, 1.0, 5.0])
def test_a_gap_within_half_a_second_of_rest_is_like_one_between_its_frames(
    until_s: float, missing_s: float
) -> None:
    """What was held is decided before the gap, and nothing of it is mixed with what comes after."""
    x = noisy(moved(Sit(12.0 + missing_s), Walk(15.0, spm=70.0), seed=2), 2)
    t = np.arange(len(x)) / 100
    there = (t < until_s) | (t >= until_s + missing_s)
    block = Block(t[there], x[there, :3], x[there, 3:])
    expected = Engine(CoachSettings())
    with patch.object(Engine, "_may_wait", False):
        others = expected.feed(block)
    assert Engine(CoachSettings()).feed(block) == others
    assert [e for e in others if isinstance(e, Cadence) and e.spm is not None]


def test_who_leans_is_looked_at_frame_by_frame() -> None:
    """A fall may be told within the next half second; one who sits upright does not fall in it."""
    detector, _ = rested()
    assert not detector.may_tell_within(10)
    for frame in frames_of(np.tile([1.0, 0.0, 0.1, 0.0, 0.0, 0.0], (100, 1))):
        detector.detect(frame)
    assert detector.may_tell_within(10)
    assert detector.undecided


def rested() -> tuple[StumbleDetector, Floats]:
    """Somebody who has sat still for ten seconds; and the next half second of it."""
    detector = StumbleDetector()
    still = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (1000, 1))
    for frame in frames_of(still):
        assert not detector.detect(frame)
    return detector, still[:50]


def test_half_a_second_of_rest_is_taken_at_once() -> None:
    """It is, where nothing comes of it."""
    detector, still = rested()
    assert detector.rest(Frame(1050, still)) == []


@pytest.mark.parametrize(
    ("first", "value"),
    [
        (np.s_[20:25, 2], 1.2),  # a movement
        (np.s_[20:24, 2], [4.0, -2.0, 4.0, -2.0]),  # a knock that rings
        (np.s_[:, :], 0.0),  # a chip without power
        (np.s_[:, 1:3], [1.0, 0.0]),  # turned at once
    ],
)
def test_what_may_matter_is_judged_frame_by_frame(
    first: tuple[slice, slice], value: float | list[float]
) -> None:
    """No impact, no movement, no fault is taken for rest; and nothing of it is taken in."""
    detector, still = rested()
    other = still.copy()
    other[first] = value
    assert detector.rest(Frame(1050, other)) is None
    assert detector.rest(Frame(1050, still)) == []
