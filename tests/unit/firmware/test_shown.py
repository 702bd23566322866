"""What somebody typed is shown as text and as nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.app.review.page import html
from firmware.log import notes
from firmware.records import LogDamaged
from firmware.sentences import as_line
from firmware.shown import cell, visible

NASTY = "\x1b[2Jgone\u202eexe.fdp\x07"


@given(st.text())
def test_nothing_unseen_is_left(text):
    """Whatever is typed, no control character and no override reaches a screen."""
    unseen = {unicodedata.category(c) for c in visible(text)} & {"Cc", "Cs", "Zl", "Zp"}
    assert not unseen
    assert not set(visible(text)) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e")


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_ordinary_text_stays(text):
    """Letters of any script, figures and signs are shown as they are."""
    assert visible(text) == text


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1", "-2+3", "@SUM(A1)"])
def test_a_cell_is_no_formula(text):
    """A spreadsheet shows what was typed and computes nothing."""
    assert cell(text) == f"'{text}"


def test_a_figure_stays_a_figure():
    """Numbers below nothing are no formulas."""
    assert cell(-2.5) == -2.5


def test_records_and_notes_are_text():
    """A message out of a log and a note cannot move the terminal's cursor."""
    for line in (as_line(LogDamaged(1.0, NASTY)), notes.words(notes.TEXT, NASTY)):
        assert "\x1b" not in line
        assert "[U+001B][2Jgone[U+202E]exe.fdp[U+0007]" in line


def test_a_page_runs_its_own_script_and_no_other():
    """The policy names the script by its hash: one that came with the data does not run."""
    page = html("t", "<p>b\u202ec</p>", '{"note": "</script><script>alert(1)</script>"}')
    (code,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "script-src 'unsafe-inline'" not in page
    assert "<p>b[U+202E]c</p>" in page
