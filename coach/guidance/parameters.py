"""Every constant of the guidance, with its unit, its meaning and where its value comes from.

Most are choices of how a person is spoken to, not measurements: a choice says so.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from coach.frozen import frozen
from coach.parameters import Parameters, parameter

_CHOICE = "choice"


@frozen
class SessionParameters(Parameters):
    """When a session is (`coach.guidance.session`)."""

    resumes_s: float = parameter(
        3.0,
        unit="s",
        meaning="A pause ends with this much walking: one doubtful second while standing is none.",
        source="as long as the first steps of a walk take to be sure of",
    )


@frozen
class MilestoneParameters(Parameters):
    """The clock of the session (`coach.guidance.milestones`)."""

    remind_s: float = parameter(
        60.0,
        unit="s",
        meaning="Who walks on beyond the limit is told again this often.",
        source=_CHOICE,
    )


@frozen
class PaceParameters(Parameters):
    """The slow-down cue (`coach.guidance.pace`)."""

    excess_spm: float = parameter(
        4.2,
        unit="steps/min",
        meaning="What `cadence.hold_s` is said of: this much above the limit, for so long, brings "
        "the cue; twice as much brings it in half of the time.",
        source="long walks made of the strides of nine people: an unjustified cue an hour at 2 "
        "steps/min below the limit (`tests.bench.bench_coaching`)",
    )
    hold_spm: float = parameter(
        80.0,
        unit="steps/min",
        meaning="Below this limit `cadence.hold_s` is as many strides, and so more seconds.",
        source="two strides take the default of 3 s at 80 steps/min",
    )
    at_most_spm: float = parameter(
        6.0,
        unit="steps/min",
        meaning="No excess counts more than this: a stride or two, however short, are no tempo.",
        source="with the defaults, three seconds of evidence",
    )
    ignored_spm: float = parameter(
        0.5,
        unit="steps/min",
        meaning="Above the limit by so little is at the limit.",
        source="mean error of the cadence on a treadmill",
    )
    reacts_spm: float = parameter(
        3.0,
        unit="steps/min",
        meaning="Slower by this much than when the cue began is a reaction.",
        source="a cadence wanders by half of it in steady walking",
    )
    patience_s: float = parameter(
        10.0,
        unit="s",
        meaning="Who has reacted has this long to get below the limit before the cue comes again.",
        source=_CHOICE,
    )
    verdict_s: float = parameter(
        6.0,
        unit="s",
        meaning="Whether a cue has worked is judged so long after it has ended.",
        source="what the cadence is a mean over (`coach.gait.parameters`)",
    )
    remembered_s: int = parameter(
        164,
        unit="s",
        meaning="Cadences that are kept for when the limit is changed: the longest hold time.",
        source="the largest value of `cadence.hold_s`, at the lowest limit",
    )


@frozen
class SettleParameters(Parameters):
    """The lower limit after a stumble (`coach.guidance.settle`)."""

    fresh_s: float = parameter(
        3.0,
        unit="s",
        meaning="The cadence before the stumble is the newest one told, if no older than this.",
        source="a cadence comes every second; two may be missing",
    )


@frozen
class CueParameters(Parameters):
    """How long a cue that is said once is on (`coach.guidance.cues`)."""

    stumble_s: float = parameter(
        3.0, unit="s", meaning="The cue of a stumble.", source="its pattern, and no longer"
    )
    advice_s: float = parameter(
        8.0,
        unit="s",
        meaning="'Ease off' and 'come to a stop'.",
        source="longer than their patterns, of six seconds: they must not be missed",
    )
    said_s: float = parameter(
        4.0, unit="s", meaning="All others.", source="a round of their pattern"
    )
    walking_again_s: float = parameter(
        3.0,
        unit="s",
        meaning="After a fall, this much upright walking ends the alarm.",
        source="a few steps, not a twitch",
    )


@frozen
class StageParameters(Parameters):
    """Advice on the stage (`coach.guidance.stages`)."""

    sure: float = parameter(
        0.8,
        unit="",
        meaning="Advice stands only on seconds whose cadence is this likely right, now and on "
        "average over the time whose steps make the variability.",
        source=_CHOICE,
    )
    sure_s: int = parameter(
        30,
        unit="s",
        meaning="That time: as long as the steps that make the variability take.",
        source="the span of the variability (`coach.gait.variability`)",
    )
    very_even: float = parameter(
        0.5,
        unit="",
        meaning="Step times that vary by this share of what is even at most count wholly as "
        "comfortable; in between in proportion.",
        source=_CHOICE,
    )
    out_of_rhythm: float = parameter(
        2.0,
        unit="",
        meaning="Step times this many times as variable as a comfortable stage allows are no "
        "rhythm any more.",
        source=_CHOICE,
    )
    out_s: int = parameter(
        30, unit="s", meaning="This long of it is no single missed step.", source=_CHOICE
    )


@frozen
class FatigueParameters(Parameters):
    """The walker against their own first minutes (`coach.guidance.fatigue`)."""

    finds_rhythm_s: int = parameter(
        20,
        unit="s",
        meaning="Walking before the walker's own baseline begins.",
        source="at first everybody finds the rhythm",
    )
    learn_s: int = parameter(
        180,
        unit="s",
        meaning="Walking that makes the baseline, at first and after a change of the belt.",
        source="longer hides what tires within it, shorter is less sure",
    )
    trend_s: int = parameter(
        120, unit="s", meaning="What is compared with it: long enough for a trend.", source=_CHOICE
    )
    cadence_unit: float = parameter(
        0.065,
        unit="ln",
        meaning="What counts as one: change of the logarithm of cadence,",
        source="six times what it changes from one half minute to the next, eight people",
    )
    softness_unit: float = parameter(
        0.09,
        unit="ln",
        meaning="of cadence over amplitude,",
        source="standard deviation from one minute to the next, 27 treadmill walks after a stroke",
    )
    variability_unit: float = parameter(
        0.5,
        unit="ln",
        meaning="of step-time variability,",
        source="twice to four times what it changes from one half minute to the next",
    )
    regularity_unit: float = parameter(
        -0.35,
        unit="",
        meaning="of regularity, which falls where the others rise,",
        source="as the variability",
    )
    symmetry_unit: float = parameter(
        -0.4, unit="", meaning="and of symmetry.", source="as the variability"
    )
    at_most: float = parameter(
        0.095,
        unit="ln",
        meaning="The first two count up to this.",
        source="cadence alone, or softness alone, then stays below what is tired: a belt that "
        "somebody turns up slowly, a clip that slips",
    )
    tired: float = parameter(
        1.5,
        unit="",
        meaning="The sum of the five at which the trend is clear.",
        source="long walks made of the strides of eight people (`tests.bench.bench_longwalks`): "
        "above what steady ones reach, below a cadence that has risen by 6 %",
    )
    belt_s: int = parameter(
        30, unit="s", meaning="Half minutes that are held against each other.", source=_CHOICE
    )
    belt_span_s: int = parameter(
        80, unit="s", meaning="From the beginning of the one to the end of the other.",
        source="tiredness takes minutes for what a belt does within it",
    )  # fmt: skip
    wander: float = parameter(
        0.02,
        unit="ln",
        meaning="What the cadences of two half minutes differ by (rms) in a walker not known yet.",
        source="1.5 % of wandering from one half minute to the next",
    )
    belt_of_own: float = parameter(
        3.3,
        unit="",
        meaning="Cadences that differ by more than this many times what they have so far in this "
        "walker follow a new belt speed.",
        source="three standard deviations; tiring by a tenth in five minutes is one",
    )
    shifted: float = parameter(
        0.2,
        unit="ln",
        meaning="Amplitudes that differ by more: a clip that has moved, or hands that let go.",
        source=_CHOICE,
    )
    again_s: float = parameter(
        180.0,
        unit="s",
        meaning="The cue is repeated after this long, should the walker go on.",
        source=_CHOICE,
    )


@frozen
class MetronomeParameters(Parameters):
    """The beat to walk to (`coach.guidance.metronome`)."""

    lead: float = parameter(
        0.04,
        unit="",
        meaning="The beat is at most this share quicker or slower than the walker: more cannot be "
        "followed at the next step.",
        source="cues in gait training are raised by 5 to 10 % at a time (Thaut and others, Mov "
        "Disord 1996, 11:193-200)",
    )
    gain: float = parameter(
        0.5,
        unit="",
        meaning="Share of the distance to the steps that is made up in a second.",
        source="with the lead, a beat is early or late by at most a tenth of a second, and a "
        "step's own unevenness is halved",
    )
    listens_steps: int = parameter(
        6,
        unit="steps",
        meaning="The beat begins when so many steps have shown where it belongs.",
        source=_CHOICE,
    )
    ahead_s: float = parameter(
        0.15,
        unit="s",
        meaning="A beat is decided this long before it sounds.",
        source="three decisions, more than any delay on the way",
    )
    told_after_s: float = parameter(
        1.4,
        unit="s",
        meaning="The newest step of somebody who walks on is known this long after it, or earlier.",
        source="steps are told once a second, 0.3 s after they were made at the earliest",
    )
    closest: float = parameter(
        0.6,
        unit="",
        meaning="Beats never come closer than this share of their period: one that would is left "
        "out.",
        source=_CHOICE,
    )


@frozen
class GuidanceParameters(Parameters):
    """All of them."""

    session: SessionParameters = field(default_factory=SessionParameters)
    milestone: MilestoneParameters = field(default_factory=MilestoneParameters)
    pace: PaceParameters = field(default_factory=PaceParameters)
    settle: SettleParameters = field(default_factory=SettleParameters)
    cue: CueParameters = field(default_factory=CueParameters)
    stage: StageParameters = field(default_factory=StageParameters)
    fatigue: FatigueParameters = field(default_factory=FatigueParameters)
    metronome: MetronomeParameters = field(default_factory=MetronomeParameters)


GUIDANCE: Final = GuidanceParameters()
"""Those that are in force, unless a benchmark varies them."""
