"""Stages: advice when the rhythm is comfortable, a step back when it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.events import Cadence, Event, Stage, Steadiness
from coach.guidance.stages import StageKeeper
from coach.keys import SettingError
from coach.settings import StageSettings, parse_plan


def walk(
    keeper: StageKeeper, seconds: int, *, cv: float, spm: float = 70.0, confidence: float = 0.95
) -> list[Event]:
    """So many seconds of one kind of walking."""
    events: list[Event] = []
    keeper.hear(Steadiness(0.0, cv, 0.9, 0.9))
    for t in range(seconds):
        events += keeper.advise(Cadence(float(t), spm, confidence))
    return events


def told(events: list[Event]) -> list[tuple[str, str, str]]:
    """Stage, advice and the next session's stage."""
    return [(e.stage, e.advice, e.following) for e in events if isinstance(e, Stage)]


def test_even_walking_for_three_minutes_is_ready_for_the_next() -> None:
    """Told once; the next session begins in the next stage."""
    events = walk(StageKeeper(StageSettings()), 600, cv=3.0)
    assert told(events) == [("rails", "ready for the next", "hands free")]


@pytest.mark.parametrize(
    "walking",
    [{"cv": 9.0}, {"cv": 3.0, "spm": 95.0}, {"cv": 3.0, "confidence": 0.6}],
    ids=["uneven", "outside the band", "low confidence"],
)
def test_nobody_is_pushed(walking: dict[str, float]) -> None:
    """Uneven walking, another tempo and doubtful seconds give no advice."""
    assert walk(StageKeeper(StageSettings()), 600, **walking) == []


def test_less_even_walking_takes_longer() -> None:
    """What is less than very even counts in proportion: people are ready at their own time."""
    times = [walk(StageKeeper(StageSettings()), 900, cv=cv)[0].t for cv in (2.0, 3.0, 4.0, 5.0)]
    assert times[0] == times[1] < times[2] < times[3]


@pytest.mark.parametrize("of_limit", [{"limit_spm": 65.0}, {"limit_spm": 80.0, "slowing": True}])
def test_who_is_to_slow_down_is_not_ready(of_limit) -> None:
    """Above the limit, and while the cue sounds, no walking counts."""
    keeper = StageKeeper(StageSettings())
    keeper.hear(Steadiness(0.0, 3.0, 0.9, 0.9))
    said = [e for t in range(600) for e in keeper.advise(Cadence(t, 70.0, 0.95), **of_limit)]
    assert said == []


def test_out_of_rhythm_and_stumbles_step_back() -> None:
    """Half a minute out of rhythm, or a stumble, is a stage back; the first has none before it."""
    keeper = StageKeeper(StageSettings(current="tempo"))
    assert told(walk(keeper, 60, cv=14.0)) == [
        ("hands free", "stepped back", "hands free"), ("rails", "stepped back", "rails"),
    ]  # fmt: skip
    assert told(StageKeeper(StageSettings(current="tempo")).stumbled(5.0)) == [
        ("hands free", "stepped back", "hands free")
    ]
    assert keeper.stumbled(70.0) == []


def test_the_last_stage_but_one_leads_to_the_last() -> None:
    """Every stage is told of when it is due."""
    events = walk(StageKeeper(StageSettings(current="tempo")), 300, cv=3.0)
    assert told(events) == [("tempo", "ready for the next", "incline")]


def test_comfortable_minutes_are_in_one_go() -> None:
    """Who leaves the band in the third of them begins with the first again."""
    keeper = StageKeeper(StageSettings())
    for seconds, spm in ((170, 70.0), (5, 95.0), (170, 70.0)):
        assert walk(keeper, seconds, cv=3.0, spm=spm) == []
    assert told(walk(keeper, 20, cv=3.0)) == [("rails", "ready for the next", "hands free")]


def test_a_pause_breaks_what_is_out_of_rhythm() -> None:
    """Twice twenty seconds of it, with a rest between, are no half minute."""
    keeper = StageKeeper(StageSettings(current="tempo"))
    assert walk(keeper, 20, cv=14.0) == []
    assert keeper.advise(Cadence(20.0, None, 0.0)) == []
    assert walk(keeper, 20, cv=14.0) == []


def test_a_rhythm_that_is_found_again_breaks_what_is_out_of_rhythm() -> None:
    """Twice twenty seconds of it, with even steps between, are no half minute."""
    keeper = StageKeeper(StageSettings(current="tempo"))
    assert [e for cv in (14.0, 3.0, 14.0) for e in walk(keeper, 20, cv=cv)] == []


def test_a_step_back_begins_from_nothing() -> None:
    """Neither what was lost before it, nor what was comfortable, counts in the stage before."""
    keeper = StageKeeper(StageSettings(current="tempo"))
    assert len(walk(keeper, 50, cv=14.0)) == 1
    keeper = StageKeeper(StageSettings(current="tempo"))
    walk(keeper, 170, cv=3.0)
    keeper.stumbled(170.0)
    assert walk(keeper, 170, cv=3.0) == []
    assert told(walk(keeper, 20, cv=3.0)) == [("hands free", "ready for the next", "tempo")]


def test_the_last_stage_has_none_after_it() -> None:
    """However comfortable it is."""
    assert walk(StageKeeper(StageSettings(current="incline")), 600, cv=3.0) == []


def test_uneven_walking_takes_off_no_more_than_it_lasts() -> None:
    """And it leaves no debt: who walks evenly from then on is ready in three minutes."""
    keeper = StageKeeper(StageSettings())
    assert walk(keeper, 300, cv=11.0) == []
    assert walk(keeper, 170, cv=3.0) == []
    assert walk(keeper, 60, cv=11.0) == []
    assert [event.t for event in walk(keeper, 100, cv=3.0)] == [69.0]


def test_a_doubtful_second_undoes_nothing() -> None:
    """What it tells, one in ten, is far outside of the band; the others are sure."""
    keeper = StageKeeper(StageSettings())
    keeper.hear(Steadiness(0.0, 3.0, 0.9, 0.9))
    said: list[Event] = []
    for t in range(400):
        spm, confidence = (160.0, 0.6) if t % 10 == 0 else (70.0, 0.95)
        said += keeper.advise(Cadence(float(t), spm, confidence))
    assert told(said) == [("rails", "ready for the next", "hands free")]


def test_seconds_that_are_sure_now_and_then_are_no_ground_for_advice() -> None:
    """What the steadiness was measured over has to be sure on the whole."""
    keeper = StageKeeper(StageSettings())
    keeper.hear(Steadiness(0.0, 3.0, 0.9, 0.9))
    said = [
        event
        for t in range(1200)
        for event in keeper.advise(Cadence(float(t), 70.0, 0.95 if t % 2 else 0.55))
    ]
    assert said == []


def test_nobody_is_told_to_go_on_while_the_newest_strides_are_too_quick() -> None:
    """The word waits until they are not: the pace may be about to say the opposite."""
    keeper = StageKeeper(StageSettings())
    keeper.hear(Steadiness(0.0, 3.0, 0.9, 0.9))
    said: list[Event] = []
    for t in range(400):
        recent = 76.0 if t < 300 else 74.0
        said += keeper.advise(Cadence(float(t), 70.0, 0.95, recent), limit_spm=75.0)
    assert [e.t for e in said] == [300.0]
    assert told(said) == [("rails", "ready for the next", "hands free")]


def test_a_stumble_in_the_first_stage_takes_back_that_the_next_is_due() -> None:
    """Else the next session would begin there."""
    keeper = StageKeeper(StageSettings())
    assert told(walk(keeper, 300, cv=3.0)) == [("rails", "ready for the next", "hands free")]
    assert told(keeper.stumbled(301.0)) == [("rails", "stepped back", "rails")]
    assert keeper.stumbled(302.0) == []


@pytest.mark.parametrize(
    "plan", ["", "rails", "rails 80-30", "a 1-92, a 3-94", "a 30-80,", "x: 3-4"]
)
def test_a_bad_plan_is_refused_with_a_sentence(plan: str) -> None:
    """The sentence shows what a plan looks like."""
    with pytest.raises(SettingError, match=r"stage\.plan: .*expected"):
        parse_plan(plan)


@pytest.mark.parametrize("plan", ["free 0-1", "a 30-80, b 20-29", "a 200-300", "a 300-800"])
def test_a_band_in_which_nobody_walks_is_refused(plan: str) -> None:
    """No walk would ever be comfortable, and with `stage.sets_limit` nobody be told in time."""
    with pytest.raises(SettingError, match="within which somebody walks"):
        parse_plan(plan)


PLANS = st.lists(
    st.builds(
        "{} {}-{}".format,
        st.sampled_from(["rails", "hands free", "a-1", "ä", "", ":"]) | st.text(max_size=5),
        st.integers(0, 300),
        st.integers(0, 300),
    ),
    max_size=4,
).map(", ".join)


@given(st.text(max_size=60) | PLANS)
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    """No text breaks the parser."""
    try:
        bands = parse_plan(text)
    except SettingError:
        return
    assert all(band.name and band.low_spm < band.high_spm for band in bands)
    assert len({band.name for band in bands}) == len(bands) > 0
