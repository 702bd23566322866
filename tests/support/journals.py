"""A journal that runs, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach.events import Cue
from firmware.log import index, retention
from firmware.log.journal import Journal, Trouble
from tests.support.logbook import Walk


def disk(monkeypatch: pytest.MonkeyPatch, free_mb: float) -> list[float]:
    """How much of the disk the log finds free (MB): the one number of this list, whenever."""
    free = [free_mb]
    monkeypatch.setattr(retention, "free_mb", lambda _: free[0])
    return free


class Running:
    """A journal that writes, and what it has told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: list[Trouble] = []
        self.journal = Journal(path)
        self.journal.start(self.trouble.append)

    def session(self, number: int) -> None:
        """A whole session, told by `mono_start_us`."""
        self.journal.begin(Walk(mono_start_us=number).opening())
        self.journal.record(Cue(1.0, "slow_down", "on"))
        self.journal.end("stopped")

    @property
    def kinds(self) -> list[str]:
        return [t.kind for t in self.trouble]

    def starts(self) -> list[int]:
        """Of the sessions in the log now."""
        return [s.mono_start_us for s in index.read_rows(self.path)]
