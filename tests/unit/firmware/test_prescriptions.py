"""The history of what was prescribed."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from firmware.log import prescriptions
from tests.support.smalldisk import filled, small_disk

__all__ = ["small_disk"]


def test_who_gets_a_name_anew_has_nothing_of_the_one_before(tmp_path: Path) -> None:
    """Their limits would stand in the new walker's progress; the others keep theirs."""
    for walker, limit in (("anna", 80.0), ("bert", 70.0)):
        prescriptions.keep(tmp_path, walker, {"cadence.max_spm": (100.0, limit)})
    prescriptions.begin_anew(tmp_path, "anna")
    prescriptions.keep(tmp_path, "anna", {"cadence.max_spm": (100.0, 95.0)})
    told = {w: [e.changes for e in prescriptions.read(tmp_path, w)] for w in ("anna", "bert")}
    assert told == {
        "anna": [{"cadence.max_spm": (100.0, 95.0)}],
        "bert": [{"cadence.max_spm": (100.0, 70.0)}],
    }


def test_a_disk_with_room_for_half_a_line_is_told(small_disk: Path) -> None:
    """What fits is written, and the kernel calls that a success; the next one is whole again."""
    kept = small_disk / prescriptions.FILE_NAME
    kept.write_bytes(b"-" * (mmap.PAGESIZE - 40) + b"\n")
    ballast = filled(small_disk)
    with pytest.raises(OSError, match="No space left"):
        prescriptions.keep(small_disk, "anna", {"cadence.max_spm": (100.0, 80.0)})
    assert kept.stat().st_size == mmap.PAGESIZE
    ballast.unlink()
    prescriptions.keep(small_disk, "anna", {"cadence.max_spm": (100.0, 75.0)})
    [entry] = prescriptions.read(small_disk, "anna")
    assert entry.changes == {"cadence.max_spm": (100.0, 75.0)}
