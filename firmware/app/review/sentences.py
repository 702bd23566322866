"""What happened, in sentences: for `coach log show`, the report and the live view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from firmware.troubles import Trouble, Troubles
from firmware.wording import spm

if TYPE_CHECKING:
    from firmware.log.sessions import StoredSession

_SLOW_DOWNS = ("slow_down", "slow_down_firm")


def told(session: StoredSession) -> list[tuple[float, str]]:
    """(t, sentence) for everything that a reader of the session should know, in order of time.

    `t` in seconds since the session began, as on every screen.
    """
    from firmware.log.sessions import since  # not in the live view, which starts sooner without

    events, troubles = _gathered(session.events)
    said = [(t, t, text) for t, text in troubles]
    said += [(since(e), e.t, text) for e in events for text in _reviewed(e, session)]
    limits = session.limits()
    for t, seconds in session.slow_downs():
        limit = next((value for since, value in reversed(limits) if since <= t), limits[0][1])
        answer = "not corrected" if seconds is None else f"corrected after {seconds:.0f} s"
        said.append((t, t, f"told to slow down (limit {spm(limit)}): {answer}"))
    zero = session.begins
    return [(t - zero, text) for _, t, text in sorted(said, key=lambda each: each[0])]


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


def _gathered(events: Sequence[Record]) -> tuple[list[Record], list[tuple[float, str]]]:
    """The events without those of troubles that came often, and a sentence for each of these."""
    troubles, found = Troubles(), dict[Trouble, list[Record]]()
    for e in events:
        if isinstance(e, Fault | Recovered) and (trouble := troubles.take(e, e.t)) is not None:
            found.setdefault(trouble, []).append(e)
    often = {trouble: said for trouble, said in found.items() if trouble.often}
    untold = {id(e) for said in often.values() for e in said[1:]}  # but the first sentence
    for gap in (e for e in events if isinstance(e, Gap)):
        if any(trouble.began <= gap.t <= trouble.over for trouble in often):
            untold.add(id(gap))
    return [e for e in events if id(e) not in untold], [(x.over, str(x)) for x in often]
