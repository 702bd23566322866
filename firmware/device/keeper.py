"""Listens for what a session's advice comes to, so that the walker begins there the next time."""

from __future__ import annotations

import queue
from collections.abc import Callable

from coach.events import Session, Stage
from firmware.errors import UserError
from firmware.records import Record
from firmware.settings.reached import Reached, Stated
from firmware.threads import Tended, Told, only_logged

CLOSE_WAIT_S = 2.0
"""A write takes a few milliseconds; a card that hangs must not keep the service from stopping."""

AGAIN_S = 10.0
"""Before what could not be written is tried again: a card that fails may be one that is tired."""

NOT_REMEMBERED = "the stage reached is not remembered"


class Keeper:
    """Listens to the daemon's records and remembers what a session's advice comes to.

    The daemon waits for no card: what is to be remembered is written by a thread of its own.
    """

    def __init__(
        self, reached: Reached, now: Callable[[], Stated], told: Told = only_logged
    ) -> None:
        self._reached, self._now = reached, now
        self._stated = now()
        self._waits: dict[str, tuple[Stated, str]] = {}  # by profile: what is not written yet
        self._news: queue.SimpleQueue[tuple[Stated, str] | None] = queue.SimpleQueue()
        self._thread = Tended("stages", self._turn, told)
        self._thread.start()

    def close(self) -> None:
        """Write what is left; gives up waiting for a card that does not answer."""
        self._news.put(None)
        self._thread.join(CLOSE_WAIT_S)

    def tell(self, record: Record) -> None:
        """A record; what is advised at once counts, for nobody knows who cuts the power when.

        What was reached under another stage that had been set is over when a session begins, though
        that one is set again some day.
        """
        match record:
            case Session(state="started"):
                self._stated = self._now()
            case Stage(advice=advice, following=following):
                self._news.put((self._stated, "" if advice == "begins" else following))

    def _turn(self) -> bool:
        try:
            news = self._news.get(timeout=AGAIN_S if self._waits else None)
        except queue.Empty:  # what could not be written may be now
            self._tell(self._written())
            return True
        if news is None:
            self._written()
            return False
        stated, reached = news
        if reached:
            self._waits[stated.profile] = news  # only the newest counts
        trouble = self._written()
        if not (reached or trouble):
            try:
                self._reached.walk(stated)
            except UserError as e:
                trouble = f"{NOT_REMEMBERED}: {e}"
        self._tell(trouble)
        return True

    def _written(self) -> str:
        """Write what was reached; what is wrong, where some of it has to wait."""
        trouble = ""
        for profile, (stated, reached) in list(self._waits.items()):
            try:
                self._reached.put(stated, reached)
                del self._waits[profile]
            except UserError as e:
                trouble = f"{NOT_REMEMBERED}: {e}; set it by hand: coach stage {reached}"
        return trouble

    def _tell(self, trouble: str) -> None:
        self._thread.tell(trouble, "stages: the stage reached is remembered again")
