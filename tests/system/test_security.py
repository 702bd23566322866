"""No way in from outside, and no dependency that was not looked at."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.running import Running

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "packaging" / "requirements.lock"
EXTRAS = ("cli", "fit")
"""What an image has beside the daemon's own three: `make lock` asks for the same."""

PIN = re.compile(
    r"^([a-z0-9.-]+)==(\S+)((?:.*\\\n)(?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)", re.MULTILINE
)


def sockets(pid: int) -> set[str]:
    """The inodes of the sockets that a process holds."""
    links = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(handle.readlink()))
        except FileNotFoundError:
            continue
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def inet(pid: int) -> set[str]:
    """The inodes of all internet sockets in the process's network, of whatever protocol."""
    found: set[str] = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "udplite", "udplite6", "packet"):
        path = Path(f"/proc/{pid}/net/{table}")
        if path.exists():
            column = 8 if table == "packet" else 9
            lines = path.read_text().splitlines()[1:]
            found |= {line.split()[column] for line in lines if len(line.split()) > column}
    return found


@pytest.mark.skipif(not Path("/proc/net").exists(), reason="needs Linux's /proc")
def test_a_running_coach_has_no_port(tmp_path: Path) -> None:
    """`coach run` holds its Unix socket and not one of the internet's, listening or not."""
    with Running(tmp_path) as daemon:
        held = sockets(daemon.process.pid)
        assert held
        assert not held & inet(daemon.process.pid)
        assert stat.S_IMODE(daemon.socket.stat().st_mode) & 0o007 == 0


def pinned() -> dict[str, list[str]]:
    """Each name of the lock with its versions: different Pythons may have different ones."""
    found: dict[str, list[str]] = {}
    for name, version, _ in PIN.findall(LOCK.read_text()):
        found.setdefault(name, []).append(version.rstrip("\\"))
    return found


def test_every_line_of_the_lock_is_a_pin_with_hashes() -> None:
    """Nothing is taken that was not looked at: no range, no address, no file without its hash."""
    lines = LOCK.read_text().splitlines()
    names = [line for line in lines if line and line[0] not in " #"]
    assert len(names) == sum(map(len, pinned().values()))


def test_what_is_pinned_is_what_is_asked_for() -> None:
    """Each direct dependency is in the lock, in a version that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in EXTRAS:
        asked += project["optional-dependencies"][extra]
    pins = pinned()
    for text in asked:
        wanted = Requirement(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert pins.get(name), f"{name} is not in {LOCK.name}: make lock"
        for version in pins[name]:
            assert wanted.specifier.contains(version, prereleases=True), f"{text}: make lock"
