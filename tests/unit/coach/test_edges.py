"""Each setting at its edges: every cue ends, and the session does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from coach.events import Cadence, Cue, Event, Session, Steadiness, Stumble
from coach.guidance import SLOW_DOWN, SLOW_DOWN_FIRM, Guidance
from coach.keys import Key, SettingError, keys
from coach.settings import CoachSettings, MetronomeSettings

SMALL = (0.01, 0.05, 0.3, 1.0)
"""Where 0 switches something off, the least that does not."""

DEFAULT = CoachSettings(metronome=MetronomeSettings(output="sound"))

NUMBERS = [
    key
    for group in fields(CoachSettings)
    for key in keys(getattr(DEFAULT, group.name), group.name)
    if key.low is not None
]


def allowed(key: Key) -> Iterator[CoachSettings]:
    """The default settings, but for this one at each edge."""
    group, _, name = key.name.partition(".")
    for value in (key.low, key.high, *SMALL):
        try:
            other = replace(getattr(DEFAULT, group), **{name: key.parse(value)})
        except SettingError:
            continue
        yield replace(DEFAULT, **{group: other})


def walked(settings: CoachSettings) -> list[Event]:
    """Five minutes, of which one is too quick and one begins with a stumble; then nobody walks."""
    guidance, said = Guidance(settings), []
    for t in range(300 + settings.session.end_after_s + 60):
        spm = None if t >= 300 else 115.0 if 120 <= t < 180 else 70.0
        events: list[Event] = [Cadence(float(t), spm, 0.95)]
        if t == 200:
            events.append(Stumble(200.0, 199.8, 1.2))
        if t % 5 == 0:
            events.append(Steadiness(float(t), 3.0, 0.9, 0.9, 0.2))
        said += guidance.respond(events, float(t), upright=True)
    return said


@pytest.mark.parametrize("key", NUMBERS, ids=lambda key: key.name)
def test_every_cue_ends_and_the_session_does(key: Key) -> None:
    """What is said once is over within ten seconds, what lasts when the walk is."""
    for settings in allowed(key):
        events = walked(settings)
        assert [e.state for e in events if isinstance(e, Session)] == ["started", "ended"]
        cues = sorted((e for e in events if isinstance(e, Cue)), key=lambda e: (e.cue, e.t))
        for cue, of_it in itertools.groupby(cues, key=lambda e: e.cue):
            spans = list(of_it)
            assert [e.state for e in spans] == ["on", "off"] * (len(spans) // 2), (settings, cue)
            for on, off in zip(spans[::2], spans[1::2], strict=True):
                assert off.t - on.t <= (300.0 if cue in (SLOW_DOWN, SLOW_DOWN_FIRM) else 10.0)
