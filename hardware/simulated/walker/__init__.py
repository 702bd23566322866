"""A simulated person who wears the device, walks as told, and is seen through: every step known.

What a `Walker` is told to do is a plan, a sequence of segments with events in them; what it felt is
its `signal`, and what it really did its `truth`.
"""

from hardware.simulated.walker.mounting import random_mounting
from hardware.simulated.walker.people import stranger, uneven
from hardware.simulated.walker.plan import (
    PACE,
    BeltChange,
    ClipOff,
    ClipOn,
    ClipSlip,
    Cough,
    Direction,
    Fall,
    Knock,
    Lie,
    LyingSide,
    Segment,
    SideRails,
    Sit,
    Stand,
    Stumble,
    StumbleKind,
    Turn,
    Walk,
)
from hardware.simulated.walker.truth import Side, TrueFall, TrueStep, TrueStumble, Truth
from hardware.simulated.walker.walker import Walker

__all__ = [
    "PACE",
    "BeltChange",
    "ClipOff",
    "ClipOn",
    "ClipSlip",
    "Cough",
    "Direction",
    "Fall",
    "Knock",
    "Lie",
    "LyingSide",
    "Segment",
    "Side",
    "SideRails",
    "Sit",
    "Stand",
    "Stumble",
    "StumbleKind",
    "TrueFall",
    "TrueStep",
    "TrueStumble",
    "Truth",
    "Turn",
    "Walk",
    "Walker",
    "random_mounting",
    "stranger",
    "uneven",
]
