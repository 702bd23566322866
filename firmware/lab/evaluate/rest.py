"""A cadence told while nobody walks: the seconds in which there must be none."""

from __future__ import annotations

from collections.abc import Sequence

from coach.events import Cadence, Event
from coach.frozen import frozen
from firmware.lab.evaluate.folder import STILL, Span

STILL_AFTER_S = 3.0
"""What is told of the last steps may still be told for so long after them."""


@frozen
class Rest:
    """Seconds of one recording in which nobody walks, and those of them with a cadence."""

    seconds: int
    told: int


def told(spans: Sequence[Span], events: Sequence[Event]) -> Rest | None:
    """None where somebody walks all the time, or nobody knows."""
    still = [span for span in spans if span.kind == STILL]
    answers = [
        answer
        for answer in events
        if isinstance(answer, Cadence)
        and any(span.start + (STILL_AFTER_S if span.start else 0.0) <= answer.t <= span.end
                for span in still)
    ]  # fmt: skip
    if not answers:
        return None
    return Rest(len(answers), sum(answer.spm is not None for answer in answers))
