"""After a long gap nobody knows what was before it: a walk is told soon, and nothing else is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from coach.engine import Engine
from coach.events import Cadence, Event, Session
from coach.gait import GaitTracker
from coach.samples import Block, Frame, Resampler
from coach.settings import CoachSettings
from hardware.simulated.walker import Segment, Sit, Stand, Walk
from tests.support.gait import worn


def told_after(
    plan: tuple[Segment, ...], seed: int, begin: float, end: float
) -> dict[float, float | None]:
    """Steps/min by second, of somebody whose samples are missing from `begin` to `end`."""
    x, _ = worn(plan, seed)
    t = np.arange(len(x)) / 100
    there = (t < begin) | (t >= end)
    tracker, told = GaitTracker(), {}
    for part in Resampler().resample(Block(t[there], x[there, :3], x[there, 3:])):
        if isinstance(part, Frame):
            events = tracker.track(part)
            told.update({e.t: e.spm for e in events if isinstance(e, Cadence) and e.t >= end})
        else:
            tracker.gap(part.missing_s, part.end)
    return told


def test_who_sits_down_while_samples_are_missing_is_told_no_cadence() -> None:
    """The posture that the gap ends in is none that moves: one walk in fifty is told for it."""
    wrong, gaps = 0, list(itertools.product(range(10), np.arange(2.5, 6.5, 0.5)))
    for seed, lasts in gaps:
        told = told_after((Stand(4.0), Walk(12.0), Sit(16.0)), seed, 14.0, 14.0 + lasts)
        wrong += any(
            spm is not None for t, spm in told.items() if t > max(14.0 + lasts, 16.0) + 0.6
        )
    assert wrong <= len(gaps) // 50


def test_who_walks_on_is_told_after_a_stride_or_two() -> None:
    """Whatever phase of a step the samples come back in; and most of what is told then is right."""
    strides, right = [], []
    for (seed, spm), lasts in itertools.product(enumerate(range(40, 140, 5)), (3.0, 4.3, 5.7)):
        plan = Stand(3.0), Walk(26.0, spm=spm, amplitude_g=0.12)
        told = told_after(plan, seed, 10.0, 10.0 + lasts)
        since = {t - 10.0 - lasts: value for t, value in told.items()}
        strides.append(next(t for t, value in since.items() if value is not None) * spm / 120)
        right += [
            v is not None and abs(v - spm) <= 3.0 for t, v in since.items() if 3.0 <= t <= 7.0
        ]
    assert np.mean(strides) < 1.6
    assert np.mean(right) > 0.84


def shreds(
    spm: float, shred_s: float, gap_s: float, begins_s: float = 0.25
) -> tuple[list[Event], Engine]:
    """What is said to a walk of a half minute, of whose rest a loose wire lets shreds through."""
    x, _ = worn((Stand(3.0), Walk(30.0, spm=spm, amplitude_g=0.15), Stand(120.0)), 1)
    t = np.arange(len(x)) / 100
    there = (t < 30.0) | ((t - 30.0 - begins_s) % (shred_s + gap_s) < shred_s)
    engine = Engine(CoachSettings())
    return engine.feed(Block(t[there], x[there, :3], x[there, 3:])), engine


@pytest.mark.parametrize(("shred_s", "gap_s"), [(0.03, 2.5), (0.1, 2.4), (0.4, 2.1), (0.2, 9.8)])
def test_a_session_ends_though_samples_come_in_shreds(shred_s: float, gap_s: float) -> None:
    """None of which holds the end of a second: a minute after the last step all is over."""
    for spm in (80.0, 115.0):
        events, engine = shreds(spm, shred_s, gap_s)
        began, ended = (e for e in events if isinstance(e, Session))
        assert (began.state, ended.state) == ("started", "ended")
        assert ended.t == pytest.approx(90.0, abs=shred_s + gap_s)
        assert engine.spent


@pytest.mark.parametrize(
    ("shred_s", "gap_s", "begins_s"), [(0.1, 0.4, 0.25), (0.1, 1.9, 0.25), (0.3, 1.7, 0.2)]
)
def test_nor_do_shreds_in_step_with_the_second_hold_a_session(
    shred_s: float, gap_s: float, begins_s: float
) -> None:
    """Gaps short by themselves, each round the end of a second: nobody is known to walk."""
    events, engine = shreds(100.0, shred_s, gap_s, begins_s)
    began, ended = (e for e in events if isinstance(e, Session))
    assert (began.state, ended.state) == ("started", "ended")
    assert ended.t == pytest.approx(90.0, abs=5.0)
    assert engine.spent
