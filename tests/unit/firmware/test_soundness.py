"""What a flipped bit makes of a value of the log is not taken for one; what was written is."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from coach.events import Cue
from firmware.log import soundness
from firmware.settings.catalogue import Settings

LIMIT = "cadence.max_spm"
SETTINGS = Settings().as_dict()
LENGTH = {"length_s": 120.0, "walking_s": 100.0, "steps": 150, "stumbles": 0, "cues": 2}
ROW = {
    "id": 7,
    "boot_id": "boot-1",
    "mono_start_us": 5_000_000,
    "wall_start": 1.79e9,
    "wall_sure": 1,
    "ended": "stopped",
    "settings": json.dumps(SETTINGS),
    "summary": None,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mono_start_us": -40_000, "wall_start": -1.0, "wall_sure": 0, "ended": None},
        {"settings": json.dumps({**SETTINGS, "of.a_newer_coach": "x"})},
    ],
)
def test_what_a_coach_has_written_is_sound(changes: dict[str, Any]) -> None:
    """Also before the clock was set, while it runs, and by a coach of another version."""
    read = soundness.session({**ROW, **changes})
    assert read["settings"][LIMIT] == 100.0
    assert read["wall_start"] == changes.get("wall_start", 1.79e9)
    assert read["wall_sure"] is bool(changes.get("wall_sure", 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("id", "7"), ("id", -1), ("id", 7.5), ("boot_id", 5), ("boot_id", None)),
        *(("mono_start_us", 1.5), ("mono_start_us", 10**18 + 1), ("mono_start_us", -(10**16))),
        *(
            ("wall_start", "x"),
            ("wall_start", 1e11),
            ("wall_start", -1e9),
            ("wall_start", math.nan),
        ),
        *(("wall_sure", 2), ("wall_sure", "1"), ("ended", 3), ("settings", 5), ("settings", "{")),
        *(("settings", "[]"), ("settings", "{}"), ("settings", json.dumps({LIMIT: 2000.0}))),
        *(("settings", json.dumps({LIMIT: True})), ("settings", json.dumps({LIMIT: -1.0}))),
        *(
            ("settings", json.dumps({**SETTINGS, "led.pin": [17]})),
            ("summary", 5),
            ("summary", "[]"),
        ),
        *(("settings", "[" * 100_000), ("settings", b"{}"), ("summary", b"{}")),
    ],
)
def test_what_cannot_have_been_written_is_not_sound(name: str, value: object) -> None:
    """Neither a value of another kind nor one that no walk has."""
    with pytest.raises(soundness.NOT_AS_WRITTEN):
        soundness.session({**ROW, name: value})


@pytest.mark.parametrize(
    "changes",
    [{"length_s": None}, {"steps": "150"}, {"length_s": 1e13}, {"stage": 3}, {"cues": [2]}],
)
def test_figures_that_cannot_be_are_not_sound(changes: dict[str, Any]) -> None:
    """A figure may be missing only where a session may have none."""
    sound = {**LENGTH, "cadence_mean": None, "cadence_max": 131.5, "stage": "rails"}
    assert soundness.session({**ROW, "summary": json.dumps(sound)})["summary"] == sound
    with pytest.raises(soundness.NOT_AS_WRITTEN):
        soundness.session({**ROW, "summary": json.dumps({**sound, **changes})})


def test_a_second_has_a_time_and_a_cadence_of_a_walk_or_none() -> None:
    """And a confidence from 0 to 1; the first samples of a walk may be before its time begins."""
    for sound in ((-1.0, None, 0.0), (0, 0.0, 1.0), (90_000.5, 250.0, 0.5)):
        assert soundness.second(*sound) == sound
    for t, spm, confidence in (
        *((1e8, 90.0, 0.9), (-1e8, 90.0, 0.9), ("5", 90.0, 0.9), (math.nan, 90.0, 0.9)),
        *((5.0, -1.0, 0.9), (5.0, 1001.0, 0.9), (5.0, "90", 0.9), (5.0, True, 0.9)),
        *((5.0, 90.0, 1.1), (5.0, 90.0, -0.1), (5.0, 90.0, None)),
    ):
        with pytest.raises(ValueError, match="expected a number"):
            soundness.second(t, spm, confidence)


def test_an_event_has_a_time_and_a_kind_and_fields() -> None:
    """What it says is for the records."""
    assert soundness.event(5, "cue", '{"cue": "fall", "state": "on"}') == Cue(5, "fall", "on")
    for t, kind, detail in ((1e8, "cue", "{}"), ("5", "cue", "{}"), (5, 7, "{}"), (5, "cue", "[]")):
        with pytest.raises(ValueError, match="expected"):
            soundness.event(t, kind, detail)


def test_a_note_that_is_a_number_is_one() -> None:
    """Of those that there can be; any other is a text."""
    for sound in (("speed", "25"), ("pain_after", "0"), ("text", "25 km/h"), ("walker", "ann")):
        assert soundness.note(*sound) == sound
    for key, value in (("speed", "25.1"), ("pain_before", "bad"), ("speed", 2.4), (5, "x"),
                       ("text", 5)):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011 - `float` says it in words of its own
            soundness.note(key, value)
