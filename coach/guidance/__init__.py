"""What the walker is told, and when: from the events of gait and balance to cues.

Sessions, milestones, stages, fatigue and the pace cue follow the walk second by second; the cues
gather what is to be said; the metronome beats where nothing is. `programme` holds the rules of
the weeks, and needs no samples at all.
"""

from coach.guidance.cues import EASE_OFF, FALL, NEXT_STAGE, STAGE_BACK, STUMBLE
from coach.guidance.guide import Guidance
from coach.guidance.milestones import HALF_WAY, LIMIT, TALK_CHECK, TARGET
from coach.guidance.pace import SLOW_DOWN, SLOW_DOWN_FIRM
from coach.guidance.parameters import GUIDANCE, GuidanceParameters

__all__ = [
    "EASE_OFF",
    "FALL",
    "GUIDANCE",
    "HALF_WAY",
    "LIMIT",
    "NEXT_STAGE",
    "SLOW_DOWN",
    "SLOW_DOWN_FIRM",
    "STAGE_BACK",
    "STUMBLE",
    "TALK_CHECK",
    "TARGET",
    "Guidance",
    "GuidanceParameters",
]
