"""For how much what is beyond the walker's baseline counts: new rotation, and steps."""

from __future__ import annotations

import pytest

from coach.balance.baseline import NEW_LOAD, NEW_ROTATION, Baseline
from coach.balance.novelty import Novelty
from coach.balance.parameters import BALANCE
from coach.events import Event
from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.stumbles import alarms, detect, frames_of, sense

USUAL = [0.3, 0.2, 20.0, 0.1, 10.0, 0.15]
"""Shaking, jerk, tilting, and new acceleration, rotation and load, of some walk."""

LITTLE, LONG = 40, 400
"""Frames walked: 2 s and 20 s."""


def anomaly(quantity: int, *, known: int, dead: bool = False) -> float:
    """Of a walker who knows nothing but USUAL, in whom one quantity is now larger."""
    baseline = Baseline(BALANCE.baseline, BALANCE.unevenness)
    for _ in range(LONG):
        baseline.anomaly(USUAL, known=LONG, dead=dead)
        baseline.learn(USUAL, known=LITTLE, larger=False)
    now = [1.7 * x if i == quantity else x for i, x in enumerate(USUAL)]
    return baseline.anomaly(now, known=known, dead=dead)


def test_of_a_known_walker_new_rotation_counts_for_several() -> None:
    """And as much as any of the six in the first steps, when each way to turn is new."""
    load = anomaly(NEW_LOAD, known=LONG)
    assert anomaly(NEW_ROTATION, known=LONG) > 1.05 * load
    assert anomaly(NEW_ROTATION, known=LITTLE) == pytest.approx(anomaly(NEW_LOAD, known=LITTLE))
    assert load < anomaly(NEW_LOAD, known=LITTLE)


def test_a_dead_gyroscope_has_no_say_however_much_its_rotation_counts() -> None:
    """Whatever it reads, it is one of none."""
    assert anomaly(NEW_ROTATION, known=LONG, dead=True) == pytest.approx(1.0)


def told(monkeypatch: pytest.MonkeyPatch, unlike: float, trip_s: float = 20.0) -> list[Event]:
    """The alarms of a walk with a trip of which this share is unlike every step before."""
    monkeypatch.setattr(Novelty, "unlike", lambda *_: unlike)
    trip = StumblePlan(trip_s, size_g=0.8)
    x, _ = sense([Stand(4.0), Walk(25.0, spm=70.0, amplitude_g=0.2, events=(trip,))], 11)
    return alarms(detect(frames_of(x)))


def test_what_is_like_a_step_counts_less_and_nothing_counts_for_more_than_a_stumble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same jolt, were it more or less like the steps before: told, told later, not at all."""
    wholly, mostly, partly, hardly = (told(monkeypatch, share) for share in (1.0, 0.86, 0.6, 0.45))
    assert len(wholly) == len(partly) == 1
    assert mostly == wholly
    assert partly[0].t > wholly[0].t
    assert hardly == []


def test_of_who_has_hardly_walked_nobody_knows_what_is_like_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the third second of a walk a trip is told, whatever it may be like."""
    assert len(told(monkeypatch, 0.1, trip_s=2.6)) == 1
