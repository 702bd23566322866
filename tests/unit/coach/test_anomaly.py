"""For how much what is beyond the baseline counts: new rotation, surprise, and steps."""

from __future__ import annotations

import pytest

from coach.balance.baseline import LOAD_SURPRISE, NEW_LOAD, NEW_ROTATION, SURPRISE, Baseline
from coach.balance.novelty import Novelty
from coach.balance.parameters import BALANCE
from coach.events import Event, Stumble
from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.stumbles import alarms, detect, frames_of, sense

USUAL = [0.3, 0.2, 20.0, 0.1, 10.0, 0.15, 1.5, 1.5]
"""Shaking, jerk, tilting, and new acceleration, rotation and load, of some walk; and how surprising
its rotation and its load are."""

LITTLE, SOME, LONG = 40, 100, 400
"""Frames walked: 2, 5 and 20 s."""


def anomaly(*quantities: int, known: int, dead: bool = False, times: float = 1.7) -> float:
    """Of a walker who knows nothing but USUAL, in whom these quantities are now larger."""
    baseline = Baseline(BALANCE.baseline, BALANCE.unevenness)
    for _ in range(LONG):
        baseline.anomaly(USUAL, known=LONG, dead=dead)
        baseline.learn(USUAL, known=LITTLE, larger=False)
    now = [times * x if i in quantities else x for i, x in enumerate(USUAL)]
    return baseline.anomaly(now, known=known, dead=dead)


def test_of_a_known_walker_new_rotation_counts_for_several() -> None:
    """And as much as any of the six in the first steps, when each way to turn is new."""
    load = anomaly(NEW_LOAD, known=SOME)
    assert anomaly(NEW_ROTATION, known=SOME) > 1.05 * load
    assert anomaly(NEW_ROTATION, known=LITTLE) == pytest.approx(anomaly(NEW_LOAD, known=LITTLE))
    assert load < anomaly(NEW_LOAD, known=LITTLE)


def test_surprise_counts_where_each_moment_has_had_others_like_it() -> None:
    """After six seconds, for several, as new rotation does; not before."""
    surprised = anomaly(SURPRISE, LOAD_SURPRISE, known=LONG)
    assert surprised > anomaly(NEW_ROTATION, known=LONG) > 1.1
    assert anomaly(SURPRISE, LOAD_SURPRISE, known=SOME) == pytest.approx(1.0)


def test_rotation_is_hardly_more_surprising_than_load() -> None:
    """A clip that slips turns the device by all that it likes, and bears nothing."""
    slips = [anomaly(SURPRISE, known=LONG, times=times) for times in (2.0, 20.0)]
    assert slips[0] == slips[1] < anomaly(SURPRISE, LOAD_SURPRISE, known=LONG)


def test_what_becomes_larger_is_surprising_once() -> None:
    """Hands let go of the rails: all is three times as large from then on, surprise is not."""
    baseline = Baseline(BALANCE.baseline, BALANCE.unevenness)
    steps = [3.0 * x for x in USUAL[:SURPRISE]] + USUAL[SURPRISE:]
    surprising = [3.0 * x for x in USUAL]
    for now, frames, larger in ((USUAL, LONG, False), (surprising, 16, True), (steps, 40, False)):
        for _ in range(frames):
            baseline.anomaly(now, known=LONG, dead=False)
            baseline.learn(now, known=LONG, larger=larger)
    stumble = [3.0 * x for x in steps]
    after = baseline.anomaly(stumble, known=LONG, dead=False)
    before = anomaly(*range(len(USUAL)), known=LONG, times=3.0)
    assert after == pytest.approx(before, rel=0.15)


@pytest.mark.parametrize("quantities", [(NEW_ROTATION,), (SURPRISE, LOAD_SURPRISE)])
def test_a_dead_gyroscope_has_no_say_however_much_its_rotation_counts(
    quantities: tuple[int, ...],
) -> None:
    """Whatever it reads, it is one of none."""
    assert anomaly(*quantities, known=LONG, dead=True) == pytest.approx(1.0)


def told(monkeypatch: pytest.MonkeyPatch, unlike: float, trip_s: float = 20.0) -> list[Event]:
    """The alarms of a walk with a trip of which this share is unlike every step before."""
    monkeypatch.setattr(Novelty, "unlike", lambda *_: unlike)
    trip = StumblePlan(trip_s, size_g=0.8)
    x, _ = sense([Stand(4.0), Walk(25.0, spm=70.0, amplitude_g=0.2, events=(trip,))], 11)
    return alarms(detect(frames_of(x)))


def severity(told: list[Event]) -> float:
    """Of the stumble that was told."""
    (stumble,) = told
    assert isinstance(stumble, Stumble)
    return stumble.severity


def test_what_is_like_a_step_counts_less_and_nothing_counts_for_more_than_a_stumble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same jolt, were it more or less like the steps before: told, told as less, not at all."""
    wholly, mostly, partly, hardly = (told(monkeypatch, share) for share in (1.0, 0.86, 0.6, 0.45))
    assert len(wholly) == len(partly) == 1
    assert mostly == wholly
    assert severity(partly) < severity(wholly)
    assert hardly == []


def test_of_who_has_hardly_walked_nobody_knows_what_is_like_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the third second of a walk a trip is told, whatever it may be like."""
    assert len(told(monkeypatch, 0.1, trip_s=2.6)) == 1
