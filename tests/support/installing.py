"""The coach in a clean Debian system: putting it there, and looking at what it became."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support import debianroot
from tests.support.debianroot import DebianRoot

PROJECT = Path(__file__).parent.parent.parent
SOURCES = (
    *("coach", "hardware", "firmware", "packaging", "Makefile", "pyproject.toml"),
    *("README.md", "CHANGELOG.md", "LICENSE"),
)

MOST_EXPOSED = 1.0
"""Of `systemd-analyze security`: 0 is a locked box, 10 a service with every freedom."""

CONFIG = "/etc/cadence-coach/coach.toml"
LOG = "/var/lib/cadence-coach/coach.db"
LEFT_BY_ANY = re.compile(
    r"^(root|tmp|run|proc|src|wheels|var/(cache|log)|var/lib/(dpkg|apt|systemd))/"
)
"""What says nothing about an installation: the tools' own books."""

FOLDER = "folder"
OURS = ("etc/", "opt/", "usr/local/", "var/lib/cadence-coach/")

OUTCOMES = {
    "member": {"status": 0, "log": 0, "note": 0, "show": 0, "set": 0},
    "other": {"status": 1, "log": 1, "note": 1, "show": 1, "set": 2},
}
"""Exit codes for somebody in the group cadence-coach, and for somebody else."""

COMMANDS = {
    "status": ["coach", "status"],
    "log": ["coach", "log", "list"],
    "note": ["coach", "log", "note", "1", "--pain-after", "3"],
    "show": ["coach", "log", "show", "1"],
    "set": ["coach", "config", "set", "cadence.max_spm=85"],
}


@contextmanager
def system(suite: str) -> Iterator[DebianRoot]:
    """A clean Debian with the sources in /src; gone afterwards."""
    try:
        kept, wheels = debianroot.fresh(suite), debianroot.wheels(suite)
    except debianroot.NoDebianError as e:
        pytest.skip(f"no clean {suite} to install into: {e}")
    with tempfile.TemporaryDirectory() as folder:
        root = kept.copy(Path(folder))
        root.bring(wheels, "wheels")
        (root / "src").mkdir()
        for name in SOURCES:
            root.bring(PROJECT / name, f"src/{name}")
        yield root


def make(root: DebianRoot, target: str, **env: str) -> str:
    """`make TARGET` as root in the sources; pip finds its packages in /wheels, not in a network."""
    return root.run(*command_of_make(target, **env)).stdout


def command_of_make(target: str, **env: str) -> list[str]:
    given = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", **env}
    return ["env", *(f"{k}={v}" for k, v in given.items()), "make", "-s", "-C", "/src", target]


ON_A_STICK = """
mkdir -p {0}
mount -t tmpfs stick {0}
touch {0}/mine
"$@"
code=$?
[ -e {0}/mine ] || echo emptied
exit $code
"""


def with_a_stick(root: DebianRoot, folder: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command while something that holds a file is mounted; its output tells where that goes."""
    return root.run("sh", "-c", ON_A_STICK.format(folder), "sh", *command, check=False)


def names(root: DebianRoot) -> dict[str, str]:
    """Every file and folder, with which of the two it is, but for what the tools note down."""
    found = {}
    for path in root.folder.rglob("*"):
        name = str(path.relative_to(root.folder))
        if not LEFT_BY_ANY.match(f"{name}/") and "__pycache__" not in name:
            found[name] = FOLDER if path.is_dir() and not path.is_symlink() else "file"
    return found


def leftovers(root: DebianRoot) -> list[str]:
    """What a fresh system has not, but for what came from Debian's own packages."""
    before = names(debianroot.fresh(root.suite))
    new = {name: kind for name, kind in names(root).items() if name not in before}
    ours = [n for n, kind in new.items() if kind != FOLDER and n.startswith(("opt/", "usr/local/"))]
    return ours + [name for name in new if "coach" in name]


def contents(root: DebianRoot) -> dict[str, str]:
    """What is in every file where an installation puts them; pip notes whence and when it came."""
    found = {}
    for name, kind in names(root).items():
        path = root / name
        if (
            kind == FOLDER
            or not name.startswith(OURS)
            or path.name in ("direct_url.json", "RECORD")
        ):
            continue
        link = path.is_symlink()
        found[name] = str(path.readlink()) if link else sha256(path.read_bytes()).hexdigest()
    return found


def runs_as_a_service_would(root: DebianRoot) -> None:
    """The daemon on a simulated chip, as the unit has it; and who may do what."""
    for user in OUTCOMES:
        root.run("useradd", "--create-home", user)
    root.run("usermod", "-aG", "cadence-coach", "member")
    done = root.run("sh", "-c", _SERVICE, check=False, timeout=600)
    codes = dict(re.findall(r"^code (\S+) (\d+)$", done.stdout, re.MULTILINE))
    expected = {f"{who}-{what}": str(c) for who, cs in OUTCOMES.items() for what, c in cs.items()}
    assert codes == {**expected, "daemon": "0"}, f"{done.stdout}{done.stderr}"


_ASK = "\n".join(
    f"setpriv --reuid {who} --regid {who} --init-groups {' '.join(words)}\n"
    f"echo code {who}-{what} $?"
    for who in OUTCOMES
    for what, words in COMMANDS.items()
)
_SERVICE = f"""
install -d -o cadence-coach -g cadence-coach -m 2770 /var/lib/cadence-coach
install -d -o cadence-coach -g cadence-coach -m 755 /run/cadence-coach
cd /run/cadence-coach
umask 7
setpriv --reuid cadence-coach --regid cadence-coach --init-groups \\
    coach run --simulate --speed 5 > /dev/null 2> /tmp/said &
umask 22
for i in $(seq 1200); do grep -q "the session begins" /tmp/said && break; sleep 0.1; done
{_ASK}
kill -TERM $!; wait $!; echo code daemon $?
"""


def unit_is_sound(root: DebianRoot) -> None:
    """`systemd-analyze` finds nothing wrong in the units and little to attack."""
    units = ("cadence-coach.service", "cadence-coach-again.timer")
    verified = root.run("systemd-analyze", "verify", "--man=no", *units)
    assert verified.stdout + verified.stderr == ""
    (file,) = (p for p in root.folder.glob("usr/**/systemd/system/cadence-coach.service"))
    shown = str(file.relative_to(root.folder))
    rated = root.run("systemd-analyze", "security", "--offline=true", "--no-pager", f"/{shown}")
    found = re.search(r"exposure level for \S+: ([\d.]+)", rated.stdout)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED
    wanted = root / "etc/systemd/system/multi-user.target.wants/cadence-coach.service"
    assert f"/{shown}".endswith(str(wanted.readlink()))  # /lib and /usr/lib are one folder


def code_of_others_is_left_alone(root: DebianRoot) -> None:
    """Neither a home folder nor a variable adds code; nobody else sees the coach's modules."""
    home = root.run("getent", "passwd", "cadence-coach").stdout.split(":")[5]
    assert home == "/nonexistent"
    version = debianroot.SUITES[root.suite]
    site = root / f"tmp/home/.local/lib/python{version}/site-packages"
    site.mkdir(parents=True)
    (site / "theirs.pth").write_text("import os; os.mkdir('/tmp/ran-pth')\n")
    for name in ("sitecustomize", "firmware", "numpy"):
        (site / f"{name}.py").write_text("import os; os.mkdir('/tmp/ran-module')\n")
    root.run("chmod", "-R", "a+rX", "/tmp/home")
    given = {
        "HOME": "/tmp/home",
        "PYTHONPATH": f"/tmp/home/.local/lib/python{version}/site-packages",
    }
    words = [f"{name}={value}" for name, value in given.items()]
    for command in (["--version"], ["config", "keys"]):
        root.run("env", *words, "coach", *command, user="cadence-coach")
    assert not list((root / "tmp").glob("ran-*"))
    shutil.rmtree(root / "tmp/home")
    for name in ("coach", "firmware", "hardware"):
        assert root.run("/usr/bin/python3", "-c", f"import {name}", check=False).returncode == 1
