"""The earlier versions of a settings file, and whether a power cut has emptied the file itself."""

from __future__ import annotations

import re
from pathlib import Path

from firmware.errors import UserError
from firmware.files import Folder, followed

HISTORY = "history"
"""The folder of the versions, beside the file."""

_VERSION = re.compile(r"(.*)\.([0-9]{9,18})")


def versions(history: Folder, name: str) -> list[str]:
    """The names of this file's versions, oldest first; what else may lie there is passed over."""
    named = (_VERSION.fullmatch(entry) for entry in history.names())
    found = sorted((int(m[2]), m[0]) for m in named if m and m[1] == name)
    return [entry for _, entry in found if history.holds(entry)]


def emptied(folder: Folder, name: str) -> bool:
    """Whether there is such a file, of no bytes, and no command has left it so."""
    if not folder.ordinary(name) or folder.read(name, 1):
        return False
    if folder.look(HISTORY) is None:
        return True
    with folder.subfolder(HISTORY) as history:
        known = versions(history, name)
        by_the_last_undo = bool(known) and not history.read(known[-1], 1)
    return not by_the_last_undo


def refuse_emptied(path: Path) -> None:
    """Raise `UserError` for a file that was emptied."""
    at = followed(path)
    try:
        with Folder.open(at.parent) as folder:
            if not emptied(folder, at.name):
                return
    except OSError as e:
        raise UserError(f"{path}: cannot be read: {e.strerror}") from e
    raise UserError(
        f"{path}: is empty, as after a power cut; expected settings, or a comment at least"
    )
