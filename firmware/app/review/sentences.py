"""What happened, in sentences: for `coach log show`, the report and the live view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coach.events import (
    Beat,
    Cadence,
    Cue,
    Gap,
    Metronome,
    Outcome,
    Reaction,
    Steadiness,
    Step,
    Stumble,
)
from firmware.records import Fault, Record, Recorded, Recovered, SettingsChanged, Unknown
from firmware.sentences import changed, sentence
from firmware.wording import clock, spm

if TYPE_CHECKING:
    from firmware.log.sessions import StoredSession

_SLOW_DOWNS = ("slow_down", "slow_down_firm")

AGAIN_S = 10.0
"""A fault of the sensor that comes again so soon after its end is the same trouble."""

FEW = 3
"""So often a trouble is told each time. A plug without contact comes and goes five times a second,
and what the session was about would be lost among thousands of lines."""


def told(session: StoredSession) -> list[tuple[float, str]]:
    """(t, sentence) for everything that a reader of the session should know, in order of time.

    `t` in seconds since the session began, as on every screen.
    """
    events, said = _gathered(session.events)
    said += [(e.t, text) for e in events for text in _reviewed(e, session)]
    limits = session.limits()
    for t, seconds in session.slow_downs():
        limit = next((value for since, value in reversed(limits) if since <= t), limits[0][1])
        answer = "not corrected" if seconds is None else f"corrected after {seconds:.0f} s"
        said.append((t, f"told to slow down (limit {spm(limit)}): {answer}"))
    zero = session.begins
    return sorted(((t - zero, text) for t, text in said), key=lambda pair: pair[0])


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
    """What a record says by itself; nothing for what is often, told by another, or no news."""
    match event:
        case Cue(cue=cue, state=state):
            if state == "on" and cue in _SLOW_DOWNS:
                yield sentence(event)
        case SettingsChanged(changes=changes):
            yield from (changed(name, value) for name, value in changes.items())
        case Cadence() | Step() | Steadiness() | Beat() | Metronome() | Recorded() | Unknown():
            pass
        case _:
            yield sentence(event)


def _outcome(onset: float, session: StoredSession) -> str:
    kinds = [o.kind for o in session.of(Outcome) if o.onset == onset]
    return f", {kinds[-1]}" if kinds else ""


@dataclass
class _Trouble:
    """A fault of the sensor that comes and goes."""

    name: str
    began: float
    over: float
    times: int = 1
    missing_s: float = 0.0
    parts: list[Record] = field(default_factory=list)
    """All that was said of it but its first sentence."""

    def take(self, part: Fault | Recovered) -> None:
        """It has come again, or is over for now."""
        if isinstance(part, Recovered):
            self.missing_s += part.missing_s
        elif self.parts and isinstance(self.parts[-1], Recovered):
            self.times += 1
        self.parts.append(part)
        self.over = part.t


def _gathered(events: Sequence[Record]) -> tuple[list[Record], list[tuple[float, str]]]:
    """The events without those of troubles that came often, and a sentence for each of these."""
    found: list[_Trouble] = []
    newest: dict[str, _Trouble] = {}
    for e in events:
        if isinstance(e, Fault | Recovered):
            known = newest.get(e.name)
            if known is not None and e.t - known.over <= AGAIN_S:
                known.take(e)
            elif isinstance(e, Fault):
                newest[e.name] = made = _Trouble(e.name, e.t, e.t)
                found.append(made)
    often = [trouble for trouble in found if trouble.times > FEW]
    untold = {id(part) for trouble in often for part in trouble.parts}
    for gap in (e for e in events if isinstance(e, Gap)):
        if any(trouble.began <= gap.t <= trouble.over for trouble in often):
            untold.add(id(gap))
    return [e for e in events if id(e) not in untold], [(x.over, _often(x)) for x in often]


def _often(trouble: _Trouble) -> str:
    name, lasted = trouble.name.replace("_", " "), clock(trouble.over - trouble.began)
    return f"{name}: {trouble.times} times within {lasted}, {trouble.missing_s:.1f} s missing"
