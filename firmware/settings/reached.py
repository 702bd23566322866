"""How far each walker has come: remembered between sessions, beside the log.

What stands in the settings file is the physiotherapist's word, and the service may not even write
there. So the coach keeps its own: for each profile the stage that was reached, and the stage that
was set when it was. As soon as another one is set, that one counts; no clock is needed for it.
"""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.settings import parse_plan
from firmware.errors import UserError
from firmware.files import Folder
from firmware.settings.catalogue import Settings
from firmware.threads import Tended, Told, only_logged

if TYPE_CHECKING:
    from firmware.records import Record

log = logging.getLogger("coach")

FILE_NAME = "stages.json"

MODE = 0o664
"""As the log beside it: members of its group may begin anew (`coach stage NAME`)."""

CLOSE_WAIT_S = 2.0
"""A write takes a few milliseconds; a card that hangs must not keep the service from stopping."""

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

    def forget(self, profile: str) -> None:
        """The stage that is set counts again. Raises `UserError`."""
        entries = self._read()
        if entries.pop(profile, None) is not None:
            self._write(entries)

    def _read(self) -> dict[str, Any]:
        try:
            with Folder.open(self.path.parent) as folder:
                read = json.loads(folder.read(self.path.name, LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}

    def _write(self, entries: dict[str, Any]) -> None:
        try:
            with (
                Folder.open(self.path.parent) as folder,
                folder.replacing(self.path.name, mode=MODE, like=None) as file,
            ):
                file.write(json.dumps(entries, indent=1).encode())
        except OSError as e:
            raise UserError(f"{self.path}: cannot be written: {e.strerror}") from e


class Keeper:
    """Listens to the daemon's records and remembers what a session's advice comes to.

    The daemon waits for no card: what is to be remembered is written by a thread of its own.
    """

    def __init__(
        self, reached: Reached, now: Callable[[], Stated], told: Told = only_logged
    ) -> None:
        self._reached, self._now = reached, now
        self._stated = now()
        self._news: queue.SimpleQueue[tuple[Stated, str] | None] = queue.SimpleQueue()
        self._thread = Tended("stages", self._turn, told)
        self._thread.start()

    def close(self) -> None:
        """Write what is left; gives up waiting for a card that does not answer."""
        self._news.put(None)
        self._thread.join(CLOSE_WAIT_S)

    def tell(self, record: Record) -> None:
        """A record; what is advised at once counts, for nobody knows who cuts the power when."""
        # Here, so that a quick command need not make the class of every record.
        from coach.events import Session, Stage

        match record:
            case Session(state="started"):
                self._stated = self._now()
            case Stage(advice=advice, following=following) if advice != "begins":
                self._news.put((self._stated, following))

    def _turn(self) -> bool:
        news = self._news.get()
        if news is None:
            return False
        try:
            self._reached.put(*news)
        except UserError as e:
            log.warning("the stage reached is not remembered: %s", e)
        return True


def stated(settings: Settings) -> Stated:
    """Who walks under these settings, and the stage that is set."""
    return Stated(settings.walker.profile, settings.stage.current)
