"""A simulated person who wears the device, walks as told, and is seen through: every step known.

What a `Walker` is told to do is a plan, a sequence of segments with events in them; what it felt is
its `signal`, and what it really did its `truth`.
"""

from hardware.simulated.walker.mounting import random_mounting
from hardware.simulated.walker.plan import (
    BeltChange,
    ClipOff,
    ClipOn,
    ClipSlip,
    Cough,
    Fall,
    Knock,
    Lie,
    Segment,
    SideRails,
    Sit,
    Stand,
    Stumble,
    Turn,
    Walk,
)
from hardware.simulated.walker.truth import Truth
from hardware.simulated.walker.walker import Walker

__all__ = [
    "BeltChange",
    "ClipOff",
    "ClipOn",
    "ClipSlip",
    "Cough",
    "Fall",
    "Knock",
    "Lie",
    "Segment",
    "SideRails",
    "Sit",
    "Stand",
    "Stumble",
    "Truth",
    "Turn",
    "Walk",
    "Walker",
    "random_mounting",
]
