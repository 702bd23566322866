"""A journal under load in a process of its own, to be killed; and what was left of its session.

Run as a program it writes a session into the folder given, in real time, far more than a walk
brings, and says on standard output how far it has come: the clock (s) of each burst it hands over.
"""

from __future__ import annotations

import random
import select
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BURST_S = 0.05
STEPS_A_BURST = 5
LONGEST_S = 7.0
"""Beyond the first sync, so that every phase between two syncs is met."""


@dataclass(frozen=True)
class Left:
    """What a kill left behind."""

    lived_s: float
    lost_s: float
    sound: bool
    ended: str | None


def kill_once(folder: Path, seed: int) -> Left:
    """Start the writer, kill it at a random moment, open the log as the next start does."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.system.powercut", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()  # it runs
    lives = random.Random(seed).uniform(0.05, LONGEST_S)
    begun = time.monotonic()
    told = b""
    while (left := begun + lives - time.monotonic()) > 0:
        if select.select([child.stdout], [], [], left)[0]:
            told = (told + child.stdout.read1())[-200:]
    child.kill()
    told += child.stdout.read()
    child.wait()
    child.stdout.close()
    lines = told.split(b"\n")[:-1]
    return left_in(folder, lives, float(lines[-1]) if lines else 0.0)


def left_in(folder: Path, lived_s: float, handed_over_s: float) -> Left:
    """Check the log, then let the coach open it and see how far the session reaches."""
    from firmware import recover, sessions
    from firmware.logwriter import LogWriter
    from firmware.retention import Limits

    path = folder / "coach.db"
    if not path.exists():
        return Left(lived_s, handed_over_s, True, None)
    damage: list[str] = []
    LogWriter(path, Limits(), damage.append).close()
    sound = not damage and recover.problems(path) == []
    with closing(sqlite3.connect(path)) as db:
        if db.execute("SELECT count(*) FROM session").fetchone()[0] == 0:
            return Left(lived_s, handed_over_s, sound, None)
    session = sessions.read_one(path, "last")
    reach = [e["at"] for e in session.events]
    try:
        reach.append(sessions.read_raw(path, "last")[0][-1] / 1e6)
    except sessions.UserError:
        reach.append(0.0)
    reached = min(reach[-2:]) if len(reach) > 1 else 0.0  # events and samples end together
    return Left(lived_s, handed_over_s - reached, sound, session.ended)


def main(folder: Path) -> None:
    """Write until killed."""
    from firmware.journal import Journal
    from tests.firmware.logbook import Walk, samples

    journal = Journal(folder / "coach.db")
    journal.start(lambda trouble: sys.exit(trouble.message))
    journal.begin(Walk().opening())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    begun, n = time.monotonic(), 0
    while True:
        n += 1
        time.sleep(max(0.0, begun + n * BURST_S - time.monotonic()))
        t = n * BURST_S
        journal.samples(*samples(BURST_S, t - BURST_S))
        for _ in range(STEPS_A_BURST):
            journal.record({"t": t, "type": "step", "at": t - 0.01, "side": "left"})
        journal.record({"t": t, "type": "cadence", "spm": 90.0, "confidence": 0.9})
        sys.stdout.write(f"{t:.3f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
