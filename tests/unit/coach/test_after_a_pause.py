"""What counts as a walk once a walk has been known and has paused."""

from __future__ import annotations

import math

import pytest

from coach.balance import StumbleDetector
from coach.events import Event
from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as StumblePlan
from tests.support.stumbles import alarms, frames_of, sense


@pytest.mark.parametrize(("again_s", "told"), [(math.inf, 0), (33.0, 1)])
def test_after_a_pause_walks_who_has_a_cadence_again(again_s: float, told: int) -> None:
    """A hand that takes it off moves it as strongly; where none ever was, movement will do."""
    again = Walk(20.0, spm=80.0, amplitude_g=0.2, events=(StumblePlan(10.0, 1.0),))
    x, walker = sense([Stand(3.0), Walk(20.0, spm=80.0, amplitude_g=0.2), Stand(5.0), again], 3)
    onset = walker.truth.stumbles[0].onset
    for first_s, expected in ((6.0, told), (math.inf, 1)):
        detector, found = StumbleDetector(), list[Event]()
        for frame in frames_of(x):
            has_cadence = first_s < frame.t < 24.0 or (first_s < again_s < frame.t)
            found += detector.detect(frame, cadence_told=has_cadence)
        assert sum(onset < event.t < onset + 1.0 for event in alarms(found)) == expected
