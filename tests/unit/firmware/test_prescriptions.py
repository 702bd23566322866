"""The history of what was prescribed."""

from __future__ import annotations

import json
import mmap
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from firmware.log import clocks, notes, prescriptions
from tests.support.logbook import Walk, write
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


def noted(folder: Path, monkeypatch: pytest.MonkeyPatch, run: str = "boot-1") -> None:
    """A prescription on a machine that takes today for the second of January 1970."""
    with monkeypatch.context() as m:
        m.setattr(clocks, "is_set", lambda: False)
        m.setattr(clocks, "boot_id", lambda: run)
        m.setattr(clocks, "read", lambda: clocks.WallClock(run, time.time() - 500.0, sure=False))
        prescriptions.keep(folder, "anna", {"cadence.max_spm": (100.0, 80.0)})


@pytest.mark.parametrize("dated", ["by a person", "by the network, in a walk", "not at all"])
def test_a_prescription_under_an_unset_clock_is_dated_with_the_sessions_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dated: str
) -> None:
    """As they are: 500 s after the machine had begun, where a session began at 1000 s."""
    noted(tmp_path, monkeypatch)
    start = datetime(2026, 11, 2, 14, 30).astimezone()
    walk = Walk(20, boot="boot-1", mono_start_us=1_000_000_000, wall_start=90_000.0, sure=False)
    if dated == "by the network, in a walk":
        walk = replace(walk, wall_start=start.timestamp(), sure=True)
    log = write(tmp_path, Walk(20, boot="boot-0"), walk)
    if dated == "by a person":
        notes.put_date(log, "2", "2026-11-02 14:30")
    [entry] = prescriptions.read(tmp_path, "anna")
    known = f"{start - timedelta(seconds=500):%Y-%m-%d %H:%M}"
    assert entry.sure is (dated != "not at all")
    assert entry.day == known if entry.sure else entry.day.endswith("?")


def test_a_prescription_is_dated_as_soon_as_the_clock_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same run of the machine, without a session; of another run nothing is known."""
    noted(tmp_path, monkeypatch)
    noted(tmp_path, monkeypatch, "boot-2")
    noted(tmp_path, monkeypatch, clocks.UNKNOWN)
    assert [entry.sure for entry in prescriptions.read(tmp_path, "anna")] == [False] * 3
    monkeypatch.setattr(clocks, "boot_id", lambda: "boot-1")
    monkeypatch.setattr(clocks, "is_set", lambda: True)
    monkeypatch.setattr(
        clocks, "read", lambda: clocks.WallClock("boot-1", 1_790_000_000.0, sure=True)
    )
    first, *others = prescriptions.read(tmp_path, "anna")
    assert (first.sure, first.when) == (True, "2026-09-21T14:21:40+00:00")
    assert [entry.sure for entry in others] == [False, False]


def test_what_another_hand_has_written_for_a_run_dates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a run that is no name nor a time that is none ends in a traceback."""
    noted(tmp_path, monkeypatch)
    file = tmp_path / prescriptions.FILE_NAME
    [line] = file.read_text().splitlines()
    for key, value in (("boot", ["x"]), ("mono_s", "x"), ("mono_s", 1e300), ("mono_s", -1)):
        with file.open("a") as more:
            more.write(json.dumps({**json.loads(line), key: value}) + "\n")
    write(tmp_path, Walk(20, boot="boot-1", mono_start_us=10**18))
    assert [entry.sure for entry in prescriptions.read(tmp_path, "anna")] == [False]
