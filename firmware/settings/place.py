"""Where the settings file is, its text, and where the daemon listens.

That is all that a command needs which only asks the daemon; nothing here loads the catalogue of
settings.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from firmware.errors import UserError
from firmware.files import Folder, followed

DEFAULT_PATH = Path("/etc/cadence-coach/coach.toml")

CONTROL_SOCKET = "/run/cadence-coach/control.sock"
"""The daemon's, where the file names no other."""

LARGEST = 64 * 1024
"""Bytes of a settings file: a hundred profiles; what is larger is some other file."""


class MissingError(UserError):
    """There is no such file."""


class TooLargeError(UserError):
    """It is larger than any settings file."""


class UnreadableError(UserError):
    """The file is there and could not be read: for a moment, perhaps."""


def read(path: Path) -> str:
    """The text of a settings file. Raises `UserError`; never waits on a pipe or a device."""
    return as_text(_found(path), str(path))


def as_it_is(path: Path) -> str:
    """The same, where what is no UTF-8 in it is kept for `in_bytes`, and is no reason to refuse."""
    return _decoded(_found(path), str(path))


def beginning(path: Path) -> str:
    """The same of a file of any size; of one that is too large so much that it is refused."""
    return _found(path).decode("utf-8-sig", "surrogateescape")


def _found(path: Path) -> bytes:
    try:
        at = followed(path)
        with Folder.open(at.parent) as folder:
            data = folder.read(at.name or ".", LARGEST + 1 + len(codecs.BOM_UTF8))
    except FileNotFoundError as e:
        raise MissingError(f"{path}: no such settings file") from e
    except OSError as e:
        raise UnreadableError(f"{path}: cannot be read: {e.strerror}") from e
    except ValueError as e:  # a NUL in the name
        raise UserError(f"{str(path)!r}: cannot be a file's name") from e
    return data


def as_text(data: bytes, where: str) -> str:
    """The bytes of a settings file as text. Raises `UserError`, which begins with `where`."""
    text = _decoded(data, where)
    refuse_other(text, where)
    return text


def refuse_other(text: str, where: str) -> None:
    """Raise `UserError` for what is too large, or was no UTF-8, with its line."""
    _refuse_large(in_bytes(text), where)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as e:
        line = text.count("\n", 0, e.start) + 1
        raise UserError(f"{where}: line {line}: expected a text file in UTF-8") from e


def in_bytes(text: str) -> bytes:
    """A settings file's bytes, from its text, also as `as_it_is` tells it."""
    return text.encode("utf-8", "surrogateescape")


def _decoded(data: bytes, where: str) -> str:
    _refuse_large(data, where)
    return data.decode("utf-8-sig", "surrogateescape")  # an editor on Windows may begin with a mark


def _refuse_large(data: bytes, where: str) -> None:
    if len(data) > LARGEST:
        raise TooLargeError(f"{where}: expected a settings file of at most {LARGEST // 1024} kB")
