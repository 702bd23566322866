"""A card that fails in the middle of a session: full, or read-only, on real file systems."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from firmware.log import journal, sessions
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.walkthrough import (
    PLAN,
    SHOWN_WITHIN_S,
    WALK_S,
    CannotError,
    Outcome,
    Walkthrough,
)

TWICE: tuple[Segment, ...] = (*PLAN, Stand(80.0), Walk(40.0, spm=80.0, amplitude_g=0.18))
NEXT_SESSION_S = 4.0 + WALK_S + 80.0
HOLD_S = 0.05


@contextmanager
def quick_log() -> Iterator[None]:
    """The log's time runs with the walker's, about fifty times as fast as a clock on the wall."""
    with patch.object(journal, "WRITE_EVERY_S", journal.WRITE_EVERY_S / 50):
        yield


def _hold(walk: Walkthrough, kind: str, since_s: float) -> None:
    """From then on the walker's time runs no faster than a clock on the wall, until this is told.

    The log has a thread of its own, which on a busy machine would never come to it.
    """

    def wait() -> None:
        if not walk.moments(kind):
            time.sleep(HOLD_S)
            walk.clock.call_at(walk.clock.now() + HOLD_S, wait)

    walk.clock.call_at(since_s, wait)


def _card(folder: Path, seed: int, spoil: Callable[[Path], None], mend: Callable[[Path], None]):
    """The walk on a card that fails, and the next session when it is well again."""
    mount = folder / "card"
    walk = Walkthrough(mount, seed, TWICE)
    walk.patterns = ("log_trouble",)
    walk.at(lambda: spoil(mount))
    _hold(walk, "log_stopped", NEXT_SESSION_S - 40.0)
    walk.clock.call_at(NEXT_SESSION_S - 10.0, lambda: mend(mount))
    _hold(walk, "log_resumed", NEXT_SESSION_S + 10.0)
    with quick_log():
        walk.device.run()
    stopped, resumed = walk.moments("log_stopped"), walk.moments("log_resumed")
    wrong = "" if walk.cue_heard() else "no cue, "
    if not stopped:
        return Outcome(wrong=wrong + "the log did not stop")
    if not resumed:
        return Outcome(wrong=wrong + "the log did not go on")
    last = sessions.read_one(walk.device.log, "last")
    if last.mono_start_us / 1e6 < NEXT_SESSION_S - 80.0 or not last.seconds:
        wrong += "the next session is not in the log"
    shown = None if walk.shown is None else walk.shown - stopped[0]
    if shown is None or shown > SHOWN_WITHIN_S:
        wrong += f"not shown {shown}"
    return Outcome(shown, None, 0.0, wrong)


def full_card(folder: Path, seed: int) -> Outcome:
    """A file system of its own (tmpfs, 2 MB) on which somebody writes until no byte is left."""
    mount = _mounted(folder, "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs")

    def fill(card: Path) -> None:
        with (card / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    try:
        return _card(folder, seed, fill, lambda card: (card / "ballast").unlink())
    finally:
        _do("umount", "-l", str(mount))


def read_only_card(folder: Path, seed: int) -> Outcome:
    """ext4 finds an error and makes itself read-only, as on an SD card that dies; then another."""
    image = folder / "card.img"

    def new_card() -> None:
        image.unlink(missing_ok=True)
        with image.open("wb") as file:
            file.truncate(40_000_000)
        _do("mkfs.ext4", "-q", str(image))

    new_card()
    mount = _mounted(folder, "mount", "-o", "loop,errors=remount-ro", str(image))

    def spoil(card: Path) -> None:
        found = subprocess.run(["findmnt", "-no", "SOURCE", card], capture_output=True, text=True,
                               check=True)  # fmt: skip
        trigger = Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"
        trigger.write_text("1")

    def exchange(card: Path) -> None:
        _do("umount", str(card))
        new_card()
        _do("mount", "-o", "loop", str(image), str(card))

    try:
        return _card(folder, seed, spoil, exchange)
    finally:
        _do("umount", "-l", str(mount))


def _mounted(folder: Path, *command: str) -> Path:
    mount = folder / "card"
    mount.mkdir()
    _do(*command, str(mount))
    return mount


def _do(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise CannotError(f"there is no {command[0]} here")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotError(f"{' '.join(command[:3])}: {done.stderr.strip()}")
