"""What is asked over SSH answers at once, for each command loads what it needs and no more.

How soon: `tests/bench/bench_startup.py`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.app.cli import FAMILIES
from tests.support.logbook import Walk, write
from tests.support.settingsfile import settings_file
from tests.support.waiting import eventually

HEAVY = (
    "numpy", "rich", "textual", "plotext", "tomlkit", "sqlite3", "gpiozero", "smbus2", "asyncio",
    "multiprocessing", "logging", "ctypes", "dataclasses", "tomllib", "coach.settings",
    "coach.events", "coach.engine", "hardware", "firmware.records", "firmware.device.daemon",
    "json", "csv", "unicodedata", "tempfile",
)  # fmt: skip
"""What takes a Pi Zero a tenth of a second or more to load, together or alone."""

SETTINGS = {"dataclasses", "tomllib", "coach.settings"}
ASKING = {"json"}
LOG = {"dataclasses", "sqlite3", "json"}
REVIEW = SETTINGS | LOG | {"rich", "coach.events", "firmware.records"}

LOADS: dict[str, tuple[list[str], set[str]]] = {
    "the version": (["--version"], set()),
    "status": (["status", "--socket", "{none}"], ASKING),
    "status, by its file": (["status", "--config", "{file}"], ASKING),
    "mute": (["mute", "--socket", "{none}"], ASKING),
    "clear": (["clear", "--socket", "{none}"], ASKING),
    "mark": (["mark", "--socket", "{none}", "a", "remark"], ASKING),
    "config get": (["config", "get", "cadence.max_spm", "--config", "{file}"], SETTINGS),
    "config set": (
        ["config", "set", "cadence.max_spm=80", "--config", "{file}"],
        # an unset clock's prescription is dated later, by the time since the boot
        SETTINGS | ASKING | {"tomlkit", "ctypes", "hardware"},
    ),
    "profile list": (["profile", "list", "--config", "{file}"], SETTINGS | ASKING),
    "stage": (["stage", "--config", "{file}"], SETTINGS | ASKING),
    "off": (["off", "--config", "{file}"], SETTINGS | ASKING | {"hardware"}),
    "log list": (["log", "list", "--log", "{log}"], LOG),
    "log note": (["log", "note", "last", "--log", "{log}", "--pain-after", "2"], LOG),
    "log show": (["log", "show", "--log", "{log}"], REVIEW | {"plotext"}),
    "programme": (["programme", "--log", "{log}", "--config", "{file}"], REVIEW | {"ctypes"}),
    "cues": (["cues"], {"dataclasses", "json", "hardware", "coach.events", "coach.settings"}),
    "watch, in lines": (
        ["watch", "--plain", "--socket", "{none}"],
        {"dataclasses", "json", "coach.events", "firmware.records"},
    ),
    "all of the help": (["--help"], set()),
}
"""A command, and which of the heavy it may load."""


FOREIGN = (
    "firmware.app", "firmware.lab", "rich", "textual", "tomlkit", "plotext", "matplotlib",
    "multiprocessing", "concurrent", "asyncio", "joblib", "pyarrow", "garmin_fit_sdk",
)  # fmt: skip
"""What serves a person at a desk: the daemon loads nothing of it."""


def loaded(told: str) -> set[str]:
    """The names of what `python -X importtime` says was loaded."""
    lines = (line for line in told.splitlines() if line.startswith("import time"))
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("name", LOADS)
def test_a_command_loads_what_it_needs_and_no_more(name: str, tmp_path: Path) -> None:
    """`python -X importtime` names all that was loaded."""
    given, may = LOADS[name]
    settings = f'[log]\ndirectory = "{tmp_path}"\n[cadence]\nmax_spm = 90\n'
    (tmp_path / "coach.toml").write_text(settings)
    places = {"file": tmp_path / "coach.toml", "log": tmp_path, "none": "/nonexistent"}
    if "{log}" in given:
        write(tmp_path, Walk(120), Walk(120, mono_start_us=2_000_000_000))
    arguments = [part.format(**places) for part in given]
    command = [sys.executable, "-X", "importtime", "-m", "firmware", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert "argparse" in loaded(done.stderr)
    assert loaded(done.stderr) & {*HEAVY} <= may


def test_the_daemon_loads_no_app_no_lab_and_no_process_pool(tmp_path: Path) -> None:
    """`coach run` to its end: neither commands, tables nor processes."""
    socket = tmp_path / "control.sock"
    run = ["run", "--simulate", "--config", str(settings_file(tmp_path, socket=socket))]
    command = [sys.executable, "-X", "importtime", "-m", "firmware", *run]
    told = tmp_path / "stderr"
    with told.open("w") as file, subprocess.Popen(command, stderr=file) as daemon:
        eventually(socket.exists)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait() == 0
    names = loaded(told.read_text())
    assert {"firmware.device.daemon", "coach.engine", "numpy"} <= names
    assert sorted(name for name in names if name.startswith(FOREIGN)) == []


LATE = """
import sys, threading
from pathlib import Path
from hardware.simulated import Fault
from hardware.simulated.walker import Fall, Stand, Stumble, Walk
from tests.support.device import Device

def load(event, given):
    if event == "import" and begun and threading.current_thread() is threading.main_thread():
        print(given[0])

begun = []
walk = Walk(100.0, spm=110.0, events=(Stumble(60.0), Fall(95.0)))
device = Device((Stand(20.0), walk, Stand(20.0)), Path(sys.argv[1]))
device.on_record = lambda record: begun.append(record)
device.clock.call_at(50.0, lambda: device.simulation.chip.inject(Fault.NACK, duration=5.0))
sys.addaudithook(load)
device.run()
assert {"stumble", "fall", "steadiness", "recovered"} <= {r.type for r in begun}
"""
"""Names what the main thread loads once the first word has been said."""


def test_nothing_is_loaded_in_a_walk(tmp_path: Path) -> None:
    """The card may stall for a second, and the sensor's store runs over sooner."""
    command = [sys.executable, "-c", LATE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("first", ["status", "run"])
def test_numpy_is_loaded_without_threads_of_its_own(first: str) -> None:
    """Matrices of a few numbers need none, and to make them takes as long as all of numpy."""
    program = (
        "import os; from firmware import __main__;"
        f"__main__.main([{first!r}, '--config', '/nonexistent/coach.toml']);"
        "import numpy; print(len(os.listdir('/proc/self/task')))"
    )
    surroundings = {k: v for k, v in os.environ.items() if "THREADS" not in k}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["1"]


def test_each_family_declares_the_commands_that_its_name_is_found_by() -> None:
    """A command that is given finds its family without loading another."""
    from firmware.app.cli import parser

    for family, names in FAMILIES.items():
        text = parser([family]).format_help()
        there = re.findall(r"^    (\S+)", text, re.MULTILINE)
        assert there == [*names], family
