"""The commands of `coach profile`. A profile stands in the settings file itself."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from firmware.app.config import history
from firmware.app.config.changing import told
from firmware.errors import EXIT_OK, UserError
from firmware.settings import catalogue, textfile
from firmware.settings.catalogue import PERSONAL, stored
from firmware.settings.reached import Reached
from firmware.settings.store import Store
from firmware.wording import shown

AFTER = "programme.after_session"

NOBODY_ELSES = (AFTER, "programme.started")
"""Of a profile's values those that no other may begin with."""


def show(path: Path) -> int:
    """The command `coach profile list`."""
    layers = textfile.load_if_there(path)
    for name, values in layers.profiles.items():
        star = "*" if name == layers.profile else " "
        said = ", ".join(f"{key} = {shown(value)}" for key, value in values.items())
        sys.stdout.write(f"{star} {name}  {said}".rstrip() + "\n")
    if not layers.profiles:
        sys.stdout.write("there is no profile yet: coach profile new NAME\n")
    return EXIT_OK


def use(path: Path, name: str | None) -> int:
    """The commands `coach profile use` and `none`."""
    store = Store(path)

    def change(text: str) -> str:
        known = textfile.parse(text, str(path)).profiles
        if name is not None and name not in known:
            raise UserError(textfile.no_profile(name, known))
        return textfile.edited(text, {"walker.profile": name}, where=str(path))

    return told(path, *store.change(change, history.noting()))


def new(path: Path, name: str) -> int:
    """The command `coach profile new`."""
    for line in (*make(path, name), f"in use with: coach profile use {name}"):
        sys.stdout.write(f"{line}\n")
    return EXIT_OK


def make(path: Path, name: str) -> list[str]:
    """A new profile begins with what differs from the defaults now; what that means, in words.

    Raises `UserError`.
    """
    with catalogue.explained():
        textfile.check_name(name)

    def change(text: str) -> str:
        layers = textfile.parse(text, str(path))
        if name in layers.profiles:
            raise UserError(f"there is a profile {name!r} already: coach profile use {name}")
        check_new(name, layers.profiles)
        start = {**layers.common, **layers.profiles.get(layers.profile, {})}
        own = {k: str(v) for k, v in start.items() if k.partition(".")[0] in PERSONAL}
        own = {k: v for k, v in own.items() if k not in NOBODY_ELSES}
        own = own or {"cadence.max_spm": str(layers.settings.cadence.max_spm)}
        return textfile.edited(text, {**own, **anew}, name, where=str(path))

    store = Store(path)
    anew = of_another(store, name)
    store.change(change)
    forget(store, name)
    return in_words(name, anew)


def check_new(name: str, known: Collection[str]) -> None:
    """Raise `UserError` for a name that a slip of the shift key makes of another walker's."""
    for other in known:
        if other.casefold() == name.casefold() and name not in known:
            raise UserError(
                f"there is a profile {other!r}, and {name!r} would be another walker; a new one"
                " needs a name that differs by more than capitals"
            )


def delete(path: Path, name: str) -> int:
    """The command `coach profile delete`."""

    def change(text: str) -> str:
        if textfile.parse(text, str(path)).profile == name:
            raise UserError(f"the profile {name!r} is in use; first: coach profile none")
        return textfile.without_profile(text, name, where=str(path))

    store = Store(path)
    changed = store.change(change, history.noting())
    _reached(store).forget(name)
    return told(path, *changed)


def of_another(store: Store, name: str) -> dict[str, str]:
    """What a new profile must say of sessions that an earlier one of its name has in the log."""
    from firmware.log import index
    from firmware.log.schema import FILE_NAME

    try:
        rows = index.read_rows(_reached(store).path.with_name(FILE_NAME))
    except UserError:
        return {}
    earlier = [row for row in rows if row.settings.get("walker.profile") == name]
    if not earlier:
        return {}
    # In a log that has begun anew theirs may have been recorded under the number of the last one.
    last = max(max(row.id, 1 + int(stored(row.settings, AFTER))) for row in earlier)
    return {AFTER: str(last)}


def forget(store: Store, name: str) -> None:
    """Once a profile of this name is made: what an earlier one reached and was prescribed."""
    from firmware.log import prescriptions

    reached = _reached(store)
    reached.forget(name)
    with contextlib.suppress(OSError):
        prescriptions.begin_anew(reached.path.parent, name)


def in_words(name: str, anew: Mapping[str, str]) -> list[str]:
    """That the profile is there, and from where it begins."""
    also = f"; {not_counted(name, anew)}" if anew else ""
    return [f"profile {name} is there{also}"]


def not_counted(name: str, anew: Mapping[str, str]) -> str:
    """What `of_another` has found, in words."""
    up_to = anew[AFTER]
    others = f"the log's sessions up to {up_to} are those of another {name}"
    return f"{others}, and not counted ({AFTER} = {up_to})"


def _reached(store: Store) -> Reached:
    settings = textfile.parse(store.text(), str(store.path)).settings
    return Reached(Path(settings.log.directory))
