"""What the daemon says on standard error, without ever waiting for whoever reads it.

A terminal that was stopped, a pipe whose reader stands still: writing to it blocks. So lines go
through a queue with a bound to a thread of their own, and what does not fit is counted, not kept.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading

from firmware.shown import LINES, visible

MOST_WAITING = 1000
"""Lines: some hours of a calm daemon."""

CLOSE_WAIT_S = 0.3
"""For the last words: who has not read by then does not read."""

STANDARD_ERROR = 2


class Words(logging.Handler):
    """Hands lines to a thread that writes them; no call waits or raises."""

    def __init__(self, handle: int = STANDARD_ERROR) -> None:
        super().__init__()
        self._handle = handle
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="words", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line."""
        with contextlib.suppress(ValueError, TypeError):  # a format that does not fit
            self._put(visible(self.format(record), keep=LINES))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Nothing: saying it would wait."""

    def close(self) -> None:
        """Say what is left, as far as somebody reads it."""
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._lines.put_nowait(None)
            self._thread.join(CLOSE_WAIT_S)
        super().close()

    def _put(self, line: str) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            lost, self._lost = self._lost, 0
            if lost:
                line = f"WARNING {lost} lines were lost: nobody read them in time\n{line}"
            rest = f"{line}\n".encode()
            with contextlib.suppress(OSError):  # closed: nobody wants to hear it
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
