"""The onboard log: one SQLite file that keeps every session so that it can be replayed.

The daemon only ever puts things into an inbox; one thread writes them. So a slow SD card delays
nothing, and the thread sleeps until it is time to write, whatever comes meanwhile. Every few
seconds what has come is written in one go, and the card is told to keep it (sync): a kill or a
power cut loses at most five seconds, the card is written as little as that allows, and the
write-ahead log of SQLite keeps the file whole. A disk that is full or read-only stops the log,
never the coaching: the journal says so once through `on_trouble`, lets what comes wait, for up to
an hour, and tries again every few seconds.

Sessions are kept on the monotonic clock with the boot's id, because a Pi has no battery clock:
`wall_start` is what the wall clock said then, right or wrong, until the clock is set.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coach.frozen import frozen
from firmware.errors import DeviceError
from firmware.log import failures
from firmware.log.index import PROFILE
from firmware.log.retention import Limits, NoRoomError
from firmware.log.writer import Closing, DisplacedError, Item, LogWriter, Opening, Said, Samples
from firmware.records import Record

__all__ = ["Journal", "Opening", "Trouble"]

WRITE_EVERY_S = 4.5
"""With the write itself, on a card that is not the fastest, at most five seconds are lost. Each
write changes some pages of every table, however little comes: half as often is half the bytes."""

LOOK_S = 60.0
"""How often to look whether the file is still the log, on a disk with room; and with nothing to
write, whether the network has set the wall clock."""

AGAIN_S = 5.0
"""Between two tries to open a log that cannot be had, or to see whether one at rest is well again:
soon enough for who watches the LED while setting it right, and next to nothing to do."""

CLOSE_WAIT_S = 0.8
"""How long stopping waits for the last write: SIGTERM is answered within a second."""

MOST_WAITING = 100_000
"""An hour's items. A card that hangs longer than that must not take the memory of the coach."""

PIECE = 2000
"""So many are written at a time, two minutes' items: what has waited for an hour is tried with
little work, which leaves the processor to the coach."""

IS_KEPT = "what is said meanwhile, for up to an hour, is written as soon as it can be"

ELSEWHERE = (
    " in another file: the session's first part is in the one that was there before"
    " (is what holds the folder mounted?)"
)

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
        self.walker = ""
        """Who walks, where it is not whose profile is in use: of a walker who does not exist."""
        self._limits = limits or Limits()
        self._on_trouble: Callable[[Trouble], None] = lambda _: None
        self._on_saved: Callable[[], None] = lambda: None
        self._pending: list[Item] = []  # taken from the inbox and not yet written
        self._opening: Opening | None = None  # of the session that the first of them goes on with
        # The trouble that was told last, while it lasts. Set from either thread (`start`) without a
        # lock, which a card that hangs would hold: what one overlooks, the next write puts right.
        self._stopped = ""
        self._given_up = False  # the session, for a reason that nobody has thought of
        self._inbox = Inbox(self._slow)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(
        self, on_trouble: Callable[[Trouble], None], on_saved: Callable[[], None] = lambda: None
    ) -> None:
        """Open the log. `on_trouble` is told why it has stopped, and `on_saved` called when a
        session that is over is on the card, whole.

        Both come from the journal's own thread, but for a card that hangs: that is told by whoever
        puts something in, for the journal's thread waits for the card.
        """
        self._on_trouble, self._on_saved = on_trouble, on_saved
        self._thread.start()

    def begin(self, opening: Opening) -> None:
        """A session's recording begins."""
        if self.walker:
            opening = replace(opening, settings={**opening.settings, PROFILE: self.walker})
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
            self._inbox.end()
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many items wait to be written."""
        return len(self._inbox)

    @property
    def unwritten(self) -> int:
        """How many items have come and are in no log; after `close` they are lost."""
        return len(self._inbox) + len(self._pending) + self._inbox.lost

    def _run(self) -> None:
        ended = False
        while not (self._written_to_the_end() or ended):
            _, ended = self._gather(AGAIN_S)

    def _written_to_the_end(self) -> bool:
        """Open the log and write until the end is asked for, or something is wrong: then False.

        The one place that turns whatever goes wrong with the file into a trouble that is told.
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
            self._stop(self._sentence(e))
            if failures.is_of_the_machine(e):
                self._begin_again()
            else:
                self._give_up()
            return False
        return True

    def _begin_again(self) -> None:
        """What is being recorded goes on in the log that is opened next."""
        if self._opening is not None:
            self._pending.insert(0, replace(self._opening, again=True))
            self._opening = None

    def _give_up(self) -> None:
        """What waits cannot be written, whatever it is; the next session is tried again."""
        begins = (n for n, item in enumerate(self._pending) if n and isinstance(item, Opening))
        given_up = next(begins, len(self._pending))
        self._inbox.lost += given_up
        del self._pending[:given_up]
        self._opening = None
        self._given_up = not self._pending

    def _serve(self, writer: LogWriter) -> None:
        """Write what comes whenever it is time, until the end is asked for."""
        written_at = -WRITE_EVERY_S
        look_at = time.monotonic()
        dated = False  # this run's sessions, by a clock that is set
        while True:
            idle = self._opening is None and not self._pending
            due_at = written_at + WRITE_EVERY_S
            items, closing = self._gather((look_at if idle else due_at) - time.monotonic())
            now = time.monotonic()
            begins = any(isinstance(item, Opening) for item in items)
            ends = any(isinstance(item, Closing) for item in items)  # and the power is cut soon
            try:
                if begins or self._stopped or now >= look_at:
                    look_at = now + LOOK_S
                    writer.look()
                elif closing or ends:  # nobody looks at it again before the next session
                    writer.check_place()
                if idle and not self._pending:
                    dated = dated or writer.date_sessions()
                    self._go_on(writer)
                elif closing or ends or now >= due_at:
                    written_at = now
                    self._write(writer)
            except (NoRoomError, *failures.FAILURES) as e:
                if not (isinstance(e, NoRoomError) or failures.is_full(e) or failures.is_busy(e)):
                    raise  # the file is let go of: a card that fails can be mended or changed
                self._stop(self._sentence(e))
                written_at, look_at = now, now + AGAIN_S
            if closing:
                return

    def _gather(self, wait: float) -> tuple[list[Item], bool]:
        """What has come after so many seconds is pending, if there is room; and: it is the end."""
        items, closing = self._inbox.take(wait)
        full = len(self._pending) >= MOST_WAITING
        for item in items:
            begins = isinstance(item, Opening)
            self._given_up = self._given_up and not begins
            if self._given_up or (full and not isinstance(item, Opening | Closing)):
                self._inbox.lost += 1
            else:
                self._pending.append(item)
        return items, closing

    def _write(self, writer: LogWriter) -> None:
        """Write what waits; what cannot be written waits on."""
        while self._pending:
            piece = self._pending[:PIECE]
            writer.write(piece)
            del self._pending[: len(piece)]
            over = False
            for item in piece:
                if isinstance(item, Opening | Closing):
                    self._opening = item if isinstance(item, Opening) else None
                    over = over or self._opening is None
            if over:
                self._on_saved()
            writer.tidy(ended=over)
        self._go_on(writer)

    def _go_on(self, writer: LogWriter) -> None:
        """What was in the way of writing is gone: say so, where something was."""
        if self._stopped and not self._given_up:
            lost, self._inbox.lost = self._inbox.lost, 0
            missing = f"; {lost} records and bursts of samples are lost" if lost else ""
            where = ELSEWHERE if writer.goes_on_elsewhere else ""
            said = f"{self.path}: the log goes on{where}{missing}"
            self._on_trouble(Trouble("log_resumed", said))
            self._stopped = ""

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

    def _damaged(self, sentence: str) -> None:
        """Say it, and once more why nothing is written: damage alone means that it is."""
        self._on_trouble(Trouble("log_damaged", sentence))
        if self._stopped:
            self._on_trouble(Trouble("log_stopped", self._stopped))

    def _sentence(self, error: Exception) -> str:
        if failures.is_busy(error) or failures.is_busy(error.__cause__):
            return (
                f"{self.path}: somebody else holds the log and does not let go of it; the coaching"
                f" goes on, and {IS_KEPT}"
            )
        if isinstance(error, DeviceError):
            return f"the log has stopped, the coaching goes on: {error}; {IS_KEPT}"
        if not failures.is_of_the_machine(error):
            then = "the session is recorded no further; it is tried again with the next one"
        elif failures.is_full(error):
            then = f"free some space or lower log.max_mb; {IS_KEPT}"
        else:
            then = f"check the card and its rights; {IS_KEPT}"
        return f"{self.path}: the log has stopped, the coaching goes on: {error}; {then}"


class Inbox:
    """What waits to be written. It rouses the writing thread only for what cannot wait."""

    def __init__(self, on_slow: Callable[..., None]) -> None:
        self._items: deque[Item] = deque()
        self._on_slow = on_slow
        self._since = time.monotonic()  # when the oldest of them came
        self.lost = 0
        """Items for which there was no room."""
        self._roused = threading.Event()
        self._ended = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> None:
        """Leave an item; never waits. Too many, but for beginnings and ends, are gone."""
        cannot_wait = isinstance(item, Opening | Closing)
        full = len(self._items) >= MOST_WAITING
        if not self._items:
            self._since = time.monotonic()
        if cannot_wait or not full:
            self._items.append(item)
        else:
            self.lost += 1
        if full or time.monotonic() - self._since > STALLED_S:
            self._on_slow(full=full)
        if cannot_wait:
            self._roused.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self._ended = True
        self._roused.set()

    def take(self, wait: float) -> tuple[list[Item], bool]:
        """All that is there after so many seconds, or when roused; and: it is the end."""
        if not self._ended:
            self._roused.wait(max(0.0, wait))
            self._roused.clear()
        ended = self._ended  # first: what came before the end is there, then
        items: list[Item] = []
        while self._items:
            items.append(self._items.popleft())
        return items, ended
