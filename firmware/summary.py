"""The figures of one session that a walker or physiotherapist asks for."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median

from firmware.sessions import StoredSession


@dataclass(frozen=True)
class Summary:
    """Times in seconds, cadence in steps/min; None where nothing was measured."""

    length_s: float
    walking_s: int
    cadence_mean: float | None
    cadence_median: float | None
    cadence_max: float | None
    within_limit: float | None
    """Share (0 to 1) of the walking seconds at or below the limit."""
    steps: int
    stumbles: int
    falls: int
    slow_downs: int
    reaction_s: float | None
    """Median time from the slow-down cue to its end: how soon the walker corrected."""
    gaps: int
    missing_s: float


def summarise(session: StoredSession) -> Summary:
    """Work the figures out from the log."""
    walked = [spm for _, spm, _ in session.seconds if spm is not None]
    limit = session.settings["cadence.max_spm"]
    gaps = session.of_type("gap")
    reactions = _reactions(session)
    return Summary(
        length_s=_length(session),
        walking_s=len(walked),
        cadence_mean=fmean(walked) if walked else None,
        cadence_median=median(walked) if walked else None,
        cadence_max=max(walked, default=None),
        within_limit=sum(s <= limit for s in walked) / len(walked) if walked else None,
        steps=len(session.of_type("step")),
        stumbles=len(session.of_type("stumble")),
        falls=len(session.of_type("fall")),
        slow_downs=len([c for c in session.of_type("cue") if _starts(c, "slow_down")]),
        reaction_s=median(reactions) if reactions else None,
        gaps=len(gaps),
        missing_s=sum(g["missing_s"] for g in gaps),
    )


def _starts(cue: dict[str, object], name: str) -> bool:
    return cue["cue"] == name and cue["state"] == "on"


def _length(session: StoredSession) -> float:
    """From the first walking second to the last; standing about before and after is no session."""
    walked = [t for t, spm, _ in session.seconds if spm is not None]
    return walked[-1] - walked[0] if walked else 0.0


def _reactions(session: StoredSession) -> list[float]:
    reactions, since = [], None
    for cue in session.of_type("cue"):
        if cue["cue"] == "slow_down":
            if cue["state"] == "on":
                since = cue["t"]
            elif since is not None:
                reactions.append(cue["t"] - since)
                since = None
    return reactions
