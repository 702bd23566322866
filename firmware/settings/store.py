"""Settings files on the disk: one writer at a time, whole at every moment, and the way back.

A change goes into a new file that takes the old one's place when it is safe on the card. What
stood before and what stands now is kept in the folder `history` beside the file, so that `undo` can
go back, step by step, and takes back what somebody has written by hand as well. A power cut at any
instant leaves the old file or the new one.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.errors import UserError
from firmware.files import replacing
from firmware.settings import textfile

HISTORY = "history"
UNDONE = "undone"
"""Ending of the version that the last `undo` took away: nothing that somebody wrote is lost."""

KEPT = 50
"""Earlier versions: some weeks of a busy practice, in a few dozen kB."""

LOCK_WAIT_S = 5.0
"""Another change takes a few milliseconds; who holds the lock for longer is stuck."""

LOCK_LOOK_S = 0.02

HEADER = "# Settings of the cadence coach. All keys: coach config keys\n\n"

Change = Callable[[str], str]
"""From a file's text to its new text."""


class Store:
    """One settings file and its history."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))  # a link stays a link to what is changed
        self._history = self.path.parent / HISTORY

    def text(self) -> str:
        """What stands in the file; nothing where there is none yet. Raises `UserError`."""
        return textfile.read(self.path) if self.path.exists() else ""

    def change(self, change: Change) -> tuple[str, str]:
        """Put `change(text)` in the place of the text; returns old and new.

        The new text is checked as a whole. Raises `UserError`, and then nothing has changed.
        """
        with self._alone():
            old = self.text()
            new = change(old or HEADER)
            made = textfile.parse(new, str(self.path)).contradictions()
            stood = self._contradictions(old)
            for sentence in made:
                if sentence not in stood:
                    raise UserError(f"{self.path}: {sentence}")
            if new != old:
                self._keep(old)
                self._write(self.path, new)
                self._keep(new)
            return old, new

    @staticmethod
    def _contradictions(text: str) -> list[str]:
        """Those of a text that stands: somebody may have lived with them for long."""
        try:
            return textfile.parse(text, "").contradictions()
        except UserError:
            return []

    def previous(self) -> str | None:
        """What `undo` would bring back; None where there is nothing."""
        found = self._last_good(self.text())
        return None if found is None else textfile.read(found)

    def undo(self) -> tuple[str, str]:
        """Bring the last good version before this one back; returns old and new.

        Raises `UserError`.
        """
        with self._alone():
            old = self.text()
            version = self._last_good(old)
            if version is None:
                raise UserError(f"{self.path}: there is no earlier version to go back to")
            new = textfile.read(version)
            self._write(self._history / f"{self.path.name}.{UNDONE}", old)
            for spent in [v for v in self._versions() if v > version]:
                spent.unlink()
            self._write(self.path, new)
            return old, new

    def _last_good(self, current: str) -> Path | None:
        """The newest version that differs and can be used."""
        for version in reversed(self._versions()):
            try:
                text = textfile.read(version)
                textfile.parse(text, str(version))
            except UserError:
                continue  # of a hand or a card that slipped
            if text != current:
                return version
        return None

    def _versions(self) -> list[Path]:
        return sorted(self._history.glob(f"{self.path.name}.[0-9]*"))

    def _keep(self, text: str) -> None:
        try:
            self._history.mkdir(exist_ok=True)
            if self.path.parent.stat().st_mode & stat.S_IWGRP:
                self._share()
        except OSError as e:
            raise UserError(_refusal(self.path, e)) from e
        versions = self._versions()
        if versions and versions[-1].read_bytes() == text.encode("utf-8"):
            return
        number = 1 + (int(versions[-1].suffix[1:]) if versions else 0)
        self._write(self._history / f"{self.path.name}.{number:09d}", text)
        for old in versions[: max(0, len(versions) + 1 - KEPT)]:
            old.unlink(missing_ok=True)

    def _share(self) -> None:
        """The history of a file that a group may write to is the group's as well."""
        if self._history.stat().st_uid == os.geteuid():
            os.chown(self._history, -1, self.path.parent.stat().st_gid)
            self._history.chmod(0o2775)

    def _write(self, path: Path, text: str) -> None:
        """Replace a file. Owner, group and mode stay; a new one is its folder's group's."""
        try:
            like = path.stat() if path.exists() else None
            folder = path.parent.stat()
            shared = 0o664 if folder.st_mode & stat.S_IWGRP else 0o644
            mode = stat.S_IMODE(like.st_mode) if like else shared
            with replacing(path, mode) as file:
                _give(file.fileno(), like or folder)
                file.write(text)
            handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)  # the new name is on the card as well
            finally:
                os.close(handle)
        except OSError as e:
            raise UserError(_refusal(self.path, e)) from e

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time: a lock on the folder, which vanishes with who holds it."""
        folder = self.path.parent
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as e:
            raise UserError(_refusal(self.path, e)) from e
        try:
            if not os.access(folder, os.W_OK):
                raise UserError(_refusal(self.path, PermissionError()))
            self._lock(handle)
            for litter in folder.glob(f".{self.path.name}.*"):
                litter.unlink(missing_ok=True)  # of a writer that was killed
            yield
        finally:
            os.close(handle)

    def _lock(self, handle: int) -> None:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                if time.monotonic() > deadline:
                    raise UserError(f"{self.path}: somebody else is changing it; try again") from e
                time.sleep(LOCK_LOOK_S)
            else:
                return


def _give(handle: int, like: os.stat_result) -> None:
    """Make a file's owner and group those of another, as far as one may."""
    if os.geteuid() == 0:
        os.fchown(handle, like.st_uid, like.st_gid)
    elif like.st_gid in (os.getegid(), *os.getgroups()):
        os.fchown(handle, -1, like.st_gid)


def _refusal(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        who = _group_of(path.parent)
        return (
            f"{path}: you ({_me()}) may not change the settings; "
            f"members of the group {who} may (sudo usermod -aG {who} {_me()}, then log in again)"
        )
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is no folder {path.parent}; create it, or name another with --config"
    return f"{path}: cannot be written: {error.strerror}"


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def _group_of(folder: Path) -> str:
    try:
        return folder.group()
    except (KeyError, OSError):
        return "cadence-coach"
