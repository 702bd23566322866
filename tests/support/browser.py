"""A page in a real browser: a headless Chromium, as wide and as dark as a test wants it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAPER = 718
"""Pixels: A4 between its margins."""

ANSWER_S = 180.0
"""How long a script may take in the page: axe looks at all of it, and a busy machine is slow."""

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
    made.set_script_timeout(ANSWER_S)
    yield made
    made.quit()


def opened(browser: Any, page: Path, *, scheme: str = "light", width: int = 1100) -> None:
    """Load the page as on such a screen."""
    browser.set_window_size(width, 900)
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": feature})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})  # they hide an edge
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


def accessible(browser: Any) -> list[tuple[str, str]]:
    """What the checker axe finds wrong with the page that is open, each with its first place."""
    axe = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    browser.execute_script((Path(axe.__file__).parent / "axe.min.js").read_text())
    # What is right is not asked for: on a page of 300 sessions the list of it takes far longer.
    found = browser.execute_async_script(
        "axe.run({resultTypes: ['violations']}).then(arguments[arguments.length - 1])"
    )
    return [(v["id"], v["nodes"][0]["html"][:120]) for v in found["violations"]]


def on_paper(browser: Any, page: Path, width: int = PAPER) -> None:
    """Load the page as it is printed."""
    opened(browser, page, width=width)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})


def cut(browser: Any) -> int:
    """How many parts of the page are wider than the room that they have."""
    scrolled = (
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
    )
    return int(browser.execute_script(f"return {scrolled}.length"))


def overflows(browser: Any) -> bool:
    """Whether the page is wider than the screen."""
    wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(browser.execute_script(wider))
