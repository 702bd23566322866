"""The gait tracker on simulated walkers: right, quick, causal, and blind to the mounting."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coach.events import Cadence, Step
from coach.gait import GaitEvent, GaitTracker
from coach.samples import Block, Floats, Frame, Resampler
from hardware.simulated.walker import (
    BeltChange,
    ClipOn,
    Segment,
    SideRails,
    Sit,
    Stand,
    Truth,
    Walk,
    random_mounting,
)
from tests.support.gait import cadences, sampled, track, worn

TEMPI = (30, 40, 50, 60, 75, 90, 110, 130, 150)  # steps/min
AMPLITUDES = (0.03, 0.06, 0.12, 0.25, 0.4)  # g


def errors(x: Floats, truth: Truth) -> tuple[list[float], list[float], int]:
    """Errors, true cadences, and the number of seconds without an answer."""
    wrong, true, silent = [], [], 0
    for t, spm in cadences(track(x)).items():
        known = truth.cadence(t)
        if known is None:
            continue
        if spm is None:
            silent += 1
        else:
            wrong.append(spm - known)
            true.append(known)
    return wrong, true, silent


@pytest.mark.slow
def test_simulated_walkers_of_every_tempo_amplitude_and_asymmetry() -> None:
    """Mean absolute error <= 0.5 from 30 to 150 steps/min, never double or half, all mountings."""
    wrong, true, silent, rows = [], [], 0, []
    for i, spm in enumerate(TEMPI):
        own: list[float] = []
        for j, amplitude_g in enumerate(AMPLITUDES):
            walk = Walk(
                40.0,
                spm=spm,
                amplitude_g=amplitude_g,
                asymmetry=(0.0, 0.15, 0.3)[(i + j) % 3],
                variability=(0.01, 0.03, 0.05)[(i + 2 * j) % 3],
                direction="forward" if (i + j) % 4 == 0 else "backward",
            )
            x, truth = worn((Stand(4.0), walk), seed=10 * i + j)
            more, known, none = errors(x, truth)
            own, true, silent = own + more, true + known, silent + none
        wrong += own
        rows.append(
            f"{spm:4d} spm: mean {np.mean(np.abs(own)):.2f} largest {np.abs(own).max():.1f}"
        )
    print("\n".join(rows), f"unanswered {silent} of {silent + len(wrong)}", sep="\n")
    error = np.abs(wrong)
    assert error.mean() <= 0.5
    assert not (error / np.array(true) > 0.25).any()
    assert silent <= 0.01 * len(wrong)


@cache
def some_walk() -> tuple[Floats, Truth]:
    plan = (Stand(4.0), Walk(30.0, spm=64.0, amplitude_g=0.1, asymmetry=0.2), SideRails(6.0))
    return worn(plan, seed=7)


@cache
def its_events() -> list[GaitEvent]:
    """What is said of it."""
    return track(some_walk()[0])


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_any_rotation_of_the_sensor_gives_the_same_cadence(seed: int) -> None:
    """Turning the sensor changes the cadence by no more than 0.5 %."""
    x, _ = some_walk()
    turn = random_mounting(np.random.default_rng(seed))
    turned = cadences(track(np.concatenate([x[:, :3] @ turn.T, x[:, 3:] @ turn.T], axis=1)))
    for t, spm in cadences(its_events()).items():
        assert turned[t] == (None if spm is None else pytest.approx(spm, rel=0.005))


@given(st.integers(100, 3900))
@settings(max_examples=15, deadline=None)
def test_what_comes_later_changes_nothing(samples: int) -> None:
    """The events of a recording's beginning are the beginning of the recording's events."""
    x, _ = some_walk()
    assert track(x[:samples]) == [e for e in its_events() if e.t <= (samples - 1) / 100]


@given(st.lists(st.integers(0, 799), max_size=12))
@settings(max_examples=15, deadline=None)
def test_long_frames_are_the_same_as_short_ones(cuts: list[int]) -> None:
    """Frames of any length, one of them all or 50 ms each, give exactly the same events."""
    x, _ = some_walk()
    borders = [0, *sorted({1 + 5 * cut for cut in cuts}), len(x) // 5 * 5 - 4]
    assert in_frames(x, borders) == in_short_frames()


@cache
def in_short_frames() -> list[GaitEvent]:
    x, _ = some_walk()
    return in_frames(x, [0, *range(1, len(x) // 5 * 5, 5)])


def in_frames(x: Floats, borders: list[int]) -> list[GaitEvent]:
    """The events of one frame between each two of `borders`."""
    tracker, events = GaitTracker(), []
    for start, end in itertools.pairwise(borders):
        if end > start:
            events += tracker.track(Frame(end - 1, x[start:end]))
    return events


def test_a_cadence_event_at_every_whole_second() -> None:
    """Cadence comes at whole seconds, and at a half only where a walk begins or ends."""
    plan = (Stand(4.0), Walk(15.3, spm=64.0), Stand(5.0), Walk(15.4, spm=80.0), SideRails(6.0))
    x, _ = worn(plan, seed=7)
    told = cadences(track(x))
    assert [t for t in told if t % 1.0 == 0.0] == list(range((len(x) - 1) // 100 + 1))
    walks = [spm is not None for spm in told.values()]
    for i, t in enumerate(told):
        assert t % 1.0 in (0.0, 0.5)
        assert t % 1.0 == 0.0 or walks[i] != walks[i - 1]


@given(
    arrays(
        float,
        st.tuples(st.integers(1, 400), st.just(6)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
        fill=st.sampled_from([0.0, 1.0, -1e308, 5e-324]),
    )
)
@settings(max_examples=30, deadline=None)
def test_no_finite_input_breaks_it(x: Floats) -> None:
    """Zeros, constants and absurd values give events, and no warning, as anything else does."""
    tracker = GaitTracker()
    for frame in Resampler().resample(sampled(x)):
        assert isinstance(frame, Frame)
        for event in tracker.track(frame):
            assert not isinstance(event, Cadence) or 0.0 <= event.confidence <= 1.0


@pytest.mark.parametrize(
    "still",
    [np.zeros(6), np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), np.full(6, 3.0)],
    ids=["zeros", "gravity", "turning"],
)
def test_a_sensor_at_rest_has_no_cadence(still: Floats) -> None:
    """Constant input never counts as walking."""
    assert set(cadences(track(np.tile(still, (3000, 1)))).values()) == {None}


CHANGES = [(80, 100), (100, 120), (120, 140), (100, 80), (120, 100), (140, 120), (60, 80)]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_sudden_change_of_tempo_is_shown_within_four_seconds(before: int, after: int) -> None:
    """From 4 s after a change of 20 steps/min the cadence is within 3 of the new one."""
    belt = BeltChange(20.0, float(after))
    walk = Walk(36.0, spm=before, amplitude_g=0.15, variability=0.01, events=(belt,))
    x, truth = worn((Stand(3.0), walk), seed=before + after)
    instants = np.array([s.t for s in truth.steps])
    changed = instants[instants <= 23.0][-1]
    seen = False
    for t, spm in cadences(track(x)).items():
        if not changed + 4.0 <= t <= changed + 12.0:
            continue
        steps = instants[(instants <= t) & (instants >= max(changed, t - 6.0))]
        true = 60.0 / np.diff(steps).mean()
        assert spm == pytest.approx(true, abs=3.0), f"{t - changed:.1f} s after the change"
        seen = True
    assert seen


def test_the_first_answer_comes_soon_after_the_first_step() -> None:
    """From 60 steps/min up, nearly all walkers have an answer within 3 s, and all within 4."""
    delays = []
    for seed in range(24):
        plan = (Stand(6.0 + 0.13 * seed), Walk(12.0, spm=60.0 + 4.0 * seed, amplitude_g=0.15))
        x, truth = worn(plan, seed)
        start = truth.walking[0][0]
        delays.append(next(t - start for t, v in cadences(track(x)).items() if v is not None))
    print("first answer after (s):", np.round(np.quantile(delays, [0.1, 0.5, 0.9, 1.0]), 1))
    assert min(delays) > 0.0
    assert np.mean(np.array(delays) <= 3.0) >= 0.95
    assert max(delays) <= 4.0


def test_after_a_long_rest_a_walk_is_seen_as_soon_as_after_a_short_one() -> None:
    """How long a device has lain before changes nothing about what is told of a walk."""
    rng = np.random.default_rng(3)
    walk, _ = worn((Walk(12.0, spm=88.0, amplitude_g=0.15),), seed=3)
    told = []
    for rest_s in (12, 180):
        noise = rng.normal(size=(100 * rest_s, 6)) * ([0.003] * 3 + [0.05] * 3)
        x = np.concatenate([walk[0] + noise, walk])
        told.append([e.t - rest_s for e in track(x) if isinstance(e, Cadence) and e.spm])
    assert told[0] == told[1]


def test_no_step_is_told_from_before_the_first_sample() -> None:
    """A recording that begins in the middle of a walk has the steps that it shows."""
    x, _ = worn((Walk(20.0, spm=100.0, amplitude_g=0.2),), seed=3)
    for begin in range(800, 900, 10):
        steps = [e.at for e in track(x[begin:]) if isinstance(e, Step)]
        assert min(steps) >= 0.0


STOPS = [(Stand(8.0), 12), (SideRails(8.0), 11), (Sit(8.0), 8), (ClipOn(8.0), 8)]


@pytest.mark.parametrize(("after", "least"), STOPS, ids=lambda value: type(value).__name__)
def test_cadence_ends_when_walking_does(after: Segment, least: int) -> None:
    """Standing still ends the cadence within 2.5 s; what is irregular does so mostly."""
    ended = []
    for seed in range(12):
        walk = Walk(20.0 + 0.23 * seed, spm=62.0 + 7.0 * seed, amplitude_g=0.15)
        x, truth = worn((Stand(3.0), walk, after), seed)
        shown = [v for t, v in cadences(track(x)).items() if t <= truth.walking[0][1] + 2.5]
        ended.append(shown[-1] is None)
    print(f"{after}: ended within 2.5 s in {sum(ended)} of {len(ended)}")
    assert sum(ended) >= least


@pytest.mark.parametrize("after", [Stand(8.0), SideRails(8.0), Sit(8.0)])
def test_a_walk_that_ends_is_not_told_as_a_far_slower_one(after: Segment) -> None:
    """The half of three strides that is still walking does not make them look like one."""
    for n in range(12):
        spm = 90.0 + 10.0 * (n % 4)
        walk = Walk(14.0 + 0.3 * (n // 4), spm=spm, amplitude_g=0.2)
        x, truth = worn((Stand(3.0), walk, after), n // 4)
        end = truth.walking[0][1]
        later = [v for t, v in cadences(track(x)).items() if t > end - 5.0 and v is not None]
        assert min(later) > 0.7 * spm, f"{spm:g} steps/min, {n // 4}"


def test_a_slow_walk_ends_within_three_seconds() -> None:
    """At 30 to 60 steps/min a step that does not come is noticed before another is due."""
    for seed in range(12):
        walk = Walk(20.0 + 0.23 * seed, spm=31.0 + 2.4 * seed, amplitude_g=0.15)
        x, truth = worn((Stand(3.0), walk, Stand(6.0)), seed)
        end = truth.walking[0][1]
        shown = [t - end for t, v in cadences(track(x)).items() if v is not None]
        assert max(shown) <= 2.0, (
            f"{walk.spm} steps/min: still walking {max(shown)} s after the end"
        )


@pytest.mark.slow
def test_taking_the_device_off_is_no_walk() -> None:
    """From 5 s on, handling after a walk has no cadence, however regular it is."""
    shown = []
    for seed in range(12):
        walk = Walk(20.0, spm=50.0 + 5.0 * seed, amplitude_g=0.15)
        x, truth = worn((Stand(3.0), walk, ClipOn(20.0)), seed)
        after = truth.walking[0][1] + 5.0
        shown += [v is not None for t, v in cadences(track(x)).items() if t > after]
    print(f"a cadence in {np.mean(shown):.3f} of {len(shown)} s of handling")
    assert np.mean(shown) <= 0.02


def test_handling_and_standing_are_not_walking() -> None:
    """Before the walk, a cadence is shown in no more than 3 % of the seconds."""
    shown = []
    for seed in range(12):
        x, _ = worn((Stand(10.0), ClipOn(15.0), Stand(10.0), Sit(10.0)), seed)
        shown += [v is not None for v in cadences(track(x)).values()]
    assert np.mean(shown) <= 0.03


def test_a_short_gap_is_bridged_and_a_long_one_forgets() -> None:
    """After half a second without samples the cadence goes on; after ten it starts anew."""
    x, _ = some_walk()
    for missing, goes_on in ((50, True), (1000, False)):
        tracker = GaitTracker()
        tracker.track(Frame(2000, x[:2001]))
        start = 2001 + missing
        tracker.gap(missing / 100, start / 100)
        later = x[2001 : 2101 - start % 100 + 1]
        events = tracker.track(Frame(start + 99 - start % 100 + 1, later))
        spm = next(e.spm for e in events if isinstance(e, Cadence))
        assert (spm is not None) == goes_on
        assert spm is None or spm == pytest.approx(64.0, abs=4.0)


def turned_round(
    spm: float, seed: int, *, walk_s: float = 25.0, quicker: float = 1.0
) -> tuple[Floats, Floats]:
    """A walk with half a turn of 1.6 s from 14 s on, its steps by up to a third slower and faint,
    those after it `quicker`; and how many strides had been made at each of its samples."""
    x, _ = worn((Stand(3.0), Walk(walk_s, spm=spm, amplitude_g=0.12, asymmetry=0.1)), seed)
    t = np.arange(len(x)) / 100
    turns = (t >= 14.0) & (t < 15.6)
    pace = np.where(turns, 0.65, np.where(t < 15.6, 1.0, quicker))
    walked_s = np.append(0.0, np.cumsum(pace)[:-1]) / 100
    y = np.stack([np.interp(walked_s, t, channel) for channel in x.T], axis=1)
    still = x[1000:1200].mean(axis=0)
    y[turns] = still + 0.25 * (y[turns] - still)
    y[turns, 3:] += 112.5 * still[:3] / np.linalg.norm(still[:3])
    return y, walked_s * spm / 120


def test_the_slow_faint_steps_of_a_turn_are_not_told_as_those_around_it() -> None:
    """The mean that holds a turn is wrong by 4.5 steps/min on average at most, and hardly high."""
    wrong: list[float] = []
    for spm, seed in itertools.product((80.0, 95.0, 110.0), range(4)):
        x, strides = turned_round(spm, seed)
        told = cadences(track(x))
        for second in (18, 19, 20, 21):
            true = 20.0 * float(strides[100 * second] - strides[100 * second - 600])
            wrong.append((told[float(second)] or 0.0) - true)
    print(f"mean error {np.mean(np.abs(wrong)):.2f}, {np.mean(wrong):+.2f}")
    assert np.mean(np.abs(wrong)) < 4.5
    assert np.mean(wrong) < 3.5


def test_a_turn_is_told_the_same_however_the_stream_is_cut_and_the_sensor_mounted() -> None:
    """In one frame or a hundred, and turned in any way, the steps of a turn are the same."""
    x, _ = turned_round(95.0, seed=2)
    told = cadences(track(x))
    assert cadences(in_frames(x, [0, *range(1, len(x), 7)])) == told
    mounted = random_mounting(np.random.default_rng(3))
    turned = cadences(track(np.concatenate([x[:, :3] @ mounted.T, x[:, 3:] @ mounted.T], axis=1)))
    assert turned == {t: v if v is None else pytest.approx(v, rel=0.005) for t, v in told.items()}


def test_a_tempo_that_leaps_up_with_a_turn_is_doubted_for_ten_seconds() -> None:
    """A tempo that is up by a fifth after a turn is told when ten seconds are over, not before."""
    for seed in range(3):
        x, _ = turned_round(80.0, seed, walk_s=35.0, quicker=1.2)
        told = cadences(track(x))
        assert all((told[float(t)] or 0.0) < 95.0 for t in range(15, 26))
        assert told[30.0] == pytest.approx(96.0, abs=4.0)


def test_who_turns_again_and_again_is_doubted_no_longer_than_who_turns_once() -> None:
    """Turns that follow each other within ten seconds do not renew a doubt."""
    for seed in range(3):
        x, _ = turned_round(80.0, seed, walk_s=65.0, quicker=1.2)
        up = x[1000:1200, :3].mean(axis=0)
        for at in range(2200, 6400, 700):
            x[at : at + 160, 3:] += 112.5 * up / np.linalg.norm(up)
        told = cadences(track(x))
        assert [told[float(t)] for t in range(36, 60)] == pytest.approx([96.0] * 24, abs=6.0)


def test_who_quickens_as_a_walk_begins_has_not_turned_round() -> None:
    """A belt that gathers speed in the first seconds of the stream is told all along."""
    for seed in range(4):
        faster = BeltChange(1.5, 90.0, over_s=3.0)
        x, _ = worn((Walk(20.0, spm=60.0, amplitude_g=0.2, events=(faster,)),), seed)
        told = cadences(track(x))
        assert None not in [told[float(t)] for t in range(3, 20)]


def test_who_walks_quicker_is_told_though_samples_are_missing_again_and_again() -> None:
    """A tenth of a second lost in every five is no turn, after which a quicker tempo is doubted."""
    faster = BeltChange(20.0, 90.0, over_s=20.0)
    x, truth = worn((Stand(4.0), Walk(70.0, spm=60.0, amplitude_g=0.2, events=(faster,))), seed=3)
    t = np.arange(len(x)) / 100
    there = t % 5.0 >= 0.1
    tracker, told = GaitTracker(), []
    for part in Resampler().resample(Block(t[there], x[there, :3], x[there, 3:])):
        if isinstance(part, Frame):
            told += [e for e in tracker.track(part) if isinstance(e, Cadence) and 50.0 < e.t < 70.0]
        else:
            tracker.gap(part.missing_s, part.end)
    assert [e.spm for e in told] == pytest.approx([truth.cadence(e.t) for e in told], abs=4.0)


def test_who_stands_after_a_turn_and_walks_on_quicker_is_told_at_once() -> None:
    """The doubt is of who walks on; a new walk may have any tempo."""
    x, _ = turned_round(80.0, 1)
    again, _ = worn((Stand(3.0), Walk(6.0, spm=104.0, amplitude_g=0.12)), 1)
    told = cadences(track(np.concatenate([x[:1800], again])))
    assert [told[float(t)] for t in (25, 26)] == pytest.approx([104.0, 104.0], abs=6.0)
