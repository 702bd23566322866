"""All settings, each defined once: the coach's own groups and those of the device.

The groups that change a decision are defined beside the code that decides (`coach.settings`);
those of the device are defined here. How they stand in a file: `firmware.settings.textfile`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields, replace
from functools import partial
from typing import Any

from coach.frozen import frozen
from coach.keys import SHOWN, Key, SettingError, Value, keys, nearest, setting, unknown
from coach.settings import CoachSettings, parse_plan
from firmware.errors import UserError
from firmware.settings.place import CONTROL_SOCKET

RESERVED_PINS = {
    0: "the data line of the board's own EEPROM",
    1: "the clock line of the board's own EEPROM",
    2: "the sensor's SDA",
    3: "the sensor's SCL",
}
"""What every Pi's header needs for something else (Raspberry Pi documentation, GPIO)."""


PINS = ("led.pin", "buzzer.pin", "motor.pin")
"""Each can be good by itself, and two of them the same."""

NO_MOTOR = ("motor.pin", 0)


def _check_pin(key: str, pin: int) -> None:
    if pin in RESERVED_PINS and (key, pin) != NO_MOTOR:
        raise SettingError(
            f"{key} = {pin}: is {RESERVED_PINS[pin]}; expected a free pin from 4 to 27"
        )


def _pin(key: str, default: int, meaning: str) -> int:
    check = partial(_check_pin, key)
    return setting(default, meaning, low=0, high=27, effect="next start", check=check)


@frozen
class SensorSettings:
    """Where the MPU-6050 is."""

    bus: int = setting(
        1,
        "The I2C bus: 1 is pins 3 and 5 of every Pi since 2012.",
        low=0,
        high=31,
        effect="next start",
    )
    address: str = setting(
        "0x68",
        "The sensor's address: 0x69 when its AD0 pin is high.",
        choices=("0x68", "0x69"),
        effect="next start",
    )


@frozen
class BuzzerSettings:
    """The buzzer and its pin."""

    pin: int = _pin("buzzer.pin", 17, "GPIO number (BCM) of the buzzer.")
    passive: bool = setting(
        False, "A passive buzzer needs a tone; an active one only power.", effect="next start"
    )
    active_high: bool = setting(
        True, "The buzzer sounds when its pin is high.", effect="next start"
    )
    muted: bool = setting(False, "Silence: cues show on the LED only.")


@frozen
class MotorSettings:
    """The vibration motor and its pin."""

    pin: int = _pin(
        "motor.pin", 0, "GPIO number (BCM) of a vibration motor's transistor; 0: there is none."
    )
    active_high: bool = setting(True, "The motor turns when its pin is high.", effect="next start")


@frozen
class HearingSettings:
    """How cues reach the walker. Danger uses all that is fitted, as loud and strong as it can."""

    output: str = setting(
        "sound",
        "By sound (buzzer), vibration (motor) or both.",
        choices=("sound", "vibration", "both"),
    )
    volume_percent: float = setting(
        100.0,
        "How loud a passive buzzer is; an active one has one volume.",
        unit="%",
        low=1,
        high=100,
    )
    strength_percent: float = setting(100.0, "How strong the motor is.", unit="%", low=10, high=100)


@frozen
class LedSettings:
    """The LED and its pin."""

    pin: int = _pin("led.pin", 27, "GPIO number (BCM) of the LED.")
    active_high: bool = setting(True, "The LED shines when its pin is high.", effect="next start")
    heartbeat: bool = setting(
        True, "A double blink every three seconds while all is well and no session runs."
    )


@frozen
class LogSettings:
    """The onboard log."""

    directory: str = setting(
        "/var/lib/cadence-coach",
        "The folder of the onboard log (coach.db in it).",
        effect="next start",
    )
    raw: bool = setting(
        True, "Keep the raw samples, so that a session can be replayed.", effect="next session"
    )
    max_mb: float = setting(
        500.0,
        "Above this size the oldest sessions lose their raw samples, then their details.",
        unit="MB",
        low=10,
        high=100_000,
        effect="next start",
    )
    max_days: float = setting(
        730.0,
        "Raw samples older than this go; figures and notes stay.",
        unit="days",
        low=1,
        high=36_500,
        effect="next start",
    )


@frozen
class ControlSettings:
    """The socket through which the `coach` command talks to the daemon."""

    socket: str = setting(
        CONTROL_SOCKET, "The Unix socket of the daemon; empty for none.", effect="next start"
    )
    group: str = setting(
        "cadence-coach",
        "Members of this group may command the daemon; others may not. Empty: no group.",
        effect="next start",
    )


@frozen
class WalkerSettings:
    """Who walks."""

    profile: str = setting(
        "", "The profile in use: its values go before the common ones; empty for none."
    )


@frozen
class Settings(CoachSettings):
    """All settings: the coach's own groups and the device's."""

    sensor: SensorSettings = field(default_factory=SensorSettings)
    buzzer: BuzzerSettings = field(default_factory=BuzzerSettings)
    led: LedSettings = field(default_factory=LedSettings)
    motor: MotorSettings = field(default_factory=MotorSettings)
    hearing: HearingSettings = field(default_factory=HearingSettings)
    log: LogSettings = field(default_factory=LogSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    walker: WalkerSettings = field(default_factory=WalkerSettings)

    def value(self, name: str) -> Value:
        """The value of one key, `cadence.max_spm` say."""
        group, _, key = name.partition(".")
        value: Value = getattr(getattr(self, group), key)
        return value

    def changed(self, changes: Mapping[str, object]) -> Settings:
        """A copy with some keys changed; all of them or, with `SettingError`, none."""
        groups: dict[str, dict[str, Value]] = {}
        for name, value in changes.items():
            group, _, key = name.partition(".")
            groups.setdefault(group, {})[key] = find(name).parse(value)
        made: dict[str, Any] = {g: replace(getattr(self, g), **v) for g, v in groups.items()}
        settings = replace(self, **made)
        taken: dict[int, str] = {}
        for name in PINS:
            pin = int(settings.value(name))
            if pin in taken:
                raise SettingError(
                    f"{name} = {pin}: is {taken[pin]} as well; expected a pin for each"
                )
            taken[pin] = name
        return settings

    def contradictions(self) -> Iterator[str]:
        """Sentences on values that are good each by itself and not together."""
        target, longest = self.session.target_min, self.session.limit_min
        if target > longest:
            yield (
                f"session.target_min = {target:g}: expected no more than session.limit_min, which"
                f" is {longest:g} (min)"
            )
        if self.hearing.output != "sound" and not self.motor.pin:
            yield (
                f"hearing.output = {self.hearing.output}: there is no motor; first set motor.pin to"
                " the pin that it is wired to"
            )
        if not self.log.directory.startswith("/"):
            yield (
                f"log.directory = {self.log.directory!r}: expected a folder from / on, as"
                f" {LogSettings().directory}: the service stands in no other, and has no home"
            )
        stages = [band.name for band in parse_plan(self.stage.plan)]
        if self.stage.current not in stages:
            hint = nearest(self.stage.current, stages)
            yield f"stage.current = {self.stage.current!r}: stage.plan has no such stage; {hint}"

    def changed_by(self, assignments: Iterable[str]) -> Settings:
        """A copy changed by `KEY=VALUE` texts, as they stand on a command line."""
        changes: dict[str, str] = {}
        for text in assignments:
            name, equals, value = text.partition("=")
            if not equals:
                shown = repr(text[:SHOWN])
                raise SettingError(f"{shown}: expected KEY=VALUE, as in cadence.max_spm=90")
            changes[name.strip()] = value.strip()
        return self.changed(changes)

    def as_dict(self) -> dict[str, Value]:
        """Every key with its value, for the log."""
        return {name: self.value(name) for name in KEYS}


KEYS: dict[str, Key] = {
    key.name: key
    for group in fields(Settings)
    for key in keys(getattr(Settings(), group.name), group.name)
}
"""The definition of every key, in the order of the reference table."""

PERSONAL: frozenset[str] = frozenset([group.name for group in fields(CoachSettings)] + ["hearing"])
"""The groups that differ from walker to walker and may stand in a profile."""


def find(name: str) -> Key:
    """The definition of a key. Raises `SettingError` that suggests the nearest one."""
    if name in KEYS:
        return KEYS[name]
    raise SettingError(unknown("setting", name, KEYS, "see coach config keys"))


@contextlib.contextmanager
def explained(before: str = "") -> Iterator[None]:
    """What a setting cannot be is told to a person: a `SettingError` becomes a `UserError`."""
    try:
        yield
    except SettingError as e:
        raise UserError(f"{before}{e}") from e


def stored(settings: Mapping[str, object], name: str) -> Value:
    """What a session was recorded under; the default where its log knows no such key or value."""
    key = KEYS[name]
    with contextlib.suppress(KeyError, SettingError):
        return key.parse(settings[name])
    return key.default
