"""docs/security.md says who cannot do what: each sentence is tried, here or where it is named."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.app import client
from firmware.errors import DeviceError
from firmware.protocol import REQUESTS
from tests.support.logbook import Walk, write
from tests.system.test_members import MEMBER, STRANGER, as_user, group, path

__all__ = ["group", "path"]

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging" / "system" / "cadence-coach.service"
PAGE = ROOT / "docs" / "security.md"

HERE = "system/test_cannot.py"

TRIED = {
    "reach the sensor": "system/test_security.py::test_a_running_coach_has_no_port",
    "reach the settings": "system/test_security.py::test_a_running_coach_has_no_port",
    "reach the log": "system/test_security.py::test_a_running_coach_has_no_port",
    "run a command as another user": f"{HERE}::test_no_request_runs_a_command",
    "run code as the daemon": f"{HERE}::test_what_lies_in_the_state_folder_is_no_code",
    "stop the cues by a flood": (
        "system/test_live.py::test_fifty_hostile_clients_keep_no_decision_back"
    ),
    "have root follow a link": f"{HERE}::test_root_follows_and_waits_for_nothing_of_a_members",
    "have root wait for a pipe": f"{HERE}::test_root_follows_and_waits_for_nothing_of_a_members",
    "have root give away a file or a folder": (
        "unit/firmware/test_files.py::test_a_swap_in_between_gives_nobody_anything"
    ),
    "keep others from changing settings without their being told what is in the way": (
        "unit/firmware/test_settingsstore.py::test_what_lies_in_place_of_the_lock_keeps_nobody_out"
    ),
    "have anybody run what they have laid into the log": (
        "unit/firmware/test_log_planted.py::test_it_is_named_and_the_next_session_is_recorded"
    ),
    "keep others from the socket": "system/test_members.py::test_one_member_keeps_nobody_out",
    "change the sensor's settings unnoticed for more than a second": (
        "unit/hardware/test_mpu6050_faults.py::test_lost_configuration"
    ),
    "take a pin unnoticed": ("unit/hardware/test_indicators_pins.py::test_a_taken_pin_is_named"),
    "command the daemon": "system/test_members.py::test_somebody_else_is_not_let_in",
    "open the log (`2770`)": f"{HERE}::test_a_stranger_does_not_read_the_log",
    "reach the network": "install/test_make_install.py::test_the_unit_is_sound",
    "write to other files": "install/test_make_install.py::test_the_unit_is_sound",
    "reach other users' processes": "install/test_make_install.py::test_the_unit_is_sound",
}
"""Each sentence, and the test that tries it."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


def test_each_sentence_of_the_page_is_tried() -> None:
    """The page and the tests say the same, and every test that is named is there."""
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    said = [sentence for row in rows[2:] for sentence in row[2].split("; ") if sentence != "-"]
    assert sorted(said) == sorted(TRIED)
    for where in TRIED.values():
        file, _, name = where.partition("::")
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(), where


def test_the_unit_says_what_the_page_says() -> None:
    """The walls round the code of a dependency, and the log's mode."""
    unit = UNIT.read_text().splitlines()
    for line in (
        *("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "ProtectSystem=strict"),
        *("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectProc=invisible"),
        *("StateDirectoryMode=2770", "UMask=0007", "DevicePolicy=closed", "User=cadence-coach"),
    ):
        assert line in unit


@as_root
def test_no_request_runs_a_command(path: str, group: grp.struct_group, tmp_path: Path) -> None:
    """Whatever a member writes where a name or a text is expected, nothing of it is run."""
    evidence = tmp_path / "evidence"
    tmp_path.chmod(0o777)
    words = [f"$(touch {evidence})", f"`touch {evidence}`", f"; touch {evidence}", "../../x\n"]
    words += [f"__import__('os').system('touch {evidence}')"]

    def ask() -> None:
        for what in (*REQUESTS, "run", "exec", "eval", "__init__"):
            for word in words:
                for key in ("text", "name", "muted", "id", "file"):
                    try:
                        with client.Client(path, patience_s=2.0) as talk:
                            talk.ask(what, **{key: word})
                    except DeviceError:
                        continue

    assert as_user(MEMBER, [group.gr_gid], ask) == 0
    assert not evidence.exists()


def test_what_lies_in_the_state_folder_is_no_code(tmp_path: Path) -> None:
    """Python runs isolated: whatever a member lays there, as home, as working folder, as a path."""
    evidence = tmp_path / "evidence"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    user_site = tmp_path / ".local" / "lib" / version / "site-packages"
    user_site.mkdir(parents=True)
    code = f"open({str(evidence)!r}, 'w')\n"
    for folder in (tmp_path, user_site):
        for name in ("usercustomize.py", "sitecustomize.py", "firmware.py", "numpy.py", "json.py"):
            (folder / name).write_text(code)
        (folder / "x.pth").write_text(f"import os; {code}")
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    env |= {"PYTHONSTARTUP": str(tmp_path / "json.py"), "PYTHONUSERBASE": str(tmp_path / ".local")}
    command = [sys.executable, "-I", "-c", "import firmware.__main__ as m; m.main(['cues'])"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not evidence.exists()
    assert (ROOT / "packaging" / "coach").read_text().startswith("#!@PYTHON@ -I\n")


@as_root
def test_a_stranger_does_not_read_the_log(group: grp.struct_group) -> None:
    """The folder as the unit makes it, and all that the coach puts into it."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "log"
        folder.mkdir()
        os.chown(folder, -1, group.gr_gid)
        folder.chmod(0o2770)
        log = write(folder, Walk(60))
        assert as_user(STRANGER, [], lambda: _opened(log)) != 0
        assert as_user(MEMBER, [group.gr_gid], lambda: _opened(log)) == 0
        for file in folder.iterdir():
            assert not stat.S_IMODE(file.stat().st_mode) & 0o002, file


def _opened(file: Path) -> None:
    file.open("rb").close()


# --- What a member lays where root works.

LAID: dict[str, Callable[[Path, Path], object]] = {
    "a link": lambda at, victim: at.symlink_to(victim / "file"),
    "a link to a folder": lambda at, victim: at.symlink_to(victim / "folder"),
    "a link to nothing yet": lambda at, victim: at.symlink_to(victim / "new"),
    "a pipe": lambda at, _: os.mkfifo(at),
    "an endless device": lambda at, _: at.symlink_to("/dev/zero"),
    "a folder": lambda at, _: at.mkdir(),
    "rubbish": lambda at, _: at.write_bytes(bytes(range(256)) * 20),
}

PLACES = (
    *("etc/coach.toml", "etc/history", "log/coach.db", "log/coach.db-wal", "log/coach.db.lock"),
    *("log/stages.json", "log/prescriptions.jsonl", "log/calibration.json"),
)

COMMANDS = (
    *("config show", "config set cadence.max_spm=85", "config undo", "prescribe bert --limit 80"),
    *("profile new anna", "stage tempo", "log list", "log note 1 --text hello", "log verify"),
    *("log verify --recover", "log show 1", "backup -o {out}", "restore {good}", "programme"),
)


SHARE = 7
"""Of the commands for each place: all of them take minutes."""


class Desk:
    """Folders as an installation has them, root's secrets beside them, and a member's hand."""

    def __init__(self, folder: Path, gid: int) -> None:
        folder.chmod(0o755)
        self.gid, self.etc, self.log = gid, folder / "etc", folder / "log"
        self.victim, self.good = folder / "victim", folder / "good.tgz"
        self.out = folder / "out.tgz"
        for made, mode in ((self.etc, 0o2775), (self.log, 0o2770)):
            made.mkdir()
            os.chown(made, -1, gid)
            made.chmod(mode)
        self.config = self.etc / "coach.toml"
        self.config.write_text(
            f'[log]\ndirectory = "{self.log}"\n[control]\nsocket = "{folder}/none"\n'
        )
        write(self.log, Walk(60))
        self.root("backup", "-o", str(self.good))
        self.victim.mkdir()
        (self.victim / "file").write_text("secret")
        (self.victim / "folder").mkdir()
        (self.victim / "file").chmod(0o600)
        self.before = self.look()

    def root(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of root's, in the time that it may take."""
        command = [sys.executable, "-m", "firmware", *words, "--config", str(self.config)]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=60,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def lay(self, name: str, make: Callable[[Path, Path], object]) -> None:
        """By the member, in place of what is there."""
        at = self.etc.parent / name

        def act() -> None:
            if at.is_symlink() or not at.is_dir():
                at.unlink(missing_ok=True)
            else:
                shutil.rmtree(at)
            make(at, self.victim)

        assert as_user(MEMBER, [self.gid], act) == 0

    def look(self) -> list[tuple[object, ...]]:
        """All that must stay as it is."""
        found = [self.victim, *sorted(self.victim.rglob("*"))]
        return [
            (p, p.stat().st_mode, p.stat().st_uid, p.stat().st_gid, p.is_dir() or p.read_text())
            for p in found
        ]


@pytest.fixture
def desk(group: grp.struct_group) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        yield Desk(Path(folder), group.gr_gid)


@as_root
@pytest.mark.parametrize("kind", LAID)
def test_root_follows_and_waits_for_nothing_of_a_members(desk: Desk, kind: str) -> None:
    """Every command that writes or reads there ends, in words, and root's own stays root's."""
    for number, name in enumerate(PLACES):
        for command in COMMANDS[number % SHARE :: SHARE]:
            desk.lay(name, LAID[kind])
            words = command.format(out=desk.out, good=desk.good).split()
            done = desk.root(*words)
            where = (name, command, done.stdout[-300:], done.stderr[-300:])
            assert done.returncode in (0, 1, 2), where
            assert "Traceback" not in done.stderr + done.stdout, where
            assert "secret" not in done.stderr + done.stdout, where
            assert desk.look() == desk.before, where
