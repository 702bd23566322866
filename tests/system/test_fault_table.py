"""Every fault of the fault table, at a random moment of a walk: shown, recovered, little lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.faulty import FAULTS
from tests.support.walkthrough import LOST_S, SHOWN_WITHIN_S, CannotError

SEEDS = (101,)
"""`tests.bench.bench_faults` does each twenty times."""

NEEDS_ROOT = ("disk full", "disk read-only")
BOUND_S = {"SIGKILL": 5.0}
"""Beside the fault's own time; others: `LOST_S`."""


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_is_shown_and_survived(tmp_path: Path, name: str, seed: int) -> None:
    """The LED shows it within a second, the cue after it is heard, no more is lost than said."""
    if name in NEEDS_ROOT and os.getuid() != 0:
        pytest.skip("only root can mount a file system to spoil")
    once, _ = FAULTS[name]
    try:
        outcome = once(tmp_path, seed)
    except CannotError as e:
        pytest.skip(f"this machine cannot: {e}")
    assert not outcome.wrong
    assert outcome.shown_s is None or outcome.shown_s <= SHOWN_WITHIN_S
    assert outcome.lost_s <= BOUND_S.get(name, LOST_S)
