"""Files by handle: whole or not at all, and nothing that somebody has put in their place."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.files import NEW, Folder


def into(folder: Path, name: str, text: bytes = b"new") -> None:
    with Folder.open(folder) as opened, opened.replacing(name, mode=0o640, like=None) as file:
        file.write(text)


def exchanged(monkeypatch: pytest.MonkeyPatch, name: str, path: Path) -> None:
    """Let somebody put another file in the place of `path` just after this step of `Folder`."""
    step = getattr(Folder, name)

    def and_then(self: Folder, *given: str) -> object:
        found = step(self, *given)
        path.unlink()
        os.mkfifo(path)
        return found

    monkeypatch.setattr(Folder, name, and_then)


def test_what_is_exchanged_between_two_looks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is judged by its own handle, and one that was written is looked at once more."""
    (tmp_path / "x").write_text("old")
    with Folder.open(tmp_path) as folder, monkeypatch.context() as meanwhile:
        exchanged(meanwhile, "ordinary", tmp_path / "x")
        with pytest.raises(OSError, match="no ordinary file"):
            folder.edit("x")
    with monkeypatch.context() as meanwhile:
        exchanged(meanwhile, "rename", tmp_path / "x")
        with pytest.raises(OSError, match="somebody else has changed it at the same time"):
            into(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def make_link(path: Path) -> None:
    victim = path.parent / "victim"
    victim.write_text("mine")
    path.symlink_to(victim)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


STRANGE: dict[str, Callable[[Path], object]] = {
    "a link": make_link,
    "a dangling link": lambda path: path.symlink_to("/nonexistent/x"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": make_socket,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("made", STRANGE.values(), ids=STRANGE)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, made: Callable[[Path], object]) -> None:
    """Reading, locking and looking name it, wait for nothing and touch nothing."""
    made(tmp_path / "x")
    with Folder.open(tmp_path) as folder:
        for act in (lambda: folder.read("x", 10), lambda: folder.edit("x"),
                    lambda: folder.ordinary("x")):  # fmt: skip
            with pytest.raises(OSError, match="no ordinary file"):
                act()
    if (tmp_path / "victim").exists():
        assert (tmp_path / "victim").read_text() == "mine"


@pytest.mark.parametrize("made", [m for k, m in STRANGE.items() if k != "a folder"])
def test_a_subfolder_is_no_link_and_nothing_else(
    tmp_path: Path, made: Callable[[Path], object]
) -> None:
    """What stands under its name is refused; a folder that a link names is not shared."""
    made(tmp_path / "x")
    with Folder.open(tmp_path) as folder, pytest.raises(OSError, match="no folder"):
        folder.subfolder("x")


def test_a_link_to_a_folder_is_left_as_it_is(tmp_path: Path) -> None:
    """Neither its group nor its mode changes, though the folder round it is shared."""
    (tmp_path / "target").mkdir(mode=0o755)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2775)
    (shared / "history").symlink_to(tmp_path / "target")
    with Folder.open(shared) as folder, pytest.raises(OSError, match="no folder"):
        folder.subfolder("history")
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o755


def test_what_is_made_in_a_shared_folder_is_shared(tmp_path: Path) -> None:
    """Folders and files are the group's; elsewhere they are their owner's."""
    for mode, folder_mode, file_mode in ((0o2775, 0o2775, 0o660), (0o755, 0o755, 0o644)):
        tmp_path.chmod(mode)
        with Folder.open(tmp_path) as folder:
            os.close(folder.edit(f"f{mode}"))
            folder.subfolder(f"d{mode}").close()
            made = folder.look(f"f{mode}"), folder.look(f"d{mode}")
        assert [stat.S_IMODE(m.st_mode) for m in made if m] == [file_mode, folder_mode]


def test_a_replaced_file_is_a_new_one(tmp_path: Path) -> None:
    """A link or a second name of the file keeps what it had; nothing is left beside it."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / "hard").hardlink_to(victim)
    for name in ("link", "hard", "fresh"):
        into(tmp_path, name)
        assert (tmp_path / name).read_text() == "new"
        assert stat.S_IMODE((tmp_path / name).lstat().st_mode) == 0o640
    assert victim.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fresh", "hard", "link", "victim"]


def test_a_swap_in_between_gives_nobody_anything(tmp_path: Path) -> None:
    """While another exchanges whatever is being written, only content of theirs gets its mode."""
    secret = tmp_path / "secret"
    secret.write_text("root's")
    secret.chmod(0o600)
    shared = tmp_path / "shared"
    shared.mkdir()
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for path in shared.glob(f".*{NEW}"):
                path.unlink(missing_ok=True)
                path.symlink_to(secret)

    hostile = threading.Thread(target=swap)
    hostile.start()
    refused = 0
    for _ in range(300):
        try:
            into(shared, "x")
        except OSError:
            refused += 1
    stop.set()
    hostile.join()
    assert refused < 300
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("root's", 0o600)


def test_litter_of_a_dead_writer_is_swept(tmp_path: Path) -> None:
    """After a minute; what may still be written is left alone."""
    old, fresh = tmp_path / f".a{NEW}", tmp_path / f".b{NEW}"
    for path in (old, fresh):
        path.write_text("half")
    os.utime(old, (1.0, 1.0))
    into(tmp_path, "x")
    assert (old.exists(), fresh.exists()) == (False, True)


def test_a_file_that_two_make_at_once_is_one_file(tmp_path: Path) -> None:
    """Whoever comes second to a lock that is just being made gets that lock, and no error."""
    found: list[int] = []
    with Folder.open(tmp_path) as folder:
        for name in map(str, range(100)):
            together = threading.Barrier(4)

            def make(name: str = name, together: threading.Barrier = together) -> None:
                together.wait()
                handle = folder.edit(name)
                found.append(os.fstat(handle).st_ino)
                os.close(handle)

            threads = [threading.Thread(target=make) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(found) == 400
    assert len(set(found)) == 100
