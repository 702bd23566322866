"""The settings file as text: read as a whole or not at all, changed without losing a comment.

    [cadence]
    max_spm = 90            # for everybody

    [walker]
    profile = "anna"

    [profiles.anna.cadence]
    max_spm = 80            # goes before the common value while anna walks

A value comes from the profile in use, else from the common tables, else it is the default. Every
profile is checked, used or not. Reading takes the standard library alone, and `coach config get`
is quick; changing a text (`edited`) takes tomlkit, which keeps comments and order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from coach.frozen import frozen
from coach.keys import SettingError, Value, unknown
from firmware.errors import UserError
from firmware.packages import needed
from firmware.settings.catalogue import KEYS, PERSONAL, Settings, explained, find
from firmware.settings.place import MissingError, as_it_is, refuse_other
from firmware.settings.versions import refuse_emptied

MOST_PARTS = 4
"""Of a dotted key: profiles.anna.cadence.max_spm. Python's reader takes a time that grows with the
square of their number, and the device's control thread would hang in it."""

PROFILES = "profiles"
LONGEST_NAME = 32


@frozen
class Layers:
    """What a settings file says: common values and profiles, each key with its checked value."""

    common: dict[str, Value] = field(default_factory=dict)
    profiles: dict[str, dict[str, Value]] = field(default_factory=dict)

    @property
    def profile(self) -> str:
        """The name of the profile in use, empty for none."""
        return str(self.common.get("walker.profile", ""))

    @property
    def settings(self) -> Settings:
        """The values that are in force under this file."""
        return self.settings_of(self.profile)

    def settings_of(self, profile: str) -> Settings:
        """What is in force while this profile is in use; everybody's, where there is none of it."""
        return Settings().changed({**self.common, **self.profiles.get(profile, {})})

    def contradictions(self) -> list[str]:
        """What cannot be meant together, with the profile it is in."""
        found = list(self.settings_of("").contradictions())
        for name in self.profiles:
            own = (c for c in self.settings_of(name).contradictions() if c not in found)
            found += [f"in the profile {name}: {sentence}" for sentence in own]
        return found

    def source(self, key: str) -> str:
        """Where a key's value comes from: `default`, `file` or `profile NAME`."""
        if key in self.profiles.get(self.profile, {}):
            return f"profile {self.profile}"
        return "file" if key in self.common else "default"


def load(path: Path) -> Layers:
    """Read and check a file. Raises `UserError`: one sentence with the file and what to do.

    Of a file that was emptied, unless by a command, nothing is taken, nor the defaults for it.
    """
    text = as_it_is(path)
    if not text:
        refuse_emptied(path)
    return parse(text, str(path))


def load_if_there(path: Path) -> Layers:
    """As `load`; where there is no file all is default."""
    try:
        return load(path)
    except MissingError:
        return Layers()


def parse(text: str, where: str) -> Layers:
    """Check a text as a whole. Raises `UserError`, which begins with `where`."""
    refuse_other(text, where)
    refuse_deep(text, where)
    import tomllib

    try:
        return _layers(tomllib.loads(text))
    except SettingError as e:
        raise UserError(f"{where}: {e}") from e
    except RecursionError as e:
        raise UserError(f"{where}: not valid TOML: nested too deeply") from e
    except ValueError as e:  # TOMLDecodeError, and numbers of thousands of digits
        raise UserError(f"{where}: not valid TOML: {e}") from e


def refuse_deep(text: str, where: str) -> None:
    """Raise `UserError` for a key of so many parts that reading it takes for ever."""
    if not any(line.count(".") >= MOST_PARTS for line in text.split("\n")):
        return
    import re  # the pattern takes longer to make than a file of the usual kind to read

    part = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
    key = rf"(?:^|[{{,\[])[ \t]*{part}(?:[ \t]*\.[ \t]*{part}){{{MOST_PARTS}}}"
    if deep := re.search(key, text, re.MULTILINE):
        line = text.count("\n", 0, deep.end()) + 1
        raise UserError(
            f"{where}: line {line}: expected a key of at most {MOST_PARTS} parts, as in"
            " profiles.anna.cadence.max_spm"
        )


def _layers(tables: dict[str, Any]) -> Layers:
    profiles = tables.pop(PROFILES, {})
    if not isinstance(profiles, dict):
        raise SettingError("profiles: expected tables, as in [profiles.anna.cadence]")
    common = _checked(tables)
    layers = Layers(common, {check_name(n): _profile(n, t) for n, t in profiles.items()})
    if layers.profile and layers.profile not in layers.profiles:
        raise SettingError(f"walker.profile: {no_profile(layers.profile, layers.profiles)}")
    layers.settings_of("")  # two on one pin are refused here; no profile can have a pin
    return layers


def no_profile(name: str, known: Collection[str]) -> str:
    """The sentence on a profile that is not there."""
    return unknown("profile", name, known, "" if known else "make one with coach profile new NAME")


def _profile(name: str, tables: object) -> dict[str, Value]:
    if not isinstance(tables, dict):
        raise SettingError(f"profiles.{name}: expected tables, as in [profiles.{name}.cadence]")
    try:
        checked = _checked(tables)
        for key in checked:
            check_personal(key)
    except SettingError as e:
        raise SettingError(f"in the profile {name}: {e}") from e
    return checked


def check_name(name: str) -> str:
    """A profile's name, if it can be one. Raises `SettingError`."""
    if 0 < len(name) <= LONGEST_NAME and name.replace("-", "").replace("_", "").isalnum():
        return name
    shown = repr(name[: LONGEST_NAME + 1])
    raise SettingError(f"{shown}: a profile's name is up to {LONGEST_NAME} letters, digits, - or _")


def check_personal(key: str) -> None:
    """Raise `SettingError` for a setting that cannot differ from walker to walker."""
    if key.partition(".")[0] not in PERSONAL:
        raise SettingError(f"{key} is the device's and the same for every walker")


def split(changes: Mapping[str, str | None]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Changes parted into those that may stand in a profile and those of the device."""
    personal = {n: v for n, v in changes.items() if n.partition(".")[0] in PERSONAL}
    return personal, {n: v for n, v in changes.items() if n not in personal}


def _checked(tables: Mapping[str, object]) -> dict[str, Value]:
    groups = {name.partition(".")[0] for name in KEYS}
    checked: dict[str, Value] = {}
    for group, table in tables.items():
        if not isinstance(table, dict):
            find(group)  # unknown, as a rule; this says so
            raise SettingError(f"{group}: expected it in a table, as [cadence] and max_spm = 90")
        if group not in groups:
            find(".".join([group, *list(table)[:1]]))
        for key, value in table.items():
            name = f"{group}.{key}"
            checked[name] = find(name).parse(value)
    return checked


# --- Changing a text. tomlkit edits; the standard library's reader then has the last word: the new
# text must say what the old one said but for what was asked, or it is not taken.


def edited(
    text: str, changes: Mapping[str, str | None], profile: str = "", *, where: str = "the file"
) -> str:
    """`text` with some keys set (as a person writes them), or taken out (None).

    They go into the common tables, or into those of `profile`. Raises `UserError`, and then
    nothing is changed.
    """
    before = parse(text, where)
    with explained():
        keys = {name: find(name) for name in changes}
        checked = {n: None if v is None else keys[n].parse(v) for n, v in changes.items()}
        if profile:
            check_name(profile)
            for name in changes:
                check_personal(name)
    stood = before.profiles.get(profile, {}) if profile else before.common
    wanted = {n: v for n, v in {**stood, **checked}.items() if v is not None}
    new = _edit(text, checked, (PROFILES, profile) if profile else (), where)
    after = parse(new, where)
    expected = (
        Layers(before.common, {**before.profiles, profile: wanted})
        if profile
        else Layers(wanted, before.profiles)
    )
    if after != expected:
        raise UserError(f"{where}: its layout is too unusual to change; use coach config edit")
    return new


def without_profile(text: str, profile: str, *, where: str = "the file") -> str:
    """`text` without one profile's tables. Raises `UserError`."""
    before = parse(text, where)
    document = _document(text, where)
    if profile not in before.profiles:
        raise UserError(no_profile(profile, before.profiles))
    del document[PROFILES][profile]
    if not document[PROFILES]:
        del document[PROFILES]
    new = str(document.as_string())
    rest = {n: v for n, v in before.profiles.items() if n != profile}
    if parse(new, where) != Layers(before.common, rest):
        raise UserError(f"{where}: its layout is too unusual to change; use coach config edit")
    return new


def _edit(
    text: str, changes: Mapping[str, Value | None], above: tuple[str, ...], where: str
) -> str:
    from tomlkit.exceptions import TOMLKitError

    document = _document(text, where)
    try:
        for name, value in changes.items():
            group, _, key = name.partition(".")
            if value is None:
                _take_out(document, (*above, group), key)
            else:
                _put_in(document, (*above, group), key, value)
        return str(document.as_string())
    except (TOMLKitError, TypeError, KeyError, ValueError, AttributeError) as e:
        # tomlkit is at a loss with some layouts that TOML allows; nothing is lost by saying so
        raise UserError(
            f"{where}: its layout is too unusual to change; use coach config edit"
        ) from e


def _document(text: str, where: str) -> Any:  # noqa: ANN401 - tomlkit's containers are untyped
    editor = "; or change the file with an editor"
    with needed("changing the settings file", "tomlkit", editor):
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError) as e:
        raise UserError(f"{where}: not valid TOML: {e}") from e


def _put_in(document: Any, path: tuple[str, ...], key: str, value: Value) -> None:  # noqa: ANN401
    import tomlkit

    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 80, as a person writes it
    table = document
    for depth, name in enumerate(path):
        if name not in table:
            last = depth == len(path) - 1
            table.append(name, tomlkit.table(is_super_table=not last))
        table = table[name]
    if key in table:
        comment = table.item(key).trivia if hasattr(table, "item") else None
        item = tomlkit.item(value)
        if comment is not None:
            item.trivia.comment_ws, item.trivia.comment = comment.comment_ws, comment.comment
        table[key] = item
    else:
        table[key] = value


def _take_out(document: Any, path: tuple[str, ...], key: str) -> None:  # noqa: ANN401
    table = document
    for name in path:
        if name not in table:
            return
        table = table[name]
    table.pop(key, None)
