"""Every record as a sentence for a person: in the review, the live view, replays and the journal.

One place, so that all screens say the same of the same. What each record is: `firmware.records`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from coach import events
from coach.keys import Value
from firmware import records
from firmware.shown import visible
from firmware.wording import clock, shown, spm

LIMIT: Final = "cadence.max_spm"

_CUES: Final = {
    "slow_down": "told to slow down",
    "slow_down_firm": "told firmly to slow down",
    "stumble": "stumble alarm",
    "fall": "fall alarm",
    "ease_off": "told to ease off",
    "next_stage": "told of the next stage",
    "stage_back": "told to go a stage back",
    "half_way": "told that half is walked",
    "target": "told that the target is reached",
    "limit": "told to stop",
    "talk_check": "asked: can you still talk?",
}
_MILESTONES: Final = {
    "half_way": "half of the target walked",
    "target": "target reached",
    "limit": "longest time reached: told to stop",
    "talk_check": "talk check",
}
_STATES: Final = {"started": "the session begins", "ended": "the session ends"}


def as_line(record: records.Record) -> str:
    """The record as a line: when, and what."""
    minutes, seconds = divmod(round(record.t, 2), 60.0)
    return f"{int(minutes):4d}:{seconds:05.2f}  {sentence(record)}"


def sentence(record: records.Record) -> str:
    """What the record says."""
    kind = type(record)
    if kind in _ALWAYS:
        return _ALWAYS[kind]
    told = _SENTENCES.get(kind)
    return visible(str(getattr(record, "message", "")) if told is None else told(record))


def cue_name(cue: str) -> str:
    """What a cue does, for a person."""
    return _CUES.get(cue, f"cue {cue}")


def changed(name: str, value: Value) -> str:
    """A setting that has another value now."""
    if name == LIMIT and isinstance(value, int | float):
        return f"limit set to {spm(value)} steps/min"
    return f"{name} set to {shown(value)}"


def _cadence(record: events.Cadence) -> str:
    if record.spm is None:
        return "nobody walks"
    return f"{record.spm:.1f} steps/min, confidence {record.confidence:.2f}"


def _steadiness(record: events.Steadiness) -> str:
    said = [
        (record.step_time_cv, "step time varies by {:.1f} %"),
        (record.regularity, "strides alike to {:.2f} of 1"),
        (record.symmetry, "left and right alike to {:.2f} of 1"),
        (record.vigour_g, "step amplitude {:.2f} g"),
    ]
    known = [text.format(value) for value, text in said if value is not None]
    return "; ".join(known) or "too few steps to tell how even they are"


def _cue(record: events.Cue) -> str:
    name = cue_name(record.cue)
    return name if record.state == "on" else f"{name}: over"


def _limit(record: events.Limit) -> str:
    if record.reason == "stumble":
        return f"limit lowered to {spm(record.max_spm)} steps/min after the stumble"
    if record.reason == "stage":
        return f"limit {spm(record.max_spm)} steps/min in this stage"
    return f"limit back at {spm(record.max_spm)} steps/min"


def _stage(record: events.Stage) -> str:
    if record.advice == "begins":
        return f"stage {record.stage}"
    if record.advice == "ready for the next":
        return f"ready for the next stage: {record.following}"
    return f"a stage back: {record.following}"


def _metronome(record: events.Metronome) -> str:
    beat = "" if record.spm is None else f" at {spm(record.spm)} a minute"
    return f"the beat begins{beat}" if record.state == "on" else "the beat falls silent"


def _settings(record: records.SettingsChanged) -> str:
    return "; ".join(changed(*pair) for pair in record.changes.items())


def _unknown(record: records.Unknown) -> str:
    values = [(k, v) for k, v in record.values.items() if v is not None]
    return f"{record.kind}: " + ", ".join(f"{k} {_short(v)}" for k, v in values)


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


_ALWAYS: Final[dict[type[records.Record], str]] = {
    events.Stumble: "stumble",
    events.Fall: "fall",
    records.Muted: "buzzer muted",
    records.Unmuted: "buzzer sounds again",
    records.Cleared: "alarm ended by hand",
    records.HandedOver: "another profile is set",
}

_SENTENCES: Final[dict[type[records.Record], Callable[..., str]]] = {
    events.Cadence: _cadence,
    events.Step: lambda r: (
        "a step" + (f" of the {r.side} foot" if r.side else "") + f" at {r.at:.2f} s"
    ),
    events.Steadiness: _steadiness,
    events.Outcome: lambda r: f"after the stumble: {r.kind}",
    events.Handling: lambda r: f"device {r.in_words}",
    events.Cue: _cue,
    events.Limit: _limit,
    events.Milestone: lambda r: f"{_MILESTONES[r.name]} ({clock(r.walked_s)})",
    events.Reaction: lambda r: f"corrected after {r.seconds:.0f} s",
    events.Fatigue: lambda r: (
        f"told to ease off: the rhythm is tired (cadence {r.cadence_percent:+.0f} %, step time"
        f" varies {r.variability_percent:+.0f} %)"
    ),
    events.Stage: _stage,
    events.Metronome: _metronome,
    events.Beat: lambda r: f"a beat at {r.at:.2f} s",
    events.Session: lambda r: _STATES[r.state],
    events.Gap: lambda r: f"{r.missing_s:.2f} s without samples",
    records.Recorded: lambda r: f"recorded by coach {r.version}",
    records.SettingsChanged: _settings,
    records.Mark: lambda r: f"remark: {r.text}",
    records.PartFailed: lambda r: f"{r.part} went wrong and begins anew: {r.message}",
    records.PartWorks: lambda r: f"{r.part} works again",
    records.Unknown: _unknown,
}
"""Of each kind; what is neither here nor above has a `message` that says it all."""
