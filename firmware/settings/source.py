"""Where settings come from: the file and the command line over it; and whether they have changed.

An editor may empty a file before it fills it, or move it away for an instant. So a file counts
as changed only when it has stood still between two looks, and one that is not there for the
moment changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from coach.settings import SettingError
from firmware.errors import UserError
from firmware.settings import textfile
from firmware.settings.catalogue import DEFAULT_PATH, Settings

Signature = tuple[int, int, int]


class Source:
    """A settings file (the usual one, if it is there, where None) and what `--set` puts over it."""

    def __init__(self, path: Path | None, assignments: Iterable[str] = ()) -> None:
        self.path = Path(os.path.realpath(path or DEFAULT_PATH))
        self._required = path is not None
        self._assignments = tuple(assignments)
        self._loaded: Settings | None = None
        self._taken: Signature | None = None
        self._seen: Signature | None = None

    def load(self) -> Settings:
        """The settings now. Raises `UserError`; the file then counts as taken all the same.

        A file that has not changed is not read again: asking often costs nothing.
        """
        signature = self._signature()
        if self._loaded is not None and signature == self._taken:
            return self._loaded
        self._taken, self._loaded = signature, None
        read = textfile.load if self._required else textfile.load_if_there
        layers = read(self.path)
        try:
            self._loaded = layers.settings.changed_by(self._assignments)
        except SettingError as e:
            raise UserError(f"--set {e}") from e
        return self._loaded

    def changed(self) -> bool:
        """Whether the file is another than the one taken, and has stood still since last asked."""
        seen, self._seen = self._seen, self._signature()
        return self._seen is not None and self._seen == seen and self._seen != self._taken

    def _signature(self) -> Signature | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
