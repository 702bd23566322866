"""Every constant of the gait analysis that a benchmark may vary, with its source.

What the geometry of the analysis fixes (rates, the periods considered) stands with the code.
Weights of evidence were fitted, by likelihood, to the recordings and to changed copies of them
(slower, softer, with a dead gyroscope, with another mounting); leaving out any one set moves them
by less than a third, and no figure by a point.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from coach.frozen import frozen
from coach.parameters import Parameters, parameter

_FITTED = "logistic fit over periods, each person and set of recordings weighted alike"
_CALIBRATED = "logistic fit: of people left out, as many are right as it says, to 0.05"
_PHYSIOLOGY = "physiology of walking"


@frozen
class LeverParameters(Parameters):
    """Where on the pelvis the device sits (`coach.gait.lever`)."""

    reach_m: float = parameter(
        0.1,
        unit="m",
        meaning="How far it is from the middle, as a standard deviation of each way across.",
        source="half of a pelvis is 0.15 m wide and 0.1 m deep; flat from 0.08 to 0.15",
    )


@frozen
class EvidenceParameters(Parameters):
    """What speaks for a stride period (`coach.gait.self_similarity`), as log-likelihoods."""

    short: float = parameter(
        5.0,
        unit="",
        meaning="The newest stride resembles the one before.",
        source=_FITTED,
    )
    long: float = parameter(
        4.0,
        unit="",
        meaning="The newest two to three strides resemble those a stride earlier.",
        source=_FITTED,
    )
    bounce_half: float = parameter(
        5.0,
        unit="",
        meaning="The vertical movement resembles itself half a stride earlier: the other foot.",
        source=_FITTED,
    )
    sway_half: float = parameter(
        -4.6,
        unit="",
        meaning="The others do too: then half of it would be the stride, as they alternate sides.",
        source=_FITTED,
    )
    third: float = parameter(
        -3.6,
        unit="",
        meaning="The vertical movement resembles itself a third earlier: it is three strides.",
        source=_FITTED,
    )
    bounce: float = parameter(
        2.3,
        unit="per e-fold",
        meaning="The vertical movement is larger than that of who does something else.",
        source="both spread by a factor of e around means a factor of ten apart",
    )
    bounce_usual_g: float = parameter(
        0.02,
        unit="g",
        meaning="Vertical movement (rms) that says neither.",
        source="heartbeat and gestures reach 0.01, faint walking on rails begins at 0.015",
    )
    bounce_most_g: float = parameter(
        0.035,
        unit="g",
        meaning="More than this speaks no louder: sitting down moves as much.",
        source="recordings of everyday movements",
    )
    still_g: float = parameter(
        0.004,
        unit="g",
        meaning="Acceleration (rms, in each group of axes) that counts as none.",
        source="three times the chip's noise below 4 Hz",
    )
    still_dps: float = parameter(
        0.6, unit="deg/s", meaning="The same of rotation.", source="as for the acceleration"
    )
    quiet: float = parameter(
        0.3,
        unit="",
        meaning="Movement of the newest second against three, below which the walker stands.",
        source="flat from 0.1 to 0.3",
    )

    @property
    def rest(self) -> tuple[float, float]:
        """What a device at rest shows at most, g and deg/s (rms): twice what counts as none."""
        return 2.0 * self.still_g, 2.0 * self.still_dps


@frozen
class RhythmParameters(Parameters):
    """The belief about the stride period (`coach.gait.rhythm`), each half second."""

    chance: float = parameter(
        4.0,
        unit="",
        meaning="Evidence that movement without a rhythm offers by chance.",
        source="95 % of what people do standing and sitting offers less",
    )
    trust: float = parameter(
        0.8,
        unit="",
        meaning="Share of the evidence that is new: what is compared overlaps with before.",
        source="flat from 0.5 to 1.2",
    )
    worst: float = parameter(
        1.0,
        unit="",
        meaning="Evidence against a period is at most this: anybody may miss a step or turn.",
        source="flat from 0.5 to 2",
    )
    drift: float = parameter(
        0.02, unit="", meaning="Relative change of a steady tempo.", source=_PHYSIOLOGY
    )
    change: float = parameter(
        0.1, unit="", meaning="Relative change while the tempo is changed.", source=_PHYSIOLOGY
    )
    change_share: float = parameter(
        0.04, unit="", meaning="How often it is changed.", source="flat from 0.02 to 0.1"
    )
    start_share: float = parameter(
        0.1, unit="", meaning="How often somebody who stands begins to walk.", source="choice"
    )
    stop_share: float = parameter(
        0.004,
        unit="",
        meaning="How often somebody who walks stops.",
        source="every two minutes; flat from 0.002 to 0.02",
    )
    start_period_s: float = parameter(
        1.35, unit="s", meaning="The stride at the start of a walk, median.", source=_PHYSIOLOGY
    )
    start_spread: float = parameter(
        0.45, unit="", meaning="Its spread (of the logarithm).", source="30 to 150 steps/min"
    )
    leans_deg: float = parameter(
        12.0,
        unit="deg",
        meaning="Whose trunk leans further than this within 4.5 s bends, sits down, or handles.",
        source="99 % of walking stays below",
    )
    leaning: float = parameter(
        3.0,
        unit="",
        meaning="Evidence that leaning takes from the beginning of a walk.",
        source="flat from 2 to 5",
    )
    topples_deg: float = parameter(
        35.0,
        unit="deg",
        meaning="No walk goes on through so much: the device is taken off, or it is a fall.",
        source="recordings of falls and of handling",
    )
    turn_dps: float = parameter(
        35.0,
        unit="deg/s",
        meaning="Rotation about gravity that is turning round: no two strides of it are alike.",
        source="the pelvis's to and fro leaves less than 15; half a turn takes 2 to 4 s",
    )
    unlike: float = parameter(
        0.25,
        unit="",
        meaning="Likeness of the newest stride to the one before, below which a walk is broken.",
        source="treadmill walking stays above 0.5, what follows on it below 0.3",
    )


@frozen
class TempoParameters(Parameters):
    """The tempo from the phase of the strides (`coach.gait.phase`)."""

    average_s: float = parameter(
        6.0,
        unit="s",
        meaning="The cadence is a mean over this long, or over a stride and a half.",
        source="the product's promise",
    )
    apart_s: float = parameter(
        0.6,
        unit="s",
        meaning="The phase is compared with itself this much earlier.",
        source="flat from 0.3 to 0.8; more wraps round in a quick change of tempo",
    )
    sudden: float = parameter(
        0.12,
        unit="",
        meaning="A tempo that differs this much (relative) within the mean's time is a new one.",
        source="10 steps/min at 85",
    )
    known_s: float = parameter(
        10.0,
        unit="s",
        meaning="... if whoever takes it up has walked this long: at first everybody speeds up.",
        source="starts of walks",
    )
    doubt: float = parameter(
        0.15,
        unit="",
        meaning="Who turns round walks on no quicker (relative): that is not told at once.",
        source="tempo before and after 120 turns",
    )
    doubt_s: float = parameter(
        10.0, unit="s", meaning="... but after this long.", source="a turn, and the mean after it"
    )
    tied: float = parameter(
        0.2,
        unit="steps",
        meaning="The phases before and after a turn tell its steps, but for whole ones, to this.",
        source="90 % of 71 turns within 0.15; flat from 0.1 to 0.25",
    )
    slowest_spm: float = parameter(
        27.0,
        unit="steps/min",
        meaning="Slower than this is handling.",
        source="a tenth below the slowest walk that is meant",
    )


@frozen
class StepParameters(Parameters):
    """The instants of steps (`coach.gait.steps`)."""

    narrow: float = parameter(
        0.75,
        unit="step times",
        meaning="Width of the smoothing that leaves one maximum a step.",
        source="flat from 0.6 to 0.9",
    )
    reach: float = parameter(
        0.3,
        unit="step times",
        meaning="How far from its place in the rhythm a step is looked for: a limp shifts it.",
        source="the most asymmetric walkers place it 0.2 aside",
    )
    real: float = parameter(
        0.3,
        unit="",
        meaning="Least movement within a step, against the median of the steps.",
        source="99 % of steps reach 0.4, standing mostly stays below",
    )
    settled_s: float = parameter(
        0.3,
        unit="s",
        meaning="A maximum this young may still be overtaken by a higher one.",
        source="half a step",
    )


@frozen
class ConfidenceParameters(Parameters):
    """The weights of what speaks for a cadence (`coach.gait.confidence`)."""

    offset: float = parameter(
        -3.5, unit="", meaning="Of a cadence that scatters by 3 steps/min.", source=_CALIBRATED
    )
    steadiness: float = parameter(
        7.3, unit="", meaning="The phases keep in step.", source=_CALIBRATED
    )
    scatter: float = parameter(
        -2.06, unit="per e-fold", meaning="The tempo scatters.", source=_CALIBRATED
    )
    least: float = parameter(
        0.55, unit="", meaning="It is never less.", source="so many are right among the worst"
    )
    scatter_least_spm: float = parameter(
        0.5, unit="steps/min", meaning="Less scatter is none.", source="the truth's own error"
    )


@frozen
class GaitParameters(Parameters):
    """All of the gait analysis."""

    lever: LeverParameters = field(default_factory=LeverParameters)
    evidence: EvidenceParameters = field(default_factory=EvidenceParameters)
    rhythm: RhythmParameters = field(default_factory=RhythmParameters)
    tempo: TempoParameters = field(default_factory=TempoParameters)
    steps: StepParameters = field(default_factory=StepParameters)
    confidence: ConfidenceParameters = field(default_factory=ConfidenceParameters)


GAIT: Final = GaitParameters()
"""Those that are in force, unless a benchmark varies them."""
