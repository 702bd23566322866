"""The coach on people who really walk a treadmill: two to three minutes each, after a stroke."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from coach.events import Cadence, Event, Fatigue, Stage
from coach.gait import SPAN_S
from coach.guidance import GUIDANCE, Guidance
from coach.settings import CoachSettings, SessionSettings, StageSettings
from tests.support.gait import track
from tests.support.recordings import manifest, samples

pytestmark = [pytest.mark.recordings, pytest.mark.slow]

EAGER = CoachSettings(
    session=SessionSettings(start_after_s=5),
    stage=StageSettings(
        plan="one 30-180, two 30-180, three 30-180",
        current="two",
        comfort_min=0.5,
        even_percent=12.0,
    ),
)
"""Settings under which as much advice as possible is given in so short a walk."""


def coached(events: list[Event]) -> list[Event]:
    """What the coach adds to the gait's events."""
    guidance, said = Guidance(EAGER), []
    for t, of_moment in itertools.groupby(events, key=lambda event: event.t):
        said += guidance.respond(list(of_moment), t, upright=True)
    return said


def test_movingreality(recordings_dir: Path) -> None:
    """Nobody is called tired; no advice stands on seconds whose cadence is not sure."""
    advised = 0
    for row in manifest(recordings_dir):
        if row["dataset"] != "movingreality":
            continue
        _, x = samples(recordings_dir, row)
        events: list[Event] = list(track(x, float(row["rate_hz"])))
        said = coached(events)
        assert [e for e in said if isinstance(e, Fatigue)] == [], row["recording"]
        for advice in said:
            if isinstance(advice, Stage) and advice.advice != "begins":
                advised += 1
                window = [
                    e.confidence
                    for e in events
                    if isinstance(e, Cadence) and advice.t - SPAN_S < e.t <= advice.t
                    and e.spm is not None
                ]  # fmt: skip
                assert window[-1] >= GUIDANCE.stage.sure, (row["recording"], advice)
                assert sum(window) / len(window) >= GUIDANCE.stage.sure, (row["recording"], advice)
    print(f"advice given {advised} times")
    assert advised > 10
