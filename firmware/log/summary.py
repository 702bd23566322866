"""The figures of one session that a walker or physiotherapist asks for, as they are stored."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol

from coach.frozen import frozen


@frozen
class Summary:
    """Times in seconds, cadence in steps/min; None where nothing was measured."""

    length_s: float = 0.0
    walking_s: int = 0
    cadence_mean: float | None = None
    cadence_median: float | None = None
    cadence_max: float | None = None
    within_limit: float | None = None
    """Share (0 to 1) of the walking seconds at or below the limit then in force."""
    longest_within_s: int = 0
    """The longest run of walking seconds in zone."""
    steps: int = 0
    step_time_cv: float | None = None
    """Per cent: how uneven the step times are (median over the session)."""
    symmetry: float | None = None
    stumbles: int = 0
    falls: int = 0
    tired: int = 0
    """How often the walker was told to ease off, as the rhythm grew tired."""
    cues: int = 0
    slow_downs: int = 0
    corrected: int | None = None
    """How many of them the walker answered; None: a log that did not count them."""
    reaction_s: float | None = None
    """Median time from the slow-down cue until the walker slowed down."""
    gaps: int = 0
    missing_s: float = 0.0
    stage: str | None = None
    """The last stage of the session, where there are stages."""
    new_target_min: float | None = None
    """Minutes to walk, where that was set anew during the session: what was set last."""

    first_limit_spm: float | None = None
    """The limit (steps/min) as the session began: the one set, or the stage's where that counts."""
    last_limit_spm: float | None = None
    """The same as the walking ended. None: a log that did not keep them."""

    def limits_spm(self, at_start: float) -> tuple[float, float]:
        """The first and the last limit of the walk, but for the lower one after a stumble.

        `at_start`: the one that was set then.
        """
        first = at_start if self.first_limit_spm is None else self.first_limit_spm
        return first, first if self.last_limit_spm is None else self.last_limit_spm

    def target_min(self, at_start: float) -> float:
        """Minutes to walk as the walker was told it last; `at_start`: what it was then."""
        return at_start if self.new_target_min is None else self.new_target_min


ALWAYS = frozenset(f.name for f in fields(Summary) if f.default is not None)
"""The figures that every session has: there is none that may be nothing."""


class Row(Protocol):
    """A row of the index, or a session, with its stored figures by name."""

    @property
    def summary(self) -> dict[str, Any] | None:
        """None while the session runs."""


def of(row: Row) -> Summary:
    """The stored figures; nothing for a session that still runs."""
    known = {f.name for f in fields(Summary)}
    stored: dict[str, Any] = row.summary or {}
    return Summary(**{k: v for k, v in stored.items() if k in known})
