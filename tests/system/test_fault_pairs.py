"""Every pair of sensor faults in a walk: told in time, no false alarm, the time right after it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.fault_pairs import PAIRS, play

SAMPLE = 40
"""So many of the pairs; `make faults`, which sets COACH_FAULTS, plays them all."""

CHOSEN = PAIRS if os.environ.get("COACH_FAULTS") else random.Random(7).sample(PAIRS, SAMPLE)


@pytest.mark.slow
@pytest.mark.parametrize("pair", CHOSEN, ids="+".join)
def test_two_faults_at_once_are_survived(tmp_path: Path, pair: tuple[str, str]) -> None:
    """The daemon goes on, tells what is wrong within a second, and is back with the true time."""
    assert play(tmp_path, pair, PAIRS.index(pair)) == ""
