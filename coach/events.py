"""Everything the coach can say, one small class each.

`t` is always the instant of the decision: seconds since the first sample of the stream. An
instant further back (`at`, `onset`, `start`) says what the decision is about.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from coach.frozen import frozen

Side = Literal["left", "right"]
MilestoneName = Literal["half_way", "target", "limit", "talk_check"]
OutcomeKind = Literal["recovered", "stopped", "fall"]
HandlingKind = Literal["slipped", "taken_off", "dropped"]


@frozen
class Event:
    """What all events share: a `type` that names it and the time of its decision."""

    type: ClassVar[str]
    t: float


@frozen
class Cadence(Event):
    """Once a second: steps/min over the last seconds, `None` where nobody walks.

    Where a walk begins or ends there is one at the half second too.

    `confidence` is the probability (0 to 1) that `spm` is within 3 steps/min of the truth.
    `recent_spm` is the tempo of about the newest two strides alone, `newest_spm` that of a step
    less: they follow a change sooner, and scatter more. Neither is logged: a replay of the samples
    gives them again.
    """

    type: ClassVar[str] = "cadence"
    spm: float | None
    confidence: float
    recent_spm: float | None = None
    newest_spm: float | None = None


@frozen
class Step(Event):
    """One step: the foot met the belt at `at`. `side` where left and right can be told apart."""

    type: ClassVar[str] = "step"
    at: float
    side: Side | None = None


@frozen
class Steadiness(Event):
    """Every few seconds of walking: how even the rhythm is (see `coach.gait.variability`).

    `step_time_cv` in per cent (coefficient of variation), `regularity` and `symmetry` 0 to 1,
    `vigour_g` half of the peak-to-peak (g) of the acceleration within a step; each `None` where
    there are too few steps to say.
    """

    type: ClassVar[str] = "steadiness"
    step_time_cv: float | None
    regularity: float | None
    symmetry: float | None
    vigour_g: float | None = None


@frozen
class Stumble(Event):
    """The body moved outside this walker's usual. `severity` 1 is just over the line."""

    type: ClassVar[str] = "stumble"
    onset: float
    severity: float


@frozen
class Fall(Event):
    """A stumble that ended lying, or an impact after which nobody stands upright."""

    type: ClassVar[str] = "fall"
    onset: float


@frozen
class Outcome(Event):
    """What followed the stumble of `onset`; `severity` is now that of its worst moment."""

    type: ClassVar[str] = "outcome"
    onset: float
    kind: OutcomeKind
    severity: float


@frozen
class Handling(Event):
    """The device and not the body: slipped in its clip, taken off, or dropped. Never an alarm.

    A fall's alarm that was on ends with it.
    """

    type: ClassVar[str] = "handling"
    kind: HandlingKind

    @property
    def in_words(self) -> str:
        """`taken off` and not `taken_off`."""
        return self.kind.replace("_", " ")


@frozen
class Cue(Event):
    """The walker is told something (`on`), or no longer (`off`)."""

    type: ClassVar[str] = "cue"
    cue: str
    state: Literal["on", "off"]


@frozen
class Limit(Event):
    """The cadence limit in force has changed to `max_spm` (steps/min).

    One for `stage` waits while a stumble's is still lower.
    """

    type: ClassVar[str] = "limit"
    max_spm: float
    reason: Literal["stumble", "settled", "stage"]


@frozen
class Milestone(Event):
    """`walked_s` seconds of walking in this session: half the target, all of it, the limit."""

    type: ClassVar[str] = "milestone"
    name: MilestoneName
    walked_s: float


@frozen
class Reaction(Event):
    """`cue` has worked: the walker slowed down, `seconds` after the gentle one began.

    Said some seconds later, when the mean cadence shows it.
    """

    type: ClassVar[str] = "reaction"
    cue: str
    seconds: float


@frozen
class Fatigue(Event):
    """Against the walker's first minutes: cadence and step-time variability, change in per cent."""

    type: ClassVar[str] = "fatigue"
    cadence_percent: float
    variability_percent: float


@frozen
class Stage(Event):
    """The `stage` that is walked, and `following`: the one to walk in the next session."""

    type: ClassVar[str] = "stage"
    stage: str
    advice: Literal["begins", "ready for the next", "stepped back"]
    following: str


@frozen
class Metronome(Event):
    """The beat begins (`on`), at `spm` steps/min, or falls silent (`off`)."""

    type: ClassVar[str] = "metronome"
    state: Literal["on", "off"]
    spm: float | None


@frozen
class Beat(Event):
    """One beat of the metronome, to sound at `at`, a little later than it was decided.

    The only event that is not logged: there is one a step, `Metronome` says when they sounded,
    and a replay of the samples gives each of them again.
    """

    type: ClassVar[str] = "beat"
    at: float


@frozen
class Session(Event):
    """Rhythmic walking began a session, or its absence ended one."""

    type: ClassVar[str] = "session"
    state: Literal["started", "ended"]


@frozen
class Gap(Event):
    """No samples between `start` and `t`; `missing_s` seconds have no sample to stand for them."""

    type: ClassVar[str] = "gap"
    start: float
    missing_s: float
