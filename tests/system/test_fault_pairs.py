"""Every pair of sensor faults in a walk: told in time, no false alarm, the time right after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.fault_pairs import KINDS, PAIRS, play

FAULTS = list(KINDS)
EACH_ONCE = list(zip(FAULTS, FAULTS[len(FAULTS) // 2 :], strict=False))
"""Every fault, beside one of another kind: the list's two halves."""

CHOSEN = PAIRS if os.environ.get("COACH_FAULTS") else EACH_ONCE
"""`make faults`, which sets COACH_FAULTS, plays them all."""


@pytest.mark.slow
@pytest.mark.parametrize("pair", CHOSEN, ids="+".join)
def test_two_faults_at_once_are_survived(tmp_path: Path, pair: tuple[str, str]) -> None:
    """The daemon goes on, tells what is wrong within a second, and is back with the true time."""
    assert play(tmp_path, pair, PAIRS.index(pair)) == ""
