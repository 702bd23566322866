"""Limits moved over a real SSH connection while somebody walks; a stranger moves nothing."""

from __future__ import annotations

import grp
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit

from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.settings.source import Source
from hardware.simulated import VirtualClock
from hardware.simulated.walker import Stand, Walk
from tests.support.device import Device
from tests.support.waiting import LONGEST_S, eventually

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
GROUP, MEMBER, STRANGER = (f"coach{what}{os.getpid()}" for what in ("group", "in", "out"))
ROOT = Path(__file__).parents[2]
SILENCE_S = 3.0

pytestmark = [
    pytest.mark.skipif(SSHD is None, reason="no sshd here (apt install openssh-server)"),
    pytest.mark.skipif(shutil.which("useradd") is None, reason="no useradd here"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make users for the test"),
]


def run(*command: str | Path) -> None:
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


class Clinic:
    """An sshd with two users, and a device whose settings one of them may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "etc" / "coach.toml"
        self.python = sys.executable
        group = grp.getgrnam(GROUP).gr_gid
        for name, mode in (("etc", 0o2775), ("run", 0o755), ("log", 0o2775)):
            (folder / name).mkdir()
            os.chown(folder / name, 0, group)
            (folder / name).chmod(mode)
        self.file.write_text(
            f'[control]\nsocket = "{folder}/run/control.sock"\ngroup = "{GROUP}"\n'
            f'[log]\ndirectory = "{folder}/log"\n'
            "[cadence]\nmax_spm = 100  # as agreed\n"
        )
        os.chown(self.file, 0, group)
        self.file.chmod(0o664)
        self._start_sshd()

    def _start_sshd(self) -> None:
        host, key = self.folder / "host", self.folder / "key"
        for made in (host, key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made)
        (self.folder / "key.pub").chmod(0o644)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {host}\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/key.pub\nStrictModes no\n"
            f"PasswordAuthentication no\nPidFile none\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        self.sshd = subprocess.Popen([str(SSHD), "-D", "-e", "-f", config], stderr=subprocess.PIPE)
        eventually(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def coach(self, user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`ssh USER@host coach ...`."""
        return subprocess.run(
            self.typed(user, *arguments),
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )

    def typed(self, user: str, *arguments: str) -> list[str]:
        """The command on this side."""
        path = f"{ROOT}:{Path(tomlkit.__file__).parents[1]}"
        command = f"PYTHONPATH={path} {self.python} -m firmware {' '.join(arguments)}"
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
        return [
            *("ssh", "-p", str(self.port), "-i", str(self.folder / "key")),
            *(f"-o{option}" for option in [*options, "IdentitiesOnly=yes", "BatchMode=yes"]),
            *(f"{user}@127.0.0.1", f"{command} --config {self.file}"),
        ]

    def finds_python(self) -> bool:
        """Settle on a Python that an ordinary user may run: root's own may be root's alone."""
        for self.python in (sys.executable, "/usr/bin/python3"):
            if self.coach(MEMBER, "config", "get", "cadence.max_spm").stdout == "100\n":
                return True
        return False

    def close(self) -> None:
        self.sshd.terminate()
        self.sshd.communicate(timeout=LONGEST_S)


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    folder = Path(tempfile.mkdtemp(prefix="coach-ssh-"))
    folder.chmod(0o755)
    try:
        run("groupadd", "-f", GROUP)
        for user, groups in ((MEMBER, ["-G", GROUP]), (STRANGER, [])):
            run("useradd", "-M", "-d", folder, "-s", "/bin/sh", "-p", "*", *groups, user)
        made = Clinic(folder)
        yield made
        made.close()
    finally:
        for user in (MEMBER, STRANGER):
            subprocess.run(["userdel", user], check=False, capture_output=True)
        subprocess.run(["groupdel", GROUP], check=False, capture_output=True)
        shutil.rmtree(folder)


class Walking:
    """A device on a thread; `sounded` is when the buzzer's pin was seen high.

    At the pace of real time, and late where the machine is: it then misses no sample for that.
    """

    def __init__(self, clinic: Clinic) -> None:
        folder = clinic.folder / "log"
        source, orders = Source(clinic.file), Orders()
        settings = source.load()
        plan = (Stand(3.0), Walk(300.0, spm=90.0, amplitude_g=0.2))
        self.device = Device(
            plan, folder, clock=VirtualClock(1.0), settings=settings, orders=orders
        )
        self.control = Control(settings, source, orders, Status(settings))
        self.device.on_record = self.control.publish
        self.sounded: list[float] = []
        self.control.start()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=f) for f in (self._walk, self._listen)]
        for thread in self._threads:
            thread.start()

    def _walk(self) -> None:
        self.device.run()

    def _listen(self) -> None:
        while not self._stopped.wait(0.005):
            if self.device.simulation.buzzer_on:
                self.sounded.append(time.time())

    def wait_for_walking(self) -> None:
        eventually(self._is_seen)
        eventually(self.is_silent)

    def _is_seen(self) -> bool:
        shown = [r["spm"] for r in self.device.of_type("cadence")[-4:]]
        steady = len(shown) == 4 and all(s and abs(s - 90) < 4 for s in shown)
        return steady and bool(self.device.of_type("session"))

    def is_silent(self) -> bool:
        """Whether the buzzer has not sounded for three seconds."""
        return not self.sounded or time.time() - self.sounded[-1] > SILENCE_S

    def close(self) -> None:
        self._stopped.set()
        self.device.stopped = True
        for thread in self._threads:
            thread.join()
        self.control.close()


def test_a_limit_moved_over_ssh_is_heard(clinic: Clinic) -> None:
    """Lowered below the walker's tempo: the buzzer soon; undone: silence; refused: none."""
    if not clinic.finds_python():
        pytest.skip("an ordinary user cannot run this checkout with any Python here")
    walking = Walking(clinic)
    try:
        walking.wait_for_walking()
        began = time.time()
        quiet = [t for t in walking.sounded if t > began - SILENCE_S]
        done = clinic.coach(MEMBER, "config", "set", "cadence.max_spm=80")
        changed = clinic.file.stat().st_mtime
        assert done.stdout == "cadence.max_spm = 80 (was 100)\nin force\n", done.stderr
        eventually(lambda: any(t >= began for t in walking.sounded))
        heard = next(t for t in walking.sounded if t >= began)
        print(f"buzzer {heard - changed:.2f} s after the file, {heard - began:.2f} s after ssh")
        assert quiet == []
        assert "max_spm = 80  # as agreed" in clinic.file.read_text()

        before = clinic.file.read_bytes()
        refused = clinic.coach(STRANGER, "config", "set", "cadence.max_spm=120")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"you ({STRANGER}) may not change the settings" in refused.stderr
        assert f"members of the group {GROUP} may" in refused.stderr
        refused = clinic.coach(STRANGER, "mute")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "may not command the daemon; members of the group" in refused.stderr
        assert clinic.file.read_bytes() == before

        done = clinic.coach(MEMBER, "config", "undo")
        assert done.stdout == "cadence.max_spm = 100 (was 80)\nin force\n"
        eventually(walking.is_silent)
        assert [r["changes"] for r in walking.device.of_type("settings")] == [
            {"cadence.max_spm": 80.0},
            {"cadence.max_spm": 100.0},
        ]
        assert walking.device.of_type("gap", "fault") == []
    finally:
        walking.close()
