"""What the test boots: a user-mode Linux kernel and a Debian root, built once and kept.

`python3 -m tests.hil.build` builds them ahead of `make hil`, with nothing but what Debian has.
Both lie in a folder outside of the checkout: HIL_CACHE, or cadence-coach-hil in the user's cache.
The kernel comes from Debian's own source, with `kernel.config` and `kernel.patch`; the root is
what Debian has, and nothing of this project's. SUITE says which Debian (default: bookworm).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support import raspios

ASKED = "COACH_HIL"  # set by `make hil`: nobody builds a kernel by surprise

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
SOURCE = Path("/usr/src/linux-source-6.1.tar.xz")
TOOLS = ("gcc", "make", "flex", "bison", "bc", "xz", "patch", "mmdebstrap", "mkfs.ext4")
TO_INSTALL = "linux-source-6.1 gcc make flex bison bc xz-utils patch mmdebstrap e2fsprogs"

QUICKLY_COMPILED = "-O1 -w"
"""Behind the -O2 of the kernel's own Makefile: it costs far more to compile than it gains here.

Of the warnings nobody reads (compiled headers have some more).
"""

PACKAGES = (
    *("systemd", "systemd-sysv", "udev", "dbus", "util-linux-extra"),
    *("python3", "python3-numpy", "python3-colorzero", "python3-smbus2"),  # what the package needs
    "python3-tomlkit",  # and, of what it recommends, what changes settings
)
ON_A_CARD = ("cloud-init", "openssh-server", "sudo")
"""What Raspberry Pi OS has besides, and its first start makes use of."""

AFTER_THE_FIRST = '__version__ = "0.2.0"'
"""The line that ended version 0.1.0, in the project's history."""
SUITES = ("bookworm",)  # trixie's Python has no wheel of lgpio
WITHOUT = ("man", "doc", "locale", "info")  # below /usr/share


class Kit(NamedTuple):
    """What a guest is made of."""

    kernel: Path
    root: Path
    package: Path


def kit(folder: Path) -> Kit:
    """Kernel and root, from the cache or built now, and the package, built into `folder`."""
    return Kit(*machine(), package(folder))


def machine() -> tuple[Path, Path]:
    """Kernel and root, from the cache or built now."""
    suite = os.environ.get("SUITE") or "bookworm"
    if suite not in SUITES:
        raise ValueError(f"SUITE: expected one of {', '.join(SUITES)}, got {suite!r}")
    with cached() as cache:
        return _kernel(cache), _root(cache, suite)


@contextlib.contextmanager
def cached() -> Iterator[Path]:
    """The folder of what is built once; nobody else builds meanwhile."""
    cache = Path(
        os.environ.get("HIL_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cadence-coach-hil"
    )
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def obstacle() -> str:
    """Why the test is not run here, in a sentence; empty where it is."""
    if not os.environ.get(ASKED):
        return "a machine of its own takes root and minutes: make hil"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "a user-mode kernel runs on Linux on x86_64 only"
    if os.geteuid() != 0:
        return "a Debian root with its owners takes root to build: sudo make hil"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    missing += [] if SOURCE.exists() else [str(SOURCE)]
    return f"no {', '.join(missing)} here: apt-get install {TO_INSTALL}" if missing else ""


def kept(
    cache: Path, name: str, what: str, made_of: Iterable[object], make: Callable[[Path], Path]
) -> Path:
    """What `make` makes in a new folder of all that it is `made_of`; the next time as it is."""
    parts = [part.read_text() if isinstance(part, Path) else repr(part) for part in made_of]
    there = cache / f"{name}-{hashlib.sha256(''.join(parts).encode()).hexdigest()[:12]}"
    if not there.exists():
        say(f"{what}, once: {there}")
        work = cache / f"{name}.new"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        make(work).replace(there)
        shutil.rmtree(work, ignore_errors=True)
    return there


def debootstrap(suite: str, into: Path, *options: str, sources: Sequence[str] = ()) -> None:
    """A Debian without its documentation, written without waiting for the disk."""
    without = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in WITHOUT]
    once = '--customize-hook=sed -i /force-unsafe-io/d "$1"/etc/dpkg/dpkg.cfg.d/*'
    quick = ("--dpkgopt=force-unsafe-io", once)
    command = ("unshare", "--mount", "mmdebstrap", "--quiet", *options, *quick, *without)
    run(*command, suite, str(into), *sources)


def _kernel(cache: Path) -> Path:
    config, changes = HERE / "kernel.config", HERE / "kernel.patch"

    def make(work: Path) -> Path:
        run("tar", "--strip-components=1", "-C", str(work), "-xf", str(SOURCE))
        run("patch", "-s", "-p1", "-d", str(work), "-i", str(changes))
        names = [line for line in config.read_text().split("\n") if line and line[0] != "#"]
        wanted = work / "hil.config"
        wanted.write_text("".join(f"CONFIG_{name}=y\n" for name in names))
        build = ("make", "-s", "-C", str(work), "ARCH=um", f"KCONFIG_ALLCONFIG={wanted}")
        run(*build, "allnoconfig")
        chosen = (work / ".config").read_text().split("\n")
        refused = [name for name in names if f"CONFIG_{name}=y" not in chosen]
        if refused:
            raise RuntimeError(f"the kernel has no option {', '.join(refused)}")
        run(*build, f"KCFLAGS={QUICKLY_COMPILED}", f"-j{os.cpu_count()}", "linux")
        run("strip", str(work / "linux"))
        return work / "linux"

    return kept(cache, "linux", "building a kernel", (config, changes, QUICKLY_COMPILED), make)


def _root(cache: Path, suite: str) -> Path:
    packages = (*PACKAGES, *ON_A_CARD)

    def make(work: Path) -> Path:
        debootstrap(suite, work, "--variant=minbase", f"--include={','.join(packages)}")
        for name in raspios.VERSIONS:  # what Raspberry Pi OS has of its own
            run("dpkg", f"--root={work}", "--install", str(raspios.package(name, cache)))
        return work

    return kept(cache, suite, "building a Debian root", ((packages, raspios.VERSIONS),), make)


def package(folder: Path) -> Path:
    """The package of this checkout, as `make deb` makes it."""
    run("sh", str(CHECKOUT / "packaging/deb.sh"), sys.executable, str(folder))
    return next(folder.glob("*.deb"))


def first_version(folder: Path) -> Path | None:
    """The package of version 0.1.0, from the project's history; None where that is not at hand."""
    git = ("git", "-C", str(CHECKOUT))
    ended = ("log", "--format=%H", "-S", AFTER_THE_FIRST, "--", "firmware/__init__.py")
    found = subprocess.run([*git, *ended], capture_output=True, text=True, check=False)
    if found.returncode or not found.stdout.strip():
        return None
    folder.mkdir()
    sources = folder / "sources.tar"
    before = f"{found.stdout.split()[-1]}^"
    run(*git, "archive", f"--output={sources}", "--prefix=sources/", before)
    run("tar", "-C", str(folder), "-xf", str(sources))
    run("sh", str(folder / "sources/packaging/deb.sh"), sys.executable, str(folder))
    return next(folder.glob("*.deb"))


def say(text: str) -> None:
    """What takes long."""
    sys.stdout.write(f"hil: {text}\n")
    sys.stdout.flush()


def run(*command: str) -> None:
    """Run to the end; what it said is shown only where it failed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-3000:]}")


if __name__ == "__main__":
    os.environ[ASKED] = "1"
    say(obstacle() or f"kernel and root are ready: {' '.join(map(str, machine()))}")
