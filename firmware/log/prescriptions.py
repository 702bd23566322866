"""The history of what was prescribed: who changed it, when, for whom, what from and what to.

One line of JSON for each change, in a file beside the log. It belongs to the data of the walker, so
it is there when the settings file is not, and goes with the log into a backup.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coach.frozen import frozen
from firmware import files
from firmware.errors import NOT_OUR_JSON, UserError
from firmware.files import Folder
from firmware.log import clocks
from firmware.wording import instant

FILE_NAME = "prescriptions.jsonl"

LARGEST = 1 << 22
"""Bytes that are read: tens of thousands of changes."""

LONGEST_RUN_S = 1e9
"""Thirty years."""

Change = tuple[Any, Any]
"""What from, what to."""


@frozen
class Entry:
    """One change; none where another walker has got the name. `walker` is empty for everybody
    without a profile."""

    when: str
    sure: bool
    """The clock had been set."""
    who: str
    walker: str
    changes: Mapping[str, Change]
    boot: str = ""
    """The run of the machine, where the clock had not been set: it may be dated later."""
    mono_s: float = 0.0
    """Seconds since that run began."""

    @property
    def day(self) -> str:
        """Local date and time; `?` where the clock had not been set."""
        return instant(datetime.fromisoformat(self.when), sure=self.sure)

    @property
    def is_sound(self) -> bool:
        """Whether it can be dated later: not what another hand has written."""
        return isinstance(self.boot, str) and 0 <= self.mono_s <= LONGEST_RUN_S


def keep(folder: Path, walker: str, changes: Mapping[str, Change]) -> None:
    """Add a change to the history, safe on the card on return. Raises `OSError`."""
    now, sure, run = datetime.now(UTC), clocks.is_set(), ("", 0.0)
    if not sure and clocks.boot_id() not in clocks.NOT_ONE_RUN:
        clock = clocks.read()
        run = (clock.boot_id, round(now.timestamp() - clock.offset_s, 1))
    entry = Entry(_written(now), sure, _who(), walker, changes, *run)
    with Folder.open(folder) as place:
        handle = place.edit(FILE_NAME)
        try:
            # Behind whatever else is being added: each line is written in one go.
            fcntl.fcntl(handle, fcntl.F_SETFL, os.O_APPEND)
            end = os.fstat(handle).st_size
            cut = end > 0 and os.pread(handle, 1, end - 1) != b"\n"  # by the power, or a full disk
            line = b"\n" * cut + json.dumps(asdict(entry)).encode() + b"\n"
            if os.write(handle, line) < len(line):  # what fits of it is written without an error
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)


def begin_anew(folder: Path, walker: str) -> None:
    """What was prescribed until now was somebody else's of this name. Raises `OSError`."""
    if read(folder, walker):
        keep(folder, walker, {})


def read(folder: Path, walker: str) -> list[Entry]:
    """A walker's changes, oldest first; a line that cannot be read is passed over.

    One that was made before the clock was set is dated by what has been known of its run since.
    Raises `OSError` where the file is there and cannot be read.
    """
    entries: list[Entry] = []
    try:
        lines = files.read(folder / FILE_NAME, LARGEST).splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        with contextlib.suppress(*NOT_OUR_JSON):
            made = json.loads(line)
            changes = {str(k): (v[0], v[1]) for k, v in made.pop("changes").items()}
            entry = Entry(**made, changes=changes)
            if entry.walker == walker and entry.day and entry.is_sound:
                entries.append(entry)
                if not changes:
                    entries.clear()
    return _dated(folder, entries)


def _dated(folder: Path, entries: list[Entry]) -> list[Entry]:
    runs = {entry.boot for entry in entries if entry.boot and not entry.sure}
    ahead = _ahead(folder, runs) if runs else {}

    def dated(entry: Entry) -> Entry:
        if entry.sure or entry.boot not in ahead:
            return entry
        with contextlib.suppress(ValueError, OverflowError):  # a date of another hand's
            when = datetime.fromtimestamp(entry.mono_s + ahead[entry.boot], UTC)
            return replace(entry, when=_written(when), sure=True)
        return entry

    return [dated(entry) for entry in entries]


def _ahead(folder: Path, runs: Collection[str]) -> dict[str, float]:
    """What the wall clock is ahead of the monotonic one (s), of the runs of which it is known: the
    network has set it by now, or a person has dated a session."""
    from firmware.log import index, schema  # few histories have a date to look for

    known: dict[str, float] = {}
    with contextlib.suppress(UserError), index.reading(folder / schema.FILE_NAME) as db:
        for run in runs:
            row = db.execute(schema.AHEAD_IN_THE_RUN, (run,)).fetchone()
            if row is not None and isinstance(row[0], float):
                known[run] = row[0]
    if clocks.boot_id() in runs and clocks.is_set():
        now = clocks.read()
        known[now.boot_id] = now.offset_s
    return known


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _who() -> str:
    """Who is at the keyboard, behind a sudo as well."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.geteuid()}"
