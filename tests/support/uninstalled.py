"""`coach` as on a machine where none is installed: a settings file in the usual place is not read.

Run as a program it is the command; `tests/conftest.py` has the same for what runs in the tests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

USUAL_FILE = "COACH_USUAL_FILE"
"""Environment variable of the command: the usual settings file, for a test that needs one."""

NOWHERE = "/nonexistent/coach.toml"


def leave_alone(usual: str = NOWHERE) -> None:
    """Before anything is loaded that reads the settings: this is where their usual file is."""
    from firmware.settings import place

    place.DEFAULT_PATH = Path(usual)


def _main() -> int:
    sys.path[0] = str(Path(__file__).parents[2])
    leave_alone(os.environ.get(USUAL_FILE, NOWHERE))
    from firmware.__main__ import main

    return main()


if __name__ == "__main__":
    sys.exit(_main())
