"""The report in a real browser: it draws, zooms, asks no network, and everyone can read it."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import accessible, browser, on_paper, opened, overflows, photographed
from tests.support.logbook import Walk, write

__all__ = ["browser"]

LONGEST_S = 2.0
LARGEST_BYTES = 5_000_000


def _processor_s() -> float:
    """What the commands so far have taken: a busy machine makes it no longer."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a 15 min session with everything in it, after some others; made in time."""
    folder = tmp_path_factory.mktemp("log")
    earlier = [Walk(600, spm=80.0 + k, mono_start_us=k) for k in range(12)]
    last = Walk(
        900,
        stumbles=(200.0, 640.0),
        gaps=((400.0, 6.0),),
        changes=((500.0, 95.0),),
        mono_start_us=99,
    )
    write(folder, *earlier, last)
    note = ["log", "note", "last", "--speed", "2.4", "--text", "<script>alert(1)</script>"]
    page = folder / "report.html"
    coach = [sys.executable, "-m", "firmware"]
    subprocess.run([*coach, *note, "--log", str(folder)], check=True)
    begun = _processor_s()
    subprocess.run([*coach, "log", "report", "--log", str(folder), "-o", str(page)], check=True)
    assert _processor_s() - begun < LONGEST_S
    assert page.stat().st_size < LARGEST_BYTES
    return page


def count(browser: Any, selector: str) -> int:
    """How many such elements the page holds."""
    return browser.execute_script(f"return document.querySelectorAll('{selector}').length")


def test_it_draws_everything_and_asks_for_nothing(report: Path, browser: Any) -> None:
    """Zone, cues, stumbles, gaps and trend are there; no console message, no request."""
    browser.get_log("performance")
    opened(browser, report)
    assert count(browser, "#cadence .zone") == 2
    assert count(browser, "#cadence .walk") == 1
    assert count(browser, "#cadence .alarm") == 2
    assert count(browser, "#cadence .cue") > 2
    assert count(browser, "#cadence .gap") == 1
    assert count(browser, "#trend .dot") == 13
    assert count(browser, "#steadiness .walk") == 1
    assert browser.get_log("browser") == []
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_it_zooms(report: Path, browser: Any) -> None:
    """Buttons and keys show a part, move it, and come back to the whole."""
    opened(browser, report)
    svg = browser.find_element("id", "cadence")

    def span() -> tuple[float, float]:
        return float(svg.get_attribute("data-from")), float(svg.get_attribute("data-to"))

    whole = span()
    browser.find_element("id", "in").click()
    half = span()
    assert half[1] - half[0] == pytest.approx((whole[1] - whole[0]) / 2)
    svg.send_keys("+")
    browser.find_element("id", "right").click()
    assert span()[0] > half[0]
    for _ in range(12):
        svg.send_keys("+")
    assert span()[1] - span()[0] == pytest.approx(10.0)
    browser.find_element("id", "all").click()
    assert span() == whole
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 360])
def test_it_is_accessible_at_every_width(
    report: Path, browser: Any, scheme: str, width: int
) -> None:
    """The checker axe finds nothing, light and dark, desktop, tablet and phone."""
    opened(browser, report, scheme=scheme, width=width)
    assert accessible(browser) == []
    assert not overflows(browser)


def test_it_prints_whole(report: Path, browser: Any) -> None:
    """As PDF it is two pages of A4 at most, and on paper no event and no row is left out."""
    opened(browser, report)
    options = {"preferCSSPageSize": True, "printBackground": True}
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", options)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    hidden = "return [...document.querySelectorAll('.told li, #trend ~ .scroll tr')]"
    assert browser.execute_script(f"{hidden}.filter(e => !e.getClientRects().length).length") == 0
    assert browser.execute_script(f"{hidden}.length") > 15
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("width", [360, 1100])
def test_two_hours_have_sensible_ticks(browser: Any, tmp_path: Path, width: int) -> None:
    """Three to thirteen instants on the axis, at whole tens or quarters of an hour."""
    write(tmp_path, Walk(7200, stumbles=tuple(range(100, 7000, 120))))
    page = tmp_path / "report.html"
    coach = [sys.executable, "-m", "firmware.app.cli", "log", "report"]
    subprocess.run([*coach, "--log", str(tmp_path), "-o", str(page)], check=True)
    opened(browser, page, width=width)
    texts = "return [...document.querySelectorAll('#cadence > text')].map(e => e.textContent)"
    ticks = [text for text in browser.execute_script(texts) if ":" in text]
    assert 3 <= len(ticks) <= 13
    assert ticks[0] == "0:00"
    assert all(tick.endswith(("0:00", "5:00")) for tick in ticks)
    assert count(browser, ".told li") > 57  # every stumble by name, not only under the pointer


def test_pictures_for_the_documentation(report: Path, browser: Any, tmp_path: Path) -> None:
    """A screenshot is never blank; COACH_PICTURES names a folder to keep them in."""
    folder = Path(os.environ.get("COACH_PICTURES", tmp_path))
    for name, scheme, width in (
        ("light", "light", 1280),
        ("dark", "dark", 768),
        ("phone", "light", 360),
    ):
        opened(browser, report, scheme=scheme, width=width)
        picture = photographed(browser)
        (folder / f"report-{name}.png").write_bytes(picture)
        assert len(picture) > 10_000
    on_paper(browser, report)
    (folder / "report-print.png").write_bytes(photographed(browser))


def test_what_a_person_wrote_is_text(report: Path) -> None:
    """A note with markup in it is shown, not run."""
    assert "<script>alert" not in report.read_text()
    assert "&lt;script&gt;alert" in report.read_text()
