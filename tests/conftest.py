"""What all tests share: where the real recordings are, and how they come in as CSV."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# In CI the same examples every time: a red run is then the change's doing. Elsewhere new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def recordings_dir() -> Path:
    """The folder of the real recordings; the test is skipped, saying why, where it is absent."""
    folder = Path(os.environ.get("COACH_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "manifest.csv").exists():
        pytest.skip(f"no recordings in {folder}: set COACH_DATA to the folder that holds them")
    return folder
