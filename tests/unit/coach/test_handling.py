"""The device and not the body: slipped in its clip, taken off, dropped; and when it is the body."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance import StumbleDetector
from coach.balance.handling import HandlingWatch
from coach.balance.parameters import BALANCE
from coach.balance.posture import Posture
from coach.engine import Engine
from coach.events import Cadence, Event, Fall, Handling
from coach.samples import Block, Floats
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Stand, Walk
from tests.support.augmented import clip_slips
from tests.support.stumbles import NOISE, alarms, detect, detected, frames_of, sense


def handled(events: list[Event]) -> list[str]:
    """What has become of the device."""
    return [event.kind for event in events if isinstance(event, Handling)]


def test_a_device_on_a_table_has_been_taken_off_and_a_breathing_body_has_not() -> None:
    """Dead stillness after a walk is told once, within nine seconds; breathing is life."""
    x, _ = sense([Stand(3.0), Walk(20.0, spm=80.0, amplitude_g=0.2)], 5)
    rng = np.random.default_rng(1)
    t = np.arange(6000) / 100
    rest = NOISE / 3 * rng.standard_normal((len(t), 6)) + [0.9, 0.1, 0.4, 0.5, -1.0, 0.2]
    breath = np.radians(0.25) * np.sin(2 * np.pi * 0.25 * t)
    alive = rest.copy()
    alive[:, 1] += breath
    alive[:, 5] += np.degrees(np.gradient(breath) * 100)
    told = detect(frames_of(np.vstack([x, rest])))
    assert handled(told) == ["taken_off"]
    assert told[-1].t < len(x) / 100 + 9.0
    assert handled(detect(frames_of(np.vstack([x, alive])))) == []


def on_a_table(seconds: float) -> Floats:
    """What a chip reads that lies still: its own noise."""
    rng = np.random.default_rng(1)
    n = round(100 * seconds)
    return NOISE / 3 * rng.standard_normal((n, 6)) + [0.9, 0.1, 0.4, 0.5, -1.0, 0.2]


@pytest.mark.parametrize("what", ["gyroscope dead", "moved without a turn", "on a table"])
def test_stillness_is_of_both_sensors(what: str) -> None:
    """A gyroscope without noise proves nothing, and what moves is worn, however little it turns."""
    x, _ = sense([Stand(3.0), Walk(20.0, spm=80.0, amplitude_g=0.2)], 5)
    rest = on_a_table(60.0)
    if what == "gyroscope dead":
        rest[:, 3:] = 0.0
    elif what == "moved without a turn":
        rest[:, 1] += 0.03 * np.sin(np.arange(len(rest)) / 8.0)
    told = handled(detect(frames_of(np.vstack([x, rest]))))
    assert told == (["taken_off"] if what == "on a table" else [])


def test_who_falls_before_the_first_step_has_worn_it_too() -> None:
    """So the alarm ends when the device has been taken off the body, as it does after a walk."""
    rng = np.random.default_rng(1)
    stands = NOISE * rng.standard_normal((600, 6)) + [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    blow = np.tile([4.0, 1.0, 1.0, 50.0, 20.0, 0.0], (5, 1))
    told = detect(frames_of(np.vstack([stands, blow, on_a_table(40.0)])))
    assert [event.type for event in alarms(told)] == ["fall"]
    assert handled(told) == ["taken_off"]


def test_a_throw_of_long_ago_is_no_drop() -> None:
    """Tossed onto a bed, worn again and taken off minutes later: nobody has dropped it then."""
    watch, posture = HandlingWatch(BALANCE.handling), Posture(BALANCE.posture)
    posture.drop_mps = 3.0
    watch.watch((0.0, 0.0, 0.1), (1.0, 0.0, 0.0), posture, walks=True)
    posture.drop_mps = 0.0
    worn = [[0.0, 0.0, 1.0, 1.0 if i % 2 else -1.0, 0.0, 0.0] for i in range(10)]
    lies = [[0.0, 0.0, 1.0, 0.02 if i % 2 else -0.02, 0.0, 0.0] for i in range(10)]
    kinds = [watch.rest(frames, posture) for frames in [worn] * 200 + [lies] * 40]
    assert [kind for kind in kinds if kind] == ["taken_off"]


def test_stillness_begins_anew_after_a_gap() -> None:
    """Four seconds before it and two after it are no five without any life."""
    x, _ = sense([Stand(3.0), Walk(8.0, spm=80.0, amplitude_g=0.2)], 5)
    detector, told = StumbleDetector(), list[Event]()
    for frame in frames_of(np.vstack([x[:1100], on_a_table(20.0)])):
        if frame.t == 17.0:
            detector.gap(0.5)
        told += detector.detect(frame)
    assert handled(told) == ["taken_off"]
    assert 21.9 < told[-1].t < 24.0


def test_a_breath_now_and_then_keeps_the_alarm_of_a_fall() -> None:
    """The twenty seconds without any are that in one go, and not four times eight."""
    watch, posture = HandlingWatch(BALANCE.handling), Posture(BALANCE.posture)
    posture.fallen = True
    watch.watch((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), posture, walks=False)
    lies, breathes = (
        [[0.0, 0.0, 1.0, dps if i % 2 else -dps, 0.0, 0.0] for i in range(10)]
        for dps in (0.02, 0.5)
    )
    kinds = [watch.rest(frames, posture) for frames in ([lies] * 16 + [breathes]) * 10]
    assert set(kinds) == {None}
    assert posture.fallen


def test_a_clip_that_slips_is_no_stumble_and_is_told() -> None:
    """The device turns by 40 degrees within the walk: in words, without an alarm."""
    x, _ = sense([Stand(3.0), Walk(40.0, spm=90.0, amplitude_g=0.3)], 2)
    rng = np.random.default_rng(4)
    up = x[500:1000, :3].mean(axis=0)
    axis = np.cross(up, [0.2, 0.9, 0.1])
    told = detect(frames_of(clip_slips(x, rng, 20.0, axis=axis / np.linalg.norm(axis))))
    assert alarms(told) == []
    assert handled(told) == ["slipped"]


@pytest.mark.parametrize(
    ("leans", "told"),
    [
        ([(False, 5.0), (True, 5.0)], 1),
        ([(False, 5.0), (True, 3.0)] * 4, 0),
        ([(False, 2.0), (True, 20.0)], 0),
    ],
    ids=["slipped", "bent now and then", "bent from the start"],
)
def test_only_a_posture_that_lasts_as_long_as_the_one_before_is_a_slip(
    leans: list[tuple[bool, float]], told: int
) -> None:
    """Four seconds of walking as before, and then four of walking otherwise, without a break."""
    watch, posture = HandlingWatch(BALANCE.handling), Posture(BALANCE.posture)
    kinds = []
    for other, seconds in leans:
        for _ in range(round(20 * seconds)):
            posture.lean_deg = 25.0 if other else 5.0
            kinds.append(watch.watch((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), posture, walks=True))
    assert kinds.count("slipped") == told


def test_a_clip_that_slips_in_a_faint_walk_is_no_stumble() -> None:
    """With the hands on the rails a turn is dozens of times what the walker turns: all the same.

    Of 120 such walks two are alarmed, both of them here.
    """
    alarmed = 0
    for seed in range(60):
        x, _ = sense([Stand(3.0), Walk(30.0, spm=65.0, amplitude_g=0.1)], seed)
        slipped = clip_slips(x, np.random.default_rng(seed), 25.0, within_s=(0.15, 0.3))
        alarmed += bool(alarms(detect(frames_of(slipped))))
    assert alarmed <= 2


def test_a_dropped_device_is_no_fallen_walker_for_long() -> None:
    """Free fall, a blow, and dead stillness: whatever alarm that was ends with `dropped`."""
    x, _ = sense([Stand(3.0), Walk(20.0, spm=80.0, amplitude_g=0.2)], 5)
    rng = np.random.default_rng(1)
    falls_freely = NOISE * rng.standard_normal((45, 6)) + [0.0, 0.0, 0.0, 90.0, 40.0, 20.0]
    blow = np.tile([6.0, 4.0, 1.0, 200.0, 100.0, 50.0], (5, 1))
    rest = NOISE / 3 * rng.standard_normal((3000, 6)) + [0.99, 0.1, 0.1, 0.5, -1.0, 0.2]
    told = detect(frames_of(np.vstack([x, falls_freely, blow, rest])))
    assert handled(told) == ["dropped"]
    assert told[-1].type == "handling" or told[-1].type == "outcome"


@pytest.mark.parametrize(("lost_s", "ends"), [(0.0, True), (0.05, True), (0.6, True), (1.0, False)])
def test_a_few_lost_samples_do_not_make_the_alarm_of_a_turned_device_last(
    lost_s: float, ends: bool
) -> None:
    """Knocked round in its clip, and the walk goes on: the alarm ends after some seconds of it.

    In a longer gap whoever has fallen may have lain still; then only getting up ends it.
    """
    x, _ = sense([Stand(3.0), Walk(22.0, spm=90.0, amplitude_g=0.2)], 1)
    x[900:] = x[900:, [2, 0, 1, 5, 3, 4]]
    x[898:902, :3] *= 5.0
    t = np.arange(len(x)) / 100
    kept = (t < 12.0) | (t >= 12.0 + lost_s)
    detector = StumbleDetector()
    told = detected(Block(t[kept], x[kept, :3], x[kept, 3:]), detector, told=lambda t: t > 7.0)
    assert alarms(told)[-1].type == "fall"
    assert detector.upright == ends


def test_who_lies_still_after_a_fall_stays_fallen() -> None:
    """A fallen body that only breathes is never taken for a device that was taken off."""
    x, _ = sense([Stand(3.0), Walk(60.0, spm=80.0, amplitude_g=0.2, events=(FallPlan(15.0),))], 3)
    told = detect(frames_of(x))
    assert any(isinstance(event, Fall) for event in told)
    assert handled(told) == []


def test_the_alarm_of_a_fall_outlasts_a_rhythm_that_shakes_who_lies() -> None:
    """On a deck that still runs a body may be moved as a walk moves it: the alarm stays."""
    x, _ = sense([Stand(3.0), Walk(60.0, spm=80.0, amplitude_g=0.2, events=(FallPlan(25.0),))], 3)
    told_t = next(event.t for event in detect(frames_of(x)) if isinstance(event, Fall))
    lies = x[: round(told_t * 100) + 300]
    walks, down = x[1000:2500].copy(), lies[-100:, :3].mean(axis=0)
    walks[:, :3] += down - walks[:, :3].mean(axis=0)
    shaken = np.vstack([lies, walks, walks, walks, walks])
    engine = Engine(CoachSettings())
    told = engine.feed(Block(np.arange(len(shaken)) / 100, shaken[:, :3], shaken[:, 3:]))
    tempo = [e.spm for e in told if isinstance(e, Cadence) and e.t > len(shaken) / 100 - 20.0]
    assert None not in tempo  # it is a rhythm
    assert "fall" in engine.cues


def test_the_alarm_of_a_fall_outlasts_a_breath_that_is_held() -> None:
    """Ten seconds without a breath, and then the faintest: the alarm stays; without any it ends."""
    x, _ = sense([Stand(3.0), Walk(60.0, spm=80.0, amplitude_g=0.2, events=(FallPlan(15.0),))], 3)
    told_t = next(event.t for event in detect(frames_of(x)) if isinstance(event, Fall))
    lies = x[: round(told_t * 100)]
    t = np.arange(4000) / 100
    rng = np.random.default_rng(1)
    dead = lies[-50:].mean(axis=0) + NOISE / 3 * rng.standard_normal((len(t), 6))
    faint = dead.copy()
    faint[1000:, 4] += 0.14 * np.sin(2 * np.pi * 0.2 * t[1000:])  # 0.1 deg/s rms
    assert handled(detect(frames_of(np.vstack([lies, faint])))) == []
    told = detect(frames_of(np.vstack([lies, dead])))
    assert len(handled(told)) == 1
    assert 20.0 <= told[-1].t - told_t <= 28.0
