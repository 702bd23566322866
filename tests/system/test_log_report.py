"""The report in a real browser: it draws, zooms, asks no network, and everyone can read it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.logbook import Walk, write

LONGEST_S = 2.0
LARGEST_BYTES = 5_000_000

PATIENCE = 3
"""Tries for a picture: on a busy machine the browser's own time limit runs out now and then."""

BROWSER_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    # A page that was left is kept alive for the way back, and now and then it is that one which
    # is asked for its picture, and never answers.
    "--disable-features=BackForwardCache",
)


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
    begun = time.monotonic()
    subprocess.run([*coach, "log", "report", "--log", str(folder), "-o", str(page)], check=True)
    assert time.monotonic() - begun < LONGEST_S
    assert page.stat().st_size < LARGEST_BYTES
    return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium that keeps its console and its network requests."""
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("no chromium with chromedriver here: apt install chromium chromium-driver")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for option in BROWSER_OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    yield made
    made.quit()


def opened(browser: Any, page: Path, *, scheme: str = "light", width: int = 1100) -> None:
    """Load the page as on such a screen."""
    browser.set_window_size(width, 900)
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page.as_uri())


def photographed(browser: Any) -> bytes:
    """The whole page as PNG; asked again where the browser, not the page, missed its moment."""
    exceptions = pytest.importorskip("selenium.common.exceptions")
    for _ in range(PATIENCE):
        try:
            return base64.b64decode(
                browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})[
                    "data"
                ]
            )
        except exceptions.TimeoutException as e:
            missed = e
            browser.refresh()
    raise missed


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
@pytest.mark.parametrize("width", [1100, 390])
def test_no_serious_fault_of_accessibility(
    report: Path, browser: Any, scheme: str, width: int
) -> None:
    """The checker axe finds nothing serious or critical, light and dark, desktop and phone."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    opened(browser, report, scheme=scheme, width=width)
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text())
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in serious] == []
    overflow = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not browser.execute_script(overflow)


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
        ("light", "light", 900),
        ("dark", "dark", 900),
        ("phone", "light", 390),
    ):
        opened(browser, report, scheme=scheme, width=width)
        picture = photographed(browser)
        (folder / f"report-{name}.png").write_bytes(picture)
        assert len(picture) > 10_000


def test_what_a_person_wrote_is_text(report: Path) -> None:
    """A note with markup in it is shown, not run."""
    assert "<script>alert" not in report.read_text()
    assert "&lt;script&gt;alert" in report.read_text()
