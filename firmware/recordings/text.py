"""A recording's file as lines of text, some at a time; what is none is refused."""

from __future__ import annotations

import codecs
import itertools
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from coach.frozen import frozen
from firmware.errors import UserError
from firmware.recordings.columns import COLUMNS

HEADER = ",".join(COLUMNS)

LARGEST = 100 << 20
"""Bytes of a recording: four hours."""

BLOCK = 1 << 20
"""Bytes that are looked at together."""

OF_WINDOWS = "cp1252"
"""A spreadsheet's CSV where it is not UTF-8: in a head, `m/s²` and `°/s` are no UTF-8 then."""

_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
"""What an archive of zip begins with, and a spreadsheet's file, which is one; a file of gzip; a
spreadsheet's of before 2007."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@frozen
class Text:
    """A file that is open, and what a first look has shown; `body` may be read again."""

    path: Path
    head: str
    most_lines: int
    """It has no more."""
    quotes: bool
    """There are quotation marks in it."""
    _file: BinaryIO
    _encoding: str

    @classmethod
    @contextmanager
    def open(cls, path: Path, header: str = HEADER) -> Iterator[Text]:
        """Open and look at it. Raises `UserError`, also where a later line is no text.

        `header`: what a file of its kind begins with, for the sentence.
        """
        form = f"a CSV file with {header}"
        try:
            with _plain(path) as file:
                yield cls._looked_at(path, file, form)
        except IsADirectoryError as e:
            raise UserError(f"{path}: is a folder; expected {form}") from e
        except OSError as e:
            raise UserError(f"{path}: cannot be read: {e.strerror}") from e
        except UnicodeError as e:
            raise UserError(f"{path}: is a binary file; expected {form}") from e

    @classmethod
    def _looked_at(cls, path: Path, file: BinaryIO, form: str) -> Text:
        blank, quotes, nul, lines = True, False, False, 1
        begin = file.read(4)
        if begin.startswith(_PACKED):
            raise UserError(
                f"{path}: is packed, or a spreadsheet's own: unpack it, or save it as CSV; expected"
                f" {form}"
            )
        encoding = "utf-16" if begin.startswith(_UTF_16) else "utf-8-sig"
        file.seek(0)
        as_it_comes = codecs.getincrementaldecoder("utf-8")()
        for _ in range(LARGEST // BLOCK):  # and no more, should it grow
            block = file.read(BLOCK)
            blank = blank and not block.strip()
            quotes, nul = quotes or b'"' in block, nul or b"\0" in block
            lines += block.count(b"\n") + block.count(b"\r")
            if encoding == "utf-8-sig":
                try:
                    as_it_comes.decode(block, final=not block)
                except UnicodeDecodeError:
                    encoding = OF_WINDOWS
        if blank:
            raise UserError(f"{path}: is empty; expected {form}")
        if nul and encoding != "utf-16":
            raise UserError(f"{path}: is a binary file; expected {form}")
        looked_at = cls(path, "", lines, quotes, file, encoding)
        head = next(looked_at._all(), "").rstrip("\n")
        return cls(path, head, lines, quotes, file, encoding)

    def body(self) -> Iterator[str]:
        """The lines after the head, with the line ends of whatever machine as our own."""
        return itertools.islice(self._all(), 1, self.most_lines)

    def _all(self) -> Iterator[str]:
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        return open(self._file.fileno(), encoding=self._encoding, closefd=False)


@contextmanager
def _plain(path: Path) -> Iterator[BinaryIO]:
    """A plain file, open; a pipe may never end, nor does a device."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"{path}: is a pipe or a device; save the recording to a file first")
        if found.st_size > LARGEST:
            raise UserError(
                f"{path}: has {found.st_size >> 20} MB; expected {LARGEST >> 20} MB at the most,"
                " some hours of one walker: split it"
            )
        yield file
