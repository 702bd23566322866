"""How this layer is spread over the cores: its tests wait more than they reckon."""

from __future__ import annotations

import os

import pytest

WORKERS_A_CORE = 2


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: while the one waits the other works."""
    return WORKERS_A_CORE * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with a slow test first: none of them is then what all the others wait for."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
