"""The onboard log: one SQLite file that keeps every session so that it can be replayed.

The daemon only ever puts things into a queue; one thread writes them, in one transaction every
five seconds. So a slow SD card delays nothing, and a power cut costs at most those seconds: the
write-ahead log of SQLite keeps the file whole. A disk that is full or read-only stops the log,
never the coaching: the journal says so once through `on_trouble` and drops what comes.

Sessions are kept on the monotonic clock with the boot's id, because a Pi has no battery clock:
`wall_start` is what the wall clock said then, right or wrong.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware import rawcodec, schema
from firmware.errors import DeviceError

COMMIT_EVERY_S = 5.0
"""At most one sync of the SD card in this time, and at most this much is lost by a power cut."""

CLOSE_WAIT_S = 0.8
"""How long stopping waits for the last write: SIGTERM is answered within a second."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a session's recording begins."""

    boot_id: str
    mono_start_us: int
    wall_start: float
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Samples:
    t_us: NDArray[np.int64]
    raw: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Record:
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Closing:
    reason: str


_Item = Opening | _Samples | _Record | _Closing | None


class Journal:
    """Writes sessions. `start` it; then one at a time: `begin`, samples and records, `end`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._on_trouble: Callable[[str], None] = lambda _: None
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._session: int | None = None
        self._samples: list[_Samples] = []

    def start(self, on_trouble: Callable[[str], None]) -> None:
        """Open the log. `on_trouble` is told, from the log's own thread, why it has stopped."""
        self._on_trouble = on_trouble
        self._thread.start()

    def begin(self, opening: Opening) -> None:
        """A session's recording begins."""
        self._queue.put(opening)

    def samples(self, t_us: NDArray[np.int64], raw: NDArray[np.int16]) -> None:
        """Raw samples: t_us (n,) microseconds from the recording's first sample, raw (n, 6)."""
        self._queue.put(_Samples(t_us, raw))

    def record(self, record: dict[str, Any]) -> None:
        """One event, as its record: `t` and `type` and what belongs to it."""
        self._queue.put(_Record(record))

    def end(self, reason: str) -> None:
        """The session is over."""
        self._queue.put(_Closing(reason))

    def close(self) -> None:
        """Write what is left and stop; gives up waiting for a card that does not answer."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        try:
            db = schema.open_for_writing(self.path)
            try:
                self._write(db)
            finally:
                db.close()
        except (sqlite3.Error, OSError, DeviceError) as e:
            self._on_trouble(f"{self.path}: the log has stopped: {e}")
            while self._queue.get() is not None:
                pass  # the coaching goes on; nothing piles up

    def _write(self, db: sqlite3.Connection) -> None:
        """Take items as they come; commit every five seconds, and when a session ends."""
        commit_at: float | None = None  # None: nothing is waiting to be committed
        running = True
        while running:
            wait = None if commit_at is None else max(0.0, commit_at - time.monotonic())
            try:
                item = self._queue.get(timeout=wait)
            except queue.Empty:
                due = True
            else:
                running = item is not None
                self._take(db, item)
                commit_at = commit_at or time.monotonic() + COMMIT_EVERY_S
                due = isinstance(item, _Closing) or not running
            if due:
                self._store_samples(db)
                db.commit()
                commit_at = None

    def _take(self, db: sqlite3.Connection, item: _Item) -> None:
        if isinstance(item, Opening):
            row = (
                item.boot_id,
                item.mono_start_us,
                item.wall_start,
                json.dumps(item.settings),
            )
            self._session = db.execute(schema.INSERT_SESSION, row).lastrowid
        elif isinstance(item, _Samples):
            self._samples.append(item)
        elif isinstance(item, _Record):
            self._take_record(db, item.record)
        elif isinstance(item, _Closing):
            self._store_samples(db)
            db.execute(schema.END_SESSION, (item.reason, self._session))
            self._session = None

    def _take_record(self, db: sqlite3.Connection, record: dict[str, Any]) -> None:
        if record["type"] == "cadence":
            row = (self._session, record["t"], record["spm"], record["confidence"])
            db.execute(schema.INSERT_SECOND, row)
            return
        rest = {k: v for k, v in record.items() if k not in ("t", "type")}
        row = (self._session, record["t"], record["type"], json.dumps(rest))
        db.execute(schema.INSERT_EVENT, row)

    def _store_samples(self, db: sqlite3.Connection) -> None:
        if not self._samples:
            return
        t_us = np.concatenate([s.t_us for s in self._samples])
        raw = np.concatenate([s.raw for s in self._samples])
        self._samples.clear()
        row = (self._session, int(t_us[0]), len(t_us), rawcodec.pack(t_us, raw))
        db.execute(schema.INSERT_RAW, row)
