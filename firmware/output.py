"""Files that a person names as output: whole or not at all.

Such a name may be a link or a device, as with a shell's redirection: a link is followed unless
somebody else has put it there, a device is written to.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from firmware.errors import UserError
from firmware.files import Folder, followed

DATABASE = b"SQLite format 3\0"
"""What a log begins with (SQLite file format, 1.3.1)."""


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that takes `path`'s place when the block ends well, and vanishes otherwise.

    One that is there keeps its owner and mode, a new one has those that the umask leaves. What is
    no file is written to as it is: a device, a pipe, and what the shell has opened (`/dev/stdout`,
    `/dev/fd/3`), also where that is a file. Raises `UserError` where that cannot be, and
    `BrokenPipeError` where a reader has seen enough.
    """
    with replacing_bytes(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
            text.flush()
        finally:
            with contextlib.suppress(OSError):  # which has been raised already
                text.detach()


@contextmanager
def replacing_bytes(path: Path) -> Iterator[BinaryIO]:
    """The same for a file that is no text. A log is never replaced by what is made of it."""
    try:
        if (handle := _HANDED.fullmatch(_STREAMS.get(str(path), str(path)))) is not None:
            with _handed(int(handle[1])) as file:
                yield file
            return
        there = _there(path)
        if there is not None and not stat.S_ISREG(there.st_mode):
            with os.fdopen(_as_it_is(path), "wb") as file:
                yield file
            return
        if there is not None and _is_database(path):
            raise UserError(f"{path}: is a log, or another database; it is not replaced")
        target = followed(path)
        with (
            Folder.open(target.parent) as folder,
            folder.replacing(target.name, mode=0o666 & ~_umask(), like=there) as file,
        ):
            yield file
    except BrokenPipeError:
        raise
    except OSError as e:
        raise UserError(f"{path}: cannot be written: {e.strerror or e}") from e


@contextmanager
def bytes_to(output: str) -> Iterator[BinaryIO]:
    """As `replacing_bytes`, and of `-` as `standard_bytes`."""
    if output == "-":
        yield standard_bytes()
        return
    with replacing_bytes(Path(output)) as file:
        yield file


def standard_bytes() -> BinaryIO:
    """Standard output, for a file that is no text. Raises `UserError` where it is a terminal.

    That one puts a carriage return before each line feed, also for `ssh -t pi ... > FILE`.
    """
    if sys.stdout.isatty():
        raise UserError(
            "a terminal would spoil this file: name one with -o FILE, or use ssh without -t"
        )
    return sys.stdout.buffer


_STREAMS: Final = {"/dev/stdout": "/dev/fd/1", "/dev/stderr": "/dev/fd/2"}

_HANDED: Final = re.compile(r"(?:/dev|/proc/self)/fd/([0-9]{1,9})")
"""Opened by name, a file that a shell has opened would be begun anew, and what the shell has put
there and puts there later would be gone."""


def _handed(number: int) -> BinaryIO:
    """What the shell has opened under this number; none of the handles that are our own."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by the shell
            stream.flush()  # what was said before stands before
    if not os.get_inheritable(number):  # the log, say, which nobody has asked to be written over
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return os.fdopen(os.dup(number), "wb")


def _as_it_is(path: Path) -> int:
    """A device or a pipe: where the links lead to that may be followed, and no further."""
    return os.open(followed(path), os.O_WRONLY | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC)


def _is_database(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(len(DATABASE)) == DATABASE
    return False


def _there(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _umask() -> int:
    """The process's, read without changing it where Linux tells."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        said = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(said.partition("Umask:")[2].split()[0], 8)
    now = os.umask(0o077)
    os.umask(now)
    return now
