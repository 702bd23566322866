"""A log with a flipped bit or a missing end; `tests/bench/bench_flips.py` has the night's size."""

from __future__ import annotations

from pathlib import Path

from tests.support.flips import sweep


def test_a_damaged_log_is_told_and_the_next_session_is_recorded(tmp_path: Path) -> None:
    """No reader ends in a traceback, nothing is lost without a word, and the log goes on."""
    found = list(sweep(tmp_path, flips=24, cuts=8, seed=7))
    assert [f for f in found if f.wrong] == []
    assert any(f.told for f in found)
