"""The onboard log: one SQLite file that keeps every session so that it can be replayed.

The daemon only ever puts things into an inbox; one thread writes them. So a slow SD card delays
nothing, and the thread sleeps until it is time to write, whatever comes meanwhile. Every few
seconds what has come is written in one go, and the card is told to keep it (sync): a kill or a
power cut loses at most five seconds, the card is written as little as that allows, and the
write-ahead log of SQLite keeps the file whole. A disk that is full or read-only stops the log,
never the coaching: the journal says so once through `on_trouble`, drops what comes, and tries again
with the next session.

Sessions are kept on the monotonic clock with the boot's id, because a Pi has no battery clock:
`wall_start` is what the wall clock said then, right or wrong, until the clock is set.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coach.frozen import frozen
from firmware.errors import DeviceError
from firmware.log import schema
from firmware.log.retention import Limits
from firmware.log.writer import Closing, DisplacedError, Item, LogWriter, Opening, Said, Samples
from firmware.records import Record

__all__ = ["Journal", "Opening", "Trouble"]

WRITE_EVERY_S = 4.5
"""With the write itself, on a card that is not the fastest, at most five seconds are lost. Each
write changes some pages of every table, however little comes: half as often is half the bytes."""

LOOK_S = 60.0
"""How often to look whether the file is still the log, on a disk with room; and with nothing to
write, whether the network has set the wall clock."""

BUSY_AGAIN_S = 1.0
"""Between two tries to open a log that somebody else holds."""

CLOSE_WAIT_S = 0.8
"""How long stopping waits for the last write: SIGTERM is answered within a second."""

MOST_WAITING = 100_000
"""An hour's items. A card that hangs longer than that must not take the memory of the coach."""

MANY_WAITING = MOST_WAITING // 2
"""So many are written before it is time."""

STALLED_S = 30.0
"""Cards are known to stall for seconds; after so long it is said that nothing is written."""


@frozen
class Trouble:
    """What has happened to the log, as an event's type and a sentence."""

    kind: Literal["log_stopped", "log_damaged", "log_resumed"]
    message: str


class Journal:
    """Writes sessions. `start` it; then one at a time: `begin`, samples and records, `end`."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.path = path
        self._limits = limits or Limits()
        self._on_trouble: Callable[[Trouble], None] = lambda _: None
        self._on_saved: Callable[[], None] = lambda: None
        self._pending: list[Item] = []  # taken from the inbox and not yet written
        self._opening: Opening | None = None  # of the session that the first of them goes on with
        self._stopped = ""  # the trouble that was told last, while it lasts
        self._inbox = Inbox(self._slow)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(
        self, on_trouble: Callable[[Trouble], None], on_saved: Callable[[], None] = lambda: None
    ) -> None:
        """Open the log. From its own thread `on_trouble` is told why it has stopped, and `on_saved`
        called when a session that is over is on the card, whole.
        """
        self._on_trouble, self._on_saved = on_trouble, on_saved
        self._thread.start()

    def begin(self, opening: Opening) -> None:
        """A session's recording begins."""
        self._inbox.put(opening)

    def samples(self, t_us: NDArray[np.int64], raw: NDArray[np.int16]) -> None:
        """Raw samples: t_us (n,) microseconds from the recording's first sample, raw (n, 6)."""
        self._inbox.put(Samples(t_us, raw))

    def record(self, record: Record) -> None:
        """Something that was said."""
        self._inbox.put(Said(record))

    def end(self, reason: str) -> None:
        """The session is over."""
        self._inbox.put(Closing(reason))

    def close(self, wait_s: float = CLOSE_WAIT_S) -> bool:
        """Write what is left and stop; False where a card did not answer so long."""
        if self._thread.is_alive():
            self._inbox.put(None)
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many items wait to be written."""
        return len(self._inbox)

    def _run(self) -> None:
        while not self._written_to_the_end():
            pass

    def _written_to_the_end(self) -> bool:
        """Open the log and write until the end is asked for, or something is wrong: then False.

        The one place that turns whatever goes wrong into a trouble that is told.
        """
        try:
            writer = LogWriter(self.path, self._limits, self._damaged)
            try:
                self._serve(writer)
            finally:
                writer.close()
        except DisplacedError as e:
            self._damaged(str(e))
            self._begin_again()
            return False
        except Exception as e:  # noqa: BLE001 - the log's thread must not die of anything
            if schema.is_busy(e) or schema.is_busy(e.__cause__):
                self._stop(self._busy())
                self._begin_again()
                _, closing = self._gather(BUSY_AGAIN_S)
                return closing
            self._stop(self._sentence(e))
            self._opening = None
            self._pending.clear()
            opening = self._inbox.skip_to_opening()  # with the log stopped nothing piles up
            if opening is not None:
                self._pending.append(opening)
            return opening is None
        return True

    def _begin_again(self) -> None:
        """What is being recorded begins anew in the log that is opened next."""
        if self._opening is not None:
            self._pending.insert(0, self._opening)
            self._opening = None

    def _serve(self, writer: LogWriter) -> None:
        """Write what comes whenever it is time, until the end is asked for."""
        written_at = -WRITE_EVERY_S
        look_at = time.monotonic()
        dated = writer.date_sessions()
        while True:
            idle = self._opening is None and not self._pending
            due_at = written_at + WRITE_EVERY_S
            items, closing = self._gather(LOOK_S if idle else due_at - time.monotonic())
            begins = any(isinstance(item, Opening) for item in items)
            if begins or time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_S
                writer.look()
            if idle and not self._pending:
                dated = dated or writer.date_sessions()
            elif (
                closing
                or any(isinstance(item, Closing) for item in items)  # and the power is cut soon
                or time.monotonic() >= due_at
                or len(self._pending) >= MANY_WAITING
            ):
                written_at = time.monotonic()
                self._write(writer)
            if closing:
                return

    def _gather(self, wait: float) -> tuple[list[Item], bool]:
        """What has come after so many seconds is pending, if there is room; and: it is the end."""
        items, closing = self._inbox.take(wait)
        full = len(self._pending) >= MOST_WAITING
        kept = [i for i in items if not full or isinstance(i, Opening | Closing)]
        self._inbox.lost += len(items) - len(kept)
        self._pending += kept
        return items, closing

    def _write(self, writer: LogWriter) -> None:
        """Write what waits; while somebody else holds the log it waits on."""
        over = any(isinstance(item, Closing) for item in self._pending)
        try:
            writer.write(self._pending)
        except schema.FAILURES as e:
            if not schema.is_busy(e):
                raise
            self._stop(self._busy())
            return
        if self._stopped and self._pending:
            lost, self._inbox.lost = self._inbox.lost, 0
            missing = f"; {lost} records and samples of before are lost" if lost else ""
            self._on_trouble(Trouble("log_resumed", f"{self.path}: the log goes on{missing}"))
            self._stopped = ""
        for item in self._pending:
            if isinstance(item, Opening | Closing):
                self._opening = item if isinstance(item, Opening) else None
        self._pending.clear()
        if over:
            self._on_saved()

    def _stop(self, sentence: str) -> None:
        """Say it, once as long as it is the same."""
        if sentence != self._stopped:
            self._on_trouble(Trouble("log_stopped", sentence))
        self._stopped = sentence

    def _slow(self, *, full: bool) -> None:
        """The inbox is not emptied: the card hangs, or is slower than what comes."""
        until_then = "an hour waits, and what is said now is lost until it does"
        if not full:
            until_then = "what is said meanwhile, for up to an hour, is written as soon as it does"
        self._stop(f"{self.path}: the card does not answer; the coaching goes on, and {until_then}")

    def _busy(self) -> str:
        return (
            f"{self.path}: somebody else holds the log and does not let go of it; the coaching goes"
            " on, and what is said meanwhile is written as soon as it can be"
        )

    def _damaged(self, sentence: str) -> None:
        self._on_trouble(Trouble("log_damaged", sentence))

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, DeviceError):
            return f"the log has stopped, the coaching goes on: {error}"
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        full = code == sqlite3.SQLITE_FULL
        hint = "free some space or lower log.max_mb" if full else "check the card and its rights"
        return (
            f"{self.path}: the log has stopped, the coaching goes on: {error}; {hint}; it is tried"
            " again with the next session"
        )


class Inbox:
    """What waits to be written. It rouses the writing thread only for what cannot wait."""

    def __init__(self, on_slow: Callable[..., None]) -> None:
        self._items: deque[Item | None] = deque()  # None: nothing comes any more
        self._on_slow = on_slow
        self._since = time.monotonic()  # when the oldest of them came
        self.lost = 0
        """Items for which there was no room."""
        self._roused = threading.Event()
        self._skipping = False
        self._ended = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item | None) -> None:
        """Leave an item; never waits. Too many, but for beginnings and ends, are gone; when
        skipping, all between two openings."""
        self._ended = self._ended or item is None
        first = item is None or isinstance(item, Opening)
        full = len(self._items) >= MOST_WAITING
        if not self._items:
            self._since = time.monotonic()
        if first or not (self._skipping or (full and not isinstance(item, Closing))):
            self._items.append(item)
        elif not self._skipping:
            self.lost += 1
        if not self._skipping and (full or time.monotonic() - self._since > STALLED_S):
            self._on_slow(full=full)
        if first or isinstance(item, Closing):
            self._roused.set()

    def take(self, wait: float) -> tuple[list[Item], bool]:
        """All that is there after so many seconds, or when roused; and: it is the end."""
        if not self._ended:
            self._roused.wait(max(0.0, wait))
            self._roused.clear()
        items: list[Item] = []
        while self._items:
            item = self._items.popleft()
            if item is None:
                return items, True
            items.append(item)
        return items, self._ended

    def skip_to_opening(self) -> Opening | None:
        """Wait for the next session, forgetting what comes before it; None: the end comes first."""
        self._skipping = True
        while True:
            while self._items:
                item = self._items.popleft()
                if item is None or isinstance(item, Opening):
                    self._skipping = False
                    return item
            if self._ended:
                return None
            self._roused.wait()
            self._roused.clear()
