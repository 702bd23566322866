"""Files that a person names as output: whole or not at all, and links and devices as they are."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from firmware.errors import UserError
from firmware.files import followed
from firmware.output import replacing

OTHER = 12345
"""A user who is neither root nor the one who runs the tests."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")


def put(path: Path, text: str = "new") -> None:
    with replacing(path) as file:
        file.write(text)


def test_a_new_file_obeys_the_umask_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    """A page that is private stays private."""
    before = os.umask(0o077)
    try:
        put(tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o640)
    put(tmp_path / "old")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_output_to_a_link_or_a_device_leaves_them_what_they_are(tmp_path: Path) -> None:
    """The file that a link names is replaced, a device is written to, a pipe is fed."""
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    put(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"
    put(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    read = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    put(tmp_path / "pipe")
    assert os.read(read, 100) == b"new"
    os.close(read)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("where", ["/dev/full", "folder", "folder/none/x", "loop"])
def test_what_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, where: str) -> None:
    """A full device, a folder, a folder that is not there, a link that leads nowhere."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match=r"cannot be written|without an end"):
        put(tmp_path / where, "x" * 100_000)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_page_takes_the_place_of_no_log(tmp_path: Path) -> None:
    """A name that was mistyped costs nobody the walks of months."""
    log = tmp_path / "coach.db"
    with closing(sqlite3.connect(log)) as db:
        db.execute("CREATE TABLE session (id INTEGER)")
    before = log.read_bytes()
    with pytest.raises(UserError, match="is a log, or another database"):
        put(log, "<!DOCTYPE html>")
    assert log.read_bytes() == before


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The old file stays, and nothing lies beside it."""
    (tmp_path / "x").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        put(tmp_path / "x", "half" * 10_000 + "\udcff")
    assert (tmp_path / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@as_root
def test_root_follows_no_link_of_somebody_else(tmp_path: Path) -> None:
    """It says whose it is; what it leads to is not touched."""
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    os.chown(tmp_path / "link", OTHER, OTHER, follow_symlinks=False)
    for act in (lambda: put(tmp_path / "link"), lambda: followed(tmp_path / "link")):
        with pytest.raises(UserError, match=f"user {OTHER} has put there"):
            act()
    assert (tmp_path / "target").read_text() == "old"


@as_root
@pytest.mark.parametrize("target", ["/dev/full", "pipe"])
def test_nor_one_to_a_device_or_a_pipe(tmp_path: Path, target: str) -> None:
    """A member could have put one there to the card itself, whose table of partitions is first."""
    os.mkfifo(tmp_path / "pipe")
    read = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    (tmp_path / "link").symlink_to(target)
    os.chown(tmp_path / "link", OTHER, OTHER, follow_symlinks=False)
    with pytest.raises(UserError, match=f"user {OTHER} has put there"):
        put(tmp_path / "link")
    assert os.read(read, 100) == b""
    os.close(read)
    (tmp_path / "own").symlink_to("/dev/null")
    put(tmp_path / "own")
    assert (tmp_path / "own").is_symlink()


@as_root
def test_nothing_that_was_set_uid_stays_so(tmp_path: Path) -> None:
    """A file keeps its owner and its plain mode when root replaces it."""
    (tmp_path / "x").write_text("old")
    os.chown(tmp_path / "x", OTHER, OTHER)
    (tmp_path / "x").chmod(0o6775)
    put(tmp_path / "x")
    found = (tmp_path / "x").stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (OTHER, 0o775)
