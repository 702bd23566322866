"""A device's settings, log, stages and calibration as one file, and back on another device."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from firmware.app import backup, share
from firmware.errors import DeviceError, UserError
from firmware.files import Folder
from firmware.log import schema, sessions
from firmware.log.journal import Journal
from firmware.log.lock import LogLock
from firmware.log.schema import FILE_NAME
from firmware.records import decode
from firmware.settings import textfile
from firmware.settings.reached import Reached, Stated
from tests.support import logbook
from tests.support.logbook import Walk, read_raw
from tests.support.smalldisk import filled, small_disk
from tests.support.terminal import COMMAND, ROOT, piped
from tests.support.waiting import eventually

__all__ = ["small_disk"]


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
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert f"the settings that came back name {pi.log} for it" in done.stderr
    assert done.stdout == "restored: the settings, a log of 2 sessions, stages, calibration\n"
    assert other.file.read_text() == pi.file.read_text()
    assert len([*sessions.read_each(other.log / FILE_NAME)]) == 2
    assert len(read_raw(other.log / FILE_NAME, "1")[0])
    assert Reached(other.log).stage(Stated("anna", "rails")) == "tempo"


def test_a_log_that_the_restored_settings_look_for_elsewhere_is_told(
    pi: Place, tmp_path: Path
) -> None:
    """The other device keeps its log in another folder: the next start would find none there."""
    kept = tmp_path / "kept.tar.gz"
    assert pi.coach("backup", "-o", kept).returncode == 0
    other = Place(tmp_path / "other")
    beside = os.path.relpath(other.log)
    done = piped("restore", kept, "--config", other.file, "--log", beside)
    assert done.returncode == 0
    advice = f"coach config set log.directory={other.log}"
    assert done.stderr == (
        f"coach: the log is in {other.log}, and the settings that came back name {pi.log} for"
        f" it, where the coach will look: {advice}\n"
    )
    piped(*advice.split()[1:], "--config", other.file)
    assert piped("log", "list", "--config", other.file).stdout.count("\n") == 3
    assert other.coach("backup", "-o", kept).returncode == 0
    done = other.coach("restore", kept)
    assert (done.returncode, done.stderr) == (0, "")


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


def test_a_backup_that_no_restore_would_take_is_told_when_it_is_made(
    pi: Place, tmp_path: Path
) -> None:
    """The log has been damaged since: who would see it on the day of need sees it today."""
    logbook.spoil(pi.log / FILE_NAME, "event")
    kept = tmp_path / "kept.tar.gz"
    made = pi.coach("backup", "-o", kept)
    assert (made.returncode, made.stderr.count("\n")) == (1, 2)
    assert "the log is damaged, and so is the backup of it" in made.stderr
    assert kept.stat().st_size > 1000
    assert "the log in it is damaged" in pi.coach("restore", kept).stderr


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


def test_each_log_that_is_replaced_keeps_its_own_newest_rows(tmp_path: Path) -> None:
    """What a killed coach left beside its log goes with that log, not with one replaced before."""
    pi = Place(tmp_path / "pi")
    logbook.write(pi.log, Walk(mono_start_us=1))
    backup.backup(pi.file, pi.log, str(tmp_path / "kept"))
    for part in pi.log.glob("*-*"):
        part.unlink()
    backup.restore(str(tmp_path / "kept"), pi.file, pi.log)
    killed = tmp_path / "killed"
    killed.mkdir()
    with closing(schema.open_for_writing(pi.log / FILE_NAME)) as db:
        db.execute("INSERT INTO note (session, key, value) VALUES (1, 'text', 'newest')")
        db.commit()
        for part in pi.log.glob(f"{FILE_NAME}*"):
            shutil.copy(part, killed)
    for part in killed.iterdir():
        shutil.copy(part, pi.log)
    backup.restore(str(tmp_path / "kept"), pi.file, pi.log)
    first, second = (pi.log / f"{FILE_NAME}.before-{n}" for n in (1, 2))
    assert sessions.read_one(second, "1").notes == [("text", "newest")]
    assert sessions.read_one(first, "1").notes == []


def test_settings_that_are_refused_replace_nothing(tmp_path: Path) -> None:
    """Neither settings nor log, where somebody had lived with what cannot be meant together."""
    pi, other = Place(tmp_path / "pi"), Place(tmp_path / "other")
    pi.file.write_text("[session]\ntarget_min = 30\nlimit_min = 20\n")
    logbook.write(pi.log, Walk())
    backup.backup(pi.file, pi.log, str(tmp_path / "kept"))
    with pytest.raises(UserError, match=r"session\.target_min = 30: expected no more than"):
        backup.restore(str(tmp_path / "kept"), other.file, other.log)
    assert not other.file.exists()
    assert not (other.log / FILE_NAME).exists()


@pytest.mark.parametrize("left", [0, 8192, 40_000], ids=["full", "for little", "not for the log"])
def test_a_card_without_room_for_a_backup_is_told(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: int
) -> None:
    """It has to be copied before it is packed; nothing is left behind, and nothing printed."""
    log = logbook.write(small_disk, Walk())
    for name in backup.BESIDE:
        (small_disk / name).write_text("{}\n")
    filled(small_disk, left)
    monkeypatch.setattr(backup, "ON_CARD", small_disk)
    no_room = f"{small_disk}: no room for the copy of the log that this takes"
    with pytest.raises(UserError, match=no_room):
        backup.backup(tmp_path / "none.toml", log.parent, "-")
    elsewhere = logbook.write(tmp_path, Walk()).parent
    with monkeypatch.context() as patch:
        patch.setattr(backup, "ON_CARD", tmp_path)
        backup.backup(tmp_path / "none.toml", elsewhere, str(tmp_path / "kept.tar.gz"))
    with pytest.raises(UserError, match=no_room):
        backup.restore(str(tmp_path / "kept.tar.gz"), tmp_path / "none.toml", elsewhere)
    assert list(small_disk.glob(".backup-*")) == []


@pytest.mark.parametrize("room_for", [0, 1])
def test_a_full_disk_replaces_nothing(
    pi: Place, monkeypatch: pytest.MonkeyPatch, room_for: int
) -> None:
    """Neither limits nor log, where there is no room for the log or what stands beside it."""
    kept = pi.log.parent / "kept"
    (pi.log / "stages.json").write_text("{}")
    backup.backup(pi.file, pi.log, str(kept))
    pi.file.write_text("[cadence]\nmax_spm = 71\n")
    (pi.log / FILE_NAME).unlink()
    logbook.write(pi.log, Walk(70))
    before, settings = (pi.log / FILE_NAME).read_bytes(), pi.file.read_text()
    copied, left = shutil.copyfileobj, [room_for]

    def full(source: IO[bytes], to: IO[bytes], length: int) -> None:
        if isinstance(to.name, int):  # without a name yet: what takes another's place
            if not left[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= 1
        copied(source, to, length)

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(UserError, match="cannot be written: No space left"):
        backup.restore(str(kept), pi.file, pi.log)
    assert (pi.log / FILE_NAME).read_bytes() == before
    assert pi.file.read_text() == settings


@pytest.mark.parametrize("year", [1901, 1969, 2107])
@pytest.mark.parametrize("command", ["backup", "share"])
def test_any_year_of_the_clock_makes_a_backup(
    pi: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int, command: str
) -> None:
    """Without a network a Pi may be in whatever year; what it packs, it unpacks."""
    now = datetime(year, 6, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: now)
    kept = tmp_path / "kept"
    with kept.open("wb") as file:
        out = SimpleNamespace(buffer=file, flush=file.flush, isatty=lambda: False)
        monkeypatch.setattr(sys, "stdout", out)
        if command == "backup":
            backup.backup(pi.file, pi.log, "-")
        else:
            share.make(pi.file, pi.log / FILE_NAME, "-")
        monkeypatch.undo()
    with tarfile.open(kept) as archive:
        assert archive.getmembers()
    if command == "backup":
        backup.restore(str(kept), pi.file, pi.log)


def test_who_may_not_is_told_who_may(pi: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group may keep a copy; replacing the log is for who may stop the coach."""
    kept = pi.log.parent / "kept"
    backup.backup(pi.file, pi.log, str(kept))

    def closed(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(LogLock, "take", closed)
    with pytest.raises(
        DeviceError, match=r"may not replace this log; root may \(sudo coach restore"
    ):
        backup.restore(str(kept), pi.file, pi.log)
    monkeypatch.setattr(Folder, "open", closed)
    with pytest.raises(DeviceError, match=r"may not use this log; members of the group"):
        backup.backup(pi.file, pi.log, "-")


def test_a_backup_that_may_not_be_read_is_not_called_damaged(pi: Place) -> None:
    """What keeps it from being unpacked is said."""
    with pytest.raises(UserError, match=r"log: cannot be read: Is a directory"):
        backup.restore(str(pi.log), pi.file, pi.log)


def test_settings_in_a_backup_that_are_no_text_are_refused(pi: Place) -> None:
    """Somebody has packed it by hand, sums and all: one sentence says what is wrong."""
    kept, settings = pi.log.parent / "kept", b"# gr\xf6\xdfer\n"
    sums = {backup.SETTINGS: hashlib.sha256(settings).hexdigest()}
    manifest = json.dumps({"sha256": sums}).encode()
    with tarfile.open(kept, "w:gz") as archive:
        for name, content in ((backup.MANIFEST, manifest), (backup.SETTINGS, settings)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(UserError, match=r"kept: coach\.toml: line 1: expected a text file in UTF"):
        backup.restore(str(kept), pi.file, pi.log)


def test_a_backup_may_come_through_a_pipe_and_who_waits_for_it_says_so(pi: Place) -> None:
    """`coach restore <(ssh ...)` works; before anything comes, it is said what is waited for."""
    kept, pipe = pi.log.parent / "kept", pi.log.parent / "pipe"
    assert pi.coach("backup", "-o", kept).returncode == 0
    os.mkfifo(pipe)
    where = ["--config", str(pi.file), "--log", str(pi.log)]
    command = [*COMMAND, "restore", str(pipe), *where]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as running:
        assert running.stderr is not None
        said = running.stderr.readline()
        assert said == f"coach: {pipe}: is a pipe; waiting for what comes through it\n"
        pipe.write_bytes(kept.read_bytes())
        out, _ = running.communicate(timeout=60)
    assert out == "restored: the settings, a log of 2 sessions, stages, calibration\n"


def test_no_terminal_spoils_a_backup(pi: Place) -> None:
    """`ssh -t pi coach backup -o - > FILE`: it would arrive with other line ends, damaged."""
    ours, its = os.openpty()
    for typed in ("backup", "share"):
        command = [*COMMAND, typed, "-o", "-", "--config", str(pi.file)]
        done = subprocess.run(command, stdout=its, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "a terminal would spoil this file" in done.stderr
        assert "-t" in done.stderr
    os.close(its)
    os.close(ours)
