"""Settings files on the disk: one writer at a time, whole at every moment, and the way back.

A change goes into a new file that takes the old one's place when it is safe on the card. What
stood before and what stands now is kept in the folder `history` beside the file, so that `undo` can
go back, step by step, and takes back what somebody has written by hand as well. A power cut at any
instant leaves the old file or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from firmware.alone import alone
from firmware.errors import UserError
from firmware.files import STALE_S, Folder, NotOrdinaryError, followed, may_not
from firmware.settings import place, textfile
from firmware.settings.place import LARGEST
from firmware.settings.versions import HISTORY, emptied, versions

UNDONE = "undone"
"""Ending of the version that the last `undo` took away: nothing that somebody wrote is lost."""

KEPT = 50
"""Earlier versions: some weeks of a busy practice, in a few dozen kB."""

HEADER = "# Settings of the cadence coach. All keys: coach config keys\n\n"

Change = Callable[[str], str]
"""From a file's text to its new text."""

Noting = Callable[[str, str], None]
"""Takes old and new text when the new one stands there, before anybody else may change it."""


def unnoted(_old: str, _new: str) -> None:
    """For a change that no history tells of."""


class Store:
    """One settings file and its history."""

    def __init__(self, path: Path) -> None:
        self.path = followed(path)  # a link stays a link to what is changed

    def text(self) -> str:
        """What stands in the file, text or not; nothing where there is none. Raises `UserError`."""
        try:
            return place.as_it_is(self.path)
        except place.MissingError:
            return ""
        except place.TooLargeError as e:
            raise UserError(
                f"{e}; take out what does not belong there, or go back with: coach config undo"
            ) from e

    def _beginning(self) -> str:
        """As `text`, of a file of any size: of one that is too large what `parse` refuses."""
        try:
            return place.beginning(self.path)
        except place.MissingError:
            return ""

    def change(
        self, change: Change, note: Noting = unnoted, *, anew: bool = False
    ) -> tuple[str, str]:
        """Put `change(text)` in the place of the text; returns old and new.

        The new text is checked as a whole. Raises `UserError`, and then nothing has changed. Where
        a power cut has emptied the file, nothing is built on that, unless all of it is written
        `anew`: a limit and profiles that are still in force would be gone with it.
        """
        with self._alone() as folder:
            found = self.text()
            old = self._stood(folder, found)
            if old != found and not anew:
                raise UserError(
                    f"{self.path}: is empty, as after a power cut; first: coach config undo, which"
                    " brings back what stood there"
                )
            new = change(found or HEADER)
            made = textfile.parse(new, str(self.path)).contradictions()
            stood = self._contradictions(old)
            for sentence in made:
                if sentence not in stood:
                    raise UserError(f"{self.path}: {sentence}")
            if new != found:
                self._keep(folder, old)
                self._put(folder, found, new)
                self._keep(folder, new)
                note(old, new)
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
        with self._open() as folder:
            found = self._last_good(folder, self.text())
        return None if found is None else found[1]

    def last_good(self) -> str | None:
        """The newest version that can be used, where the file cannot; None where there is none."""
        try:
            with self._open() as folder:
                found = self._last_good(folder, "")
        except UserError:
            return None
        return None if found is None else found[1]

    def undo(self, note: Noting = unnoted) -> tuple[str, str]:
        """Bring the last good version before this one back; returns old and new.

        Of a file that a power cut has emptied the two are the same. Raises `UserError`.
        """
        with self._alone() as folder:
            found = self._beginning()
            old = self._stood(folder, found)
            good = self._last_good(folder, found)
            if good is None:
                raise UserError(f"{self.path}: there is no earlier version to go back to")
            version, new = good
            with folder.subfolder(HISTORY) as history:
                self._put_by(folder, history)
                known = versions(history, self.path.name)
                for spent in known[known.index(version) + 1 :]:
                    history.remove(spent)
            self._put(folder, found, new)
            note(old, new)
            return old, new

    def _stood(self, folder: Folder, text: str) -> str:
        """What a text stands for: of a file that a power cut has emptied the last good version."""
        good = self._last_good(folder, text) if emptied(folder, self.path.name) else None
        return text if good is None else good[1]

    def _last_good(self, folder: Folder, current: str) -> tuple[str, str] | None:
        """Name and text of the newest version that differs and can be used."""
        if folder.look(HISTORY) is None:
            return None
        with folder.subfolder(HISTORY) as history:
            for version in reversed(versions(history, self.path.name)):
                try:
                    text = place.as_text(history.read(version, LARGEST + 1), version)
                    textfile.parse(text, version)
                except (OSError, UserError):
                    continue  # of a hand or a card that slipped
                if text != current:
                    return version, text
        return None

    def _keep(self, folder: Folder, text: str) -> None:
        with folder.subfolder(HISTORY) as history:
            history.sweep(STALE_S)
            known = versions(history, self.path.name)
            if known and history.read(known[-1], LARGEST) == place.in_bytes(text):
                return
            number = 1 + (int(known[-1].rpartition(".")[2]) if known else 0)
            self._write(history, f"{self.path.name}.{number:09d}", text)
            for old in known[: max(0, len(known) + 1 - KEPT)]:
                history.remove(old)

    def _write(self, folder: Folder, name: str, text: str) -> None:
        with self._replacing(folder, name) as file:
            file.write(place.in_bytes(text))

    def _put_by(self, folder: Folder, history: Folder) -> None:
        """All of what stands in the file, however large, into the version that was undone."""
        import shutil  # it takes its time, and no other command needs it

        with self._replacing(history, f"{self.path.name}.{UNDONE}") as copy:
            if folder.ordinary(self.path.name):
                with folder.opened(self.path.name) as file:
                    shutil.copyfileobj(file, copy)

    @contextmanager
    def _replacing(self, folder: Folder, name: str) -> Iterator[BinaryIO]:
        """A file anew. Owner, group and mode stay; a new one is its folder's group's."""
        like = folder.look(name) if folder.ordinary(name) else None
        mode = 0o664 if folder.shared else 0o644
        with folder.replacing(name, mode=mode, like=like) as file:
            yield file

    @contextmanager
    def _open(self) -> Iterator[Folder]:
        """The folder of the file; what is wrong there becomes a sentence."""
        try:
            with Folder.open(self.path.parent) as folder:
                yield folder
        except OSError as e:
            raise UserError(_refusal(self.path, e)) from e

    @contextmanager
    def _alone(self) -> Iterator[Folder]:
        """The folder, for one writer at a time."""
        with self._open() as folder:
            if not os.access(self.path.parent, os.W_OK):
                raise PermissionError
            with alone(folder, self.path.name) as locked:
                if locked:
                    folder.sweep(0.0)
                yield folder

    def _put(self, folder: Folder, old: str, new: str) -> None:
        """The new text in the place of the old one, if that still stands there."""
        if self._beginning() != old:  # by a hand, or by whoever holds the lock for ever
            raise UserError(f"{self.path}: somebody else is changing it; try again")
        self._write(folder, self.path.name, new)


def _refusal(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: {may_not('change the settings', path.parent)}"
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is no folder {path.parent}; create it, or name another with --config"
    at = error.filename if isinstance(error, NotOrdinaryError) else path
    return f"{at}: cannot be written: {error.strerror}"
