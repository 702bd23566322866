"""Tables as a pipe gets them: a line a row, for a person's less or grep; programs have --format."""

from __future__ import annotations

import pytest

from firmware.app.columns import print_columns

LONG = "a sentence that is a good deal longer than what stands in other rows of its column"


def test_a_pipe_gets_a_line_a_row_which_one_long_cell_does_not_widen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Short cells stand under each other; a long one is whole, and shifts its own line alone."""
    rows = [("a_name", "1", "x"), ("b", LONG, "y"), ("c", "22", LONG)]
    print_columns(("name", "value", "from"), rows)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(rows)
    assert lines[2] == f"b       {LONG}  y"
    assert [line.index(cell) for line, cell in zip(lines, ("from", "x"), strict=False)] == [34, 34]
    assert lines[3].index(LONG) == 34
    assert max(map(len, lines)) == 34 + len(LONG)
    assert not any(line.endswith(" ") for line in lines)
