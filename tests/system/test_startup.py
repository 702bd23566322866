"""What is asked over SSH answers at once, for it loads next to nothing.

How soon: `tests/bench/bench_startup.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

QUICK = {
    "version": ["--version"],
    "get": ["config", "get", "cadence.max_spm"],
    "status": ["status", "--socket", "/nonexistent"],
    "set": ["config", "set", "cadence.max_spm=80"],
    "profiles": ["profile", "list"],
    "off": ["off"],
}


def arguments(name: str, file: Path) -> list[str]:
    given = QUICK[name]
    return given if name in ("version", "status") else [*given, "--config", str(file)]


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_command_imports_no_numpy(name: str, tmp_path: Path) -> None:
    """Nor rich, gpiozero or smbus2: `python -X importtime` names all that was loaded."""
    file = tmp_path / "coach.toml"
    file.write_text('[control]\nsocket = "/nonexistent"\n')
    command = [sys.executable, "-X", "importtime", "-m", "firmware", *arguments(name, file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.split("\n")}
    assert "argparse" in loaded
    assert not loaded & {"numpy", "rich", "gpiozero", "smbus2", "textual", "sqlite3"}
