"""What was prescribed for a session and what came of it, as a physiotherapist reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from coach.events import Milestone, Stage
from coach.settings import parse_plan
from firmware.app.review.listing import stumbles
from firmware.log.index import Row
from firmware.log.sessions import StoredSession
from firmware.log.summary import Summary
from firmware.settings.catalogue import stored
from firmware.wording import NOTHING, band, clock, counted, figure, percent, spm

Line = tuple[str, str]
"""What a line is about, and what it says."""


def earlier(rows: Iterable[Row], session: Row) -> list[Row]:
    """Of a log's sessions those finished before this one, of the same walker, oldest first."""
    others = int(stored(session.settings, "programme.after_session"))  # had the name before
    finished = (row for row in rows if row.id < session.id and row.summary is not None)
    return [row for row in finished if row.is_after(others) and row.walker == session.walker]


def prescription(session: StoredSession) -> list[Line]:
    """What was set for this session."""
    lines = [("limit", f"{_in_turn(session, 'cadence.max_spm')} steps/min")]
    target, longest = (_in_turn(session, f"session.{key}") for key in ("target_min", "limit_min"))
    lines.append(("time", f"{target} min to walk, {longest} min at most"))
    stage = next((e.stage for e in session.of(Stage)), None)
    if stage:
        lines.append(("stage", f"{stage}{_band(session, stage)}"))
    return lines


def result(session: StoredSession, s: Summary) -> list[Line]:
    """What came of it."""
    target = s.target_min(was_set(session, "session.target_min"))
    told = any(e.name == "target" for e in session.of(Milestone))
    reached = told or s.walking_s >= 60 * target
    of_target = f" of {target:g} min" + (", target reached" if reached else "")
    lines = [("walked", clock(s.walking_s) + of_target)]
    longest = f", longest run {clock(s.longest_within_s)}" if s.longest_within_s else ""
    lines.append(("in zone", percent(s.within_limit) + longest))
    mean, median, most = figure(s.cadence_mean), figure(s.cadence_median), figure(s.cadence_max)
    if s.cadence_mean is not None:
        lines.append(("cadence", f"{mean} steps/min mean, {median} median, {most} highest"))
    lines.append(("told to slow down", corrected(s)))
    lines.append(("stumbles", stumbles(s)))
    if s.step_time_cv is not None:
        alike = "" if s.symmetry is None else f"; left and right alike to {s.symmetry:.2f} of 1"
        lines.append(("step time varies by", f"{s.step_time_cv:.1f} %{alike}"))
    if s.tired:
        lines.append(("tired", f"told to ease off {times(s.tired)}"))
    before, after = session.note("pain_before"), session.note("pain_after")
    if before or after:
        lines.append(("pain", f"{before or NOTHING} before, {after or NOTHING} after, of 10"))
    missing = f"{s.missing_s:.1f} s missing in {counted(s.gaps, 'gap')}" if s.gaps else "whole"
    lines.append(("recording", f"{missing}, {counted(s.steps, 'step')}"))
    return lines


def corrected(s: Summary) -> str:
    """`4 times; 1 of 4 corrected, after 5 s`."""
    if not s.slow_downs:
        return "never"
    after = "" if s.reaction_s is None else f", after {s.reaction_s:.0f} s"
    return f"{times(s.slow_downs)}; {share_corrected(s)} corrected{after}"


def share_corrected(s: Summary) -> str:
    """`1 of 4`; of a log that did not count them, whether any was."""
    if s.corrected is None:
        return "none" if s.reaction_s is None else "some"
    return f"{s.corrected} of {s.slow_downs}"


def times(number: int) -> str:
    """`once`, `4 times`."""
    return "once" if number == 1 else f"{number} times"


def _reaction(s: Summary) -> str:
    if not s.slow_downs:
        return NOTHING
    after = "" if s.reaction_s is None else f", {s.reaction_s:.0f} s"
    return f"{share_corrected(s)}{after}"


def _varies(cv: float | None) -> str:
    return NOTHING if cv is None else f"{cv:.1f} %"


COMPARISON: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("walking", lambda s: clock(s.walking_s)),
    ("cadence, steps/min", lambda s: figure(s.cadence_mean)),
    ("in zone", lambda s: percent(s.within_limit)),
    ("step time varies by", lambda s: _varies(s.step_time_cv)),
    ("stumbles", stumbles),
    ("told to slow down", lambda s: str(s.slow_downs)),
    ("corrected", _reaction),
)
"""Name of a row, and how it is read from a `Summary`."""


def compared(summaries: Sequence[Summary]) -> list[tuple[str, ...]]:
    """The rows of a comparison: a name, and of each session its figure."""
    return [(name, *(read(s) for s in summaries)) for name, read in COMPARISON]


def _in_turn(session: StoredSession, key: str) -> str:
    """`100, then 80`: what a number of the settings was, and what it was set to on the way."""
    return ", then ".join(spm(value) for value in (was_set(session, key), *session.set_anew(key)))


def was_set(session: Row, key: str) -> float:
    """The number that a setting had when the session was recorded."""
    return float(stored(session.settings, key))


def _band(session: Row, stage: str) -> str:
    """` (30 to 80 steps/min)`, where the plan of then has it."""
    bands = parse_plan(str(stored(session.settings, "stage.plan")))
    found = next((b for b in bands if b.name == stage), None)
    if found is None:
        return ""
    is_limit = stored(session.settings, "stage.sets_limit") is True
    return f" ({band(found.low_spm, found.high_spm, is_limit=is_limit)})"
