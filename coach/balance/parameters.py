"""Every constant of the balance algorithms, with its unit, its meaning and where it comes from.

What a chip can tell follows from its datasheet: MPU-6050, 400 ug/sqrt(Hz) and 0.005 deg/s/sqrt(Hz)
behind a low-pass of 44 Hz are 3.3 mg and 0.042 deg/s rms a sample and axis, and 2.6 mg and
0.032 deg/s over the three axes of the mean of a frame of five.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from coach.balance.fall_parameters import HandlingParameters, PostureParameters
from coach.frozen import frozen
from coach.parameters import Parameters, parameter

CHIP_ACC_G: Final = 0.0026
CHIP_ROTATION_DPS: Final = 0.032
"""The chip's noise in the mean of a frame, all axes."""

_WORN_ELSEWHERE = "as felt elsewhere on the waistband, at the same number of false alarms"
_LEFT_OUT = "flat within 25 % where each person and data set in turn is left out"


@frozen
class MotionParameters(Parameters):
    """Gravity and the strengths of movement (`coach.balance.motion`)."""

    gravity_s: float = parameter(
        1.0,
        unit="s",
        meaning="Time constant with which gravity, carried along by the gyroscope, returns to the "
        "mean acceleration.",
        source="a step or two, so that it follows a change of posture within 2 s",
    )
    offset_s: float = parameter(
        5.0,
        unit="s",
        meaning="Time constant of the gyroscope's offset.",
        source="longer than any turn or stumble",
    )
    knock_share: float = parameter(
        1.5,
        unit="",
        meaning="Share of its roughness that a knock on the device leaves in a frame's mean.",
        source="a damped ringing at 18-28 Hz, by calculation",
    )
    weight_least_g: float = parameter(
        0.2,
        unit="g",
        meaning="A gravity shorter than this has no direction.",
        source="free fall, or no sensor",
    )


@frozen
class NoveltyParameters(Parameters):
    """What the next moment of a gait looks like (`coach.balance.novelty`)."""

    gain: float = parameter(
        1.3,
        unit="",
        meaning="A step is at most this much larger or smaller than another.",
        source="amplitudes of real steps vary by 0.11 to 0.25",
    )
    alike: float = parameter(
        3,
        unit="moments",
        meaning="So many earlier moments say what the next one looks like.",
        source="2 to 5 differ little: " + _LEFT_OUT,
    )


@frozen
class ArmingParameters(Parameters):
    """Who walks (`coach.balance.arming`)."""

    smooth_frames: float = parameter(
        3,
        unit="frames",
        meaning="Movement is averaged over so many before it counts as walking.",
        source="150 ms pass steps (4 Hz and less) and take 85 % off a belt's vibration (8-25 Hz)",
    )
    within_frames: float = parameter(
        16,
        unit="frames",
        meaning="Steps exceed the thresholds at least this often.",
        source="0.8 s: a step at 75 steps/min; slower ones are known by their cadence",
    )
    walked_frames: float = parameter(
        32,
        unit="frames",
        meaning="So much of it is walking.",
        source="1.6 s: two or three steps; " + _LEFT_OUT,
    )
    strong_g: float = parameter(
        0.12,
        unit="g",
        meaning="Load of free steps, averaged.",
        source="recordings: " + _LEFT_OUT,
    )
    strong_dps: float = parameter(
        12.0,
        unit="deg/s",
        meaning="Rotation of free steps, averaged.",
        source="recordings: " + _LEFT_OUT,
    )
    faint_g: float = parameter(
        0.025,
        unit="g",
        meaning="Load of the faintest steps that are told by being even.",
        source="ten times the chip's noise",
    )
    faint_dps: float = parameter(
        3.0,
        unit="deg/s",
        meaning="Rotation of the faintest steps that are told by being even.",
        source="chip's offset drift and the sway of standing are below",
    )
    even_share: float = parameter(
        0.4,
        unit="",
        meaning="Of two neighbouring stretches of faint steps the weaker has this share of the "
        "stronger: whoever fidgets or sits down moves once, whoever walks goes on.",
        source="recordings: " + _LEFT_OUT,
    )
    faint_frames: float = parameter(
        24,
        unit="frames",
        meaning="So much of faint steps that are even is walking.",
        source="with the two stretches that are compared, 2.8 s",
    )
    still_g: float = parameter(
        0.02,
        unit="g",
        meaning="Less load than this is standing still.",
        source="eight times the chip's noise",
    )
    pause_frames: float = parameter(
        36,
        unit="frames",
        meaning="A pause has lasted this long: what comes after it are first steps again.",
        source="1.8 s, longer than a step at 40 steps/min; 1.2 to 2 s differ little",
    )
    pause_share: float = parameter(
        0.4,
        unit="",
        meaning="A pause moves less than this share of the walker's baseline.",
        source="recordings with pauses put into them: " + _LEFT_OUT,
    )


@frozen
class BaselineParameters(Parameters):
    """The walker's own measure (`coach.balance.baseline`)."""

    newest_frames: float = parameter(
        8,
        unit="frames",
        meaning="The newest movement is held against the baseline before it enters it.",
        source="0.4 s: the parts of a stumble follow each other within a step",
    )
    held_s: float = parameter(
        20.0,
        unit="s",
        meaning="The baseline is the largest of this long.",
        source="walks with pauses and slow passages; twice as long changes nothing",
    )
    held_least_s: float = parameter(
        8.0,
        unit="s",
        meaning="What is learned in a walk's beginning, when nothing is known and all is new, is "
        "held this long, and as much longer as had been walked.",
        source="flat from 5 s: " + _LEFT_OUT,
    )
    fade_s: float = parameter(
        30.0,
        unit="s",
        meaning="Time constant with which it fades once it is older.",
        source="walks with pauses and slow passages; 12 to 60 s differ little",
    )
    grows_s: float = parameter(
        1.5,
        unit="s",
        meaning="Time constant with which the baseline of a known walker grows at most.",
        source="a stumble is over sooner, a change of gait takes longer",
    )
    together_grows_s: float = parameter(
        3.5,
        unit="s",
        meaning="The same of all together, of which each value counts for 0.4 s.",
        source="14 frames of a jolt of 6; flat from 2.5 to 6 s: " + _LEFT_OUT,
    )
    known_frames: float = parameter(
        60,
        unit="frames",
        meaning="So much walking makes a baseline; before that it grows freely.",
        source="3 s: some steps",
    )
    ratio_most: float = parameter(
        3.0,
        unit="",
        meaning="What is beyond its baseline speaks for a stumble with no more than this: one "
        "quantity alone never makes one.",
        source="a knock, or a turn, is one of six",
    )
    rotation_counts: float = parameter(
        3.0,
        unit="",
        meaning="New rotation counts as so many of the six quantities, and so does surprise: a "
        "trunk that loses its balance turns as no step turns it.",
        source="stumbles, real and added, at the same number of false alarms; 2 to 6 differ little",
    )
    turns_most: float = parameter(
        1.8,
        unit="",
        meaning="What turns is no further beyond its baseline than this many times what shakes is, "
        "on average: a device that turns more has slipped in its clip.",
        source="83 stumbles: 80 below 1.9, at most 2.3; clips that slip within 0.2 s: 5 to 40; 1.6 "
        "to 2 differ little where the line is moved with it",
    )
    surprise_most: float = parameter(
        1.3,
        unit="",
        meaning="Rotation is no more surprising than this many times what load is: who stumbles "
        "loads the feet as no step does, and a device that turns in its clip does not.",
        source="84 stumbles: 0.4 to 1.5 (10 to 90 %); clips that slip within 0.2 s: 3 to 86; 1 to "
        "1.8 make a fifteenth more of the added stumbles, and three times as many slips",
    )
    noise_acc_g: float = parameter(
        0.026,
        unit="g",
        meaning="A baseline of acceleration counts as at least this.",
        source="ten times the chip's noise",
    )
    noise_rotation_dps: float = parameter(
        2.0,
        unit="deg/s",
        meaning="A baseline of rotation counts as at least this.",
        source="sway of a standing body; 60 times the chip's noise",
    )
    dead_dps: float = parameter(
        0.5,
        unit="deg/s",
        meaning="A gyroscope that moves less than this for two seconds of walking is dead, and "
        "has no say.",
        source="fifteen times the chip's noise; the faintest walk is above 2",
    )


@frozen
class UnevennessParameters(Parameters):
    """How much further away a stumble is of who walks unevenly (`coach.balance.unevenness`)."""

    remembered_s: float = parameter(
        10.0,
        unit="s",
        meaning="So many seconds of a walk say how uneven it is.",
        source="6 to 20 s differ little: " + _WORN_ELSEWHERE,
    )
    usual: float = parameter(
        0.2,
        unit="",
        meaning="Scatter (of the logarithm) of the largest movement of each second, in a walk not "
        "known yet.",
        source="walks before a stumble: 0.12 to 0.2 in the middle ones, by data set",
    )
    usual_counts: float = parameter(
        8.0,
        unit="s",
        meaning="What is usual counts as so many seconds of the walk.",
        source="4 to 12 differ little: " + _WORN_ELSEWHERE,
    )
    counts: float = parameter(
        1.5,
        unit="",
        meaning="The line moves away by this times the scatter that is not usual (logarithms).",
        source="1 to 3 differ little: " + _WORN_ELSEWHERE,
    )


@frozen
class StumbleParameters(Parameters):
    """When a movement is a stumble, and what follows (`coach.balance.stumble`)."""

    excess: float = parameter(
        0.66,
        unit="",
        meaning="How far beyond the baseline a stumble is at sensitivity 1, in a long walk.",
        source="for 71 of 77 people left out in turn, for six 0.60; the nearest of 3.7 h of walks "
        "would be alarmed between 0.55 and 0.60; of 84 real stumbles it loses one, 0.72 would "
        "lose two",
    )
    few_frames: float = parameter(
        20.0,
        unit="frames",
        meaning="The line is itself to the power of 1 + this / frames walked: few steps make a "
        "wide baseline.",
        source="recordings: " + _LEFT_OUT,
    )
    unlike_share: float = parameter(
        0.5,
        unit="",
        meaning="A stumble leaves more than this share of the movement's power to no earlier step, "
        "however much that is enlarged: hands that let go of the rails make the same steps larger.",
        source="more unlike a step than like one; nine in ten of 83 real stumbles leave 0.64 and "
        "more; a tenth more or less moves no figure of stumbles by more than one",
    )
    larger_frames: float = parameter(
        4,
        unit="frames",
        meaning="Once steps have been larger for so long, the mean share of the frames beyond the "
        "line counts, of 0.4 s at most.",
        source="of 19 alarms in vain at letting go of the rails 7 came after so many, of 562 "
        "stumbles put in 11; 3 to 5 differ by one",
    )
    unlike_usual: float = parameter(
        0.75,
        unit="",
        meaning="The anomaly ratio of a known walker, an amplitude, counts with the root of the "
        "share that is unlike every earlier step, in units of this.",
        source="between steps that came near to an alarm, 0.50 to 0.63, and the middle of 83 real "
        "stumbles, 0.80",
    )
    unlike_most: float = parameter(
        0.85,
        unit="",
        meaning="... and no share counts for more than this: a clip that slips and a sensor that "
        "hangs are unlike any step, and no stumble.",
        source="six in ten of 83 real stumbles are below; 0.8 to 0.9 differ little",
    )
    calm: float = parameter(
        0.8,
        unit="",
        meaning="Below this part of what is usual (an anomaly ratio) is calm.",
        source="below the strongest moment of a usual step; 0.65 to 0.9 differ little",
    )
    calm_frames: float = parameter(
        2,
        unit="frames",
        meaning="So many frames after a calm one are not judged.",
        source="of 1,000 alarms 86 come later for it, by 0.05 s mostly, and 78 sooner; three let "
        "more false ones through",
    )
    incident_s: float = parameter(
        3.0,
        unit="s",
        meaning="So long without a new excess ends an incident.",
        source="what comes sooner is still the same stumble",
    )
    unlearned_s: float = parameter(
        6.0,
        unit="s",
        meaning="This much of an incident does not enter the baseline.",
        source="whoever goes on like that has changed gait",
    )
    settle_s: float = parameter(
        0.6,
        unit="s",
        meaning="After a gap nothing is judged, nor learned, for so long.",
        source="what is held against earlier steps lies behind the gap again; 0.3 differs little, "
        "0.9 and more leave steps unlearned, and the next ones are new",
    )
    bridged_s: float = parameter(
        0.03,
        unit="s",
        meaning="A gap of so few samples is none.",
        source="a reading lost on the bus, one to three samples; no body moves far in it",
    )
    short_gap_s: float = parameter(
        2.0,
        unit="s",
        meaning="The baseline, and gravity, survive a gap of this length.",
        source="a bus that is set up again takes one second",
    )
    stopped_s: float = parameter(
        2.0,
        unit="s",
        meaning="Standing still so long after a stumble means that the walker has stopped.",
        source="a step at 30 steps/min",
    )
    still_share: float = parameter(
        0.25,
        unit="",
        meaning="Shaking below this share of the baseline is standing.",
        source="recordings of people who stop",
    )


@frozen
class BalanceParameters(Parameters):
    """All of the room's."""

    motion: MotionParameters = field(default_factory=MotionParameters)
    novelty: NoveltyParameters = field(default_factory=NoveltyParameters)
    arming: ArmingParameters = field(default_factory=ArmingParameters)
    baseline: BaselineParameters = field(default_factory=BaselineParameters)
    unevenness: UnevennessParameters = field(default_factory=UnevennessParameters)
    stumble: StumbleParameters = field(default_factory=StumbleParameters)
    posture: PostureParameters = field(default_factory=PostureParameters)
    handling: HandlingParameters = field(default_factory=HandlingParameters)


BALANCE: Final = BalanceParameters()
"""Those that are in force, unless a benchmark varies them."""
