"""The story of `tests.hil`, on one emulated Pi after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hil.conftest import Table
from tests.hil.device import Device
from tests.hil.pi import build
from tests.hil.pi.board import EmulatedBoard
from tests.hil.pi.guest import BOARDS, EmulatedGuest


@pytest.fixture(scope="session", params=BOARDS)
def device(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Device]:
    """A Pi that is switched off, with nothing installed; `tell` prints the guest's own seconds."""
    folder = tmp_path_factory.mktemp("pi")
    kit = build.kit(folder)
    board = EmulatedBoard(folder)
    guest = EmulatedGuest(request.param, kit, board, folder)
    tell = Table(board.now)
    tell(f"--- {request.param} ---", "")
    yield Device(guest, board, kit.package, tell, guest.command_s)
    guest.power_cut()
    (folder / "card").unlink(missing_ok=True)
