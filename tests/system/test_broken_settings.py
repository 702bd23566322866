"""A settings file that cannot be used when the coach starts: it coaches, and says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware.app import client
from firmware.device.control.orders import Orders, order_to_tell
from firmware.log import sessions
from firmware.records import SettingsRefused, SettingsTaken
from firmware.settings import place, salvage
from hardware.indicators import patterns
from hardware.simulated.walker import Stand, Walk
from hardware.simulated.walker import Stumble as Stumbles
from tests.support.device import Device
from tests.support.settingsfile import settings_file
from tests.support.terminal import COMMAND, piped
from tests.support.uninstalled import USUAL_FILE
from tests.support.waiting import LONGEST_S, eventually


def partly(file: Path) -> None:
    file.write_text("[cadence]\nmax_spm = 70\nhold_s = 500\n[stumble]\nsensitivity = 2\n")


@pytest.mark.parametrize(
    ("breaking", "limit", "named", "counts"),
    [
        (
            partly,
            70,
            "cadence.hold_s = 500: expected a number from 0 to 60 (s)",
            "what can be read of it counts",
        ),
        (Path.mkdir, 100, "it is no ordinary file; move it away", "the defaults count"),
    ],
    ids=["out of range", "folder"],
)
def test_the_coach_runs_and_says_what_is_wrong_until_it_is_mended(
    tmp_path: Path, breaking: Callable[[Path], None], limit: int, named: str, counts: str
) -> None:
    """`coach status` fails and names the fault and what counts; a good file, or none, ends it."""
    file, socket = tmp_path / "coach.toml", tmp_path / "control.sock"
    breaking(file)
    fixed = (f"control.socket={socket}", "control.group=", f"log.directory={tmp_path}")
    put = [word for one in fixed for word in ("--set", one)]
    command, env = [*COMMAND, "run", "--simulate", *put], {**os.environ, USUAL_FILE: str(file)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:

        def state() -> dict[str, Any]:
            assert process.poll() is None
            return client.ask(str(socket), "status")

        eventually(lambda: state()["settings"]["state"] == "refused")
        assert state()["limit_spm"] == limit
        status = piped("status", "--socket", socket)
        assert status.returncode == 1
        (line,) = (one for one in status.stdout.splitlines() if one.startswith("settings"))
        assert line.startswith(f"settings  refused: {file}: ")
        for words in (named, counts, f"(limit {limit} steps/min)", "coach config edit"):
            assert words in line
        if file.is_dir():
            file.rmdir()
        file.write_text("[cadence]\nmax_spm = 90\n")
        eventually(lambda: state()["settings"]["state"] == "ok" and state()["limit_spm"] == 90)
        assert piped("status", "--socket", socket).returncode == 0
        file.write_text("[cadence]\nmax_spm = 900\n")
        eventually(lambda: state()["settings"]["state"] == "refused")
        assert state()["limit_spm"] == 90
        assert "what was in force before stays so" in state()["settings"]["message"]
        file.unlink()
        eventually(lambda: state()["settings"] == {"state": "ok", "message": ""})
        assert state()["limit_spm"] == 90
        assert piped("status", "--socket", socket).returncode == 0
        process.terminate()
        said = process.communicate(timeout=LONGEST_S)[1]
    assert said.count("WARNING settings refused: ") == 2
    assert named in said


def test_the_led_shows_it_and_the_session_knows(tmp_path: Path) -> None:
    """The fault blinks from the refusal to its end; what was recorded meanwhile says so, and a
    stumble is told as ever.
    """
    orders = Orders()
    walk = Walk(30.0, events=(Stumbles(at=20.0),))
    device = Device((Stand(4.0), walk, Stand(1.0)), tmp_path, orders=orders)
    lit: list[object] = []

    def look() -> None:
        lit.append(device.simulation.indicators.lit)

    device.clock.call_at(
        0.5, lambda: orders.put(order_to_tell(lambda t: SettingsRefused(t, "broken")))
    )
    for at in (3.0, 15.0):
        device.clock.call_at(at, look)
    device.clock.call_at(
        31.0, lambda: orders.put(order_to_tell(lambda t: SettingsTaken(t, "mended")))
    )
    device.clock.call_at(34.5, look)
    device.run()
    assert lit[:2] == [patterns.FAULT, patterns.FAULT]
    assert lit[2] is not patterns.FAULT
    assert device.of_type("stumble")
    session = sessions.read_one(device.log, "last")
    assert [record.message for record in session.of(SettingsRefused)] == ["broken"]
    assert [record.message for record in session.of(SettingsTaken)] == ["mended"]


def test_no_command_takes_an_emptied_file_for_the_defaults(tmp_path: Path) -> None:
    """A power cut leaves such a one; what was in force before still is."""
    file = tmp_path / "coach.toml"
    file.touch()
    done = piped("doctor", "--simulate", "--quiet", "--config", file)
    (line,) = (one for one in done.stdout.splitlines() if " settings " in one)
    assert line.startswith("fault")
    assert "is empty, as after a power cut" in line
    assert done.returncode == 1
    for command in (
        ("config", "check", file),
        ("config", "show", "--config", file),
        ("config", "get", "cadence.max_spm", "--config", file),
        ("stage", "--config", file),
    ):
        asked = piped(*command)
        assert asked.returncode == 2
        assert asked.stderr.startswith(f"coach: {file}: is empty, as after a power cut; expected")


def test_undo_brings_an_emptied_file_back_and_tells_of_no_other_limit(tmp_path: Path) -> None:
    """What was in force has stayed so: neither the answer nor the history has the defaults."""
    file = settings_file(tmp_path)
    at = ("--config", file)
    piped("config", "set", *at, "cadence.max_spm=80")
    piped("profile", "new", "anna", *at)
    good, history = file.read_text(), (tmp_path / "prescriptions.jsonl").read_text()
    file.write_bytes(b"")
    asked = piped("profile", "use", "anna", *at)
    assert (asked.returncode, "coach config undo" in asked.stderr) == (2, True)
    undone = piped("config", "undo", *at)
    told = undone.stdout.splitlines()
    assert told[0] == "the file was empty, as after a power cut; what stood there is back"
    assert told[1:] == ["daemon not running: in force at next start"]
    assert file.read_text() == good
    assert (tmp_path / "prescriptions.jsonl").read_text() == history


def test_the_socket_is_found_in_a_broken_file(tmp_path: Path) -> None:
    """Who asks the daemon is told that it does not run there, not that the file is broken."""
    file = tmp_path / "coach.toml"
    file.write_text(f"[control]\nsocket = {json.dumps(str(tmp_path / 'c.sock'))}\n[broken\n")
    asked = piped("status", "--config", file)
    assert str(tmp_path / "c.sock") in asked.stderr
    assert asked.returncode == 1


LATIN_1 = b"# gr\xf6\xdfer als sonst\n"


def assert_undone(file: Path, good: bytes, refused: str, kept: bytes) -> None:
    """Undo brings the good version back, says why, and keeps what stood there to the last byte."""
    done = piped("config", "undo", "--config", file)
    assert (done.returncode, done.stderr) == (0, "")
    taken = f"what stood there could not be used and is taken away: {refused}"
    assert done.stdout.splitlines()[0] == taken
    assert file.read_bytes() == good
    assert (file.parent / "history" / f"{file.name}.undone").read_bytes() == kept


def test_undo_takes_back_what_is_no_utf_8(tmp_path: Path) -> None:
    """An editor of another locale, or a power cut, has left bytes that are no text."""
    file = settings_file(tmp_path)
    assert piped("config", "set", "--config", file, "cadence.max_spm=70").returncode == 0
    good = file.read_bytes()
    file.write_bytes(good + LATIN_1)
    refused = f"{file}: line {1 + good.count(bytes([10]))}: expected a text file in UTF-8"
    done = piped("config", "set", "--config", file, "cadence.max_spm=80")
    assert (done.returncode, done.stderr) == (2, f"coach: {refused}\n")
    assert_undone(file, good, refused, good + LATIN_1)


def test_the_editor_mends_what_is_no_utf_8(tmp_path: Path) -> None:
    """It gets the bytes that stand there; left as they are, they are refused, and stay."""
    file = settings_file(tmp_path)
    good = file.read_bytes()
    file.write_bytes(good + LATIN_1)
    edit = [*COMMAND, "config", "edit", "--config", str(file)]
    for editor, code, left in ("true", 2, good + LATIN_1), ("sed -i $d", 0, good):
        env = {**os.environ, "EDITOR": editor, "VISUAL": "", "LC_ALL": "C"}
        done = subprocess.run(edit, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert file.read_bytes() == left


def test_a_limit_counts_though_a_remark_beside_it_is_no_utf_8(tmp_path: Path) -> None:
    """What of it can be read counts at a start, and the daemon is found; what cannot does not."""
    file = tmp_path / "coach.toml"
    file.write_bytes(b'[cadence]\nmax_spm = 70 # gr\xf6\xdfer\n[control]\nsocket = "/tmp/s"\n')
    found, counts = salvage.in_its_place(file)
    assert found.common == {"cadence.max_spm": 70.0, "control.socket": "/tmp/s"}
    assert counts.startswith("what can be read of it counts")
    assert "/tmp/s: the daemon is not running" in piped("status", "--config", file).stderr
    file.write_bytes(b'[log]\ndirectory = "/home/J\xf6rg"\nmax_mb = 90\n')
    assert salvage.in_its_place(file)[0].common == {"log.max_mb": 90.0}


def test_undo_takes_back_what_is_too_large(tmp_path: Path) -> None:
    """Something else was copied over the file; it is kept whole, as whatever is undone."""
    file = settings_file(tmp_path)
    assert piped("config", "set", "--config", file, "cadence.max_spm=70").returncode == 0
    good = file.read_bytes()
    large = good + "# größer als sonst\n".encode() * 10_000
    file.write_bytes(large)
    refused = f"{file}: expected a settings file of at most 64 kB"
    for command in (("config", "set", "cadence.max_spm=80"), ("config", "edit")):
        done = piped(*command, "--config", file)
        advice = "take out what does not belong there, or go back with: coach config undo"
        assert (done.returncode, done.stderr) == (2, f"coach: {refused}; {advice}\n")
    assert_undone(file, good, refused, large)


def test_no_command_makes_a_file_too_large_to_be_read(tmp_path: Path) -> None:
    """The next one would refuse it, and so would the device."""
    file = settings_file(tmp_path)
    rest = place.LARGEST - len(file.read_bytes()) - len("#\n")
    file.write_bytes(file.read_bytes() + b"#" * rest + b"#\n")
    before = file.read_bytes()
    assert piped("config", "check", "--config", file).returncode == 0
    done = piped("profile", "new", "anna", "--config", file)
    sentence = f"coach: {file}: expected a settings file of at most 64 kB\n"
    assert (done.returncode, done.stderr) == (2, sentence)
    assert file.read_bytes() == before
