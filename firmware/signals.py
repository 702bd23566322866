"""What the walker hears and sees for each thing that the coach says: one row each."""

from __future__ import annotations

from coach import cues, milestones
from hardware import patterns
from hardware.patterns import Pattern

CUES: dict[str, Pattern] = {
    cues.SLOW_DOWN: patterns.SLOW_DOWN,
    cues.SLOW_DOWN_FIRM: patterns.SLOW_DOWN_FIRM,
    cues.EASE_OFF: patterns.EASE_OFF,
    cues.NEXT_STAGE: patterns.NEXT_STAGE,
    cues.STAGE_BACK: patterns.STAGE_BACK,
    milestones.HALF_WAY: patterns.HALF_WAY,
    milestones.TARGET: patterns.TARGET,
    milestones.LIMIT: patterns.LIMIT,
    milestones.TALK_CHECK: patterns.TALK_CHECK,
    cues.STUMBLE: patterns.STUMBLE,
    cues.FALL: patterns.FALL,
}
"""By the cue's name; on while the cue is."""

SESSION: dict[str, Pattern] = {
    "started": patterns.SESSION_STARTED,
    "ended": patterns.SESSION_ENDED,
}
"""By the session's state; said once."""

READY = patterns.READY
FAULT = patterns.FAULT
LOG_TROUBLE = patterns.LOG_TROUBLE
