"""Falls: an impact or a stumble, and a trunk that does not stand."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance.posture import Posture, angle_deg, impact_g
from coach.balance.stumble import StumbleDetector
from coach.events import Event, Fall
from coach.samples import Floats, Hop
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Knock, Lie, Segment, Sit, Stand, Stumble, Walk
from tests.support.stumbles import alarms, detect, hops_of, sense

UP, FLAT, BENT = (0.0, 0.0, 1.0), (1.0, 0.0, 0.05), (0.75, 0.0, 0.66)


def falls(posture: Posture, acc: tuple[float, float, float], seconds: float, **was: bool) -> int:
    """Feed a still posture; how many falls are told."""
    stumbled = was.get("stumbled", False)
    hops = round(seconds / 0.05)
    return sum(posture.feed(acc, 1.0, stumbled=stumbled) for _ in range(hops))


def test_an_impact_and_lying_is_a_fall() -> None:
    """Hitting the floor and staying there is told once, after a second, until upright again."""
    posture = Posture()
    assert falls(posture, UP, 4.0) == 0
    assert not posture.feed(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 0.8) == 0
    assert falls(posture, FLAT, 30.0) == 1
    assert posture.fallen
    falls(posture, UP, 1.0)
    assert not posture.fallen


def test_lying_down_with_care_is_no_fall() -> None:
    """Without impact or stumble a trunk may lie as long as it likes."""
    posture = Posture()
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, 60.0) == 0


def test_a_jump_is_no_fall() -> None:
    """An impact on an upright trunk is none either."""
    posture = Posture()
    falls(posture, UP, 4.0)
    posture.feed(UP, 8.0, stumbled=False)
    assert falls(posture, UP, 10.0) == 0


def test_half_upright_is_a_fall_after_a_stumble_only() -> None:
    """A trunk bent by 49 degrees for more than two seconds is a fall if a stumble preceded it."""
    for stumbled in (True, False):
        posture = Posture()
        falls(posture, UP, 4.0)
        assert falls(posture, BENT, 5.0, stumbled=stumbled) == stumbled


def test_who_bends_deep_and_comes_back_has_not_fallen() -> None:
    """A trunk thrown flat by a stumble that stands again within two seconds is no fall."""
    posture = Posture()
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, 1.5, stumbled=True) == 0
    assert falls(posture, UP, 3.0, stumbled=True) == 0


def test_a_stagger_does_not_change_what_upright_means() -> None:
    """A second of leaning by 35 degrees before it stands for nothing: later upright is upright."""
    posture = Posture()
    falls(posture, UP, 4.0)
    falls(posture, (0.57, 0.0, 0.82), 1.0, stumbled=True)
    assert falls(posture, UP, 6.0, stumbled=True) == 0
    assert falls(posture, (-0.35, 0.0, 0.94), 6.0, stumbled=True) == 0


def test_a_clip_that_has_shifted_becomes_the_new_upright() -> None:
    """After ten seconds in a new posture, an impact there is no fall."""
    posture = Posture()
    falls(posture, UP, 4.0)
    falls(posture, FLAT, 15.0)
    posture.feed(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 5.0) == 0


def test_one_bad_sample_is_no_impact() -> None:
    """The impact is the second largest sample of a hop."""
    still = [0.0, 0.0, 0.0]
    acc = [[0, 0, 1.0], [0, 0, 16.0], [0, 1.2, 0], [0, 0, 1.1], [0, 0, 0.9]]
    rows = [a + still for a in acc]
    assert impact_g(rows) == pytest.approx(1.2)
    assert impact_g(rows[:1]) == 0.0


def test_angles() -> None:
    """The angle between directions, whatever their length; none where there is no length."""
    assert angle_deg((0.0, 0.0, 2.0), (3.0, 0.0, 0.0)) == pytest.approx(90.0)
    assert angle_deg((0.0, 0.0, 2.0), (0.0, 0.0, 0.0)) == 0.0


def run(plan: list[object], seed: int) -> tuple[list[Event], list[bool], Floats]:
    """Events, and after each hop whether upright."""
    x, _ = sense(plan, seed)  # type: ignore[arg-type]
    detector = StumbleDetector()
    events: list[Event] = []
    upright = []
    for hop in hops_of(x):
        events += detector.feed(hop)
        upright.append(detector.upright)
    return events, upright, x


@pytest.mark.parametrize("seed", range(8))
def test_a_walker_who_falls_and_gets_up(seed: int) -> None:
    """A fall of any kind is told within three seconds of the impact; upright follows getting up."""
    walk = Walk(50.0, spm=80, amplitude_g=0.2, events=(FallPlan(15.0, up_after=10.0),))
    plan: list[object] = [Stand(3.0), walk]
    _, walker = sense(plan, seed)  # type: ignore[arg-type]
    (true,) = walker.truth.falls
    events, upright, _ = run(plan, seed)
    told = [event for event in events if isinstance(event, Fall)]
    assert len(told) == 1
    assert true.impact <= told[0].t <= true.impact + 3.0
    assert true.up is not None
    assert not upright[int((true.impact + 5.0) / 0.05)]
    assert upright[int((true.up + 6.0) / 0.05)]


def test_whoever_never_gets_up_is_never_upright() -> None:
    """Lying on, the walker stays fallen to the end."""
    walk = Walk(60.0, spm=80, amplitude_g=0.2, events=(FallPlan(15.0),))
    _, upright, _ = run([Stand(3.0), walk], 3)
    assert not upright[-1]


def test_sitting_and_lying_down_is_no_fall() -> None:
    """Sitting, lying down and the knocks of that raise nothing."""
    plan: list[Segment] = [Stand(5.0), Sit(15.0, events=(Knock(5.0, 2.0),)), Stand(5.0)]
    plan += [Lie(20.0), Stand(10.0)]
    for seed in range(4):
        x, _ = sense(plan, seed)
        assert alarms(detect(hops_of(x))) == []


def test_who_stays_bent_after_a_stumble_has_fallen_and_not_stopped() -> None:
    """As long as the trunk leans after a stumble its outcome is open; then it is the fall."""
    walk = Walk(26.0, spm=70.0, amplitude_g=0.2, events=(Stumble(18.0, size_g=0.8),))
    x, _ = sense([Stand(4.0), walk], 11)
    detector, events = StumbleDetector(), list[Event]()
    hops = hops_of(x)
    while not events:
        events += detector.feed(hops.pop(0))
    up = x[800:1600, :3].mean(axis=0)
    across = np.cross(up, (1.0, 2.0, 3.0))
    bent = 0.64 * up / np.linalg.norm(up) + 0.77 * across / np.linalg.norm(across)
    still = Hop(0, np.tile(np.concatenate([bent, np.zeros(3)]), (5, 1)))
    for i in range(200):
        still.x[0, 3] = 1.0 + i % 2  # a living body is never quite still
        events += detector.feed(Hop(2400 + 5 * i, still.x.copy()))
    assert [event.type for event in events] == ["stumble", "fall", "outcome"]
    assert events[-1].kind == "fall"  # type: ignore[attr-defined]
    assert not detector.upright
