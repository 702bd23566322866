"""How far each walker has come: remembered between sessions, beside the log.

What stands in the settings file is the physiotherapist's word, and the service may not even write
there. So the coach keeps its own: for each profile the stage that was reached, and the stage that
was set when it was. As soon as another one is set, that one counts; no clock is needed for it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from coach.settings import parse_plan
from firmware import files
from firmware.errors import UserError
from firmware.settings.catalogue import Settings

FILE_NAME = "stages.json"

MODE = 0o664
"""As the log beside it: members of its group may begin anew (`coach stage NAME`)."""

LARGEST = 1 << 20
"""Bytes; thousands of walkers need less."""


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
        entry = self._read().get(stated.profile)
        if not isinstance(entry, dict) or entry.get("set") != stated.stage:
            return None
        reached = entry.get("reached")
        return reached if isinstance(reached, str) else None

    def applied(self, settings: Settings) -> Settings:
        """The settings with the stage that was reached, if the plan has it, as the current one."""
        reached = self.stage(stated(settings))
        if reached is None or reached not in (b.name for b in parse_plan(settings.stage.plan)):
            return settings
        return replace(settings, stage=replace(settings.stage, current=reached))

    def put(self, stated: Stated, reached: str) -> None:
        """Remember; waits for the card. Raises `UserError` where the folder cannot be written."""
        entry = {"set": stated.stage, "reached": reached}
        self._write({**self._read(), stated.profile: entry})

    def walk(self, stated: Stated) -> None:
        """A session begins: what was reached under another stage is over. Raises `UserError`."""
        if self.stage(stated) is None:
            self.forget(stated.profile)

    def forget(self, profile: str) -> None:
        """The stage that is set counts again. Raises `UserError`."""
        entries = self._read()
        if entries.pop(profile, None) is not None:
            self._write(entries)

    def _read(self) -> dict[str, Any]:
        try:
            read = json.loads(files.read(self.path, LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    def _write(self, entries: dict[str, Any]) -> None:
        try:
            files.put(self.path, json.dumps(entries, indent=1).encode(), MODE)
        except OSError as e:
            raise UserError(f"{self.path}: cannot be written: {e.strerror}") from e


def stated(settings: Settings) -> Stated:
    """Who walks under these settings, and the stage that is set."""
    return Stated(settings.walker.profile, settings.stage.current)
