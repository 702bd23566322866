"""A device's settings, log, stages and calibration as one file, and back on another device."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from firmware.log import sessions
from firmware.log.journal import Journal
from firmware.log.schema import FILE_NAME
from firmware.records import decode
from firmware.settings import textfile
from firmware.settings.reached import Reached, Stated
from tests.support import logbook
from tests.support.logbook import Walk, read_raw
from tests.support.terminal import COMMAND, ROOT, piped
from tests.support.waiting import eventually


class Place:
    """A device's folders, and the command over them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.file, self.log = folder / "coach.toml", folder / "log"
        self.log.mkdir()

    def coach(self, *typed: str | Path) -> subprocess.CompletedProcess[str]:
        return piped(*typed, "--config", self.file, "--log", self.log)


@pytest.fixture
def pi(tmp_path: Path) -> Place:
    """A device with a profile, two sessions, a stage reached and a calibration."""
    made = Place(tmp_path / "pi")
    made.file.write_text(
        f'# for anna\n[log]\ndirectory = "{made.log}"\n[profiles.anna.cadence]\nmax_spm = 77\n'
    )
    logbook.write(made.log, Walk(mono_start_us=1, raw=True), Walk(mono_start_us=2))
    Reached(made.log).put(Stated("anna", "rails"), "tempo")
    (made.log / "calibration.json").write_text("{}")
    return made


def test_everything_comes_back_on_another_device(pi: Place, tmp_path: Path) -> None:
    """Settings with their comments, sessions with their samples, stage and calibration."""
    kept = tmp_path / "kept.tar.gz"
    done = pi.coach("backup", "-o", kept)
    assert done.returncode == 0
    assert done.stderr == (
        f"coach: the settings, a log of 2 sessions, stages, calibration in {kept}\n"
    )
    other = Place(tmp_path / "other")
    done = other.coach("restore", kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "restored: the settings, a log of 2 sessions, stages, calibration\n"
    assert other.file.read_text() == pi.file.read_text()
    assert len([*sessions.read_each(other.log / FILE_NAME)]) == 2
    assert len(read_raw(other.log / FILE_NAME, "1")[0])
    assert Reached(other.log).stage(Stated("anna", "rails")) == "tempo"


def test_it_is_whole_while_the_coach_writes(pi: Place, tmp_path: Path) -> None:
    """What the running session has written so far is in it; restoring beside it is refused."""
    running = Journal(pi.log / FILE_NAME)
    running.start(lambda trouble: pytest.fail(trouble.message))
    running.begin(Walk(mono_start_us=3).opening())
    for record in Walk().records():
        running.record(decode(record))
    eventually(lambda: len([*sessions.read_each(pi.log / FILE_NAME)]) == 3)
    kept = tmp_path / "kept.tar.gz"
    with kept.open("wb") as file:
        where = ["--config", str(pi.file), "--log", str(pi.log)]
        command = [*COMMAND, "backup", "-o", "-", *where]
        subprocess.run(command, stdout=file, check=True, cwd=ROOT)
    refused = pi.coach("restore", kept)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "a running coach is writing this log; stop it first" in refused.stderr
    running.end("stopped")
    running.close()
    other = Place(tmp_path / "other")
    assert other.coach("restore", kept).returncode == 0
    assert len([*sessions.read_each(other.log / FILE_NAME)]) == 3


def test_what_is_replaced_is_kept(pi: Place, tmp_path: Path) -> None:
    """The old log stands beside the new one, and undo brings the old settings back."""
    kept = tmp_path / "kept.tar.gz"
    pi.coach("backup", "-o", kept)
    piped("config", "set", "cadence.max_spm=60", "--config", pi.file)
    logbook.write(pi.log, Walk(mono_start_us=9))
    assert pi.coach("restore", kept).returncode == 0
    assert len([*sessions.read_each(pi.log / FILE_NAME)]) == 2
    assert len([*sessions.read_each(pi.log / f"{FILE_NAME}.before-1")]) == 3
    assert textfile.load(pi.file).settings.cadence.max_spm == 100
    piped("config", "undo", "--config", pi.file)
    assert textfile.load(pi.file).settings.cadence.max_spm == 60


def test_a_damaged_backup_replaces_nothing(pi: Place, tmp_path: Path) -> None:
    """Cut short, changed, or another file: one sentence, and the device stays as it was."""
    kept = tmp_path / "kept.tar.gz"
    pi.coach("backup", "-o", kept)
    data = bytearray(kept.read_bytes())
    for name, content in (
        ("short", data[: len(data) // 2]),
        ("changed", data[: len(data) // 2] + b"\0" * 64 + data[len(data) // 2 + 64 :]),
        ("other", b"no archive"),
    ):
        bad = tmp_path / name
        bad.write_bytes(content)
        before = {p: p.read_bytes() for p in (pi.file, pi.log / FILE_NAME)}
        done = pi.coach("restore", bad)
        assert (done.returncode, done.stdout) == (2, "")
        assert "damaged" in done.stderr
        assert done.stderr.count("\n") == 1
        assert {p: p.read_bytes() for p in before} == before
