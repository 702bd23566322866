"""Stumbles, falls and false alarms on the real recordings.

A deterministic part of them, to be quick: everything that is scarce (stumbles, sfu's falls,
walking, jogging), every third fall of sisfall, every second climb of stairs, every fifth of the
other movements. `python -m tests.bench.bench_stumble` runs the whole.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.recordings import Row
from tests.support.stumbles import Tally, group, tally

pytestmark = [pytest.mark.recordings, pytest.mark.slow]


def wanted(i: int, row: Row) -> bool:
    """The part of the recordings that is run here; `i`: place within the manifest."""
    every = {"fall": 1 if row["dataset"] == "sfu" else 3, "stairs": 2, "other": 5}
    return i % every.get(group(row), 1) == 0


@pytest.fixture(scope="module")
def figures(recordings_dir: Path) -> dict[str, Tally]:
    """The figures of each group at the default sensitivity."""
    return tally(recordings_dir, wanted)


def test_stumbles_are_caught(figures: dict[str, Tally]) -> None:
    """Stumbles while walking, and trips and slips that end well, are caught."""
    assert figures["D18"].share >= 0.98
    assert figures["trip, slip"].share >= 0.92


def test_who_recovers_has_seldom_fallen(figures: dict[str, Tally]) -> None:
    """The continuous alarm of a fall after a trip or slip that ended well is the exception."""
    assert np.mean(figures["D18"].falls) == 0.0
    assert np.mean(figures["trip, slip"].falls) <= 0.125


def test_falls_are_caught_and_told_as_falls(figures: dict[str, Tally]) -> None:
    """Falls raise an alarm, and nearly all are told as such."""
    assert figures["fall"].share >= 0.99
    assert np.mean(figures["fall"].falls) >= 0.95


def test_soft_falls_from_standing_are_told_as_falls(figures: dict[str, Tally]) -> None:
    """A mat that makes the impact soft hides no fall."""
    assert np.mean(figures["soft fall"].falls) >= 0.85


def test_walking_raises_no_false_alarms(figures: dict[str, Tally]) -> None:
    """Two hours and three quarters of all kinds of walking have at most one false alarm in two."""
    assert figures["walking"].per_hour <= 0.5


def test_livelier_movement_raises_few_false_alarms(figures: dict[str, Tally]) -> None:
    """Stairs, jogging, and everyday movements are seldom taken for stumbles."""
    assert figures["stairs"].per_hour <= 3.0
    assert figures["jogging"].per_hour <= 4.0
    assert figures["other"].share <= 0.02


def test_alarms_come_in_time(figures: dict[str, Tally]) -> None:
    """The alarm is there when the body hits hardest: median within 0.1 s, 95 % within 0.3 s."""
    latency = figures["D18"].latency + figures["trip, slip"].latency
    assert np.median(latency) <= 0.10
    assert np.percentile(latency, 95) <= 0.30
