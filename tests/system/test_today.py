"""`coach` alone says what matters today."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.app import today
from firmware.log import clocks
from firmware.records import PartFailed
from firmware.settings import source
from tests.support.controlled import Server
from tests.support.logbook import Walk, write
from tests.support.running import Running
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped

NOBODY = 65534


def said(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """With this file in the place of the device's."""
    monkeypatch.setattr(source, "DEFAULT_PATH", file)
    assert today.run() == 0
    return capsys.readouterr().out


def test_without_a_device_it_says_so_and_what_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The limit as the file has it, the next session, the last one, and what is wrong."""
    file = settings_file(
        tmp_path, '[walker]\nprofile = "anna"\n[profiles.anna.cadence]\nmax_spm = 77\n'
    )
    write(tmp_path, Walk(700))
    lines = said(file, monkeypatch, capsys).splitlines()
    assert lines[0] == "limit     77 steps/min, anna"
    assert lines[1].startswith("trouble   ")
    assert "the daemon is not running; start it: sudo systemctl start" in lines[1]
    assert lines[2].startswith("next      ")
    assert "last      session 1, " in lines[3]
    assert lines[-1] == "all commands: coach --help"


@pytest.mark.parametrize("is_set", [True, False])
def test_which_day_it_goes_by_is_told_where_no_clock_says_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_set: bool,
) -> None:
    """What is due goes by the last day that the log knows, be it another walker's."""
    monkeypatch.setattr(clocks, "is_set", lambda: is_set)
    file = settings_file(tmp_path, '[walker]\nprofile = "bert"\n[profiles.bert]\n')
    write(tmp_path, Walk(700, wall_start=4_000_000_000.0))
    text = said(file, monkeypatch, capsys)
    assert ("Today is taken to be Tuesday 2 October 2096: no network" in text) is not is_set


def test_whose_the_last_session_was_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the limit and the programme of who has the device now, it may be another's."""
    file = settings_file(tmp_path, '[walker]\nprofile = "bert"\n[profiles.bert]\n')
    write(tmp_path, Walk(700, settings={"walker.profile": "anna"}))
    assert "\nlast      session 1, anna, " in said(file, monkeypatch, capsys)


def test_a_running_device_tells_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The limit in force, and that all is well; one line each."""
    running = Running(tmp_path)
    try:
        text = said(running.file, monkeypatch, capsys)
    finally:
        running.end()
    assert text.startswith("limit     100 steps/min\ndevice    well\n")


def test_what_a_thread_of_the_daemon_tells_is_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stage that cannot be remembered, as `coach status` says it: that device is not well."""
    server = Server(tmp_path)
    try:
        server.control.publish(PartFailed(1.0, "stages", "the stage reached is not remembered"))
        text = said(server.file, monkeypatch, capsys)
    finally:
        server.close()
    assert text.splitlines()[1] == "trouble   the stage reached is not remembered"
    assert "well" not in text


def test_a_broken_settings_file_is_the_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, no traceback."""
    file = settings_file(tmp_path, "[cadence]\nmax_spm = 8o\n")
    assert "trouble   " in said(file, monkeypatch, capsys)


def test_settings_that_contradict_each_other_are_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan that was written into the file without the stage that is walked."""
    file = settings_file(tmp_path, '[stage]\nplan = "a 30-40"\n')
    assert "trouble   stage.current = 'rails'" in said(file, monkeypatch, capsys)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that other users can look into; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="coach-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_who_may_not_look_for_the_log_is_told_so(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the service's group: a line of trouble that says what to do, and the limit."""
    file, log = open_folder / "coach.toml", open_folder / "log"
    file.write_text(f'[log]\ndirectory = "{log}"\n[cadence]\nmax_spm = 77\n')
    log.mkdir()
    assert "log       no session yet" in said(file, monkeypatch, capsys)
    log.chmod(0)
    importlib.import_module("grp")  # which others could not load from a home that is closed to them
    us = os.geteuid()
    os.seteuid(us or NOBODY)  # root may look anywhere
    try:
        lines = said(file, monkeypatch, capsys).splitlines()
    finally:
        os.seteuid(us)
    assert lines[0] == "limit     77 steps/min"
    assert lines[2].startswith(f"trouble   {log}/coach.db: you (")
    assert "may not use this log; members of the group" in lines[2]


def test_it_is_what_the_bare_command_runs() -> None:
    """No error for who types only `coach`."""
    done = piped()
    assert done.returncode == 0
    assert done.stdout.endswith("all commands: coach --help\n")
