"""A card that fails in the middle of a session: full, or read-only, on real file systems."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from firmware.log import journal, sessions
from tests.support.logbook import read_raw
from tests.support.smalldisk import filled
from tests.support.walkthrough import SHOWN_WITHIN_S, CannotError, Outcome, Walkthrough

NOTHING, OLD_CARD = "nothing", "what is on the old card"
"""What of the log is not in it afterwards."""
MENDED_S = 40.0
"""When somebody sees to the card, at the earliest: before the cue at the end of the walk."""
HOLD_S = 0.05
STEADY_US = 200_000
"""More between two samples is a gap; so much may wait in the chip at the end."""


@contextmanager
def quick_log() -> Iterator[None]:
    """The log's time runs with the walker's, about fifty times as fast as a clock on the wall."""
    with (
        patch.object(journal, "WRITE_EVERY_S", journal.WRITE_EVERY_S / 50),
        patch.object(journal, "AGAIN_S", journal.AGAIN_S / 50),
    ):
        yield


def _when_told(walk: Walkthrough, kind: str, action: Callable[[], object]) -> Callable[[], None]:
    """From its call on the walker's time runs no faster than a clock on the wall, until this is
    told: then the action.

    The log has a thread of its own, which on a busy machine would never come to it.
    """

    def wait() -> None:
        if walk.moments(kind):
            action()
        else:
            time.sleep(HOLD_S)
            walk.clock.call_at(walk.clock.now() + HOLD_S, wait)

    return wait


def _card(
    folder: Path, seed: int, spoil: Callable[[Path], None], mend: Callable[[Path], None], lost: str
):
    """The walk on a card that fails, and is well again before its end; `lost`: what may be."""
    mount = folder / "card"
    walk = Walkthrough(mount, seed)
    walk.patterns = ("log_trouble",)
    walk.at(lambda: spoil(mount))
    resumed = _when_told(walk, "log_resumed", lambda: None)

    def mend_it() -> None:
        mend(mount)
        resumed()

    walk.clock.call_at(MENDED_S, _when_told(walk, "log_stopped", mend_it))
    with quick_log():
        walk.device.run()
    stopped = walk.moments("log_stopped")
    wrong = walk.complaints()
    if not stopped:
        return Outcome(wrong=wrong + ", the log did not stop")
    if not walk.moments("log_resumed"):
        return Outcome(wrong=wrong + ", the log did not go on")
    [session] = sessions.read_each(walk.device.log)
    t_us, _ = read_raw(walk.device.log, "last")
    times = [0, *t_us.tolist(), round(walk.device.seconds * 1e6) - session.mono_start_us]
    missing_us = [(a, b - a) for a, b in pairwise(times) if b - a > STEADY_US]
    if missing_us and (lost == NOTHING or missing_us[0][0] > 0 or len(missing_us) > 1):
        wrong += f", samples are missing: {missing_us}"
    shown = None if walk.shown is None else walk.shown - stopped[0]
    if shown is None or shown > SHOWN_WITHIN_S:
        wrong += f", not shown {shown}"
    return Outcome(shown, None, 0.0, wrong)


def full_card(folder: Path, seed: int) -> Outcome:
    """A file system of its own (tmpfs, 2 MB) on which somebody writes until no byte is left."""
    mount = _mounted(folder, "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs")

    def fill(card: Path) -> None:
        filled(card)

    try:
        return _card(folder, seed, fill, lambda card: (card / "ballast").unlink(), NOTHING)
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
        """In one go, on top of the other: the log is tried again at any moment."""
        new_card()
        _do("mount", "-o", "loop", str(image), str(card))

    try:
        return _card(folder, seed, spoil, exchange, OLD_CARD)
    finally:
        while os.path.ismount(mount):
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
