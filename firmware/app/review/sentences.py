"""What happened, in sentences: for `coach log show`, the report and the live view."""

from __future__ import annotations

from collections.abc import Iterator

from coach.events import (
    Cue,
    Fall,
    Fatigue,
    Gap,
    Handling,
    Limit,
    Milestone,
    Outcome,
    Reaction,
    Session,
    Stage,
    Stumble,
)
from firmware.app.wording import clock, spm
from firmware.log.sessions import StoredSession
from firmware.records import (
    Cleared,
    Fault,
    Mark,
    Muted,
    PartFailed,
    PartWorks,
    Record,
    Recovered,
    SettingsChanged,
    Told,
    Unmuted,
    Warned,
)

LIMIT = "cadence.max_spm"

_SLOW_DOWNS = {"slow_down": "told to slow down", "slow_down_firm": "told firmly to slow down"}
_MILESTONES = {
    "half_way": "half of the target walked",
    "target": "target reached",
    "limit": "longest time reached: told to stop",
    "talk_check": "talk check",
}
_STATES = {"started": "the session begins", "ended": "the session ends"}
_SWITCHES = {Muted: "buzzer muted", Unmuted: "buzzer sounds again", Cleared: "alarm ended by hand"}


def told(session: StoredSession) -> list[tuple[float, str]]:
    """(t, sentence) for everything that a reader of the session should know, in order of time."""
    said = [(e.t, text) for e in session.events for text in _reviewed(e, session)]
    limits = session.limits()
    for t, seconds in session.slow_downs():
        limit = next(value for since, value in reversed(limits) if since <= t)
        answer = "not corrected" if seconds is None else f"corrected after {seconds:.0f} s"
        said.append((t, f"told to slow down (limit {spm(limit)}): {answer}"))
    return sorted(said, key=lambda pair: pair[0])


def _reviewed(event: Record, session: StoredSession) -> Iterator[str]:
    """Afterwards, what came of a stumble or a cue stands beside it."""
    match event:
        case Cue(cue="slow_down") | Reaction() | Outcome():
            pass
        case Stumble(onset=onset):
            yield f"stumble{_outcome(onset, session)}"
        case _:
            yield from of(event)


def of(event: Record) -> Iterator[str]:
    """What a record says by itself; nothing for what another record says as well."""
    match event:
        case Session(state=state):
            yield _STATES[state]
        case Stage():
            yield _stage(event)
        case Stumble():
            yield "stumble"
        case Fall():
            yield "fall"
        case SettingsChanged(changes=changes):
            yield from (_set(name, value) for name, value in changes.items())
        case _:
            yield from _of_guidance(event)
            yield from _of_device(event)


def _of_guidance(event: Record) -> Iterator[str]:
    match event:
        case Cue(cue=cue, state="on") if cue in _SLOW_DOWNS:
            yield _SLOW_DOWNS[cue]
        case Reaction(seconds=seconds):
            yield f"corrected after {seconds:.0f} s"
        case Outcome(kind=kind):
            yield f"after the stumble: {kind}"
        case Limit(max_spm=limit, reason="stumble"):
            yield f"limit lowered to {spm(limit)} steps/min after the stumble"
        case Limit(max_spm=limit):
            yield f"limit back at {spm(limit)} steps/min"
        case Milestone(name=milestone, walked_s=walked):
            yield f"{_MILESTONES[milestone]} ({clock(walked)})"
        case Fatigue(cadence_percent=cadence, variability_percent=variability):
            yield (
                f"told to ease off: the rhythm is tired (cadence {cadence:+.0f} %, step time varies"
                f" {variability:+.0f} %)"
            )


def _of_device(event: Record) -> Iterator[str]:
    match event:
        case Mark(text=text):
            yield f"remark: {text}"
        case Gap(missing_s=missing):
            yield f"{missing:.2f} s without samples"
        case Muted() | Unmuted() | Cleared():
            yield _SWITCHES[type(event)]
        case Told(message=message) | Fault(message=message) | Recovered(message=message):
            yield message
        case Warned(message=message):
            yield message
        case PartFailed(part=part, message=message):
            yield f"{part} went wrong and begins anew: {message}"
        case PartWorks(part=part):
            yield f"{part} works again"
        case Handling():
            yield f"device {event.in_words}"


def _stage(event: Stage) -> str:
    if event.advice == "begins":
        return f"stage {event.stage}"
    if event.advice == "ready for the next":
        return f"ready for the next stage: {event.following}"
    return f"a stage back: {event.following}"


def _outcome(onset: float, session: StoredSession) -> str:
    kinds = [o.kind for o in session.of(Outcome) if o.onset == onset]
    return f", {kinds[-1]}" if kinds else ""


def _set(name: str, value: object) -> str:
    if name == LIMIT and isinstance(value, int | float):
        return f"limit set to {spm(value)} steps/min"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{name} set to {shown}"
