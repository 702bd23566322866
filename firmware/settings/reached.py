"""How far each walker has come: remembered between sessions, beside the log.

What stands in the settings file is the physiotherapist's word, and the service may not even write
there. So the coach keeps its own: for each profile the stage that was reached, and the stage that
was set when it was. As soon as another one is set, that one counts; no clock is needed for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from coach.settings import parse_plan
from firmware import files
from firmware.alone import alone
from firmware.errors import UserError
from firmware.files import Folder
from firmware.settings.catalogue import Settings

FILE_NAME = "stages.json"

MODE = 0o664
"""As the log beside it: members of its group may begin anew (`coach stage NAME`)."""

LARGEST = 1 << 20
"""Bytes; thousands of walkers need less."""


DAMAGED = "damaged"
"""Ending of what made no sense and was put aside."""

Entries = dict[str, Any]
"""By profile: the stage that was set, and the one that was reached."""


class Stated(NamedTuple):
    """Who walks, and the stage that is set for them."""

    profile: str
    stage: str


class Reached:
    """One folder's memory. Where it cannot be read, nothing has been reached yet."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def stage(self, stated: Stated) -> str | None:
        """The stage that was reached since `stated`; None: that one still counts."""
        return _reached(self._read(), stated)

    def applied(self, settings: Settings) -> Settings:
        """The settings with the stage that was reached, if the plan has it, as the current one."""
        reached = self.stage(stated(settings))
        if reached is None or reached not in (b.name for b in parse_plan(settings.stage.plan)):
            return settings
        return replace(settings, stage=replace(settings.stage, current=reached))

    def put(self, stated: Stated, reached: str) -> None:
        """Remember; waits for the card. Raises `UserError` where the folder cannot be written."""
        entry = {"set": stated.stage, "reached": reached}
        self._change(lambda entries: {**entries, stated.profile: entry})

    def walk(self, stated: Stated) -> None:
        """A session begins: what was reached under another stage is over. Raises `UserError`."""

        def left(entries: Entries) -> Entries:
            return entries if _reached(entries, stated) else _without(entries, stated.profile)

        if self._is_there():
            self._change(left)

    def forget(self, profile: str) -> None:
        """The stage that is set counts again. Raises `UserError`."""
        if self._is_there():
            self._change(lambda entries: _without(entries, profile))

    def _is_there(self) -> bool:
        """Whether there is anything to forget that this user may know of."""
        try:
            return self.path.exists()
        except OSError:  # in a folder that is not theirs
            return False

    def _read(self) -> Entries:
        try:
            return _entries(files.read(self.path, LARGEST)) or {}
        except OSError:
            return {}

    def _change(self, change: Callable[[Entries], Entries]) -> None:
        """Change what all have reached: the others keep theirs, whoever writes in this moment."""
        try:
            with Folder.open(self.path.parent) as folder, alone(folder, FILE_NAME):
                self._change_in(folder, change)
        except OSError as e:
            raise UserError(f"{self.path}: cannot be written: {e.strerror}") from e

    def _change_in(self, folder: Folder, change: Callable[[Entries], Entries]) -> None:
        found = _content(folder)
        entries = _entries(found)
        made = change(entries or {})
        if made == (entries or {}):
            return
        if _content(folder) != found:
            raise UserError(f"{self.path}: somebody else is changing it; try again")
        if found and entries is None:  # somebody may still read in it who has come how far
            folder.rename(FILE_NAME, f"{FILE_NAME}.{DAMAGED}")
        with folder.replacing(FILE_NAME, mode=MODE, like=None) as file:
            file.write(json.dumps(made, indent=1).encode())


def _content(folder: Folder) -> bytes:
    """Of the file; nothing where there is none. Raises `OSError`: what cannot be read is kept."""
    try:
        return folder.read(FILE_NAME, LARGEST)
    except FileNotFoundError:
        return b""


def _entries(content: bytes) -> Entries | None:
    """What it says; None where it makes no sense."""
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _reached(entries: Entries, stated: Stated) -> str | None:
    entry = entries.get(stated.profile)
    if not isinstance(entry, dict) or entry.get("set") != stated.stage:
        return None
    reached = entry.get("reached")
    return reached if isinstance(reached, str) else None


def _without(entries: Entries, profile: str) -> Entries:
    return {name: entry for name, entry in entries.items() if name != profile}


def stated(settings: Settings) -> Stated:
    """Who walks under these settings, and the stage that is set."""
    return Stated(settings.walker.profile, settings.stage.current)
