"""Logs for the tests, written through the shipped journal without a walk being played."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from firmware.log.journal import Journal, Opening, Trouble
from firmware.log.retention import Limits
from firmware.log.samples import Piece, pieces
from firmware.log.schema import FILE_NAME, PAGE_BYTES
from firmware.records import decode
from firmware.settings.catalogue import Settings
from tests.support.waiting import LONGEST_S, eventually

RATE_HZ = 100

WAITING = 20_000
"""A writer of sessions is quicker than the log; what is far too much would be lost."""


@dataclass
class Walk:
    """One session as it is put into the log: a cadence that swings round `spm`, and its events."""

    seconds: int = 120
    spm: float = 92.0
    swing: float = 10.0
    limit: float = 100.0
    stumbles: tuple[float, ...] = (50.0,)
    gaps: tuple[tuple[float, float], ...] = ()
    changes: tuple[tuple[float, float], ...] = ()
    """(t, new limit)."""
    boot: str = "boot-1"
    mono_start_us: int = 1_000_000
    wall_start: float = 1_790_000_000.0
    sure: bool = True
    raw: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    reason: str | None = "no steps for a while"

    def opening(self) -> Opening:
        """What is known at its start."""
        told = {"cadence.max_spm": self.limit, **self.settings}
        settings = Settings().changed(told).as_dict()
        return Opening(self.boot, self.mono_start_us, self.wall_start, dict(settings), self.sure)

    def cadence(self, t: float) -> float:
        """Steps/min at second t."""
        return self.spm + self.swing * math.sin(t / 20.0)

    def records(self) -> list[dict[str, Any]]:
        """Everything that is said, in order of time, as a program reads it."""
        said: list[dict[str, Any]] = [{"t": 6.0, "type": "session", "state": "started"}]
        over, told = False, 0
        for t in range(5, self.seconds):
            spm = self.cadence(t)
            said.append(
                {
                    "t": float(t),
                    "type": "cadence",
                    "spm": spm,
                    "confidence": 0.9,
                    "recent_spm": None,
                    "newest_spm": None,
                }
            )
            said.append({"t": t + 0.1, "type": "step", "at": t - 0.2, "side": None})
            if t % 5 == 0:
                even = {"step_time_cv": 4.0, "regularity": 0.8, "symmetry": 0.9, "vigour_g": None}
                said.append({"t": float(t), "type": "steadiness", **even})
            if over != (spm > self.limit):
                over = not over
                state = "on" if over else "off"
                said.append({"t": float(t), "type": "cue", "cue": "slow_down", "state": state})
                if over:
                    told = t
                else:
                    reaction = {"cue": "slow_down", "seconds": float(t - told)}
                    said.append({"t": float(t), "type": "reaction", **reaction})
        for at in self.stumbles:
            said.append({"t": at, "type": "stumble", "onset": at - 0.2, "severity": 1.4})
            said.append({"t": at, "type": "cue", "cue": "stumble", "state": "on"})
            said.append({"t": at + 3, "type": "cue", "cue": "stumble", "state": "off"})
        for at, missing in self.gaps:
            said.append({"t": at, "type": "gap", "start": at - missing, "missing_s": missing})
        for at, limit in self.changes:
            said.append({"t": at, "type": "settings", "changes": {"cadence.max_spm": limit}})
        return sorted(said, key=lambda r: r["t"])


def samples(seconds: float, start_s: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Something like walking: t_us (n,) and raw counts (n, 6)."""
    n = round(seconds * RATE_HZ)
    t_us = round(start_s * 1e6) + np.arange(n, dtype=np.int64) * (1_000_000 // RATE_HZ)
    phase = 2 * np.pi * 1.5 * t_us[:, None] / 1e6 + np.arange(6)
    weight = np.array([0, 0, 2048, 0, 0, 0])  # 1 g
    return t_us, (300 * np.sin(phase) + weight).astype(np.int16)


def write(folder: Path, *walks: Walk, limits: Limits | None = None) -> Path:
    """A log with these sessions, closed; returns its path. Fails where the journal complains."""
    path = folder / FILE_NAME
    trouble: list[Trouble] = []
    journal = Journal(path, limits)
    journal.start(trouble.append)
    for walk in walks:
        journal.begin(walk.opening())
        if walk.raw:
            journal.samples(*samples(walk.seconds))
        for record in walk.records():
            journal.record(decode(record))
        if walk.reason is not None:
            journal.end(walk.reason)
        eventually(lambda: journal.waiting < WAITING)
    assert journal.close(LONGEST_S)
    assert not trouble, trouble
    return path


def multiply(path: Path, sessions: int) -> None:
    """Make the log's first session into so many, each an hour after the one before it."""
    with closing(sqlite3.connect(path)) as db, db:
        numbers = (
            f"WITH RECURSIVE n(k) AS (VALUES(1) UNION ALL SELECT k + 1 FROM n LIMIT {sessions - 1})"
        )
        db.execute(
            f"{numbers} INSERT INTO session (id, boot_id, mono_start_us, wall_start, wall_sure,"
            " settings, ended, summary) SELECT id + k, boot_id, mono_start_us + k * 3600000000,"
            " wall_start + k * 3600, wall_sure, settings, ended, summary FROM session, n"
            " WHERE id = 1"
        )
        db.execute(
            f"{numbers} INSERT INTO second SELECT session + k, t, spm, confidence FROM n, second"
            " WHERE session = 1"
        )
        db.execute(
            f"{numbers} INSERT INTO event (session, t, type, detail) SELECT session + k, t, type,"
            " detail FROM n, event WHERE session = 1"
        )
        db.execute(
            f"{numbers} INSERT INTO raw SELECT session + k, t_us, n, packed FROM n, raw"
            " WHERE session = 1"
        )


def spoil(path: Path, table: str) -> None:
    """Overwrite the page of the log from which all of this table's are found."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = db.execute(found, (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek(PAGE_BYTES * (root - 1))
        file.write(b"\xa5" * PAGE_BYTES)


def read_raw(path: Path, wanted: str) -> Piece:
    """All samples of a session at once."""
    found = list(pieces(path, wanted))
    return np.concatenate([t for t, _ in found]), np.concatenate([x for _, x in found])
