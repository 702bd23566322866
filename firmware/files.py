"""Files reached by handle: whole or not at all, and what they should be or refused.

A folder that a group may write to is a folder in which somebody else may have put a link, a pipe or
a device where a file should be, and may exchange it between two looks. So whatever the coach opens,
makes, shares or takes away there goes through a `Folder`: a handle on the folder, names within it,
no link followed, and every file looked at through its own handle before anything is done to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from firmware.errors import UserError

NEW = ".new"
"""Ending of a file that is being written."""

STALE_S = 60.0
"""A file that is being written is renamed within this; an older one is of a writer that died."""

MOST_LINKS = 40
"""Links in a row: as many as Linux follows."""

ON_CARD = Path("/var/tmp")  # noqa: S108 - a folder of our own is made in it
"""Where copies are made: root's not in a folder that a group may write to, where somebody could put
a link in their place between two files."""

SHARED_FILE = 0o660
"""Mode of what is made for a group: its members and nobody else."""

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
"""How a file is opened that anybody may have put there: no link, and nothing that lets wait."""

_EDIT = os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW


class NotOrdinaryError(OSError):
    """Something else stands where a file (or a folder) should be: at its `filename`."""


class Folder:
    """A folder, held by its handle from opening to `close`. All of it raises `OSError`.

    `names` are those of entries, never paths.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path) -> Self:
        """The folder at a path that others cannot change."""
        return cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._handle)

    @property
    def found(self) -> os.stat_result:
        """Owner, group and mode."""
        return os.fstat(self._handle)

    @property
    def shared(self) -> bool:
        """Whether its group may write to it."""
        return bool(self.found.st_mode & stat.S_IWGRP)

    @property
    def file_mode(self) -> int:
        """Of a file of the log's in it: who may write to the folder may write to that."""
        return SHARED_FILE if self.shared else 0o644

    def names(self) -> list[str]:
        """Of all its entries."""
        with os.scandir(self._handle) as entries:
            return sorted(entry.name for entry in entries)

    def look(self, name: str) -> os.stat_result | None:
        """At the entry itself; None: there is none."""
        try:
            return os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def ordinary(self, name: str) -> bool:
        """Whether there is such a file. Raises `NotOrdinaryError` where it is something else."""
        found = self.look(name)
        if found is not None and not stat.S_ISREG(found.st_mode):
            raise _strange(self.path / name, "ordinary file")
        return found is not None

    def holds(self, name: str) -> bool:
        """Whether there is such an ordinary file."""
        found = self.look(name)
        return found is not None and stat.S_ISREG(found.st_mode)

    def read(self, name: str, most: int) -> bytes:
        """A file's first `most` bytes."""
        with self.opened(name) as file:
            return file.read(most)

    def opened(self, name: str) -> BinaryIO:
        """A file, open for reading."""
        return os.fdopen(self._handle_on(name, READ), "rb")

    def edit(self, name: str) -> int:
        """A handle on a file, made empty where there is none: for a lock, for a database.

        One that is made here is the group's, where the folder is.
        """
        with contextlib.suppress(FileNotFoundError):
            return self._handle_on(name, _EDIT)
        try:
            handle = os.open(name, _EDIT | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self._handle)
        except FileExistsError:  # somebody else has made it in this moment
            return self._handle_on(name, _EDIT)
        try:
            if self.shared:
                os.fchmod(handle, SHARED_FILE)
        except OSError:  # of a file system without modes
            os.close(handle)
            raise
        return handle

    def subfolder(self, name: str) -> Folder:
        """The folder of this name, made where there is none; the group's, where this one is."""
        made = False
        try:
            os.mkdir(name, 0o755, dir_fd=self._handle)
            made = True
        except FileExistsError:
            pass
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            handle = os.open(name, flags, dir_fd=self._handle)
        except NotADirectoryError as e:  # a link says so, too
            raise _strange(self.path / name, "folder") from e
        folder = Folder(self.path / name, handle)
        if made and self.shared:
            os.fchown(handle, -1, self.found.st_gid)
            os.fchmod(handle, stat.S_IMODE(self.found.st_mode) | stat.S_ISGID)
        return folder

    def remove(self, name: str) -> None:
        """Take a file away, a link or a pipe, if it is there; a folder is refused."""
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._handle)
        except IsADirectoryError as e:
            raise _strange(self.path / name, "ordinary file") from e

    def rename(self, old: str, new: str) -> None:
        """Within the folder, over what stands there."""
        os.rename(old, new, src_dir_fd=self._handle, dst_dir_fd=self._handle)

    @contextmanager
    def replacing(self, name: str, *, mode: int, like: os.stat_result | None) -> Iterator[BinaryIO]:
        """A file that takes the name's place when the block ends well, safe on the card.

        `mode`: of a new one; `like`: whose owner, group and mode it gets instead.
        """
        self.sweep(STALE_S)
        handle, temporary = self._made()
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                _give(handle, mode, like)
                os.fsync(handle)
                temporary = temporary or self._named(handle)
                self.rename(temporary, name)
                mine, there = os.fstat(handle), self.look(name)
            temporary = ""
            os.fsync(self._handle)  # the new name is on the card as well
            if there is None or (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
                raise OSError(errno.EBUSY, "somebody else has changed it at the same time")
        finally:
            if temporary:
                self.remove(temporary)

    def _handle_on(self, name: str, flags: int) -> int:
        self.ordinary(name)  # a device is not even opened
        try:
            handle = os.open(name, flags, dir_fd=self._handle)
        except OSError as e:
            if e.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):  # a link, a socket, a folder
                raise _strange(self.path / name, "ordinary file") from e
            raise
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise _strange(self.path / name, "ordinary file")
        return handle

    def _made(self) -> tuple[int, str]:
        """A new file without a name, of which a kill leaves nothing; or else with one."""
        try:
            flags = os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC
            return os.open(".", flags, 0o600, dir_fd=self._handle), ""
        except OSError as e:
            if e.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                raise
        flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC
        name = _unused()
        return os.open(name, flags, 0o600, dir_fd=self._handle), name

    def _named(self, handle: int) -> str:
        name = _unused()
        os.link(f"/proc/self/fd/{handle}", name, dst_dir_fd=self._handle, follow_symlinks=True)
        return name

    def sweep(self, older_s: float) -> None:
        """Take away what writers that were killed have left so long ago."""
        for name in self.names():
            if name.startswith(".") and name.endswith(NEW):
                found = self.look(name)
                if found is not None and time.time() - found.st_mtime >= older_s:
                    with contextlib.suppress(OSError):
                        self.remove(name)


def read(path: Path, most: int) -> bytes:
    """A file's first `most` bytes; its folder's path is one that others cannot change."""
    with Folder.open(path.parent) as folder:
        return folder.read(path.name, most)


def put(path: Path, data: bytes, mode: int) -> None:
    """Such a file anew, of this mode. Both raise `OSError`."""
    with (
        Folder.open(path.parent) as folder,
        folder.replacing(path.name, mode=mode, like=None) as file,
    ):
        file.write(data)


def followed(path: Path) -> Path:
    """Where a path leads, by links that root or this user has made.

    Raises `UserError` for one that somebody else has put there.
    """
    at = _resolved(path)
    for _ in range(MOST_LINKS):
        try:
            found = at.lstat()
        except OSError:
            return at
        if not stat.S_ISLNK(found.st_mode):
            return at
        if found.st_uid not in (0, os.geteuid()):
            raise UserError(
                f"{at}: is a link that {_name(found.st_uid)} has put there; it is not followed"
            )
        at = _resolved(at.parent / at.readlink())
    raise UserError(f"{path}: leads from link to link without an end")


def _resolved(path: Path) -> Path:
    """The same name in the folder that its path leads to."""
    return Path(os.path.realpath(path.parent)) / path.name


def _give(handle: int, mode: int, like: os.stat_result | None) -> None:
    """Owner, group and mode, as far as one may; the mode last, for a new owner resets it."""
    if like is not None:
        if os.geteuid() == 0:
            os.fchown(handle, like.st_uid, like.st_gid)
        elif like.st_gid in (os.getegid(), *os.getgroups()):
            os.fchown(handle, -1, like.st_gid)
        mode = stat.S_IMODE(like.st_mode) & 0o777  # nothing that was set-uid stays so
    os.fchmod(handle, mode)


def _unused() -> str:
    return f".{os.urandom(6).hex()}{NEW}"


def _strange(path: Path, expected: str) -> NotOrdinaryError:
    return NotOrdinaryError(errno.EINVAL, f"it is no {expected}; move it away", str(path))


def may_not(do: str, folder: Path) -> str:
    """The sentence on what this user may not do in a folder, and who may."""
    me, group = _name(os.geteuid()), _group(folder)
    return (
        f"you ({me}) may not {do}; members of the group {group} may"
        f" (sudo usermod -aG {group} {me}, then log in again)"
    )


def _group(folder: Path) -> str:
    try:
        return folder.group()
    except (KeyError, OSError):
        return "cadence-coach"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
