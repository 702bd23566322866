"""Every command of README and docs, over a real sshd exactly as it is printed.

The device is the simulated one, on the places of a real installation: in a mount namespace of its
own, `/etc` is a copy. The client's locale is C and its terminal has 60 columns.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hardware.simulated.walker import Stand, Walk, Walker
from tests.support import logbook
from tests.support.terminal import on_terminal
from tests.support.waiting import eventually
from tests.unit.firmware.test_docs import PAGES, blocks

HEADER = "t,ax,ay,az,gx,gy,gz"
ROOT = Path(__file__).parents[2]
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")

pytestmark = [
    pytest.mark.skipif(SSHD is None, reason="no sshd here (apt install openssh-server)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a namespace of its own"),
    pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here"),
]

LEFT_OUT = (
    "coach watch",
    "--play",
    "coach calibrate",
    "coach setup",
    "coach@",
    "hearing.output",
    "restore",
    "coach mark",
)
"""What has no end (see below), takes minutes, asks questions, wants a walk, a sensor or none."""

MAY_FAIL = ("coach doctor",)
"""Its exit code is the state of the machine it runs on."""

DEVICE = """
set -e
trap 'exit 0' TERM
cp -a /etc {folder}/etc || true # other tests add users meanwhile: a file may vanish
mount --bind {folder}/etc /etc
mkdir -p /etc/cadence-coach
printf '[log]\\ndirectory = "{folder}/log"\\n[control]\\nsocket = "{folder}/s"\\ngroup = ""\\n' \
    > /etc/cadence-coach/coach.toml
{folder}/bin/coach run --simulate 2> {folder}/daemon.txt &
daemon=$!
trap 'kill $daemon' EXIT
{sshd} -D -e -f {folder}/sshd_config 2> {folder}/sshd.txt &
ssh=$!
trap 'kill $daemon $ssh' EXIT
trap exit TERM # a shell that a signal ends leaves its children
wait $ssh
"""


def printed() -> list[str]:
    """The lines of README and docs that call `coach`, here or over ssh, each once."""
    lines = [line for page in PAGES for line in blocks(page.read_text(encoding="utf-8"))]
    calls = [line for line in lines if re.match(r"ssh (-t )?(anna-)?pi |coach( |$)", line)]
    return list(dict.fromkeys(c for c in calls if not any(part in c for part in LEFT_OUT)))


class Pi:
    """The host `pi` of the printed commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"PATH": f"{folder}/bin:/usr/bin:/bin", "LC_ALL": "C", "TERM": "xterm"}
        for name in ("bin", "log", "work"):
            (folder / name).mkdir()
        self._script(
            "coach", f'cd {folder}/work; PYTHONPATH={ROOT} exec {sys.executable} -m firmware "$@"'
        )
        self._script("ssh", f'exec {shutil.which("ssh")} -F {folder}/ssh_config "$@"')
        logbook.write(
            folder / "log", *(logbook.Walk(700, mono_start_us=k, raw=True) for k in range(7))
        )
        self._recordings(folder / "work")
        self._keys()
        script = DEVICE.format(folder=folder, sshd=SSHD)
        self.process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script])
        eventually(lambda: (folder / "s").exists() and self._answers())

    def _script(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def _recordings(self, work: Path) -> None:
        """Those that the pages speak of, and a folder of a clinic's logs."""
        walker = Walker((Stand(2.0), Walk(30.0, spm=80.0)))
        t = np.arange(round(walker.plan_s * 100)) / 100
        body = walker.signal(t)
        other = np.column_stack([t, body])
        phone = np.column_stack([t, body[:, :3] * 9.80665, np.radians(body[:, 3:])])
        heads = {"walk": HEADER, "phone": HEADER, "other": "clock,a1,a2,a3,r1,r2,r3"}
        for name, head in heads.items():
            table = phone if name == "phone" else other
            path = work / f"{name}.csv"
            np.savetxt(path, table, "%.5f", delimiter=",", header=head, comments="")
        (work / "collected" / "anna").mkdir(parents=True)

    def _keys(self) -> None:
        folder = self.folder
        for key in ("host", "key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
            subprocess.run(command, check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        path = f"{folder}/bin:/usr/bin:/bin"
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nUsePAM no\n"
            f"AuthorizedKeysFile {folder}/key.pub\nStrictModes no\nPermitRootLogin yes\n"
            f"PidFile none\nSetEnv PATH={path} COACH_DATA=/nowhere\n"
        )
        (folder / "ssh_config").write_text(
            f"Host pi anna-pi\n HostName 127.0.0.1\n Port {self.port}\n User root\n IdentityFile"
            f" {folder}/key\n IdentitiesOnly yes\n StrictHostKeyChecking no\n"
            " UserKnownHostsFile /dev/null\n LogLevel ERROR\n BatchMode yes\n"
        )
        Path("/run/sshd").mkdir(exist_ok=True)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def typed(self, line: str) -> subprocess.CompletedProcess[str]:
        """What a shell on the client makes of the line; one without ssh is typed on the Pi."""
        if not line.startswith("ssh"):
            line = f"ssh pi {shlex.quote(self._there(line))}"
        return subprocess.run(
            ["sh", "-c", line],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=self.folder / "work",
            env=self.env,
            timeout=120,
            check=False,
        )

    def _there(self, line: str) -> str:
        """The line where its output belongs: not in the home of who runs the tests."""
        return f"cd {self.folder}/work && {line}"

    def seen(self, line: str, keys: tuple[str, bytes] | None = None) -> tuple[int, str]:
        """As `typed`, by somebody who sits at a terminal of 60 columns, on the Pi as well."""
        if not line.startswith("ssh"):
            line = f"ssh -t pi {shlex.quote(self._there(line))}"
        command = ["sh", "-c", line]
        work = self.folder / "work"
        return on_terminal(command, columns=60, env=self.env, cwd=work, keys=keys)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def pi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pi]:
    made = Pi(tmp_path_factory.mktemp("pi"))
    yield made
    made.close()


def said(pi: Pi, line: str) -> tuple[int, str]:
    """The exit code and all that is seen: on a terminal, where the line leads nowhere else."""
    if re.search(r"[>|]", line):
        done = pi.typed(line)
        return done.returncode, done.stdout + done.stderr
    return pi.seen(line)


@pytest.mark.slow
def test_every_printed_command_does_what_it_says(pi: Pi) -> None:
    """In the order of the pages: each ends well, without a traceback and without a complaint."""
    lines = printed()
    assert len(lines) > 30
    for line in lines:
        code, text = said(pi, line)
        if asked := re.search(r"or (\d+) for the last that has ended", text):  # somebody walks
            code, text = said(pi, line.replace(" last ", f" {asked[1]} ", 1))
        assert code == 0 or any(part in line for part in MAY_FAIL), f"{line}\n{text[-500:]}"
        assert "Traceback" not in text, f"{line}\n{text[-500:]}"
    assert (pi.folder / "work" / "report.html").stat().st_size > 10_000
    assert (pi.folder / "work" / "anna.tar.gz").stat().st_size > 1_000


def test_a_remark_over_ssh_is_put_into_the_session(pi: Pi) -> None:
    """As it is printed, while somebody walks."""
    lines = [line for page in PAGES for line in blocks(page.read_text(encoding="utf-8"))]
    (line,) = {line.partition("#")[0].strip() for line in lines if "pi coach mark" in line}
    eventually(lambda: re.search(r"session   \d", pi.typed("coach status").stdout))
    done = pi.typed(line)
    assert (done.returncode, done.stdout) == (0, "marked\n")


def test_watch_over_ssh_says_how_to_get_the_screen(pi: Pi) -> None:
    """Without a terminal it is lines, and one sentence on `ssh -t`."""
    done = pi.typed("ssh pi 'coach watch | head -n 1'")  # however long the first line takes
    assert "over SSH: ssh -t ... coach watch" in done.stderr
    assert done.stdout.startswith("cadence ")


def test_the_live_view_over_ssh_is_there_and_leaves(pi: Pi) -> None:
    """`ssh -t pi coach watch`, as it is printed: the screen in 60 columns, and `q`."""
    lines = [line for page in PAGES for line in blocks(page.read_text(encoding="utf-8"))]
    (line,) = {line.partition("#")[0].strip() for line in lines if "-t pi coach watch" in line}
    code, text = pi.seen(line, ("steps/min", b"q"))
    assert code == 0, text[-500:]
    assert "steps/min" in text
