"""What the walker hears and sees for each thing that the coach says: one row each."""

from __future__ import annotations

from coach import cues
from hardware import patterns
from hardware.patterns import Pattern

CUES: dict[str, Pattern] = {
    cues.SLOW_DOWN: patterns.SLOW_DOWN,
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
