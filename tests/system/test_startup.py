"""What is asked over SSH answers at once: no numpy, and well within a quarter of a second."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

QUICK = {
    "version": ["--version"],
    "get": ["config", "get", "cadence.max_spm"],
    "status": ["status", "--socket", "/nonexistent"],
    "set": ["config", "set", "cadence.max_spm=80"],
    "profiles": ["profile", "list"],
}
SECONDS = 0.25
"""What the README promises; `tests/bench/bench_startup.py` tells more."""


def arguments(name: str, file: Path) -> list[str]:
    given = QUICK[name]
    return given if name in ("version", "status") else [*given, "--config", str(file)]


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_command_imports_no_numpy(name: str, tmp_path: Path) -> None:
    """Nor rich, gpiozero or smbus2: `python -X importtime` names all that was loaded."""
    file = tmp_path / "coach.toml"
    file.write_text('[control]\nsocket = "/nonexistent"\n')
    command = [sys.executable, "-X", "importtime", "-m", "firmware.cli", *arguments(name, file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.split("\n")}
    assert "argparse" in loaded
    assert not loaded & {"numpy", "rich", "gpiozero", "smbus2", "textual", "sqlite3"}


def test_get_answers_at_once(tmp_path: Path) -> None:
    """The best of five starts, for the machine may be busy with other things."""
    file = tmp_path / "coach.toml"
    file.write_text("[cadence]\nmax_spm = 80\n")
    command = [sys.executable, "-m", "firmware.cli", *arguments("get", file)]
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    assert min(taken) <= SECONDS
