"""The commands of `coach profile`. A profile stands in the settings file itself."""

from __future__ import annotations

import sys
from pathlib import Path

from coach.keys import SettingError
from firmware.app.config.changing import told
from firmware.errors import EXIT_OK, UserError
from firmware.settings import textfile
from firmware.settings.catalogue import PERSONAL
from firmware.settings.reached import Reached
from firmware.settings.store import Store
from firmware.wording import shown


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

    return told(path, *store.change(change))


def new(path: Path, name: str) -> int:
    """The command `coach profile new`: it begins with what differs from the defaults now."""
    try:
        textfile.check_name(name)
    except SettingError as e:
        raise UserError(str(e)) from e

    def change(text: str) -> str:
        layers = textfile.parse(text, str(path))
        if name in layers.profiles:
            raise UserError(f"there is a profile {name!r} already: coach profile use {name}")
        start = {**layers.common, **layers.profiles.get(layers.profile, {})}
        own = {k: str(v) for k, v in start.items() if k.partition(".")[0] in PERSONAL}
        own = own or {"cadence.max_spm": str(layers.settings.cadence.max_spm)}
        return textfile.edited(text, own, name, where=str(path))

    store = Store(path)
    _begin_anew(store, name)
    store.change(change)
    sys.stdout.write(f"profile {name} is there; in use with: coach profile use {name}\n")
    return EXIT_OK


def delete(path: Path, name: str) -> int:
    """The command `coach profile delete`."""

    def change(text: str) -> str:
        if textfile.parse(text, str(path)).profile == name:
            raise UserError(f"the profile {name!r} is in use; first: coach profile none")
        return textfile.without_profile(text, name, where=str(path))

    store = Store(path)
    changed = store.change(change)
    _begin_anew(store, name)
    return told(path, *changed)


def _begin_anew(store: Store, name: str) -> None:
    """Whoever had this name before: the stage that they reached is not the next one's."""
    settings = textfile.parse(store.text(), str(store.path)).settings
    Reached(Path(settings.log.directory)).forget(name)
