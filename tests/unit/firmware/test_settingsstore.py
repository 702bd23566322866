"""Settings files on the disk: one writer at a time, old or new at every moment, and undo."""

from __future__ import annotations

import fcntl
import io
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from firmware import alone
from firmware.app.config import editing
from firmware.errors import UserError
from firmware.settings import place, textfile
from firmware.settings import source as source_module
from firmware.settings.source import Source
from firmware.settings.store import KEPT, Store
from tests.support.settingsfile import settings_file
from tests.support.waiting import LONGEST_S

KILLS = 100
"""Here; `tests/bench/bench_kills.py` does a thousand."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "coach.toml")


def put(store: Store, value: float) -> None:
    store.change(lambda text: textfile.edited(text, {"cadence.max_spm": str(value)}))


def test_undo_goes_back_step_by_step(store: Store) -> None:
    """Each undo brings the version before; at the first there is nothing more."""
    texts = []
    for value in (80, 90, 95):
        put(store, value)
        texts.append(store.text())
    assert store.previous() == texts[1]
    for text in (texts[1], texts[0], ""):
        assert store.undo()[1] == text
        assert store.text() == text
    with pytest.raises(UserError, match="no earlier version"):
        store.undo()


def test_nothing_is_built_on_a_file_that_a_power_cut_has_emptied(store: Store) -> None:
    """A limit and profiles that are still in force would be gone with it: `undo` comes first."""
    put(store, 80)
    good = store.text()
    store.path.write_bytes(b"")
    with pytest.raises(UserError, match="is empty, as after a power cut; first: coach config undo"):
        put(store, 90)
    assert store.text() == ""
    noted: list[tuple[str, str]] = []
    assert store.undo(lambda *texts: noted.append(texts)) == (good, good)
    store.path.write_bytes(b"")
    other = "[cadence]\nmax_spm = 70\n"
    assert store.change(lambda _: other, lambda *t: noted.append(t), anew=True) == (good, other)
    assert noted == [(good, good), (good, other)]  # no limit has come from the defaults
    assert store.undo()[1] == good


def test_an_empty_file_of_which_nothing_is_known_is_filled(store: Store) -> None:
    """Somebody's `touch`, or one that the last `undo` has left: nothing is lost."""
    store.path.touch()
    put(store, 80)
    store.undo()
    put(store, 85)
    assert "85" in store.text()


def test_a_log_s_folder_begins_at_the_root(store: Store) -> None:
    """The service stands in / and has no home: each reader would look into another folder."""

    def move(folder: str) -> None:
        store.change(lambda text: textfile.edited(text, {"log.directory": folder}))

    for folder in ("~/log", "log", ""):
        with pytest.raises(UserError, match="expected a folder from / on"):
            move(folder)
    move("/srv/log")


def test_a_file_of_an_editor_on_windows_is_read(store: Store) -> None:
    """Its mark of the byte order is no mistake, and its line ends stay."""
    store.path.write_bytes(b"\xef\xbb\xbf# ours\r\n[cadence]\r\nmax_spm = 85\r\n")
    assert textfile.load(store.path).settings.cadence.max_spm == 85
    put(store, 80)
    assert store.path.read_bytes() == b"# ours\r\n[cadence]\r\nmax_spm = 80\r\n"


def test_versions_are_kept_but_not_for_ever(store: Store) -> None:
    """The newest stay."""
    for i in range(KEPT + 5):
        put(store, 40 + i)
    versions = sorted((store.path.parent / "history").iterdir())
    assert len(versions) == KEPT
    assert f"max_spm = {40 + KEPT + 4}" in versions[-1].read_text()
    assert store.undo()[1] == versions[-2].read_text()


def test_undo_takes_away_what_a_hand_wrote(store: Store) -> None:
    """A slip of an editor: the version before it comes back; a good one is a version of its own.

    The slip is kept, for a limit may stand in it that nobody remembers.
    """
    put(store, 90)
    put(store, 80)
    good = store.text()
    store.path.write_text(good.replace("80", "8o"))
    assert store.undo()[1] == good
    assert "8o" in (store.path.parent / "history" / "coach.toml.undone").read_text()
    store.path.write_text(good.replace("80", "85"))
    put(store, 70)
    assert "85" in store.undo()[1]
    assert store.undo()[1] == good


def test_undo_passes_over_versions_that_cannot_be_used(store: Store) -> None:
    """The last good version, whatever else was kept."""
    put(store, 90)
    store.path.write_text("[")
    store.change(lambda _: "[cadence]\nmax_spm = 80\n")
    assert "90" in store.undo()[1]


@pytest.mark.parametrize("broken", [b"[cadence\nmax_spm = 80\n", b"[cadence]\nmax = 80\n", b"\xff"])
def test_a_start_under_a_broken_file_takes_the_last_good_version(
    store: Store, monkeypatch: pytest.MonkeyPatch, broken: bytes
) -> None:
    """The device begins under what was in force, and the next look says what is wrong."""
    monkeypatch.setattr(source_module, "DEFAULT_PATH", store.path)
    store.path.write_bytes(broken)
    assert Source(None).begin().cadence.max_spm == 100  # nothing was ever changed by command
    store.path.unlink()
    store.change(lambda text: textfile.edited(text, {"cadence.max_spm": "90"}))
    store.change(lambda text: textfile.edited(text, {"cadence.max_spm": "85"}))
    store.path.write_bytes(broken)
    source = Source(None)
    assert source.begin().cadence.max_spm == 85
    assert source.changed() or source.changed()  # the file must have stood still
    with pytest.raises(UserError, match=re.escape(str(store.path))):
        source.load()
    assert not source.changed()
    store.path.write_text("[cadence]\nmax_spm = 70\n")
    assert source.changed() or source.changed()
    assert source.load().cadence.max_spm == 70
    store.path.write_bytes(broken)
    with pytest.raises(UserError, match=re.escape(str(store.path))):
        Source(store.path).begin()  # a file that somebody names is the one that is meant


def test_what_cannot_be_meant_together_is_refused(store: Store) -> None:
    """But a file that somebody has lived with may be changed in other places."""
    with pytest.raises(UserError, match=r"target_min = 20: expected no more than .* which is 15"):
        store.change(lambda text: textfile.edited(text, {"session.target_min": "20"}))
    with pytest.raises(UserError, match=r"in the profile anna: stage.current = 'hand free'.*hands"):
        store.change(
            lambda text: textfile.edited(text, {"stage.current": "hand free"}, profile="anna")
        )
    store.change(lambda text: textfile.edited(text, {"session.target_min": "15"}))  # as limit_min
    store.path.write_text("[session]\ntarget_min = 20\n")
    put(store, 80)
    with pytest.raises(UserError, match="no such stage"):
        store.change(lambda text: textfile.edited(text, {"stage.current": "rail"}))


def test_a_refused_change_leaves_everything(store: Store) -> None:
    """Neither file nor history moves when a change is refused."""
    put(store, 80)
    before = {p: p.read_bytes() for p in store.path.parent.rglob("*") if p.is_file()}
    with pytest.raises(UserError, match="from 30 to 200"):
        put(store, 500)
    with pytest.raises(UserError, match="not valid TOML"):
        store.change(lambda text: text + "[")
    assert {p: p.read_bytes() for p in store.path.parent.rglob("*") if p.is_file()} == before


def test_mode_and_link_stay(tmp_path: Path) -> None:
    """A link to the file stays one, and the file keeps its mode."""
    real = tmp_path / "real.toml"
    real.write_text("[cadence]\nmax_spm = 80\n")
    real.chmod(0o660)
    (tmp_path / "link.toml").symlink_to(real)
    put(Store(tmp_path / "link.toml"), 90)
    assert (tmp_path / "link.toml").is_symlink()
    assert "max_spm = 90" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o660


def test_a_folder_of_a_group_makes_files_of_the_group(tmp_path: Path) -> None:
    """Where the group may write, its members can change what another has written."""
    tmp_path.chmod(0o2775)
    store = Store(tmp_path / "coach.toml")
    put(store, 80)
    put(store, 90)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o664
    assert stat.S_IMODE((tmp_path / "history").stat().st_mode) == 0o2775


def test_no_folder_and_no_permission_are_said(tmp_path: Path) -> None:
    """The sentence says what to do about it."""
    with pytest.raises(UserError, match="there is no folder"):
        put(Store(tmp_path / "none" / "coach.toml"), 80)
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere; tests/system/test_ssh.py does it as another user")
    tmp_path.chmod(0o555)
    with pytest.raises(UserError, match=r"you .* may not change the settings"):
        put(Store(tmp_path / "coach.toml"), 80)


def test_many_writers_lose_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes that come at the same time come one after the other: none is overwritten."""
    monkeypatch.setattr(alone, "LOCK_WAIT_S", LONGEST_S)  # for three others, on any disk
    keys = ["cadence.hold_s=7", "buzzer.pin=7", "led.pin=8", "session.end_after_s=77"]

    def write(text: str) -> None:
        name, _, value = text.partition("=")
        Store(store.path).change(lambda t: textfile.edited(t, {name: value}))

    threads = [threading.Thread(target=write, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(textfile.load(store.path).common) == 4


# A process without threads that forks a writer, kills it at a random moment, and looks.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from firmware.settings import textfile
from firmware.settings.store import Store
store, kills = Store(Path(sys.argv[1])), int(sys.argv[2])
dice = random.Random(1)
def put(value):
    store.change(lambda t: textfile.edited(t, {"cadence.max_spm": str(value)}))
put(30)
within = 0.02
for _ in range(kills):
    old = textfile.load(store.path).settings.cadence.max_spm
    new = 31 + (old - 30) % 100
    child = os.fork()
    if child == 0:
        put(new)
        os._exit(0)
    time.sleep(dice.uniform(0, within))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    text = store.text()
    got = textfile.parse(text, "f").settings.cadence.max_spm
    assert got in (old, new), (old, got, new)
    assert text.startswith("# Settings") and text.endswith("\\n"), text
    print("new" if got == new else "old")
    within *= 0.9 if got == new else 1.1  # so that half of them come in the middle of it
store.undo()
put(99)
left = [p.name for p in store.path.parent.iterdir()]
assert sorted(left) == [f".{store.path.name}.lock", store.path.name, "history"], left
"""


def kill(folder: Path, times: int) -> tuple[int, int]:
    """Kill a writer so many times; how often the old and the new file stood afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(folder / "coach.toml"), str(times)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.count("old\n"), done.stdout.count("new\n")


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    """Whenever it is killed: a whole file, undo works, and the next change clears the litter."""
    old, new = kill(tmp_path, KILLS)
    assert old + new == KILLS
    assert min(old, new) > KILLS // 20  # the kills really fall into the writing


# --- What a member of the group may have put into the folder.


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder of settings that a group may write to, and a folder beside it that is root's."""
    folder = tmp_path / "settings"
    folder.mkdir()
    folder.chmod(0o2775)
    (tmp_path / "private").mkdir(mode=0o755)
    return folder


def test_a_history_that_is_a_link_is_not_followed(shared: Path) -> None:
    """The folder that it names gets no file, no group and no mode; the sentence names it."""
    private = shared.parent / "private"
    (shared / "history").symlink_to(private)
    with pytest.raises(UserError, match="no folder"):
        put(Store(shared / "coach.toml"), 80)
    assert list(private.iterdir()) == []
    assert stat.S_IMODE(private.stat().st_mode) == 0o755


@pytest.mark.parametrize("name", ["coach.toml", "history"])
def test_a_pipe_in_place_of_a_file_is_told_at_once(shared: Path, name: str) -> None:
    """Nothing waits for whoever would write into it; the sentence names it, and what to do."""
    os.mkfifo(shared / name)
    with pytest.raises(UserError, match=rf"/{name}: .* no (ordinary file|folder); move it away"):
        put(Store(shared / "coach.toml"), 80)


def test_what_lies_in_place_of_the_lock_keeps_nobody_out(shared: Path) -> None:
    """A pipe or a link is taken away; a folder, which cannot be, is named."""
    lock, store = shared / ".coach.toml.lock", Store(shared / "coach.toml")
    os.mkfifo(lock)
    put(store, 80)
    lock.unlink()
    lock.symlink_to(shared.parent / "private" / "made")
    put(store, 90)
    assert not (shared.parent / "private" / "made").exists()
    lock.unlink()
    lock.mkdir()
    with pytest.raises(UserError, match=r"/\.coach\.toml\.lock: .*; move it away"):
        put(store, 70)
    assert "90" in store.text()


def test_versions_with_strange_names_are_passed_over(shared: Path) -> None:
    """An editor's copy, a name without a number, a folder, a link: changes and undo go on."""
    store = Store(shared / "coach.toml")
    put(store, 80)
    history = shared / "history"
    for name in (
        "coach.toml.000000001~",
        "coach.toml.",
        "coach.toml.9x",
        "coach.toml.-1",
        "\udcff",
    ):
        (history / name).write_text("x")
    (history / "coach.toml.000000777").mkdir()
    (history / "coach.toml.999999999999").symlink_to("/etc/shadow")
    put(store, 90)
    assert "80" in store.undo()[1]


@pytest.mark.parametrize("what", [".", ".coach.toml.lock"])
def test_a_lock_that_is_held_for_ever_keeps_nobody_out(
    shared: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Neither one on the folder, which anybody may open, nor one of a member's."""
    monkeypatch.setattr(alone, "LOCK_WAIT_S", 0.3)
    put(Store(shared / "coach.toml"), 80)
    handle = os.open(shared / what, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    put(Store(shared / "coach.toml"), 90)
    os.close(handle)
    assert textfile.load(shared / "coach.toml").settings.cadence.max_spm == 90


def test_who_is_overtaken_changes_nothing(shared: Path) -> None:
    """Where the file has become another while a change was worked out, it is not overwritten."""
    store = Store(shared / "coach.toml")
    put(store, 80)

    def overtaken(text: str) -> str:
        store.path.write_text("[cadence]\nmax_spm = 70\n")
        return textfile.edited(text, {"cadence.max_spm": "90"})

    with pytest.raises(UserError, match="somebody else is changing it"):
        store.change(overtaken)
    assert "70" in store.text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
def test_root_changes_no_file_that_somebody_else_has_linked(shared: Path) -> None:
    """A link that root has made is followed, one of a member's is not."""
    target = shared.parent / "private" / "other.toml"
    target.write_text("[cadence]\nmax_spm = 77\n")
    (shared / "coach.toml").symlink_to(target)
    put(Store(shared / "coach.toml"), 80)
    assert "80" in target.read_text()
    os.chown(shared / "coach.toml", 12345, 12345, follow_symlinks=False)
    for act in (
        lambda: Store(shared / "coach.toml"),
        lambda: place.read(shared / "coach.toml"),
        lambda: Source(shared / "coach.toml").load(),
    ):
        with pytest.raises(UserError, match="user 12345 has put there"):
            act()
    assert "80" in target.read_text()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_was_typed_is_offered_again_when_it_cannot_be_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values that are good each by itself and not together are no reason to type all anew."""
    file = settings_file(tmp_path, "[session]\ntarget_min = 10\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i -e 's/ 20$/ 12/' -e 's/ 10$/ 20/'")  # then it sees the 20
    monkeypatch.setattr("sys.stdin", _Terminal("y\n"))
    assert editing.edit(file) == 0
    said = capsys.readouterr()
    assert "session.target_min = 20: expected no more than" in said.err
    assert said.out.startswith("session.target_min = 12 (was 10)\n")
    assert "target_min = 12\n" in file.read_text()
