"""Threads that do not die: whatever goes wrong in a turn is told, and the next turn comes."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable

log = logging.getLogger("coach")

AGAIN_S = 1.0
"""Before the next turn, after one that went wrong."""

Told = Callable[[str], None]
"""Takes a sentence about what is wrong; an empty one when it is over."""


def only_logged(_: str) -> None:
    """For a thread whose trouble nobody listens to: the system's log has it anyway."""


class Tended:
    """A daemon thread that takes turns until one returns False.

    The one place that turns an exception of the thread into a trouble that is told: once as long
    as it is the same, and its end.
    """

    def __init__(self, name: str, turn: Callable[[], bool], told: Told = only_logged) -> None:
        self._name, self._turn, self._told = name, turn, told
        self._said = self._stands = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, wait_s: float) -> bool:
        """Wait for its end; whether it has come."""
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def tell(self, sentence: str, over: str) -> None:
        """A trouble of its work, beside those of a turn: until an empty `sentence` ends it.

        It is told once as long as it is the same. `over` says its end in the system's log.
        """
        if sentence == self._stands:
            return
        self._stands = sentence
        log.warning("%s", sentence or over)
        self._told(sentence)

    def _run(self) -> None:
        while self._one_turn():
            pass

    def _one_turn(self) -> bool:
        try:
            again = self._turn()
        except Exception as e:  # noqa: BLE001 - the thread must not die of anything
            self._say(_sentence(self._name, e))
            time.sleep(AGAIN_S)
            return True
        self._say("")
        return again

    def _say(self, sentence: str) -> None:
        if sentence == self._said:
            return
        self._said = sentence
        log.warning("%s", sentence or f"{self._name}: works again")
        self._told(sentence or self._stands)


def _sentence(name: str, error: Exception) -> str:
    """What went wrong, and where, on one line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split())
    where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
    return f"{name}: {type(error).__name__}: {said} ({where}); it begins anew"
