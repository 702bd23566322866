"""Milestones count walking, not waiting."""

from __future__ import annotations

from coach.events import Cadence
from coach.guidance import HALF_WAY, LIMIT, TALK_CHECK, TARGET
from coach.guidance.milestones import Milestones
from coach.settings import SessionSettings


def run(walking: list[bool], settings: SessionSettings) -> list[tuple[int, str]]:
    """The second and the name of each cue."""
    clock = Milestones(settings)
    found: list[tuple[int, str]] = []
    for t, w in enumerate(walking, start=1):
        reached = clock.count(Cadence(float(t), 80.0 if w else None, 0.9))
        found += [(t, milestone.name) for milestone in reached]
    return found


def test_half_way_target_and_limit() -> None:
    """At 5, 10 and 15 minutes, and then every minute that the walker goes on."""
    found = run([True] * 1000, SessionSettings())
    assert found == [(300, HALF_WAY), (600, TARGET), (900, LIMIT), (960, LIMIT)]


def test_a_pause_stops_the_clock() -> None:
    """Forty seconds on the side rails come on top."""
    found = run([True] * 200 + [False] * 40 + [True] * 200, SessionSettings())
    assert found == [(340, HALF_WAY)]


def test_the_talk_check_is_optional() -> None:
    """Every three minutes where it is set."""
    found = run([True] * 400, SessionSettings(talk_check_min=3.0))
    assert [t for t, name in found if name == TALK_CHECK] == [180, 360]
