"""What a change of the settings prescribes, kept in the history and told in words."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from firmware.errors import UserError
from firmware.settings import textfile
from firmware.settings.store import Noting
from firmware.settings.textfile import Layers
from firmware.wording import shown

if TYPE_CHECKING:
    from firmware.log.prescriptions import Entry

OPTIONS = {
    "limit": "cadence.max_spm",
    "minutes": "session.target_min",
    "longest": "session.limit_min",
    "sessions": "programme.sessions_per_week",
    "weeks": "programme.weeks",
    "stage": "stage.current",
}
"""What is prescribed, by the option of the command."""


def in_words(entry: Entry) -> str:
    """One change of the history: when, who, what from and what to."""
    names = {key: name for name, key in OPTIONS.items()}
    said = (f"{names.get(k, k)} {shown(a)} -> {shown(b)}" for k, (a, b) in entry.changes.items())
    return f"{entry.day}  {entry.who}: {', '.join(said)}"


def kept(folder: Path, walker: str) -> list[Entry]:
    """A walker's changes, oldest first; none where they cannot be read, and then that is said."""
    from firmware.log import prescriptions

    try:
        return prescriptions.read(folder, walker)
    except OSError as e:
        at = folder / prescriptions.FILE_NAME
        sys.stderr.write(f"coach: the history of prescriptions is not shown: {at}: {e.strerror}\n")
        return []


def noting(say: Callable[[str], None] = print) -> Noting:
    """For the store: keeps in the history what a change has prescribed, however it was made.

    Where the old text could not be used, nobody knows what has changed, and nothing is kept.
    """

    def note(old: str, new: str) -> None:
        with contextlib.suppress(UserError):
            _keep(textfile.parse(old, ""), textfile.parse(new, ""), say)

    return note


def _keep(before: Layers, after: Layers, say: Callable[[str], None]) -> None:
    folder = Path(after.settings.log.directory)
    if not folder.is_dir():
        return  # no device here
    for walker in ("", *after.profiles):
        own = {**before.profiles.get(walker, {}), **after.profiles.get(walker, {})}
        old = before.settings_of(walker)
        new = after.settings_of(walker)
        changes = {
            key: (old.value(key), new.value(key))
            for key in OPTIONS.values()
            if old.value(key) != new.value(key) and (not walker or key in own)
        }
        if changes:
            from firmware.log import prescriptions

            try:
                prescriptions.keep(folder, walker, changes)
            except OSError as e:
                at = folder / prescriptions.FILE_NAME  # not the folder: it holds the log
                say(f"the history of prescriptions is not kept: {at}: {e.strerror}")
                return
