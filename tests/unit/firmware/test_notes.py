"""What a person adds to a session, through the command."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firmware.app import keeping
from tests.support.logbook import Walk, write


@pytest.mark.parametrize(
    ("known", "noted", "alike"),
    [
        ("anna", "Anna", "anna"),
        ("Änne O'Neil", "änne o'neil", "'Änne O'\"'\"'Neil'"),
        ("A\u0308nne", "Änne", "'A\u0308nne'"),  # as another keyboard writes it
        ("anna", "anna", ""),
        ("anna", "hanna", ""),
    ],
)
def test_a_name_that_differs_by_capitals_is_told_to_be_another_walker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], known: str, noted: str, alike: str
) -> None:
    """A keyboard that begins with a capital made a second walker, without a word."""
    walks = [Walk(20, mono_start_us=k, settings={"walker.profile": "bert"}) for k in range(3)]
    log = write(tmp_path, *walks)
    for number in "12":
        keeping.add(log, number, [("walker", known)])
    capsys.readouterr()
    keeping.add(log, "3", [("walker", noted)])
    first, *more = capsys.readouterr().out.splitlines()
    assert first == f"session 3: walker {noted}"
    told = (
        f"{noted} is another walker than {known}, who has 2 sessions in this log; if they are one:"
        f" coach log note 3 --walker {alike}"
    )
    assert more == ([told] if alike else [])


def test_a_note_is_taken_beside_a_damaged_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose the others are cannot be told then; that is no trouble of the note's."""
    log = write(tmp_path, *(Walk(20, mono_start_us=k) for k in range(2)))
    with closing(sqlite3.connect(log)) as db, db:
        db.execute("UPDATE session SET settings = '[]' WHERE id = 1")
    assert keeping.add(log, "2", [("walker", "anna")]) == 0
    assert capsys.readouterr().out == "session 2: walker anna\n"
