"""Whenever the process vanishes, the log opens by itself and at most five seconds are missing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firmware.journal import SYNC_EVERY_S
from tests.system.powercut import kill_once

KILLS = 20
AT_ONCE = 5


def test_kills_at_random_moments_damage_nothing(tmp_path: Path) -> None:
    """20 SIGKILLs under load: every log sound, the session closed as cut short, <= 5 s missing."""
    folders = [tmp_path / str(k) for k in range(KILLS)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        left = list(pool.map(kill_once, folders, range(KILLS)))
    print(f"\nmost lost: {max(one.lost_s for one in left):.2f} s in {KILLS} kills")
    assert all(one.sound for one in left)
    assert {one.ended for one in left} <= {"cut short", None}
    assert sum(one.ended is not None for one in left) >= KILLS - 4
    assert max(one.lost_s for one in left) <= SYNC_EVERY_S
