"""The history of what was prescribed."""

from __future__ import annotations

from pathlib import Path

from firmware.log import prescriptions


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
