"""One writer at a time of a file that several programs change: a lock beside it.

It vanishes with who holds it. Nobody waits for ever, as anybody in the group could keep everybody
out: who writes all the same sees to it that what it has read still stands there.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from firmware.files import Folder, NotOrdinaryError

LOCK_WAIT_S = 5.0
"""Another change takes a few milliseconds; who holds the lock for longer is stuck, or means it."""

LOCK_LOOK_S = 0.02


@contextmanager
def alone(folder: Folder, name: str) -> Iterator[bool]:
    """Waits for its turn with the file `name`; whether it has come. Raises `OSError`."""
    lock_name = f".{name}.lock"
    try:
        lock = folder.edit(lock_name)
    except NotOrdinaryError:  # a pipe, a link: whoever has put it there keeps nobody out
        folder.remove(lock_name)
        lock = folder.edit(lock_name)
    try:
        yield _locked(lock)
    finally:
        os.close(lock)


def _locked(handle: int) -> bool:
    deadline = time.monotonic() + LOCK_WAIT_S
    while time.monotonic() < deadline:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_LOOK_S)
        else:
            return True
    return False
