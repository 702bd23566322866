"""The one table of cues: complete, true, and the same in code and command."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from coach import guidance
from coach.events import Cue, Event, Fatigue, Milestone, MilestoneName, Stage
from coach.guidance.cues import CueDecider, Situation
from firmware.settings.catalogue import Settings, find
from firmware.signals import SIGNALS, taste
from hardware.indicators import PATTERNS, Priority

SETTING = re.compile(r"`([a-z_]+\.[a-z_]+) = ([\w.]+)`")
"""In a row: what is set to be without it."""

COACHED = sorted(v for v in (getattr(guidance, n) for n in guidance.__all__) if isinstance(v, str))
"""Every cue of the coach."""

TOLD_OF: dict[str, Event] = {
    "ease_off": Fatigue(5.0, 9.0, 20.0),
    "next_stage": Stage(5.0, "rails", "ready for the next", "hands free"),
    "stage_back": Stage(5.0, "rails", "stepped back", "rails"),
    **{name: Milestone(5.0, name, 300.0) for name in get_args(MilestoneName)},
}
"""What each tells of that a walker can switch off."""


def test_every_pattern_has_one_row() -> None:
    """What can sound is in the table, under its own name."""
    assert {name: s.pattern for name, s in SIGNALS.items()} == PATTERNS


def test_every_cue_of_the_coach_has_a_sound() -> None:
    """Whatever name the coach may say, the daemon knows what to play."""
    assert set(get_args(MilestoneName)) <= set(COACHED) <= set(SIGNALS)


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=lambda s: s.name)
def test_every_row_says_how_to_be_without_it(signal) -> None:
    """By a setting that exists and takes the value, by a command, or why not at all."""
    assert signal.when.endswith(".")
    for key, value in SETTING.findall(signal.switched_off):
        find(key).parse(value)
    assert "`" in signal.switched_off or signal.switched_off.startswith("not;")


@pytest.mark.parametrize("cue", [c for c in COACHED if " = false" in SIGNALS[c].switched_off])
def test_a_cue_that_is_switched_off_as_its_row_says_is_not_told(cue: str) -> None:
    """Nor when it is switched off while the coach runs; what it tells of is an event still."""
    without = Settings().changed(dict(SETTING.findall(SIGNALS[cue].switched_off)))
    running, others = CueDecider(Settings()), (CueDecider(Settings()), CueDecider(without))
    running.adopt(without, 4.0)
    now = Situation(5.0, in_session=True, upright=True)
    told = [decider.decide([TOLD_OF[cue]], now) for decider in (*others, running)]
    assert told == [[Cue(5.0, cue, "on")], [], []]


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=lambda s: s.name)
def test_a_taste_ends_and_gives_way(signal) -> None:
    """What is played to be learnt has an end, and less right than anything real."""
    tasted = taste(signal.pattern)
    assert tasted.seconds < 10
    assert tasted.priority == Priority.BEAT
    assert tasted.name not in PATTERNS
    assert tasted.output == signal.pattern.output


def test_rhythms_are_drawn_apart() -> None:
    """No two rows look alike, and none is wider than a terminal."""
    drawn = {s.drawn() for s in SIGNALS.values()}
    assert len(drawn) == len(SIGNALS)
    assert max(map(len, drawn)) <= 60
    assert SIGNALS["slow_down"].pattern.drawn("#", "_", "...").startswith("##___##____")
    assert SIGNALS["session_started"].pattern.drawn() == "█▁█▁█████"
