"""The constants of falls and of the device that is handled (see `coach.balance.parameters`)."""

from __future__ import annotations

from coach.frozen import frozen
from coach.parameters import Parameters, parameter


@frozen
class PostureParameters(Parameters):
    """When somebody has fallen (`coach.balance.posture`)."""

    hard_g: float = parameter(
        3.0,
        unit="g",
        meaning="An impact of this size is a body on the floor.",
        source="whoever lies down in haste stays below 2.7 g",
    )
    soft_g: float = parameter(
        2.0,
        unit="g",
        meaning="An impact of this size is one if the body has dropped before.",
        source="on a mat, 50 samples a second: median 2.9, one in ten below 2.3; sitting down 1.8",
    )
    drop_mps: float = parameter(
        1.0,
        unit="m/s",
        meaning="Speed that the body gains while its weight is off, within `drop_s`.",
        source="a waist that falls 0.9 m: 1.5 to 2.3; sitting down, one in a hundred above 1",
    )
    drop_s: float = parameter(
        0.8,
        unit="s",
        meaning="Time over which a drop is added up.",
        source="a fall of 0.9 m takes 0.45 s free, and longer over a leg that holds on",
    )
    impact_s: float = parameter(
        4.0,
        unit="s",
        meaning="An impact counts this long.",
        source="bodies come to rest within three seconds of hitting the floor",
    )
    lean_deg: float = parameter(
        40.0,
        unit="deg",
        meaning="Up to here the trunk counts as upright.",
        source="sitting and stairs stay below",
    )
    lying_deg: float = parameter(
        60.0,
        unit="deg",
        meaning="Beyond here nobody stands.",
        source="bending to a shoe reaches 50",
    )
    lying_s: float = parameter(
        1.0,
        unit="s",
        meaning="So long after an impact a fallen body leans, and lies in most of it.",
        source="shorter is the tumble itself",
    )
    down_s: float = parameter(
        1.5,
        unit="s",
        meaning="Whoever lies for longer falls no further: what hits then is no fall.",
        source="344 falls hit the floor within 0.65 s of lying; rolls in bed come 3 s later",
    )
    lying_share: float = parameter(
        0.8,
        unit="",
        meaning="Share of `lying_s` beyond `lying_deg`.",
        source="bodies roll and push themselves up",
    )
    not_regained_s: float = parameter(
        2.0,
        unit="s",
        meaning="So long beyond `lean_deg` after a stumble is a fall too.",
        source="whoever recovers bends as deep, but comes back sooner",
    )
    stumbled_s: float = parameter(
        6.0,
        unit="s",
        meaning="A trunk that comes to lie so soon after a stumble has fallen.",
        source="choice",
    )
    resigned_s: float = parameter(
        10.0,
        unit="s",
        meaning="A lean that lasts so long without being a fall is a new posture; so is one at the "
        "end of a longer gap, whatever hit before it.",
        source="choice",
    )
    trunk_frames: float = parameter(
        10,
        unit="frames",
        meaning="So much mean acceleration is the direction of gravity.",
        source="0.5 s: a step, so that its swing cancels",
    )
    before_frames: float = parameter(
        50,
        unit="frames",
        meaning="Upright is how the trunk was until so long ago.",
        source="2.5 s: before the lean of a fall began",
    )
    upright_s: float = parameter(
        2.0,
        unit="s",
        meaning="Time constant of the mean over what was before.",
        source="two strides: a moment's stagger weighs little",
    )
    regained_s: float = parameter(
        5.0,
        unit="s",
        meaning="Walking this long after a fall is proof of an upright walker.",
        source="choice: wherever the clip is now",
    )
    risen_deg: float = parameter(
        20.0,
        unit="deg",
        meaning="A trunk that walks so far from where it lay has got up.",
        source="as `balance.handling.slip_deg`: a walk sways the mean of a step by less",
    )


@frozen
class HandlingParameters(Parameters):
    """When it is the device and not the body (`coach.balance.handling`)."""

    dead_s: float = parameter(
        5.0,
        unit="s",
        meaning="So long without any life is no body.",
        source="a breath at 12 a minute",
    )
    fallen_dead_s: float = parameter(
        20.0,
        unit="s",
        meaning="... of somebody who has fallen, by what the device says.",
        source="four breaths at 12 a minute: the stillest of 273 held theirs for five seconds",
    )
    dead_dps: float = parameter(
        0.06,
        unit="deg/s",
        meaning="Rms of rotation about its own mean that a body never stays below.",
        source="twice the chip's noise, 0.032; the stillest of 273 after a fall: 0.096 in 5 s",
    )
    dead_g: float = parameter(
        0.01,
        unit="g",
        meaning="Rms of acceleration about its own mean that goes with it.",
        source="chip's noise 0.0026",
    )
    thrown_s: float = parameter(
        10.0,
        unit="s",
        meaning="What begins to lie dead so soon after it fell freely was dropped.",
        source="choice: it rolls",
    )
    slip_s: float = parameter(
        4.0,
        unit="s",
        meaning="A clip has slipped if a walk goes on so long in another posture than for as long "
        "before.",
        source="choice: longer than anybody walks bent after a stumble",
    )
    slip_deg: float = parameter(
        20.0,
        unit="deg",
        meaning="Change of posture that counts as a slip.",
        source="trunks of walkers seldom lean by more than 15 degrees, whatever they do",
    )
    free_fall_mps: float = parameter(
        2.5,
        unit="m/s",
        meaning="Speed of a device that falls alone.",
        source="0.25 s of free fall; bodies that fall keep a foot on the ground: 2.3 at most",
    )
