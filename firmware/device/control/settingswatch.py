"""The settings file as the daemon watches it: whoever changes it, it counts within a second.

A change is an order to the daemon, and so is what is said of one that is refused. All of it runs on
the control thread but `reload`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from firmware.device.control.orders import Answer, Order, Ordered, Orders, order_to_tell
from firmware.errors import UserError
from firmware.protocol import Message
from firmware.records import SettingsRefused, SettingsTaken
from firmware.settings.catalogue import Settings
from firmware.settings.source import Source

log = logging.getLogger("coach")

LOOK_S, LOOK_AGAIN_S = 0.6, 0.3
"""Between two looks at the settings file, and before the one that shows whether a change stands
still: so it is in force within 1 s, and a file that nobody touches wakes the processor little."""

GONE = "the refused file is gone; what is in force stays so until the coach starts anew"


class SettingsWatch:
    """Looks at a settings file when `look_at` has come; a broken one is refused whole."""

    def __init__(self, source: Source, orders: Orders) -> None:
        self._source, self._orders = source, orders
        self.look_at = time.monotonic()
        self._reload: Callable[[], None] | None = None
        self._refusal_said = ""

    @property
    def path(self) -> str:
        """The file's."""
        return str(self._source.path)

    def reload(self, done: Callable[[], None]) -> None:
        """From any thread, or a signal handler: look at once; `done` is called when it is over."""
        self._reload = done

    def is_due(self, now: float) -> bool:
        """Whether to `look`."""
        return now >= self.look_at or self._reload is not None

    def look(self, now: float) -> None:
        """Take a file that has changed, whoever has changed it."""
        self.look_at = now + LOOK_S  # first: a look that goes wrong is not made again at once
        self._take()
        if self._source.unsettled:
            self.look_at = now + LOOK_AGAIN_S

    def read_again(self, done: Answer) -> str:
        """Take what stands there for somebody who asks; why not, or nothing: `done` is answered."""
        try:
            settings = self._source.load()
        except UserError as e:
            self._refused(e)
            return str(e)
        self._orders.put_own(self._putting(settings), done)
        self._accepted()
        return ""

    def _take(self) -> None:
        done, self._reload = self._reload, None
        if done is None and not self._source.changed():
            if self._source.gone:
                self._accepted(GONE)
            return
        try:
            act = self._putting(self._source.load())
        except UserError as e:
            if done is not None or str(e) != self._refusal_said:
                self._refused(e)
        else:
            self._orders.put_own(act)
            self._accepted()
        if done is not None:
            self._orders.put_own(lambda _: {}, lambda _: done())

    def _putting(self, settings: Settings) -> Order:
        def act(daemon: Ordered) -> Message:
            daemon.change(settings)
            return {"file": self.path, "in_force": daemon.settings.as_dict()}

        return act

    def _refused(self, error: UserError) -> None:
        self._refusal_said = str(error)
        sentence = f"{error}; until it is mended (coach config edit), {self._source.meanwhile}"
        log.warning("settings refused: %s", sentence)
        self._orders.put_own(order_to_tell(lambda t: SettingsRefused(t, sentence)))

    def _accepted(self, because: str = "the settings are used again") -> None:
        """A refusal, if there is one, is over."""
        if self._refusal_said:
            self._refusal_said = ""
            sentence = f"{self._source.path}: {because}"
            log.info("%s", sentence)
            self._orders.put_own(order_to_tell(lambda t: SettingsTaken(t, sentence)))
