"""Every page that there is, of long and short, whole and broken logs: no wrong word in it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from firmware.app import keeping
from tests.support.browser import accessible, browser, cut, on_paper, opened, overflows
from tests.support.logbook import Walk, write
from tests.support.terminal import piped

__all__ = ["browser"]

DAY_S = 86_400.0
BEGIN = 1_741_000_000.0
WRONG = re.compile(r"\b(?:None|nan|inf)\b|\b1 (?:sessions|stumbles|cues)\b|[_{}]|- steps/min| \.")
WIDTHS, SCHEMES = (360, 1280), ("light", "dark")


def daily(count: int, **more: Any) -> list[Walk]:
    """A session a day."""
    return [
        Walk(300, spm=80.0 + k % 17, mono_start_us=k, wall_start=BEGIN + k * DAY_S, **more)
        for k in range(count)
    ]


def logs(folder: Path) -> dict[str, Path]:
    """Logs of every kind, by name."""
    stumbles = tuple(float(t) for t in range(100, 7000, 120))
    walks = {
        "300 sessions": daily(300),
        "two walkers": daily(6),
        "2 h": [Walk(7200, stumbles=stumbles, gaps=((3000.0, 20.0),))],
        "10 s": [Walk(10, stumbles=())],
        "nobody walked": [Walk(3, stumbles=())],
        "undated": daily(3, sure=False),
        "cut short": [*daily(1), Walk(90, reason=None)],
        "a stage sets the limit": [Walk(600, settings={"stage.sets_limit": True})],
    }
    made = {}
    for name, several in walks.items():
        (folder / name).mkdir()
        made[name] = write(folder / name, *several)
    for number in range(1, 7):
        name = "anna" if number % 2 else "bert"
        keeping.add(made["two walkers"], str(number), [("walker", name), ("pain_before", "4")])
    return made


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of each log's last session; progress and comparison where there are several."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name, log in logs(folder).items():
        last = str({"two walkers": 5, "300 sessions": 300, "cut short": 2}.get(name, 1))
        lines = {"report": [last]}
        if name in ("300 sessions", "two walkers", "undated"):
            lines["compare"] = ["1", "3"]
            lines["progress"] = ["--walker", "anna" if name == "two walkers" else ""]
        for command, given in lines.items():
            out = folder / f"{name} {command}.html"
            done = piped("log", command, *given, "--log", log.parent, "-o", out)
            assert done.returncode == 0, done.stderr
            made[out.stem] = out
    return made


def words(page: Path) -> str:
    """What a reader reads, and what is read aloud."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    aloud = " ".join(re.findall(r'aria-label="([^"]*)"', text))
    return unescape(re.sub(r"<[^>]*>", " ", text) + aloud)


def test_no_page_has_a_wrong_word(pages: dict[str, Path]) -> None:
    """No value of ours, no plural of one, no figure where there is none, nobody else's name."""
    for name, page in pages.items():
        said = words(page)
        assert WRONG.findall(said) == [], name
    assert "bert" not in words(pages["two walkers report"])
    assert "300 sessions, as of" in words(pages["300 sessions progress"])
    assert "cut short; at most its last five seconds are missing" in words(
        pages["cut short report"]
    )
    assert "The date is not sure" in words(pages["undated report"])


@pytest.mark.slow
def test_every_page_is_for_everyone(pages: dict[str, Path], browser: Any) -> None:
    """The checker axe finds nothing, light and dark, and nothing is wider than screen or paper."""
    found: dict[tuple[object, ...], object] = {}
    for name, page in pages.items():
        for width in WIDTHS:
            for scheme in SCHEMES:
                opened(browser, page, scheme=scheme, width=width)
                wrong = [*accessible(browser), *(["too wide"] if overflows(browser) else [])]
                wrong += browser.get_log("browser")
                if wrong:
                    found[name, width, scheme] = wrong
        on_paper(browser, page)
        if cut(browser) or overflows(browser):
            found[name, "paper"] = "cut"
    assert found == {}
