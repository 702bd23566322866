"""Everything that the walker hears or sees, one row each: when, how, and how to be without it.

The daemon plays from this table, `coach cues` shows and plays it, and the table of docs/user.md is
made from it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from hardware.indicators import Pattern, Priority, patterns

MUTED = "`coach mute` leaves the LED"


class Signal(NamedTuple):
    """A row. `when` it comes; `switched_off`: what a person does who wants to be without it."""

    pattern: Pattern
    when: str
    switched_off: str

    @property
    def name(self) -> str:
        """What it is called in events, settings and commands."""
        return self.pattern.name

    def drawn(self, *characters: str) -> str:
        """Its rhythm as text (`Pattern.drawn`); beats as they follow one another."""
        shown = taste(self.pattern) if self.pattern == patterns.BEAT else self.pattern
        return shown.drawn(*characters)

    @property
    def light(self) -> str:
        """What the LED does."""
        if self.pattern == patterns.BEAT:
            return "if set so"
        return "with the buzzer" if self.pattern.output == "both" else "alone"


SIGNALS: dict[str, Signal] = {
    signal.name: signal
    for signal in (
        Signal(
            patterns.READY, "The device is on and feels its sensor.", "`session.announce = false`"
        ),
        Signal(
            patterns.SESSION_STARTED,
            "After some seconds of steady walking.",
            "`session.announce = false`",
        ),
        Signal(
            patterns.SESSION_ENDED,
            "After a minute without a step, or in it when another profile is set.",
            "`session.announce = false`",
        ),
        Signal(
            patterns.SAVED,
            "After these, when the whole session is on the card.",
            "`session.announce = false`",
        ),
        Signal(
            patterns.SLOW_DOWN,
            "Your cadence is above the limit; it ends as soon as you begin to slow down.",
            "`cadence.max_spm = 200` sets the limit out of reach",
        ),
        Signal(
            patterns.SLOW_DOWN_FIRM,
            "The calm beeps have changed nothing.",
            "`cadence.firm_after_s = 0`",
        ),
        Signal(
            patterns.HALF_WAY,
            "Half of the walking time to reach (5 of 10 minutes).",
            "`session.milestones = false`",
        ),
        Signal(
            patterns.TARGET,
            "The walking time to reach (10 minutes).",
            "`session.milestones = false`",
        ),
        Signal(
            patterns.LIMIT,
            "The longest walking time (15 minutes), and every minute after it.",
            "`session.limit_min = 180` puts it off",
        ),
        Signal(
            patterns.TALK_CHECK,
            "Every few minutes, if you want it.",
            "`session.talk_check_min = 0` (so by default)",
        ),
        Signal(
            patterns.NEXT_STAGE,
            "Your rhythm has been comfortable for minutes: the next stage next time.",
            "`stage.advice = false`",
        ),
        Signal(
            patterns.STAGE_BACK,
            "You stumbled, or lost the rhythm for half a minute: a stage back.",
            "`stage.advice = false`",
        ),
        Signal(
            patterns.EASE_OFF,
            "Your rhythm says that you are getting tired.",
            "`session.fatigue = false`",
        ),
        Signal(
            patterns.BEAT,
            "At each step, if you want it, while nothing else sounds.",
            "`metronome.output = off` (so by default)",
        ),
        Signal(
            patterns.STUMBLE,
            "At once when you stumble: hold the rails. Then the limit is lower for a minute.",
            f"not, for safety; {MUTED}, `coach clear` ends one",
        ),
        Signal(
            patterns.FALL,
            "At once when you fall, until you walk upright again, or the device lies where nobody "
            "wears it.",
            f"not, for safety; {MUTED}, `coach clear` ends one",
        ),
        Signal(
            patterns.FAULT,
            "The sensor is in trouble (a loose wire, usually), a pin, or the settings file; "
            "coach status says which.",
            "not; it ends with the trouble",
        ),
        Signal(
            patterns.FAULT_HEARD,
            "In a session the sensor gives nothing: nobody watches your steps, hold the rails and "
            "step off; every ten seconds, for a minute. Or the LED does not work (its pin is "
            "taken), and there is something that it would show: once for each trouble, every ten "
            "seconds for the sensor's.",
            "not; it ends with the trouble",
        ),
        Signal(
            patterns.LOG_TROUBLE,
            "The session cannot be recorded at present; the coaching goes on.",
            "not; it ends with the trouble",
        ),
        Signal(
            patterns.LOW_POWER,
            "Once, when the Pi's supply has dipped, until the next session begins; twice, then "
            "log_trouble twice, where both are true.",
            "not; a stronger power bank, a shorter cable",
        ),
        Signal(patterns.HEARTBEAT, "All is well and no session runs.", "`led.heartbeat = false`"),
    )
}
"""By name, in the order of the table."""

_LIGHT_BEAT = replace(patterns.BEAT, output="light")
BEATS: dict[str, tuple[Pattern, ...]] = {
    "off": (),
    "sound": (patterns.BEAT,),
    "light": (_LIGHT_BEAT,),
    "both": (patterns.BEAT, _LIGHT_BEAT),
}
"""By the setting `metronome.output`. Each is a pattern of its own, so that a tick leaves the sign
of a fault on the LED."""

LOG_AND_POWER = replace(
    patterns.LOW_POWER,
    name="low_power, log_trouble",
    rhythm=2 * patterns.LOW_POWER.rhythm + 2 * patterns.LOG_TROUBLE.rhythm,
)
"""Two troubles of the same weight, by turns: of equals, one alone would show."""

TASTE_S = 4.0
"""What has no end is played for so long, in whole rounds, to whoever wants to know it."""

TASTED_BEAT_MS = (30, 720)
"""A single tick is no beat: it is played at 80 steps/min."""


def taste(pattern: Pattern) -> Pattern:
    """The pattern as it is played to be learnt: with an end, and giving way to everything real."""
    rhythm = TASTED_BEAT_MS if pattern.name == patterns.BEAT.name else pattern.rhythm
    endless = pattern.repeat is None or pattern.name == patterns.BEAT.name
    rounds = math.ceil(1000 * TASTE_S / sum(rhythm)) if endless else pattern.repeat
    return replace(
        pattern,
        name=f"taste {pattern.name}",
        rhythm=rhythm,
        repeat=rounds,
        priority=Priority.BEAT,
        keeps_s=0.5,
    )
