"""Falls: an impact or a stumble, and a trunk that does not stand."""

from __future__ import annotations

import numpy as np
import pytest

from coach.balance import StumbleDetector
from coach.balance.parameters import BALANCE
from coach.balance.posture import Posture, impact_g
from coach.balance.vectors import angle_deg
from coach.engine import Engine
from coach.events import Event, Fall
from coach.samples import Block, Floats, Frame
from coach.settings import CoachSettings
from hardware.simulated.walker import Fall as FallPlan
from hardware.simulated.walker import Knock, Lie, Segment, Sit, Stand, Stumble, Walk
from tests.support.postures import ASIDE, BENT, FLAT, UP, falls, hit
from tests.support.stumbles import alarms, detect, frames_of, sense


def test_an_impact_and_lying_is_a_fall() -> None:
    """Hitting the floor and staying there is told once, after a second, until upright again."""
    posture = Posture(BALANCE.posture)
    assert falls(posture, UP, 4.0) == 0
    assert not posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 0.8) == 0
    assert falls(posture, FLAT, 30.0) == 1
    assert posture.fallen
    falls(posture, UP, 1.0)
    assert not posture.fallen


def test_lying_down_with_care_is_no_fall() -> None:
    """Without impact or stumble a trunk may lie as long as it likes."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, 60.0) == 0


@pytest.mark.parametrize("stumbled", [False, True])
@pytest.mark.parametrize(("lain_s", "fallen"), [(0.5, 1), (1.0, 1), (3.0, 0), (8.0, 0)])
def test_what_hits_whoever_lies_is_no_fall(lain_s: float, fallen: int, stumbled: bool) -> None:
    """A body that falls hits the floor at once; a drawer bangs later on the device within."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, lain_s + 0.25) == 0  # the mean follows
    told = posture.follow(FLAT, 9.0, stumbled=stumbled)
    assert told + falls(posture, FLAT, 6.0, stumbled=stumbled) == fallen


def goes_on(posture: Posture, acc: tuple[float, float, float], seconds: float) -> None:
    """Feed a posture in which somebody moves as a walker does."""
    for _ in range(round(seconds / 0.05)):
        posture.follow(acc, 1.2, stumbled=False)
        posture.regain(walks=True)


@pytest.mark.parametrize(
    ("walked", "pauses", "then", "fallen"),
    [
        (True, True, FLAT, True),
        (True, True, ASIDE, False),
        (True, False, FLAT, False),
        (False, True, FLAT, False),
    ],
    ids=["where the body lay", "elsewhere", "without a pause", "up from a bed"],
)
def test_who_moves_where_the_body_lay_does_not_walk(
    walked: bool, pauses: bool, then: tuple[float, float, float], fallen: bool
) -> None:
    """Five seconds of walking end a fall wherever the clip is now, but not as the body lay.

    Who has not paused has not fallen: the device has turned in its clip. And where nobody has
    walked before, what lay may be who has got up.
    """
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.regain(walks=walked)
    posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 2.0) == 1
    posture.regain(walks=not pauses)
    goes_on(posture, then, 4.5)
    assert posture.fallen
    goes_on(posture, then, 20.0)
    assert posture.fallen == fallen


def fallen_body() -> Posture:
    """Of somebody who stood, was hit, and has lain long enough to be told."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 2.0) == 1
    return posture


def test_a_second_fall_is_ended_by_nothing_that_was_before_it() -> None:
    """Walking that ended the first alarm, and the pause before it, say nothing of the second."""
    posture = fallen_body()
    posture.regain(walks=False)
    goes_on(posture, ASIDE, 6.0)
    assert not posture.fallen
    posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 2.0) == 1
    goes_on(posture, FLAT, 4.5)
    assert posture.fallen
    goes_on(posture, FLAT, 1.0)
    assert not posture.fallen


def test_steps_with_pauses_between_them_prove_no_upright_walker() -> None:
    """Five seconds of walking after a fall are that in one go."""
    posture = fallen_body()
    for _ in range(4):
        posture.regain(walks=False)
        goes_on(posture, ASIDE, 3.0)
    assert posture.fallen


def test_a_chip_that_weighs_too_little_drops_nobody() -> None:
    """What the weight is, is the chip's own: a bump and a bend are no fall for 0.85 g at rest."""
    posture = Posture(BALANCE.posture)
    falls(posture, (0.0, 0.0, 0.85), 20.0)
    posture.follow((0.0, 0.0, 0.85), 2.3, stumbled=False)
    assert falls(posture, (0.85, 0.0, 0.04), 6.0) == 0


def test_a_bump_of_long_ago_makes_no_fall_of_lying_down() -> None:
    """Also where nothing has moved since, so that half seconds are taken in at once."""
    x = np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (2500, 1))
    x[1016:1018, 2] = 3.5
    x[2000:] = [1.0, 0.0, 0.05, 0.0, 0.0, 0.0]
    x += np.random.default_rng(1).normal(0.0, [0.003] * 3 + [0.05] * 3, x.shape)
    events = Engine(CoachSettings()).feed(Block(np.arange(2500) / 100, x[:, :3], x[:, 3:]))
    assert alarms(events) == []


def test_who_gets_up_with_a_bump_has_not_fallen() -> None:
    """A bed becomes a posture after ten seconds; who stands again as before it has got up.

    By way of its edge as well. And a fall from there is one.
    """
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, 15.0) == 0
    assert falls(posture, (0.0, 1.0, 0.1), 15.0) == 0
    hit(posture, frames=10, impact=6.0)
    assert falls(posture, UP, 6.0) == 0
    assert not posture.leans
    hit(posture, frames=10, impact=6.0)
    assert falls(posture, FLAT, 6.0) == 1


def test_what_was_upright_before_somebody_walked_otherwise_is_forgotten() -> None:
    """The device is worn another way now: how it was worn before may be how its walker lies."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    falls(posture, FLAT, 15.0)
    posture.regain(walks=True)
    hit(posture, frames=10, impact=6.0)
    assert falls(posture, UP, 6.0) == 1


def test_who_has_got_up_may_fall_again() -> None:
    """Having lain counts no more once the trunk is upright."""
    posture = Posture(BALANCE.posture)
    for _ in range(2):
        falls(posture, UP, 4.0)
        posture.follow(FLAT, 9.0, stumbled=False)
        assert falls(posture, FLAT, 6.0) == 1


def test_a_jump_is_no_fall() -> None:
    """An impact on an upright trunk is none either."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    posture.follow(UP, 8.0, stumbled=False)
    assert falls(posture, UP, 10.0) == 0


@pytest.mark.parametrize(("stumbled", "drops"), [(True, True), (True, False), (False, True)])
def test_half_upright_is_a_fall_only_after_a_stumble_and_a_hit(stumbled: bool, drops: bool) -> None:
    """A trunk bent by 49 degrees for two seconds is one if the body stumbled, and dropped on it."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    if drops:
        hit(posture, frames=3, impact=2.3)
    assert falls(posture, BENT, 5.0, stumbled=stumbled) == (stumbled and drops)


def test_a_hit_of_long_ago_makes_nobody_fall() -> None:
    """Who dropped, hit something and stood for five seconds may bend after a stumble."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    hit(posture, frames=3, impact=2.3)
    falls(posture, UP, 5.0)
    assert falls(posture, BENT, 5.0, stumbled=True) == 0


def test_a_soft_fall_is_told_by_the_speed_of_the_body() -> None:
    """2.3 g on a mat after 0.3 s without weight is a fall; the same after a step down is none."""
    for frames in (6, 1):
        posture = Posture(BALANCE.posture)
        falls(posture, UP, 4.0)
        hit(posture, frames=frames, impact=2.3)
        assert falls(posture, FLAT, 5.0) == (frames == 6)


def test_a_body_that_sinks_slowly_has_dropped_when_it_hits() -> None:
    """An eighth of its weight off for the whole 0.8 s that count, and not for one frame less."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    for _ in range(16):
        posture.follow((0.0, 0.0, 0.87), 0.9, stumbled=False)
    posture.follow((0.0, 0.0, 1.6), 2.3, stumbled=False)
    assert falls(posture, FLAT, 5.0) == 1


def test_who_bends_deep_and_comes_back_has_not_fallen() -> None:
    """A trunk thrown flat by a stumble that stands again within two seconds is no fall."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    assert falls(posture, FLAT, 1.5, stumbled=True) == 0
    assert falls(posture, UP, 3.0, stumbled=True) == 0


def test_a_stagger_does_not_change_what_upright_means() -> None:
    """A second of leaning by 35 degrees before it stands for nothing: later upright is upright."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    falls(posture, (0.57, 0.0, 0.82), 1.0, stumbled=True)
    assert falls(posture, UP, 6.0, stumbled=True) == 0
    assert falls(posture, (-0.35, 0.0, 0.94), 6.0, stumbled=True) == 0


def test_a_clip_that_has_shifted_becomes_the_new_upright() -> None:
    """After ten seconds in a new posture, an impact there is no fall."""
    posture = Posture(BALANCE.posture)
    falls(posture, UP, 4.0)
    falls(posture, FLAT, 15.0)
    posture.follow(FLAT, 5.0, stumbled=False)
    assert falls(posture, FLAT, 5.0) == 0


def test_one_bad_sample_is_no_impact() -> None:
    """The impact is what two samples in a row reach."""
    still = [0.0, 0.0, 0.0]
    acc = [[0, 0, 1.0], [0, 0, 16.0], [0, 1.2, 0], [0, 0, 1.1], [0, 0, 0.9]]
    rows = [a + still for a in acc]
    assert impact_g(rows, None) == pytest.approx(1.2)
    assert impact_g(rows[:1], None) == 0.0


def test_an_impact_between_two_frames_is_one() -> None:
    """The last sample of the frame before counts."""
    hit = [0.0, 0.0, 3.0, 0.0, 0.0, 0.0]
    still = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert impact_g([hit, still], hit) == pytest.approx(3.0)
    assert impact_g([hit, still], still) == pytest.approx(1.0)


@pytest.mark.parametrize("dropped", range(5))
@pytest.mark.parametrize("seed", [4, 11, 21])
def test_a_fall_is_told_wherever_frames_begin(seed: int, dropped: int) -> None:
    """Its hit may be two samples long, the last of a frame and the first of the next."""
    x, _ = sense([Walk(30.0, events=(FallPlan(15.0, side="back"),))], seed)
    told = alarms(detect(frames_of(x[dropped:])))
    assert [event.type for event in told][-1:] == ["fall"]


@pytest.mark.parametrize("seed", range(12))
def test_a_fall_on_the_rails_stays_one(seed: int) -> None:
    """That the trunk has turned in it is no rotation that goes on, as of faint steps."""
    x, _ = sense([Stand(4.0), Walk(60.0, amplitude_g=0.05, events=(FallPlan(20.0),))], seed)
    detector = StumbleDetector()
    for frame in frames_of(x):
        detector.detect(frame, cadence_told=10.0 < frame.t < 24.0)
    assert not detector.upright


def test_angles() -> None:
    """The angle between directions, whatever their length; none where there is no length."""
    assert angle_deg((0.0, 0.0, 2.0), (3.0, 0.0, 0.0)) == pytest.approx(90.0)
    assert angle_deg((0.0, 0.0, 2.0), (0.0, 0.0, 0.0)) == 0.0


def run(plan: list[object], seed: int) -> tuple[list[Event], list[bool], Floats]:
    """Events, and after each frame whether upright."""
    x, _ = sense(plan, seed)  # type: ignore[arg-type]
    detector = StumbleDetector()
    events: list[Event] = []
    upright = []
    for frame in frames_of(x):
        events += detector.detect(frame)
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
        assert alarms(detect(frames_of(x))) == []


def test_who_stays_bent_after_a_stumble_has_fallen_and_not_stopped() -> None:
    """As long as the trunk leans after a stumble its outcome is open; then it is the fall."""
    walk = Walk(26.0, spm=70.0, amplitude_g=0.2, events=(Stumble(18.0, size_g=1.6),))
    x, walker = sense([Stand(4.0), walk], 11)
    detector, events = StumbleDetector(), list[Event]()
    for frame in frames_of(x):
        if frame.t > walker.truth.stumbles[0].peak + 0.1:
            break
        events += detector.detect(frame)
    up = x[800:1600, :3].mean(axis=0)
    across = np.cross(up, (1.0, 2.0, 3.0))
    bent = 0.64 * up / np.linalg.norm(up) + 0.77 * across / np.linalg.norm(across)
    rows = np.tile(np.concatenate([bent, np.zeros(3)]), (5, 1))
    for i in range(200):
        rows[0, 3] = 1.0 + i % 2  # a living body is never quite still
        events += detector.detect(Frame(2400 + 5 * i, rows))
    assert [event.type for event in events] == ["stumble", "fall", "outcome"]
    assert events[-1].kind == "fall"  # type: ignore[attr-defined]
    assert not detector.upright
