"""Long walks made of real strides follow their script, and are still that person's walking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.longwalks import long_walk, people

pytestmark = pytest.mark.recordings

RISE = ((0.0, 90.0), (60.0, 90.0), (120.0, 108.0))


def test_a_long_walk_follows_its_script(recordings_dir: Path) -> None:
    """Its foot contacts have the script's tempo, before, in, and after a change."""
    who = people(recordings_dir)[1]
    contacts = long_walk(who, 180.0, RISE, seed=1).contacts
    for begin, end, spm in ((5.0, 55.0, 90.0), (80.0, 100.0, 99.0), (125.0, 178.0, 108.0)):
        inside = contacts[(contacts >= begin) & (contacts < end)]
        even = (len(inside) - 1) // 2 * 2
        assert 60.0 * even / (inside[even] - inside[0]) == pytest.approx(spm, rel=0.01)


def test_its_joins_are_no_jolts(recordings_dir: Path) -> None:
    """From one sample to the next it moves no more than the recording does; a seed is a walk."""
    who = people(recordings_dir)[1]
    own = ((0.0, who.spm),)
    first, again, other = (long_walk(who, 120.0, own, seed=seed) for seed in (3, 3, 4))
    steps = np.abs(np.diff(first.block.acc, axis=0)).max(axis=0)
    assert (steps <= 1.2 * np.abs(np.diff(who.x[:, :3], axis=0)).max(axis=0)).all()
    assert (first.block.acc == again.block.acc).all()
    assert not np.array_equal(first.block.acc, other.block.acc)
