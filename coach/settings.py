"""What a person may set and what changes a decision, group by group.

How a setting is defined, and what may be written for it: `coach.keys`.
"""

from __future__ import annotations

import re
from dataclasses import field
from datetime import date

from coach.frozen import frozen
from coach.keys import Check, SettingError, setting

SLOWEST_SPM, FASTEST_SPM = 30, 200
"""Steps/min of the cadence limit, and of the metronome's beat."""


def _zero_or(name: str, low: float, high: float, unit: str) -> Check:
    """For a setting that is 0, which switches something off, or in a range of its own."""

    def check(value: float) -> None:
        if 0 < value < low:
            raise SettingError(
                f"{name} = {value:g}: expected 0, or a number from {low:g} to {high:g} ({unit})"
            )

    return check


_ONE = re.compile(r"\s*(\w[\w -]*?)\s+(\d+)\s*-\s*(\d+)\s*")


@frozen
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
        band = Band(match[1], float(match[2]), float(match[3]))
        if band.high_spm < SLOWEST_SPM or band.low_spm >= FASTEST_SPM:
            raise SettingError(
                f"stage.plan: '{part.strip()}': expected a band within which somebody walks: its "
                f"upper end {SLOWEST_SPM} or more, its lower one below {FASTEST_SPM} (steps/min)"
            )
        bands.append(band)
    if len({band.name for band in bands}) < len(bands):
        raise SettingError("stage.plan: expected each stage's name once")
    return tuple(bands)


@frozen
class CadenceSettings:
    """The limit that the physiotherapist sets, and how patiently it is applied."""

    max_spm: float = setting(
        100.0,
        "The walker is told to slow down above this cadence.",
        unit="steps/min",
        low=SLOWEST_SPM,
        high=FASTEST_SPM,
    )
    hysteresis_spm: float = setting(
        3.0,
        "The cue ends when the newest steps are this much below the limit, or have become "
        "3 steps/min slower; between, nothing changes.",
        unit="steps/min",
        low=0,
        high=20,
    )
    hold_s: float = setting(
        3.0,
        "How long some 4 steps/min above the limit may last before the cue comes: further above it "
        "comes sooner, just above later. Below 80 steps/min it is as many strides, and so longer.",
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


@frozen
class StumbleSettings:
    """How readily a stumble is called one."""

    sensitivity: float = setting(
        1.0,
        "What counts as a stumble: at 1 (normal) a movement 1.65 times this walker's usual; at 2 "
        "(high) 1.3 times is enough, at 0.5 (low) it must be 2.3 times the usual. Higher catches "
        "smaller stumbles and raises more false alarms.",
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


@frozen
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
        check=_zero_or("session.talk_check_min", 0.5, 30, "min"),
    )
    fatigue: bool = setting(
        True, "Tell the walker to ease off when the rhythm says that they are getting tired."
    )
    milestones: bool = setting(True, "Tell half of the walking time to reach, and all of it.")
    announce: bool = setting(
        True, "Beep when the device is ready, and when a session starts and ends."
    )


@frozen
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
        "A stage is comfortable after so many minutes within its band and not above the limit, of "
        "steps that vary by half of stage.even_percent or less; less even ones take longer.",
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
    sets_limit: bool = setting(
        False,
        "The upper end of the stage's band is the limit where it is below cadence.max_spm, so that "
        "it is what sounds. false: cadence.max_spm alone sounds, in every stage.",
        effect="next session",
    )


@frozen
class MetronomeSettings:
    """A beat to walk to."""

    output: str = setting(
        "off",
        "What beats at each step, to help the rhythm: the buzzer, the LED, both, or nothing. "
        "Silent while another cue sounds, in pauses, and until some steps have been heard.",
        choices=("off", "sound", "light", "both"),
    )
    spm: float = setting(
        0.0,
        "The cadence that the beat leads to, a few per cent at a time and never above the limit. "
        "0: the walker's own, kept within the band of the stage.",
        unit="steps/min",
        low=0,
        high=FASTEST_SPM,
        check=_zero_or("metronome.spm", SLOWEST_SPM, FASTEST_SPM, "steps/min"),
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


@frozen
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
    after_session: int = setting(
        0,
        "Sessions up to this number are not the walker's: somebody had the name before. `coach "
        "profile new` sets it.",
        low=0,
        high=999_999_999,
    )
    done_percent: int = setting(
        50,
        "A session is done when so much of session.target_min was walked that day; less is short.",
        unit="%",
        low=10,
        high=100,
    )


@frozen
class CoachSettings:
    """All that changes a decision."""

    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    stumble: StumbleSettings = field(default_factory=StumbleSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    stage: StageSettings = field(default_factory=StageSettings)
    metronome: MetronomeSettings = field(default_factory=MetronomeSettings)
    programme: ProgrammeSettings = field(default_factory=ProgrammeSettings)
