"""How a walker gets on: in the terminal, and as a page that anybody can read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from firmware.app import keeping
from firmware.log import prescriptions
from tests.support import logbook
from tests.support.browser import accessible, browser, opened, overflows, photographed
from tests.support.logbook import Walk
from tests.support.terminal import piped, shown

__all__ = ["browser"]

DAY_S = 86_400.0
BEGIN = 1_762_160_400.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine sessions of anna's in three weeks, some with pain noted, and two of bert's."""
    made = tmp_path_factory.mktemp("log")
    days = (0, 2, 4, 7, 9, 11, 14, 16, 18)
    anna = [
        Walk(700, spm=70.0 + k, limit=90.0 - k, wall_start=BEGIN + d * DAY_S, mono_start_us=k)
        for k, d in enumerate(days)
    ]
    bert = [
        Walk(600, spm=113.0, wall_start=BEGIN + d * DAY_S, mono_start_us=100 + d) for d in (1, 3)
    ]
    path = logbook.write(made, *anna, *bert)
    for number in range(1, 10):
        pain = [("pain_before", "5"), ("pain_after", str(5 - number // 3))] if number % 2 else []
        keeping.add(path, str(number), [("walker", "anna"), *pain])
    for number in (10, 11):
        keeping.add(path, str(number), [("walker", "bert")])
    prescriptions.keep(made, "anna", {"cadence.max_spm": (90.0, 82.0)})
    return made


def test_the_terminal_has_a_line_a_session(folder: Path) -> None:
    """Weeks against plan, then each session with its figures; nobody else's; no line too wide."""
    text = shown("log", "progress", "--walker", "anna", "--log", folder, columns=100)
    assert "Progress of anna\n" in text
    assert "9 of 18 sessions done." in text
    assert "week 1, from 2025-11-03: 3 of 3 done" in text
    assert "11:35 of 10 min" in text
    assert "5 to 2" in text
    assert "113" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_who_has_none_is_told_who_has(folder: Path) -> None:
    """One sentence, exit code 2."""
    done = piped("log", "progress", "--walker", "carla", "--log", folder)
    assert done.returncode == 2
    hint = "there are some of anna, bert: coach log progress --walker anna\n"
    assert done.stderr.endswith(f"no finished session of carla; {hint}")
    done = piped("log", "progress", "--log", folder)
    assert done.stderr.endswith(f"no finished session of nobody named; {hint}")


def test_before_the_first_session_nobody_is_missed(tmp_path: Path) -> None:
    """As `coach log list` says it; of a walker who was asked for, the name."""
    done = piped("log", "progress", "--log", tmp_path)
    assert done.stderr.endswith("there is no log here yet; it begins with the first session\n")
    logbook.write(tmp_path, Walk(700, reason=None))  # it runs still, or was cut short
    done = piped("log", "progress", "--log", tmp_path)
    assert done.stderr.endswith("coach.db: no finished session yet\n")
    done = piped("log", "progress", "--walker", "anna", "--log", tmp_path)
    assert done.stderr.endswith("coach.db: no finished session of anna\n")


@pytest.fixture(scope="module")
def page(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "progress.html"
    done = piped("log", "progress", "--walker", "anna", "--log", folder, "-o", made)
    assert (done.returncode, done.stderr) == (0, f"coach: 9 sessions are in {made}\n")
    return made


def test_the_page_holds_what_the_terminal_does(page: Path) -> None:
    """Charts with words beside them, a table of all, the prescriptions; bert is not in it."""
    text = page.read_text(encoding="utf-8")
    for words in ("Walking, min (dashed: target)", "Pain after, of 10", "limit 90 -&gt; 82"):
        assert words in text
    assert text.count("<svg") == 6
    assert text.count("<tr>") == 10
    assert "bert" not in text
    assert "<script" not in text


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_at_every_width(page: Path, browser: Any, width: int, scheme: str) -> None:
    """The checker axe finds nothing, and nothing is wider than the screen."""
    opened(browser, page, scheme=scheme, width=width)
    assert accessible(browser) == []
    assert not overflows(browser)
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(("name", "width"), [("progress", 1280), ("progress-phone", 360)])
def test_pictures_for_the_documentation(
    page: Path, browser: Any, tmp_path: Path, name: str, width: int
) -> None:
    """A screenshot is never blank; COACH_PICTURES names a folder to keep it in."""
    opened(browser, page, width=width)
    picture = photographed(browser)
    (Path(os.environ.get("COACH_PICTURES", tmp_path)) / f"{name}.png").write_bytes(picture)
    assert len(picture) > 10_000


def test_the_numbers_of_an_axis_stand_where_they_belong(page: Path) -> None:
    """The one between two others is half of the way: not 0, 0 and 1, where nobody stumbled."""
    charts = page.read_text(encoding="utf-8").split("<svg")[1:]
    axes = [re.findall(r'text-anchor="end">(\d+)</text>', chart) for chart in charts]
    assert axes
    for low, middle, high in ([int(n) for n in axis] for axis in axes):
        assert low < middle < high
        assert middle - low == high - middle


@pytest.mark.parametrize("count", [1, 300])
def test_one_session_and_three_hundred(tmp_path: Path, count: int) -> None:
    """Few or many: a page, and no wrong word in it."""
    logbook.write(
        tmp_path, *(Walk(65, mono_start_us=k, wall_start=BEGIN + k * DAY_S) for k in range(count))
    )
    out = tmp_path / "progress.html"
    assert piped("log", "progress", "--log", tmp_path, "-o", out).returncode == 0
    text = out.read_text(encoding="utf-8")
    assert text.count("<tr>") == 1 + count
    for wrong in ("None", "nan", "1 sessions", " .", "of 7 done"):
        assert wrong not in re.sub("<style>.*?</style>", "", text, flags=re.DOTALL)
