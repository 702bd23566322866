"""A guest for each story, and the table of what was done to it and what was seen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from operator import itemgetter
from typing import Any

import pytest

from tests.hil import build
from tests.hil.device import Device
from tests.hil.guest import GuestError, UserModeGuest
from tests.hil.virtio import VirtioBoard

WIDTH = 34
TOLD = "told"
JOURNAL = "journalctl --unit=cadence-coach --no-pager --lines=40"

_rows: list[str] = []
"""What was told since the last report: with that it goes to where the table is printed."""


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> build.Kit:
    """Kernel, root and package."""
    return build.kit(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def device(kit: build.Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """The device, switched off and with nothing installed."""
    folder = tmp_path_factory.mktemp("hil")
    board = VirtioBoard(folder)
    guest = UserModeGuest(kit, board, folder)
    yield Device(guest, board, kit.package, Table(board.now), guest.command_s)
    guest.power_cut()


class Table:
    """Takes a row at a time: what was done, and what was seen, on the board's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began = now()

    def __call__(self, done: str, seen: str) -> None:
        _rows.append(f"{self._now() - self._began:6.1f} s  {done:{WIDTH}}  {seen}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, None]:
    """With each report what was told; with a failure, what the service had to say."""
    outcome = yield
    report = outcome.get_result()
    report.user_properties.extend((TOLD, row) for row in _rows)
    _rows.clear()
    if report.failed and report.when == "call":
        device: Any = item.funcargs["device"]
        guest = device.guest
        report.sections.append(("the guest's console", guest.console()))
        with contextlib.suppress(GuestError, OSError):  # it is not even there
            report.sections.append(("the service's journal", guest.run(JOURNAL)[1]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, story by story, after all else."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    stories: dict[str, list[tuple[float, str]]] = {}
    for report in reports:
        for name, row in getattr(report, "user_properties", ()):
            if name == TOLD:
                story = report.nodeid.partition("::")[0]
                stories.setdefault(story, []).append((report.start, row))
    for story, rows in stories.items():
        terminalreporter.section(story)
        terminalreporter.write("".join(f"{row}\n" for _, row in sorted(rows, key=itemgetter(0))))
