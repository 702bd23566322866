"""What an emulated Pi boots: Debian's QEMU, kernel and device trees, and an arm64 root on a card.

All is built once and kept beside what `tests.hil.build` keeps. QEMU, the kernel and the device
trees are trixie's; the card's system is bookworm's, for whose Python lgpio has a wheel.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.hil import build
from tests.support import raspios

ASKED = "COACH_HIL_PI"  # set by `make hil-pi`

HERE = Path(__file__).parent
SHELL = build.HERE / "hil-shell.service"
MIRROR = "http://deb.debian.org/debian"
TOOLS = ("mmdebstrap", "mke2fs", "debugfs", "qemu-aarch64-static", "unshare")
TO_INSTALL = "mmdebstrap e2fsprogs qemu-user-static util-linux"
FORMATS = Path("/proc/sys/fs/binfmt_misc")  # where the kernel is told who runs what
ARM = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")

MAKERS = (
    *("qemu-system-arm", "device-tree-compiler", "cpio", "kmod", "xz-utils", "python3"),
    *("gcc", "libc6-dev", "libglib2.0-dev", "dpkg-dev"),
)
"""Packages of the root in which the machine is made."""


class PiKit(NamedTuple):
    """What an emulated Pi is made of."""

    tools: Path
    root: Path
    board: Path
    package: Path

    def program(self, name: str, *preloaded: Path) -> list[str]:
        """How to start a program of the tools here, with their libraries."""
        loader = str(self.tools / "usr/lib64/ld-linux-x86-64.so.2")
        extra = [word for path in preloaded for word in ("--preload", str(path))]
        libraries = str(self.tools / "usr/lib/x86_64-linux-gnu")
        return [loader, *extra, "--library-path", libraries, str(self.tools / "usr/bin" / name)]


def obstacle() -> str:
    """Why the test is not run here, in a sentence; empty where it is."""
    if not os.environ.get(ASKED):
        return "an emulated Pi takes root and a quarter of an hour: make hil-pi"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return "its QEMU is Debian's for Linux on x86_64"
    if os.geteuid() != 0:
        return "a Debian root with its owners takes root to build: sudo make hil-pi"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"no {', '.join(missing)} here: apt-get install {TO_INSTALL}"
    if not (FORMATS / "register").exists():
        return (
            f"this kernel cannot be told to run Arm programs: mount -t binfmt_misc none {FORMATS}"
        )
    return ""


def kit(folder: Path) -> PiKit:
    """The machine and its card's system, from the cache or built now; the rest into `folder`."""
    with build.cached() as cache:
        tools = _tools(cache)
        root = _root(cache, tools)
    return PiKit(tools, root, _board(tools, folder), build.package(folder))


def _debian(suite: str, into: Path, *options: str, kinds: tuple[str, ...] = ("deb",)) -> None:
    sources = [f"{kind} {MIRROR} {suite} main" for kind in kinds]
    build.debootstrap(suite, into, "--skip=check/qemu", *options, sources=sources)


def _tools(cache: Path) -> Path:
    def make(work: Path) -> Path:
        options = ("--variant=apt", "--architectures=amd64,arm64", f"--include={','.join(MAKERS)}")
        _debian("trixie", work, *options, kinds=("deb", "deb-src"))
        shutil.copy("/etc/resolv.conf", work / "etc/resolv.conf")
        for name in ("tools.sh", "init"):
            shutil.copy(HERE / name, work)
        build.run("chroot", str(work), "sh", "-c", "apt-get -qq update && sh /tools.sh")
        return work

    made_of = (MAKERS, HERE / "tools.sh", HERE / "init")
    return build.kept(cache, "pi-tools", "fetching QEMU, a kernel, device trees", made_of, make)


def _root(cache: Path, tools: Path) -> Path:
    def make(work: Path) -> Path:
        if not (FORMATS / "qemu-aarch64").exists():
            (FORMATS / "register").write_bytes(ARM.read_bytes())
        packages = f"--include={','.join(build.PACKAGES)},kmod"
        _debian("bookworm", work, "--variant=minbase", "--architectures=arm64", packages)
        for name in raspios.VERSIONS:
            shutil.copy(raspios.package(name, cache, "aarch64"), work / "extra.deb")
            build.run("chroot", str(work), "dpkg", "--install", "/extra.deb")
        (work / "extra.deb").unlink()
        (work / "mnt/share").mkdir()
        shutil.copytree(tools / "pi/tree/usr/lib/modules", work / "usr/lib/modules")
        units = work / "etc/systemd/system"
        (units / SHELL.name).write_text(SHELL.read_text().replace("@TTY@", "ttyS1"))
        (units / "sysinit.target.wants").mkdir(exist_ok=True)
        (units / "sysinit.target.wants" / SHELL.name).symlink_to(f"../{SHELL.name}")
        return work

    made_of = (build.PACKAGES, raspios.VERSIONS, SHELL, tools.name)
    return build.kept(cache, "pi-root", "building a Debian root for Arm", made_of, make)


def _board(tools: Path, folder: Path) -> Path:
    """QEMU's side of the board, compiled against its own headers."""
    shutil.copy(HERE / "board.c", tools / "pi/board.c")
    include = ("include", "linux-headers", "host/include/x86_64", "host/include/generic")
    flags = " ".join(f"-I/pi/qemu/{part}" for part in ("generated", *include))
    glib = "$(pkg-config --cflags glib-2.0)"
    compiler = f"gcc -shared -fPIC -O2 -Wall -Werror {flags} {glib}"
    made = "/pi/board.so"
    build.run("chroot", str(tools), "sh", "-c", f"{compiler} -o {made} /pi/board.c")
    return Path(shutil.copy(f"{tools}{made}", folder / "board.so"))
