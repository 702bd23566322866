"""The one table of cues: complete, true, and the same in code and command."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from coach import guidance
from coach.events import MilestoneName
from firmware.settings.catalogue import find
from firmware.signals import SIGNALS, taste
from hardware.indicators import PATTERNS, Priority


def test_every_pattern_has_one_row() -> None:
    """What can sound is in the table, under its own name."""
    assert {name: s.pattern for name, s in SIGNALS.items()} == PATTERNS


def test_every_cue_of_the_coach_has_a_sound() -> None:
    """Whatever name the coach may say, the daemon knows what to play."""
    named = [getattr(guidance, name) for name in guidance.__all__]
    cues = {cue for cue in named if isinstance(cue, str)}
    assert set(get_args(MilestoneName)) <= cues <= set(SIGNALS)


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=lambda s: s.name)
def test_every_row_says_how_to_be_without_it(signal) -> None:
    """By a setting that exists and takes the value, by a command, or why not at all."""
    assert signal.when.endswith(".")
    for key, value in re.findall(r"`([a-z_]+\.[a-z_]+) = ([\w.]+)`", signal.switched_off):
        find(key).parse(value)
    assert "`" in signal.switched_off or signal.switched_off.startswith("not;")


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
