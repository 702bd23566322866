"""A journal under load in a process of its own, to be killed; and what was left of its session.

Run as a program it writes a session into the folder given, in real time, far more than a walk
brings, and says on standard output how far it has come: the clock (s) of each burst it hands over.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import select
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from firmware.errors import UserError

ROOT = Path(__file__).parents[2]
BURST_S = 0.05
STEPS_A_BURST = 5
UNIT_NICE = -10
"""`Nice=` of the unit: the coach goes before others, as it would on a busy Pi."""

LONGEST_S = 7.0
"""Beyond the first sync, so that every phase between two syncs is met."""

DISK_BYTES = 160_000_000
"""Room enough that the log does not give way before a full card."""

MEMORY = Path("/dev/shm")
"""Where the log that is killed, and the disk to be cut off, is held: how long a sync takes is then
no matter of what else this machine writes meanwhile. What a kill leaves is in the kernel's hands
either way; what a cut leaves is ext4's doing all the same."""

EXT4_IOC_SHUTDOWN = 0x8004587D
"""_IOR('X', 125, __u32) of the kernel's fs/ext4/ext4.h."""

CLONE_NEWNS = 0x00020000
"""Of the kernel's linux/sched.h: mounts of one's own."""

NO_LOG_FLUSH = 2
"""EXT4_GOING_FLAGS_NOLOGFLUSH: nothing more reaches the device, not even the file system's log."""


@dataclass(frozen=True)
class Left:
    """What a kill left behind."""

    lived_s: float
    lost_s: float
    sound: bool
    ended: str | None


def kill_once(folder: Path, seed: int) -> Left:
    """Start the writer, kill it at a random moment, open the log as the next start does."""
    with _in_memory(folder) as held:
        lives, told = _until_cut(held, seed, lambda: None)
        return left_in(held, lives, told)


def cut_power_once(folder: Path, seed: int) -> Left:
    """The same on a file system of its own (ext4, loop device) that vanishes in mid-write.

    ext4's own shutdown drops, at one instant, all that the device was not told to keep: what a
    power cut does. Needs root. Raises `CutError` where this machine cannot do it.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_cut_power_unseen, folder, seed).result()


def _cut_power_unseen(folder: Path, seed: int) -> Left:
    """In a thread with mounts of its own: whoever had a copy of them would keep the cut-off one."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise CutError(f"unshare: {os.strerror(ctypes.get_errno())}")
    _do("mount", "--make-rprivate", "/")
    mount = folder / "mnt"
    mount.mkdir()
    with _in_memory(folder) as held:
        image = held / "disk.img"
        with image.open("wb") as file:
            file.truncate(DISK_BYTES)
        _do("mkfs.ext4", "-q", str(image))
        return _cut_off(image, mount, seed)


@contextmanager
def _in_memory(folder: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder) as held:
        yield Path(held)


def _cut_off(image: Path, mount: Path, seed: int) -> Left:
    # One device for both mounts: of two at once, as a first that goes late leaves them, each would
    # have its own idea of the file.
    device = _do("losetup", "--find", "--show", str(image))
    try:
        with _mounted(device, mount):
            lives, told = _until_cut(mount, seed, lambda: _shut_down(mount))
        with _mounted(device, mount):
            return left_in(mount, lives, told)
    finally:
        _do("losetup", "--detach", device)


@contextmanager
def _mounted(device: str, mount: Path) -> Iterator[None]:
    _do("mount", device, str(mount))
    try:
        yield
    finally:
        _do("umount", str(mount))


class CutError(Exception):
    """This machine cannot cut a file system off."""


def _do(*command: str) -> str:
    """What it prints."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as e:
        raise CutError(f"{command[0]}: {e}") from e


def _shut_down(mount: Path) -> None:
    handle = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    except OSError as e:
        raise CutError(str(e)) from e
    finally:
        os.close(handle)


def _until_cut(folder: Path, seed: int, cut: Callable[[], None]) -> tuple[float, float]:
    """Let the writer live for a random time, cut, kill; how long it lived, how far it had come."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.powercut", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    child.stdout.readline()  # it runs
    lives = random.Random(seed).uniform(0.05, LONGEST_S)
    begun = time.monotonic()
    told = b""
    while (left := begun + lives - time.monotonic()) > 0:
        if select.select([child.stdout], [], [], left)[0]:
            told = (told + os.read(child.stdout.fileno(), 4096))[-200:]
    cut()  # may take its time, in which more is handed over: that is lost whatever the log does
    child.kill()
    child.wait()
    child.stdout.close()
    lines = told.split(b"\n")[:-1]
    return lives, float(lines[-1]) if lines else 0.0


def left_in(folder: Path, lived_s: float, handed_over_s: float) -> Left:
    """Check the log, then let the coach open it and see how far the session reaches."""
    from coach.events import Step
    from firmware.log import recover, sessions
    from firmware.log.retention import Limits
    from firmware.log.writer import LogWriter
    from tests.support.logbook import read_raw

    path = folder / "coach.db"
    if not path.exists():
        return Left(lived_s, handed_over_s, True, None)
    damage: list[str] = []
    LogWriter(path, Limits(), damage.append).close()
    sound = not damage and recover.problems(path) == []
    with closing(sqlite3.connect(path)) as db:
        if db.execute("SELECT count(*) FROM session").fetchone()[0] == 0:
            return Left(lived_s, handed_over_s, sound, None)
    session = sessions.read_one(path, "last")
    reach = [e.at for e in session.of(Step)]
    try:
        reach.append(read_raw(path, "last")[0][-1] / 1e6)
    except UserError:
        reach.append(0.0)
    reached = min(reach[-2:]) if len(reach) > 1 else 0.0  # events and samples end together
    return Left(lived_s, handed_over_s - reached, sound, session.ended)


def main(folder: Path) -> None:
    """Write until killed."""
    from coach.events import Cadence, Step
    from firmware.log.journal import Journal
    from tests.support.logbook import Walk, samples

    if os.geteuid() == 0:
        os.nice(UNIT_NICE)
    journal = Journal(folder / "coach.db")
    journal.start(lambda trouble: sys.exit(trouble.message))
    journal.begin(Walk().opening())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    begun, n = time.monotonic(), 0
    while True:
        n += 1
        time.sleep(max(0.0, begun + n * BURST_S - time.monotonic()))
        t = n * BURST_S
        journal.samples(*samples(BURST_S, t - BURST_S))
        for _ in range(STEPS_A_BURST):
            journal.record(Step(t, t - 0.01, "left"))
        journal.record(Cadence(t, 90.0, 0.9))
        sys.stdout.write(f"{t:.3f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
