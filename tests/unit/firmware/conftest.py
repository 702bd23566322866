"""A journal that runs, and a control socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.log import journal, schema
from tests.support.controlled import Server
from tests.support.journals import Running


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A journal at fifty times its pace."""
    for name in ("WRITE_EVERY_S", "LOOK_S", "AGAIN_S"):
        monkeypatch.setattr(journal, name, getattr(journal, name) / 50)
    monkeypatch.setattr(schema, "BUSY_WAIT_S", 0.05)
    made = Running(tmp_path / "coach.db")
    yield made
    made.journal.close(30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.close()
