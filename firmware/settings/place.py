"""Where the settings file is, its text, and where the daemon listens.

That is all that a command needs which only asks the daemon; nothing here loads the catalogue of
settings.
"""

from __future__ import annotations

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


class UnreadableError(UserError):
    """The file is there and could not be read: for a moment, perhaps."""


def read(path: Path) -> str:
    """The text of a settings file. Raises `UserError`; never waits on a pipe or a device."""
    try:
        at = followed(path)
        with Folder.open(at.parent) as folder:
            data = folder.read(at.name or ".", LARGEST + 1)
    except FileNotFoundError as e:
        raise MissingError(f"{path}: no such settings file") from e
    except OSError as e:
        raise UnreadableError(f"{path}: cannot be read: {e.strerror}") from e
    except ValueError as e:  # a NUL in the name
        raise UserError(f"{str(path)!r}: cannot be a file's name") from e
    return as_text(data, str(path))


def as_text(data: bytes, where: str) -> str:
    """The bytes of a settings file as text. Raises `UserError`, which begins with `where`."""
    if len(data) > LARGEST:
        raise UserError(f"{where}: expected a settings file of at most {LARGEST // 1024} kB")
    try:
        return data.decode("utf-8-sig")  # an editor on Windows may begin with a mark
    except UnicodeDecodeError as e:
        raise UserError(f"{where}: expected a text file in UTF-8") from e
