"""The settings file: one TOML file, every key defined once in code.

The groups that change a decision are defined beside the code that decides (`coach.engine`);
those of the device are defined here. A file is taken as a whole or not at all.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from coach.settings import CoachSettings, Key, SettingError, Value, keys, setting
from firmware.errors import UserError

DEFAULT_PATH = Path("/etc/cadence-coach/coach.toml")


@dataclass(frozen=True)
class SensorSettings:
    """Where the MPU-6050 is."""

    bus: int = setting(1, "The I2C bus: 1 is pins 3 and 5 of every Pi since 2012.", low=0, high=31)
    address: str = setting(
        "0x68", "The sensor's address: 0x69 when its AD0 pin is high.", choices=("0x68", "0x69")
    )


@dataclass(frozen=True)
class BuzzerSettings:
    """The buzzer and its pin."""

    pin: int = setting(17, "GPIO number (BCM) of the buzzer.", low=0, high=27)
    passive: bool = setting(False, "A passive buzzer needs a tone; an active one only power.")
    active_high: bool = setting(True, "The buzzer sounds when its pin is high.")
    muted: bool = setting(False, "Silence: cues show on the LED only.")


@dataclass(frozen=True)
class LedSettings:
    """The LED and its pin."""

    pin: int = setting(27, "GPIO number (BCM) of the LED.", low=0, high=27)
    active_high: bool = setting(True, "The LED shines when its pin is high.")


@dataclass(frozen=True)
class LogSettings:
    """The onboard log."""

    directory: str = setting(
        "/var/lib/cadence-coach", "The folder of the onboard log (coach.db in it)."
    )
    raw: bool = setting(True, "Keep the raw samples, so that a session can be replayed.")


@dataclass(frozen=True)
class Settings(CoachSettings):
    """All settings: the coach's own groups and the device's."""

    sensor: SensorSettings = field(default_factory=SensorSettings)
    buzzer: BuzzerSettings = field(default_factory=BuzzerSettings)
    led: LedSettings = field(default_factory=LedSettings)
    log: LogSettings = field(default_factory=LogSettings)

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
        return replace(self, **made)

    def changed_by(self, assignments: Iterable[str]) -> Settings:
        """A copy changed by `KEY=VALUE` texts, as they stand on a command line."""
        changes: dict[str, str] = {}
        for text in assignments:
            name, equals, value = text.partition("=")
            if not equals:
                raise SettingError(f"'{text}': expected KEY=VALUE, as in cadence.max_spm=90")
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


def find(name: str) -> Key:
    """The definition of a key. Raises `SettingError` that suggests the nearest one."""
    if name in KEYS:
        return KEYS[name]
    near = difflib.get_close_matches(name, KEYS, n=1)
    hint = f"did you mean {near[0]}?" if near else "the README lists all keys"
    raise SettingError(f"there is no setting '{name}': {hint}")


def load(path: Path) -> Settings:
    """Read a settings file. Raises `UserError`: one sentence with the file and what to do."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise UserError(f"{path}: no such settings file") from e
    except OSError as e:
        raise UserError(f"{path}: cannot be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise UserError(f"{path}: expected a text file in UTF-8") from e
    except tomllib.TOMLDecodeError as e:
        raise UserError(f"{path}: not valid TOML: {e}") from e
    try:
        return Settings().changed(_flat(tables))
    except SettingError as e:
        raise UserError(f"{path}: {e}") from e


def for_command(path: Path | None, assignments: Iterable[str]) -> Settings:
    """The settings a command runs under: the file (or the usual one, if there is), then `--set`.

    Raises `UserError`.
    """
    if path is not None:
        settings = load(path)
    else:
        settings = load(DEFAULT_PATH) if DEFAULT_PATH.exists() else Settings()
    try:
        return settings.changed_by(assignments)
    except SettingError as e:
        raise UserError(f"--set {e}") from e


def _flat(tables: dict[str, Any]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for group, table in tables.items():
        if not isinstance(table, dict):
            find(group)  # a key outside any table is unknown; this says so
        for key, value in table.items():
            flat[f"{group}.{key}"] = value
    return flat
