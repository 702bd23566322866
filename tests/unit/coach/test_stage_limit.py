"""A stage sets the limit where the physiotherapist wants it: its band's upper end then sounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach.events import Cadence, Cue, Event, Limit, Session, Stage, Steadiness, Stumble
from coach.guidance import Guidance
from coach.settings import CadenceSettings, CoachSettings, StageSettings, StumbleSettings

PLAN = "rails 30-80, hands free 40-95, tempo 50-110"


def settings(*, sets_limit: bool = True, max_spm: float = 100.0, stage: str = "hands free"):
    """As they are put into a profile."""
    return CoachSettings(
        cadence=CadenceSettings(max_spm=max_spm),
        stumble=StumbleSettings(settle_s=0.0),
        stage=StageSettings(plan=PLAN, current=stage, sets_limit=sets_limit),
    )


def walk(
    guidance: Guidance, first: int, seconds: int, spm: float | None, *also: Event
) -> list[Event]:
    """So many seconds at one cadence; other events with the first of them."""
    said: list[Event] = []
    for t in range(first, first + seconds):
        events = [Cadence(float(t), spm, 0.95), *(also if t == first else ())]
        said += guidance.respond(events, float(t), upright=True)
    return said


def limits(said: list[Event]) -> list[tuple[float, str]]:
    return [(e.max_spm, e.reason) for e in said if isinstance(e, Limit)]


def is_told(said: list[Event]) -> bool:
    return any(isinstance(e, Cue) and e.cue == "slow_down" and e.state == "on" for e in said)


@pytest.mark.parametrize(("sets_limit", "told"), [(True, True), (False, False)])
def test_above_the_band_it_sounds_only_where_it_was_asked_for(sets_limit: bool, told: bool) -> None:
    """98 steps/min in a stage of 40 to 95, with a limit of 100."""
    said = walk(Guidance(settings(sets_limit=sets_limit)), 0, 60, 98.0)
    assert is_told(said) == told
    assert limits(said) == ([(95.0, "stage")] if sets_limit else [])


def test_the_lower_of_both_counts() -> None:
    """A band that ends above the limit that was set changes nothing, and nothing is said of it."""
    said = walk(Guidance(settings(stage="tempo")), 0, 60, 98.0)
    assert not is_told(said)
    assert limits(said) == []


def test_it_is_told_after_session_and_stage() -> None:
    """In the order in which a reader understands it."""
    said = walk(Guidance(settings()), 0, 20, 70.0)
    kinds = [type(e) for e in said if isinstance(e, Session | Stage | Limit)]
    assert kinds == [Session, Stage, Limit]


def test_a_stage_back_has_its_own_limit() -> None:
    """A stumble in hands free: rails, so 80."""
    guidance = Guidance(settings())
    walk(guidance, 0, 20, 70.0)
    said = walk(guidance, 20, 60, 85.0, Stumble(20.0, 19.8, 1.2))
    assert limits(said) == [(80.0, "stage")]
    assert is_told(said)


def test_a_stumble_lowers_it_further_and_it_comes_back() -> None:
    """Walking at 60 with the stage's 80: 54 for a minute, then 80 again."""
    given = replace(settings(stage="rails"), stumble=StumbleSettings())
    guidance = Guidance(given)
    walk(guidance, 0, 20, 70.0)
    said = walk(guidance, 20, 70, 60.0, Stumble(20.0, 19.8, 1.2))
    assert limits(said) == [(54.0, "stumble"), (80.0, "settled")]


def test_a_limit_set_on_the_way_leaves_the_stages_in_force() -> None:
    """120 set: still 95, and it is said; 70 set: 70."""
    guidance = Guidance(settings())
    walk(guidance, 0, 20, 70.0)
    assert limits(guidance.adopt(settings(max_spm=120.0), 20.0)) == [(95.0, "stage")]
    assert is_told(walk(guidance, 20, 60, 98.0))
    patient = replace(settings(), cadence=CadenceSettings(hold_s=5.0))
    assert limits(guidance.adopt(patient, 80.0)) == [(95.0, "stage")]
    patient = replace(settings(), cadence=CadenceSettings(hold_s=8.0))
    assert limits(guidance.adopt(patient, 81.0)) == []  # it is the one that was told
    assert limits(guidance.adopt(settings(max_spm=70.0), 82.0)) == []


def test_a_stumble_outside_a_session_moves_no_stage() -> None:
    """The first steps onto the belt, say: the session begins in the stage that was reached."""
    guidance = Guidance(settings())
    said = walk(guidance, 0, 3, 70.0, Stumble(0.0, -0.2, 1.2)) + walk(guidance, 3, 20, 70.0)
    assert [(e.stage, e.advice) for e in said if isinstance(e, Stage)] == [("hands free", "begins")]


def test_without_a_session_there_is_no_stage() -> None:
    """It ends quietly; the next session says it anew."""
    guidance = Guidance(settings())
    walk(guidance, 0, 20, 70.0)
    assert limits(walk(guidance, 20, 90, None)) == []
    assert limits(walk(guidance, 110, 20, 70.0)) == [(95.0, "stage")]


def test_nobody_is_ready_for_the_next_stage_under_the_firm_cue() -> None:
    """Just below the limit, and not slower than when it began: it sounds, and nothing else."""
    guidance = Guidance(settings(sets_limit=False, max_spm=75.0, stage="rails"))
    said: list[Event] = []
    for t in range(400):
        spm = 76.0 if t < 60 else 74.5
        events = [Cadence(float(t), spm, 0.95), Steadiness(float(t), 2.0, 0.9, 0.9)]
        said += guidance.respond(events, float(t), upright=True)
    assert guidance.cues == {"slow_down_firm"}
    assert [e.advice for e in said if isinstance(e, Stage)] == ["begins"]
