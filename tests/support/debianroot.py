"""Clean Debian systems to install into: trees made by mmdebstrap, entered with chroot.

A tree is made once for each recipe and kept in the user's cache folder (XDG_CACHE_HOME); every test
works on a copy. It holds no more than a fresh system does; the packages that an installation will
ask for lie in apt's archive, so that apt inside needs no network. Nothing that is mounted outlives
the command that it was mounted for.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SUITES = {"bookworm": "3.11", "trixie": "3.13"}
"""Debian's releases that the coach is for, and their Python."""

FRESH = ("systemd", "systemd-sysv", "udev", "python3", "make", "init-system-helpers", "procps")
"""What every Raspberry Pi OS has; the rest is for the installation to bring."""

AT_HAND = (
    *("python3-venv", "python3-numpy", "python3-colorzero", "python3-smbus2"),
    *("python3-rich", "python3-tomlkit", "python3-textual"),
)
"""In apt's archive, as far as the release has them."""

MADE_FOR = "6"
"""Part of the recipe: another number makes every tree anew."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_DOWNLOAD = """
all=$(chroot "$1" apt-cache --quiet=0 pkgnames | grep -xF -e {names}) || true
chroot "$1" apt-get install --yes --quiet --download-only --no-install-recommends $all
"""

_ENTER = """
set -e
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/run" -o mode=755
root=$1; shift; exec chroot "$root" "$@"
"""

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cadence-coach"


class NoDebianError(Exception):
    """Says in one sentence why there can be no Debian tree here."""


class DebianRoot:
    """A Debian system below a folder; `run` runs a command in it as root."""

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder, self.suite = folder, suite

    def run(
        self, *command: str, check: bool = True, user: str = "", timeout: float = 900, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the tree, its output as text; `user` has all groups that are his."""
        if user:
            command = ("setpriv", "--reuid", user, "--regid", user, "--init-groups", *command)
        given = [f"{name}={value}" for name, value in env.items()]
        clean = ["env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", "HOME=/root", *given]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", _ENTER, "sh", str(self.folder), *clean, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done

    def copy(self, folder: Path) -> DebianRoot:
        """The same system once more."""
        _run(["cp", "-a", "--reflink=auto", f"{self.folder}/.", str(folder)])
        return DebianRoot(folder, self.suite)

    def bring(self, source: Path, name: str) -> None:
        """Copy a file or folder from outside to /NAME."""
        _run(["cp", "-rT", str(source), str(self.folder / name)])

    def __truediv__(self, name: str) -> Path:
        return self.folder / name.lstrip("/")


@functools.cache
def fresh(suite: str) -> DebianRoot:
    """The kept tree of a release, made if it is not there: copy it. Raises `NoDebianError`."""
    _possible()
    sources = _sources(suite)
    recipe = repr((sorted(sources.values()), FRESH, AT_HAND, MADE_FOR))
    name = f"{suite}-{platform.machine()}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    tree = CACHE / "roots" / name
    with _alone():
        if not tree.is_dir():
            _make(suite, sources, tree)
    return DebianRoot(tree, suite)


@functools.cache
def wheels(suite: str) -> Path:
    """A folder with all that the lock names and has as a wheel, found by this machine's own pip.

    numpy comes from Debian and the pin driver from Raspberry Pi OS.
    """
    lock = Path("packaging/requirements.lock").read_text(encoding="utf-8")
    wanted = "".join(re.split(r"^(?:numpy|lgpio)==(?:.*\\\n)*.*\n", lock, flags=re.MULTILINE))
    folder = CACHE / "wheels" / f"{suite}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    with _alone():
        if not folder.is_dir():
            _download(wanted, SUITES[suite], folder)
    return folder


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time makes what all of them keep."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(wanted: str, python: str, folder: Path) -> None:
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    (new / "wanted.txt").write_text(wanted, encoding="utf-8")
    only = ["--only-binary=:all:", "--no-deps", "--python-version", python]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(new)]
    command = [*pip, *only, "--require-hashes", "--requirement", str(new / "wanted.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoDebianError(f"pip cannot download: {_last_line(done.stderr)}")
    new.rename(folder)


def _possible() -> None:
    if os.geteuid() != 0:
        raise NoDebianError("only root can enter a Debian tree")
    if shutil.which("mmdebstrap") is None:
        raise NoDebianError("mmdebstrap is missing: apt install mmdebstrap")
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if done.returncode != 0:
        raise NoDebianError("this machine allows no mounts")


def _make(suite: str, sources: dict[str, str], tree: Path) -> None:
    new = tree.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    files = []
    for name, text in sources.items():
        file = new.parent / name
        file.write_text(text, encoding="utf-8")
        files.append(str(file))
    options = ["--quiet", "--variant=minbase", f"--include={','.join(FRESH)}"]
    options += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--skip=cleanup/apt"]
    options += ["--dpkgopt=force-unsafe-io"]  # also later: no tree outlives a power cut
    options += ["--customize-hook=" + _DOWNLOAD.format(names=" -e ".join(AT_HAND))]
    command = ["unshare", "--mount", "mmdebstrap", *options, suite, str(new), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        raise NoDebianError(f"mmdebstrap cannot make {suite}: {_last_line(done.stderr)}")
    new.rename(tree)


def _sources(suite: str) -> dict[str, str]:
    """This machine's own apt sources of Debian, for another release."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    said = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, re.MULTILINE))
    codename = said.get("VERSION_CODENAME", "")
    if codename not in SUITES:
        raise NoDebianError("this is no Debian that the coach is for: its apt sources do not fit")
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    files += sorted((apt / "sources.list.d").glob("*.sources"))
    texts = {f.name: f.read_text(encoding="utf-8") for f in files if f.is_file()}
    ours = re.compile(rf"(^Suites:|^deb\s).*\s{codename}\b(?!\S*/)", re.MULTILINE)
    return {
        f"{suite}-{name}": re.sub(rf"\b{codename}\b", suite, text)
        for name, text in texts.items()
        if ours.search(text)
    }


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no word why"
