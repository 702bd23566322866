"""One writer a log: the running coach holds a lock, and a second one is told so."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from firmware.errors import DeviceError
from firmware.files import Folder

SUFFIX = ".lock"

_LOCKS = Path("/proc/locks")
"""The kernel's list of all locks that are held: proc(5)."""


def is_written(log: Path) -> bool:
    """Whether a running coach holds the lock; found out without touching it.

    On an overlay (the read-only mode of Raspberry Pi OS) a file shows the device of a layer, and a
    folder the overlay's own, which is the one that the kernel lists.
    """
    try:
        found, folder = log.with_name(log.name + SUFFIX).stat(), log.parent.stat()
        locks = _LOCKS.read_text(encoding="ascii")
    except OSError:
        return False
    places = {
        f"{os.major(device):02x}:{os.minor(device):02x}:{found.st_ino}"
        for device in (found.st_dev, folder.st_dev)
    }
    return any("FLOCK" in line and places & {*line.split()} for line in locks.splitlines())


class LogLock:
    """Held from `take` to `release`, or until the process vanishes, however that happens."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock. Raises `DeviceError` where another coach holds it; `OSError`."""
        name = self._log.name + SUFFIX
        with Folder.open(self._log.parent) as folder:
            owners = (0, os.geteuid(), folder.found.st_uid)
            found = folder.look(name)
            if found is not None and found.st_uid not in owners:
                folder.remove(name)  # whoever has put it there could hold it for ever
            self._handle = handle = folder.edit(name)
            try:
                if os.fstat(handle).st_uid == os.geteuid():
                    os.fchmod(handle, 0o600)
                    if os.geteuid() == 0:  # a restore by root must not lock the service out
                        os.fchown(handle, folder.found.st_uid, -1)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                self.release()
                raise DeviceError(
                    f"{self._log}: a running coach is writing this log; stop it first"
                    " (sudo systemctl stop cadence-coach)"
                ) from e
            except OSError:  # a card that cannot do it: it is tried again for ever
                self.release()
                raise

    def release(self) -> None:
        """Let go; nothing happens where the lock is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
