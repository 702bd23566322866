"""What all tests share: no coach of this machine, the real recordings, the time of mock pins."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import gpiozero.pins.mock
import pytest
from hypothesis import settings

from hardware import Clock
from tests.support import uninstalled

uninstalled.leave_alone()  # of a coach that is installed on this machine

# In CI the same examples every time: a red run is then the change's doing. Elsewhere new ones.
# However long one takes: a busy machine is no fault of the product.
settings.register_profile("coach", derandomize=bool(os.environ.get("CI")), deadline=None)
settings.load_profile("coach")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def recordings_dir() -> Path:
    """The folder of the real recordings; the test is skipped, saying why, where it is absent."""
    folder = Path(os.environ.get("COACH_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "manifest.csv").exists():
        pytest.skip(f"no recordings in {folder}: set COACH_DATA to the folder that holds them")
    return folder


PinClock = Callable[[Clock], None]


@pytest.fixture
def pin_clock(monkeypatch: pytest.MonkeyPatch) -> PinClock:
    """Lets gpiozero's mock pins take their time from a clock of the test's."""
    return lambda clock: monkeypatch.setattr(gpiozero.pins.mock, "monotonic", clock.now)
