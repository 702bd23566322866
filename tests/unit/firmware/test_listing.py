"""What `coach log list` tells a program, and in words."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from firmware.app.review import listing
from firmware.wording import numbered
from tests.support.logbook import Walk, write


def test_figures_that_nobody_knows_yet_are_nothing_for_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A card that is read elsewhere after a power cut: `0` would be a walk without a stumble."""
    log = write(tmp_path, Walk(120), Walk(120, mono_start_us=2, reason=None))
    assert listing.show_list(log, ["all"], None, "jsonl") == 0
    known, cut = map(json.loads, capsys.readouterr().out.splitlines())
    assert (known["walking_s"], known["stumbles"], known["steps"]) == (115, 1, 115)
    assert (cut["ended"], cut["start"] is None) == ("cut short", False)
    assert {cut[name] for name in ("length_s", "walking_s", "stumbles", "steps")} == {None}
    listing.show_list(log, ["all"], None, "csv")
    known, cut = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (known["stumbles"], cut["stumbles"], cut["length_s"]) == ("1", "", "")
    assert list(known) == list(cut)


def test_one_session_and_several_are_named() -> None:
    """As a person says it."""
    assert [numbered([7]), numbered([3, 5])] == ["session 7", "sessions 3, 5"]
