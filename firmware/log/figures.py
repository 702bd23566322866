"""The figures of a session, worked out from what was said and measured."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import fmean, median

from coach.events import Cue, Fall, Fatigue, Stage, Steadiness, Step, Stumble
from firmware.log import index, schema, sessions, summary
from firmware.log.sessions import StoredSession
from firmware.log.summary import Summary


def summarise(session: StoredSession, steps: int | None = None) -> Summary:
    """Work the figures out from the seconds and events; once those are pruned, as stored.

    `steps`: how many there were, where the session was read without them.
    """
    if not session.seconds and session.summary is not None:
        return summary.of(session)
    walked = session.walked()
    cadences, lasted = [spm for _, spm, _ in walked], [seconds for *_, seconds in walked]
    within, lengths = _within(session), session.lengths()
    usual = _Limits(session.limits(settling=False))
    in_zone_s = sum(s for good, s in zip(within, lengths, strict=True) if good)
    missing = [seconds for *_, seconds in session.gaps()]
    cues = [c for c in session.of(Cue) if c.state == "on"]
    even = session.of(Steadiness)
    told = session.slow_downs()
    reacted = [seconds for _, seconds in told if seconds is not None]
    stages = [e.stage for e in session.of(Stage) if e.stage]
    targets = session.set_anew("session.target_min")
    return Summary(
        length_s=_length(walked),
        walking_s=round(sum(lasted)),
        cadence_mean=fmean(cadences, lasted) if walked else None,
        cadence_median=median(cadences) if walked else None,
        cadence_max=max(cadences, default=None),
        within_limit=in_zone_s / sum(lasted) if walked else None,
        longest_within_s=_longest(within, lengths),
        steps=len(session.of(Step)) if steps is None else steps,
        step_time_cv=_middle(e.step_time_cv for e in even),
        symmetry=_middle(e.symmetry for e in even),
        stumbles=len(session.of(Stumble)),
        falls=len(session.of(Fall)),
        tired=len(session.of(Fatigue)),
        cues=len(cues),
        slow_downs=len(told),
        corrected=len(reacted),
        reaction_s=median(reacted) if reacted else None,
        gaps=len(missing),
        missing_s=sum(missing),
        stage=stages[-1] if stages else None,
        new_target_min=targets[-1] if targets else None,
        first_limit_spm=usual.at(session.begins) if walked else None,
        last_limit_spm=usual.at(max(session.begins, walked[-1][0])) if walked else None,
    )


def measured(
    db: sqlite3.Connection, number: int, around: index.Around | None = None
) -> tuple[StoredSession, Summary]:
    """A session of an open log, but for its steps, and its figures; `around` as `sessions.read`.

    Steps are most of the events, and only their number counts: read whole, a long session would be
    megabytes for a moment. Raises `DamagedSessionError`.
    """
    steps = db.execute(schema.COUNT_STEPS, (number,)).fetchone()[0]
    session = sessions.read(db, number, without="step", around=around)
    return session, summarise(session, steps)


def _within(session: StoredSession) -> list[bool | None]:
    """For every second whether it was in zone, by the limit then in force; None: standing."""
    limits = _Limits(session.limits())
    return [None if spm is None else spm <= limits.at(t) for t, spm, _ in session.seconds]


class _Limits:
    """A session's limits, by time."""

    def __init__(self, limits: Sequence[tuple[float, float]]) -> None:
        self._since, self._spm = zip(*limits, strict=True)

    def at(self, t: float) -> float:
        """The one in force then (steps/min)."""
        return float(self._spm[max(0, bisect_right(self._since, t) - 1)])


def _longest(within: Sequence[bool | None], lengths: Sequence[float]) -> int:
    longest = run = 0.0
    for good, length in zip(within, lengths, strict=True):
        run = run + length if good else 0.0
        longest = max(longest, run)
    return round(longest)


def _middle(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _length(walked: Sequence[tuple[float, float, float]]) -> float:
    """From the first walking second to the last; standing about before and after is no session."""
    if not walked:
        return 0.0
    first, _, lasted = walked[0]
    return walked[-1][0] - (first - lasted)
