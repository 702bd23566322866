"""Two chosen sessions over each other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from firmware.app.review import compare
from firmware.log.schema import FILE_NAME
from tests.support.browser import accessible, browser, opened, overflows
from tests.support.logbook import Walk, write
from tests.support.terminal import piped, shown

__all__ = ["browser"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("log")
    write(
        made,
        Walk(400, spm=70.0, limit=80.0, mono_start_us=1),
        Walk(700, spm=88.0, limit=90.0, mono_start_us=2),
    )
    return made


def test_the_figures_stand_beside_each_other(folder: Path) -> None:
    """Prescription and result of both, and both curves; no line too wide."""
    text = shown("log", "compare", "1", "last", "--log", folder, columns=110)
    assert "Sessions 1 and 2\n" in text
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert "80 steps/min" in lines["limit"]
    assert "90 steps/min" in lines["limit"]
    assert "6:35 of 10 min" in lines["walked"]
    assert "dots: session 1; x: session 2" in text
    assert max(map(len, text.splitlines())) <= 110


def test_without_the_package_that_draws_it_says_how_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `coach log show` does; the figures are there all the same."""
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert compare.run(folder / FILE_NAME, ["1", "2"], None) == 0
    *figures, chart = capsys.readouterr().out.strip().splitlines()
    assert any(line.startswith("cadence") for line in figures)
    assert chart.startswith("(the chart needs the Python package plotext: ")


def test_the_title_says_whose_each_is(tmp_path: Path) -> None:
    """A session of nobody named is not told as the other one's walker's."""
    write(tmp_path, Walk(400, mono_start_us=1), Walk(400, mono_start_us=2))
    log = ("--log", tmp_path)
    piped("log", "note", "1", "--walker", "anna", *log)
    assert (
        "Sessions 1 and 2, anna and nobody named\n"
        in piped("log", "compare", "1", "2", *log).stdout
    )
    piped("log", "note", "2", "--walker", "anna", *log)
    assert "Sessions 1 and 2, anna\n" in piped("log", "compare", "1", "2", *log).stdout


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible(folder: Path, browser: Any, tmp_path: Path, width: int) -> None:
    """Two lines that differ in more than colour; axe finds nothing; nothing is too wide."""
    page = tmp_path / "compared.html"
    done = piped("log", "compare", "1", "2", "--log", folder, "-o", page)
    assert done.stderr == f"coach: sessions 1 and 2 are in {page}\n"
    opened(browser, page, width=width)
    assert accessible(browser) == []
    assert not overflows(browser)
    assert page.read_text().count("<polyline") == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["1", "1"], "are the same session: expected two"),
        (["1", "9"], "there is no session 9"),
        (["1"], "the following arguments are required: N"),
        (["all", "1"], "'all' is 2 sessions (1, 2): expected one of them"),
    ],
)
def test_what_is_no_pair_is_refused(folder: Path, typed: list[str], sentence: str) -> None:
    """With one sentence, exit code 2."""
    done = piped("log", "compare", *typed, "--log", folder)
    assert done.returncode == 2
    assert sentence in done.stderr
