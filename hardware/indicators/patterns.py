"""What the buzzer and the LED can say: rhythms, told apart without any pitch.

A pattern is a row of times on and off. The ear and the eye tell rhythms apart by how many pulses
come in a group, and by which of them are long; so no two patterns share both. Urgent ones are
fast or continuous, friendly ones short and finished; what needs no haste shows on the LED only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Output = Literal["both", "sound", "light"]


class Priority(IntEnum):
    """Who is heard when two have something to say. Only a higher one cuts another short."""

    IDLE = 0
    BEAT = 1
    NOTICE = 2
    HINT = 3
    LIMIT = 4
    URGENT = 5
    ALARM = 6


MILESTONE_S = 10.0
"""A milestone that could not be told within this time is no news any more."""


DRAWN_MS = 100
"""Milliseconds a character: shorter pulses still get one, and the longest row has 60."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm and what it means.

    - `rhythm`: milliseconds on, off, on, off, ...: it starts on and ends with its own pause.
    - `repeat`: how often it is played; None: until it is stopped.
    - `sounds`: one sentence on how it sounds or looks.
    - `output`: the buzzer and the LED together, or one of them.
    - `keeps_s`: while something more urgent plays, it waits for at most so many seconds for its
      turn; infinite for what lasts until it is stopped.
    - `felt`: a motor takes part in the first so many rounds of each so many; None: in all.

    Raises `ValueError` where the rhythm is no row of positive pairs.
    """

    name: str
    rhythm: tuple[int, ...]
    repeat: int | None
    priority: Priority
    sounds: str
    output: Output = "both"
    keeps_s: float = math.inf
    felt: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not self.rhythm or len(self.rhythm) % 2 or min(self.rhythm) <= 0:
            raise ValueError(f"pattern {self.name}: expected pairs of positive times, on and off")
        if self.repeat is not None and self.repeat < 1:
            raise ValueError(f"pattern {self.name}: expected a repeat of at least 1, or None")

    @property
    def seconds(self) -> float:
        """Length of the whole pattern, its last pause included; infinite without an end."""
        return math.inf if self.repeat is None else self.repeat * sum(self.rhythm) / 1000

    def is_felt(self, played: int) -> bool:
        """Whether a motor takes part in the round that comes after so many."""
        rounds, of = self.felt or (1, 1)
        return played % of < rounds

    def drawn(self, on: str = "█", off: str = "▁", more: str = "…") -> str:
        """The rhythm as a row of characters, `DRAWN_MS` each; `more` where it goes on for ever."""
        length = len(self.rhythm) * (self.repeat or 1)
        row = [self.rhythm[i % len(self.rhythm)] for i in range(length)]
        last = len(row) - (self.repeat is not None)  # after an end, nothing is heard
        pulses = enumerate(row[:last])
        made = "".join((off if i % 2 else on) * max(1, round(ms / DRAWN_MS)) for i, ms in pulses)
        return made + more if self.repeat is None else made


def _light(name: str, rhythm: tuple[int, ...], priority: Priority, sounds: str) -> Pattern:
    """On the LED alone, until it is stopped."""
    return Pattern(name, rhythm, None, priority, sounds, output="light")


def _once(
    name: str, rhythm: tuple[int, ...], sounds: str, priority: Priority = Priority.NOTICE
) -> Pattern:
    """A message, said once, as long as it is news."""
    return Pattern(name, rhythm, 1, priority, sounds, keeps_s=MILESTONE_S)


# What shows when nothing else does.

HEARTBEAT = _light(
    "heartbeat",
    (40, 160, 40, 2760),
    Priority.IDLE,
    "A double blink of the LED every three seconds: the device is well and waits for a walk.",
)
LOG_TROUBLE = _light(
    "log_trouble",
    (1000, 1000),
    Priority.NOTICE,
    "The LED is slowly and evenly on and off: the session cannot be recorded.",
)
LOW_POWER = _light(
    "low_power",
    (700, 250, 150, 900),
    Priority.NOTICE,
    "The LED is on long and short by turns: the power supply is too weak.",
)
FAULT = _light(
    "fault",
    (120, 180, 120, 180, 120, 1100),
    Priority.LIMIT,
    "The LED blinks in threes: something is in trouble.",
)

# The course of a session.

READY = _once("ready", (120, 880), "One short beep: the device is ready.")
SESSION_STARTED = _once(
    "session_started", (80, 120, 80, 120, 500, 600), "Two short beeps and a long one."
)
SESSION_ENDED = _once("session_ended", (500, 300, 500, 700), "Two long beeps.")
SAVED = _once(
    "saved", (500, 200, 80, 120, 80, 700), "A long beep and two short ones: safe to switch off."
)
HALF_WAY = _once(
    "half_way", (80, 120, 80, 500, 80, 120, 80, 700), "Two short beeps, a pause, and two again."
)
TARGET = _once(
    "target",
    (80, 120, 80, 120, 80, 500, 80, 120, 80, 120, 80, 700),
    "Three short beeps, a pause, and three again.",
)
NEXT_STAGE = _once(
    "next_stage", (80, 120, 450, 350, 80, 120, 450, 700), "Short-long, short-long, like a question."
)
STAGE_BACK = _once("stage_back", (450, 120, 80, 350, 450, 120, 80, 700), "Long-short, long-short.")
TALK_CHECK = _once(
    "talk_check", (60, 750, 60, 750, 60, 750), "Three ticks with long pauses: can you still talk?"
)
BEAT = Pattern(
    "beat",
    (30, 70),
    1,
    Priority.BEAT,
    "One tick: take a step.",
    output="sound",
    keeps_s=0.0,  # a beat that is late is wrong
)
FAULT_HEARD = _once(
    "fault_heard",
    (150, 150, 150, 150, 150, 150, 150, 150, 150, 700),
    "Five short beeps: something is in trouble that nobody sees on the LED.",
    Priority.LIMIT,
)

# What the walker should do.

SLOW_DOWN = Pattern(
    "slow_down",
    (180, 320, 180, 1820),
    None,
    Priority.HINT,
    "Two calm beeps every two and a half seconds.",
)
SLOW_DOWN_FIRM = Pattern(
    "slow_down_firm",
    (350, 150, 350, 150, 350, 150, 350, 850),
    None,
    Priority.HINT,
    "Four long beeps, again and again.",
)
EASE_OFF = Pattern(
    "ease_off",
    (900, 200, 400, 200, 150, 1300),
    2,
    Priority.HINT,
    "A very long beep, a long one and a short one, twice: come to rest.",
    keeps_s=MILESTONE_S,
)
LIMIT = _once(
    "limit",
    (1300, 700, 1300, 700, 1300, 900),
    "Three very long beeps: the session has been long enough, come to a stop.",
    Priority.LIMIT,
)

# Danger.

STUMBLE = Pattern(
    "stumble",
    (60, 60),
    25,
    Priority.URGENT,
    "A fast rattle of beeps for three seconds.",
    keeps_s=1.0,  # later, it would tell of something that is over
)
FALL = Pattern(
    "fall",
    (900, 100),
    None,
    Priority.ALARM,
    "An alarm without an end, nearly continuous.",
    # The sensor feels a motor on its case, and its pulses are as even as steps: they must be over
    # before they make a walk (5 s), and leave it alone for long enough to know a device that nobody
    # wears (20 s). Both are of `coach.balance.fall_parameters`: `regained_s`, `fallen_dead_s`.
    felt=(3, 30),
)

PATTERNS = {each.name: each for each in list(vars().values()) if isinstance(each, Pattern)}
"""All patterns by name."""
