"""What is asked over SSH answers at once, for each command loads what it needs and no more.

How soon: `tests/bench/bench_startup.py`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.app.cli import FAMILIES
from tests.support.logbook import Walk, write

HEAVY = (
    "numpy", "rich", "textual", "plotext", "tomlkit", "sqlite3", "gpiozero", "smbus2", "asyncio",
    "multiprocessing", "logging", "ctypes", "dataclasses", "tomllib", "coach.settings",
    "coach.events", "coach.engine", "hardware", "firmware.records", "firmware.device.daemon",
)  # fmt: skip
"""What takes a Pi Zero a tenth of a second or more to load, together or alone."""

SETTINGS = {"dataclasses", "tomllib", "coach.settings"}
LOG = {"dataclasses", "sqlite3"}
REVIEW = SETTINGS | LOG | {"rich", "coach.events", "firmware.records"}

LOADS: dict[str, tuple[list[str], set[str]]] = {
    "the version": (["--version"], set()),
    "status": (["status", "--socket", "{none}"], set()),
    "status, by its file": (["status", "--config", "{file}"], set()),
    "mute": (["mute", "--socket", "{none}"], set()),
    "clear": (["clear", "--socket", "{none}"], set()),
    "mark": (["mark", "--socket", "{none}", "a", "remark"], set()),
    "config get": (["config", "get", "cadence.max_spm", "--config", "{file}"], SETTINGS),
    "config set": (
        ["config", "set", "cadence.max_spm=80", "--config", "{file}"],
        SETTINGS | {"tomlkit"},
    ),
    "profile list": (["profile", "list", "--config", "{file}"], SETTINGS),
    "stage": (["stage", "--config", "{file}"], SETTINGS),
    "off": (["off", "--config", "{file}"], SETTINGS | {"hardware"}),
    "log list": (["log", "list", "--log", "{log}"], LOG),
    "log note": (["log", "note", "last", "--log", "{log}", "--pain-after", "2"], LOG),
    "log show": (["log", "show", "--log", "{log}"], REVIEW | {"plotext"}),
    "programme": (["programme", "--log", "{log}", "--config", "{file}"], REVIEW | {"ctypes"}),
    "cues": (["cues"], {"dataclasses", "hardware", "coach.events", "coach.settings"}),
    "watch, in lines": (
        ["watch", "--plain", "--socket", "{none}"],
        {"dataclasses", "coach.events", "firmware.records"},
    ),
    "all of the help": (["--help"], set()),
}
"""A command, and which of the heavy it may load."""


@pytest.mark.parametrize("name", LOADS)
def test_a_command_loads_what_it_needs_and_no_more(name: str, tmp_path: Path) -> None:
    """`python -X importtime` names all that was loaded."""
    given, may = LOADS[name]
    (tmp_path / "coach.toml").write_text("[cadence]\nmax_spm = 90\n")
    places = {"file": tmp_path / "coach.toml", "log": tmp_path, "none": "/nonexistent"}
    if "{log}" in given:
        write(tmp_path, Walk(120), Walk(120, mono_start_us=2_000_000_000))
    arguments = [part.format(**places) for part in given]
    command = [sys.executable, "-X", "importtime", "-m", "firmware", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time"))
    loaded = {line.rpartition("|")[2].strip() for line in lines}
    assert "argparse" in loaded
    assert loaded & {*HEAVY} <= may


def test_each_family_declares_the_commands_that_its_name_is_found_by() -> None:
    """A command that is given finds its family without loading another."""
    from firmware.app.cli import parser

    for family, names in FAMILIES.items():
        text = parser([family]).format_help()
        there = re.findall(r"^    (\S+)", text, re.MULTILINE)
        assert there == [*names], family
