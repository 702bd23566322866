"""What a person may set, each defined once: type, unit, range, default and a sentence.

A group of settings is a frozen dataclass whose fields are made with `setting`. The file, the
command line and the reference table are all made from these definitions. A value that is out of
range never gets into a settings object: `Key.parse` is the only door for what people write.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Literal, TypeVar

T = TypeVar("T", bool, int, float, str)
Value = bool | int | float | str
Effect = Literal["at once", "next session", "next start"]
Check = Callable[[Any], object]

LONGEST_TEXT = 200
"""Characters of a text setting: longer than any path or name that makes sense."""

SHOWN = 60
"""Characters of a refused value that are repeated to its writer."""


class SettingError(ValueError):
    """A value that cannot be used; the message is one sentence that says what is expected."""


def setting(
    default: T,
    meaning: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    effect: Effect = "at once",
    check: Check | None = None,
) -> T:
    """Define one setting of a dataclass; its type is the type of `default`.

    `effect`: when a change comes into force in a daemon that is running. `check` raises
    `SettingError` for a text that has the right type and is wrong all the same.
    """
    metadata = {"meaning": meaning, "unit": unit, "low": low, "high": high, "choices": choices}
    made: T = field(default=default, metadata={**metadata, "effect": effect, "check": check})
    return made


@dataclass(frozen=True, slots=True)
class Key:
    """The definition of one setting, as the reference table shows it."""

    name: str
    kind: type[Value]
    default: Value
    meaning: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    effect: Effect
    check: Check | None

    @property
    def expected(self) -> str:
        """What a value must be, as part of a sentence: `a number from 30 to 200 (steps/min)`."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        what = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        unit = f" ({self.unit})" if self.unit else ""
        if self.low is not None and self.high is not None:
            return f"{what[self.kind]} from {self.low:g} to {self.high:g}{unit}"
        if self.kind is str:
            return f"text of at most {LONGEST_TEXT} printable characters"
        return what[self.kind] + unit

    def parse(self, value: object) -> Value:
        """Check a value from a file, or read one from a command line's text.

        Raises `SettingError` with a sentence that names the key and what is expected.
        """
        made = _read(self.kind, value)
        if made is None or not self._allows(made):
            raise SettingError(f"{self.name} = {_shown(value)}: expected {self.expected}")
        if self.check is not None:
            self.check(made)
        return made

    def _allows(self, value: Value) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(value, str):
            return len(value) <= LONGEST_TEXT and value.isprintable()
        if isinstance(value, bool):
            return True
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high  # also refuses NaN


def _read(kind: type[Value], value: object) -> Value | None:
    """`value` as `kind`, or None. Text is read as a person writes it; 3 is a fine float."""
    if kind is str:
        # TOML has days of its own, without quotes
        text = value.isoformat() if isinstance(value, date) else value
        return text if isinstance(text, str) else None
    if kind is bool:
        words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
        if isinstance(value, str):
            return words.get(value.strip().lower())
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value) if kind is int and not isinstance(value, float) else _as(kind, value)
    except (ValueError, OverflowError):  # no number, or one beyond all bounds
        return None


def _shown(value: object) -> str:
    """A refused value as its writer knows it, cut short: it may be of any size and kind."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # Python refuses to print numbers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _as(kind: type[Value], value: float | str) -> Value | None:
    number = float(value)
    if kind is float:
        return number
    return int(number) if number.is_integer() else None


def keys(group: object, prefix: str) -> Iterator[Key]:
    """The keys of one group (a settings dataclass or an instance of it), in their order."""
    for f in fields(group):  # type: ignore[arg-type]
        m: Any = f.metadata
        default: Any = f.default
        yield Key(
            name=f"{prefix}.{f.name}",
            kind=type(default),
            default=default,
            meaning=m["meaning"],
            unit=m["unit"],
            low=m["low"],
            high=m["high"],
            choices=m["choices"],
            effect=m["effect"],
            check=m["check"],
        )


# --- What changes a decision.

_ONE = re.compile(r"\s*(\w[\w -]*?)\s+(\d+)\s*-\s*(\d+)\s*")


@dataclass(frozen=True, slots=True)
class Band:
    """A stage: its name and the cadence at which it is walked (steps/min)."""

    name: str
    low_spm: float
    high_spm: float


def parse_plan(text: str) -> tuple[Band, ...]:
    """`rails 30-80, hands free 40-95` as bands, in their order.

    Raises `SettingError` that says what is expected.
    """
    bands = []
    for part in text.split(","):
        match = _ONE.fullmatch(part)
        if match is None or not int(match[2]) < int(match[3]):
            raise SettingError(
                f"stage.plan: '{part.strip()}': expected NAME LOW-HIGH (steps/min), "
                "as in rails 30-80"
            )
        bands.append(Band(match[1], float(match[2]), float(match[3])))
    if len({band.name for band in bands}) < len(bands):
        raise SettingError("stage.plan: expected each stage's name once")
    return tuple(bands)


@dataclass(frozen=True)
class CadenceSettings:
    """The limit that the physiotherapist sets, and how patiently it is applied."""

    max_spm: float = setting(
        100.0,
        "The walker is told to slow down above this cadence.",
        unit="steps/min",
        low=30,
        high=200,
    )
    hysteresis_spm: float = setting(
        3.0,
        "The cue ends when the cadence is this much below the limit; between, nothing changes.",
        unit="steps/min",
        low=0,
        high=20,
    )
    hold_s: float = setting(
        3.0,
        "The cadence must stay above the limit this long before the cue comes.",
        unit="s",
        low=0,
        high=60,
    )
    firm_after_s: float = setting(
        10.0,
        "Where the gentle cue changes nothing for this long, a firmer one comes. 0: never.",
        unit="s",
        low=0,
        high=120,
    )
    max_cues_per_min: int = setting(
        3,
        "Slow-down cues begin no more often than this: who hears too many hears none.",
        unit="1/min",
        low=1,
        high=10,
    )


@dataclass(frozen=True)
class StumbleSettings:
    """How readily a stumble is called one."""

    sensitivity: float = setting(
        1.0,
        "What counts as a stumble: at 1 (normal) a movement two thirds larger than this walker's "
        "usual; at 2 (high) a third is enough, at 0.5 (low) it must be 2.3 times the usual. Higher "
        "catches smaller stumbles and raises more false alarms.",
        low=0.5,
        high=2.0,
    )
    settle_s: float = setting(
        60.0,
        "After a stumble the limit is lowered for this long; 0 leaves it as it is.",
        unit="s",
        low=0,
        high=600,
    )
    settle_percent: float = setting(
        10.0,
        "The lowered limit is this much below the cadence before the stumble.",
        unit="%",
        low=0,
        high=50,
    )


@dataclass(frozen=True)
class SessionSettings:
    """When a session starts and ends by itself."""

    start_after_s: int = setting(
        5,
        "Rhythmic walking for this long starts a session; shorter is somebody crossing the room.",
        unit="s",
        low=2,
        high=60,
    )
    end_after_s: int = setting(
        60,
        "A session ends after this long without a step; a shorter rest is a pause within it.",
        unit="s",
        low=10,
        high=600,
    )
    target_min: float = setting(
        10.0,
        "Walking time to reach; half of it and all of it are told. Ten minutes were walked in the "
        "trial of Alghadir and others (2019).",
        unit="min",
        low=1,
        high=120,
    )
    limit_min: float = setting(
        15.0,
        "Walking time after which the walker is told to come to a stop.",
        unit="min",
        low=1,
        high=180,
    )
    talk_check_min: float = setting(
        0.0,
        "A soft cue this often asks: can you still talk? 0: never.",
        unit="min",
        low=0,
        high=30,
    )
    fatigue: bool = setting(
        True, "Tell the walker to ease off when the rhythm says that they are getting tired."
    )
    milestones: bool = setting(True, "Tell half of the walking time to reach, and all of it.")
    announce: bool = setting(
        True, "Beep when the device is ready, and when a session starts and ends."
    )


@dataclass(frozen=True)
class StageSettings:
    """The way from hands on the rails to a mild incline."""

    plan: str = setting(
        "rails 30-80, hands free 40-95, tempo 50-110, incline 40-100",
        "The stages in their order, each with its cadence band (steps/min); edit them, add your "
        "own, or leave one (free 30-180) to walk without.",
        effect="next session",
        check=parse_plan,
    )
    current: str = setting(
        "rails",
        "The stage to begin with. The coach goes on from it and remembers how far the walker has "
        "come; `coach stage` shows both, and `coach stage NAME` begins there anew.",
        effect="next session",
    )
    comfort_min: float = setting(
        3.0,
        "A stage is comfortable after so many minutes of even walking within its band.",
        unit="min",
        low=0.5,
        high=30,
        effect="next session",
    )
    even_percent: float = setting(
        6.0,
        "Walking is even while the step times vary by no more (coefficient of variation).",
        unit="%",
        low=1,
        high=30,
        effect="next session",
    )
    advice: bool = setting(
        True, "Tell the walker to be ready for the next stage, or to go a stage back."
    )


SLOWEST_BEAT, FASTEST_BEAT = 30.0, 200.0
"""Steps/min of the metronome: those of the cadence limit."""


def _check_beat(spm: float) -> None:
    if 0 < spm < SLOWEST_BEAT:
        raise SettingError(
            f"metronome.spm = {spm:g}: expected 0, or a number from {SLOWEST_BEAT:g} to "
            f"{FASTEST_BEAT:g} (steps/min)"
        )


@dataclass(frozen=True)
class MetronomeSettings:
    """A beat to walk to."""

    output: str = setting(
        "off",
        "What beats at each step, to help the rhythm: the buzzer, the LED, both, or nothing. "
        "Silent while another cue sounds, in pauses, and while the steps are not sure.",
        choices=("off", "sound", "light", "both"),
    )
    spm: float = setting(
        0.0,
        "The cadence that the beat leads to, a few per cent at a time and never above the limit. "
        "0: the walker's own, kept within the band of the stage.",
        unit="steps/min",
        low=0,
        high=FASTEST_BEAT,
        check=_check_beat,
    )


YEARS = range(2000, 2200)
"""In which a programme may begin; another year is a slip of the pen."""


def parse_day(text: str) -> date | None:
    """`2026-11-02` as a day; None for an empty text.

    Raises `SettingError` that says what is expected.
    """
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise SettingError(f"programme.started: '{text}': expected a day, as 2026-11-02, or empty")
    return day


@dataclass(frozen=True)
class ProgrammeSettings:
    """The weeks of walking that `coach programme` looks after."""

    weeks: int = setting(
        6,
        "How long the programme is: six weeks in the trial of Alghadir and others (2019).",
        unit="weeks",
        low=1,
        high=52,
    )
    sessions_per_week: int = setting(
        3,
        "Sessions in each of its weeks, on days of their own: three in that trial.",
        unit="1/week",
        low=1,
        high=7,
    )
    started: str = setting(
        "",
        "The day on which it began, as 2026-11-02; empty: the day of the first whole session.",
        check=parse_day,
    )
    done_percent: int = setting(
        50,
        "A session is done when so much of session.target_min was walked that day; less is short.",
        unit="%",
        low=10,
        high=100,
    )


@dataclass(frozen=True)
class CoachSettings:
    """All that changes a decision."""

    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    stumble: StumbleSettings = field(default_factory=StumbleSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    stage: StageSettings = field(default_factory=StageSettings)
    metronome: MetronomeSettings = field(default_factory=MetronomeSettings)
    programme: ProgrammeSettings = field(default_factory=ProgrammeSettings)
