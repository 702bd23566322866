"""A wire that is loose: a walk with gaps in it is a walk, and a stumble between two is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coach.balance import StumbleDetector
from coach.events import Fall, Stumble
from coach.samples import Block
from tests.support.augmented import torn
from tests.support.recordings import at_raster, known, manifest
from tests.support.stumbles import detected

pytestmark = [pytest.mark.recordings, pytest.mark.slow]


def alarmed(data: Path, activity: str, dataset: str, at_once: tuple[int, int]) -> list[bool]:
    """Whether each of these recordings, torn in two ways, raises an alarm."""
    said = []
    for n, row in enumerate(manifest(data)):
        if row["dataset"] == dataset and row["activity"].startswith(activity):
            x = at_raster(known(data, row).block)
            for seed in (1, 2):
                t, kept = torn(x, np.random.default_rng([seed, n]), at_once)
                block = Block(t, kept[:, :3], kept[:, 3:])
                events = detected(block, StumbleDetector(), told=lambda _: False)
                said.append(any(isinstance(event, Stumble | Fall) for event in events))
    return said


@pytest.mark.parametrize("at_once", [(6, 30), (40, 190)])
def test_a_walk_with_gaps_raises_no_alarm(recordings_dir: Path, at_once: tuple[int, int]) -> None:
    """Of steps that nobody has learned for a second and a half the next ones were new."""
    assert np.mean(alarmed(recordings_dir, "", "voisard", at_once)) <= 0.02


def test_a_stumble_between_gaps_is_told(recordings_dir: Path) -> None:
    """No more of them are lost than hide in a gap."""
    assert np.mean(alarmed(recordings_dir, "D18", "sisfall", (6, 30))) >= 0.95
