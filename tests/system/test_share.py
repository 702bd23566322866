"""`coach share` from another computer, over a real sshd: pages for a browser, and no new port."""

from __future__ import annotations

import gc
import io
import os
import random
import re
import sqlite3
import subprocess
import tarfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from firmware.app import keeping, share
from firmware.app.packing import packed
from firmware.app.share import INDEX
from firmware.errors import UserError
from tests.support import logbook
from tests.support.browser import accessible, browser, opened, overflows
from tests.support.logbook import Walk
from tests.support.terminal import COMMAND, piped
from tests.system.test_docs_over_ssh import Pi, pi, pytestmark

__all__ = ["browser", "pi", "pytestmark"]

STRANGE = "Ann/../<b>"


def desk(pi: Pi, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command on the physiotherapist's computer, whose `ssh` knows the host `pi`."""
    path = f"{pi.folder}/bin:/usr/bin:/bin"
    return subprocess.run(
        [f"{pi.folder}/bin/coach", "share", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": path, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def links(page: Path) -> list[Path]:
    """The files that a page leads to."""
    found = re.findall(r'href="([^":]+)"', page.read_text(encoding="utf-8"))
    return [page.parent / link for link in found]


def test_the_pages_of_a_device_are_pulled(pi: Pi, tmp_path: Path) -> None:
    """From the index of all devices every link leads to a page."""
    done = desk(pi, "pi", "-o", str(tmp_path / "walkers"))
    assert (done.returncode, done.stderr) == (0, "")
    index = tmp_path / "walkers" / INDEX
    assert done.stdout.endswith(f"open {index}\n")
    assert "pulled 20" in index.read_text()
    [device] = links(index)
    pages = links(device)
    assert len(pages) == len(set(pages)) == 8  # seven sessions and the progress
    for page in pages:
        assert "<!DOCTYPE html>" in page.read_text(encoding="utf-8")[:20]


def test_who_cannot_be_reached_is_named_and_keeps_what_was_pulled(pi: Pi, tmp_path: Path) -> None:
    """The others are pulled; the exit code tells a timer that something is missing."""
    out = tmp_path / "walkers"
    assert desk(pi, "pi", "-o", str(out)).returncode == 0
    (out / "gone").mkdir()
    (out / "gone" / INDEX).write_text("of last week")
    done = desk(pi, "gone", "never", "pi", "-o", str(out))
    assert done.returncode == 1
    assert "gone: not pulled: ssh ended with 255; what was pulled before stays\n" in done.stderr
    assert "never: not pulled: ssh ended with 255\n" in done.stderr
    assert not (out / "never").exists()
    assert "pi: 9 pages" in done.stdout
    assert (out / "gone" / INDEX).read_text() == "of last week"
    assert len(links(out / INDEX)) == 2


def test_a_first_pull_that_breaks_is_not_said_to_keep_anything(tmp_path: Path) -> None:
    """Half of it came, and nothing was there before."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in ("session-1.html", "session-2.html"):
            entry = tarfile.TarInfo(name)
            entry.size = 200_000
            archive.addfile(entry, io.BytesIO(random.Random(name).randbytes(entry.size)))
    (tmp_path / "half.tar.gz").write_bytes(made.getvalue()[: len(made.getvalue()) * 3 // 4])
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f"#!/bin/sh\ncat {tmp_path}/half.tar.gz\nexit 255\n")
    ssh.chmod(0o755)
    command = [*COMMAND, "share", "new", "-o", str(tmp_path / "out")]
    path = {**os.environ, "PATH": f"{ssh.parent}:{os.environ['PATH']}"}
    for stays in ("", "; what was pulled before stays"):
        done = subprocess.run(
            command, capture_output=True, text=True, env=path, timeout=120, check=False
        )
        assert done.returncode == 1
        assert done.stderr == f"coach: new: not pulled: ssh ended with 255{stays}\n"
        assert (tmp_path / "out" / "new" / "session-1.html").stat().st_size == 200_000


@pytest.mark.parametrize("host", ["-oProxyCommand=touch x", "--", "-"])
def test_a_host_that_is_an_option_is_refused(tmp_path: Path, host: str) -> None:
    """It would be a command of somebody's choice."""
    done = piped("share", "-o", str(tmp_path / "out"), "--", host)
    assert done.returncode == 2
    assert "expected a host as ssh takes it" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_device_packs_itself(tmp_path: Path) -> None:
    """One line of ssh and tar does it too, where there is no coach."""
    log = logbook.write(tmp_path / "log", Walk(700), Walk(700, mono_start_us=5))
    keeping.add(log, "1", [("walker", STRANGE)])
    done = subprocess.run(
        [*share_command(tmp_path), "-o", "-"], capture_output=True, check=True, timeout=120
    )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        names = archive.getnames()
        index = archive.extractfile(INDEX)
        assert index is not None
        text = index.read().decode()
    assert all(share.PAGE.fullmatch(name) for name in names)
    assert {"session-1.html", "session-2.html", "progress.html", INDEX} < set(names)
    assert "<b>" not in text
    assert set(re.findall(r'href="([^":]+)"', text)) == set(names) - {INDEX}


@pytest.mark.parametrize("pages", [0, 3])
def test_what_fails_half_way_is_no_whole_archive(pages: int, tmp_path: Path) -> None:
    """Whoever unpacks what a device sends is told that the end is missing."""
    with (
        suppress(UserError),
        (tmp_path / "half.tar.gz").open("wb") as out,
        packed(out) as archive,
    ):
        for number in range(pages):
            entry = tarfile.TarInfo(f"session-{number}.html")
            entry.size = 200_000
            archive.addfile(entry, io.BytesIO(random.Random(number).randbytes(entry.size)))
        raise UserError("the log is damaged")
    gc.collect()  # nor does anything end it that is let go
    done = subprocess.run(
        ["tar", "-xzf", tmp_path / "half.tar.gz", "-C", tmp_path], capture_output=True, check=False
    )
    assert done.returncode != 0
    assert b"unexpected end of file" in done.stderr


def test_a_damaged_session_keeps_no_other_back(tmp_path: Path) -> None:
    """It is named and listed as such; all other pages are there."""
    log = logbook.write(tmp_path, *(Walk(60, mono_start_us=k) for k in range(3)))
    with closing(sqlite3.connect(log)) as db, db:
        db.execute("UPDATE second SET spm = 'x' WHERE session = 2 AND t = 30")
    done = piped("share", "--log", tmp_path, "-o", tmp_path / "pages")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "session 2 is damaged" in done.stderr
    index = tmp_path / "pages" / INDEX
    assert {page.name for page in links(index)} == {
        "progress.html",
        "session-1.html",
        "session-3.html",
    }
    assert index.read_text(encoding="utf-8").count("; damaged</li>") == 1


def test_a_session_without_figures_is_not_said_to_be_empty(tmp_path: Path) -> None:
    """The power was cut, and the coach has not begun since: nobody says that nothing was walked."""
    log = logbook.write(tmp_path, Walk(90, reason=None)).parent
    out = tmp_path / "out"
    assert piped("share", "--log", log, "-o", out).returncode == 0
    page = (out / INDEX).read_text()
    assert "cut short; no figures yet" in page
    assert "0:00 walked" not in page


def test_a_long_name_keeps_no_page_back(tmp_path: Path) -> None:
    """Two walkers whose names are longer than a file's may be have a page each, as all others."""
    log = logbook.write(tmp_path, *(Walk(60, mono_start_us=k) for k in range(3)))
    for number, name in enumerate(("é" * 100 + "a", "é" * 100 + "b"), start=1):
        keeping.add(log, str(number), [("walker", name)])
    done = piped("share", "--log", tmp_path, "-o", tmp_path / "pages")
    assert (done.returncode, done.stderr) == (0, "")
    found = links(tmp_path / "pages" / INDEX)
    assert len(set(found)) == 6
    assert all(page.exists() and share.PAGE.fullmatch(page.name) for page in found)


def test_what_is_no_page_is_not_taken(tmp_path: Path) -> None:
    """A device that was broken into writes nothing else, and nowhere else."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in ("../x.html", "/tmp/x.html", ".ssh/a.html", "a.txt", "A.HTML", INDEX):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            archive.addfile(entry, io.BytesIO(b"hi"))
        link = tarfile.TarInfo("link.html")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    made.seek(0)
    (tmp_path / "in").mkdir()
    assert share._unpacked(made, tmp_path / "in") == 1
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [INDEX]


def test_the_index_opens_in_a_browser(browser: Any, tmp_path: Path) -> None:
    """On a laptop and on a phone, and anybody can read it."""
    logbook.write(tmp_path / "log", Walk(700), Walk(700, mono_start_us=5))
    subprocess.run([*share_command(tmp_path), "-o", str(tmp_path / "out")], check=True)
    for width in (1280, 390):
        opened(browser, tmp_path / "out" / INDEX, width=width)
        assert not overflows(browser)
        assert accessible(browser) == []


def share_command(folder: Path) -> list[str]:
    return [*COMMAND, "share", "--log", str(folder / "log")]
