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
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coach.frozen import frozen
from firmware import files
from firmware.errors import NOT_OUR_JSON
from firmware.files import Folder
from firmware.log import clocks
from firmware.wording import instant

FILE_NAME = "prescriptions.jsonl"

LARGEST = 1 << 22
"""Bytes that are read: tens of thousands of changes."""

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

    @property
    def day(self) -> str:
        """Local date and time; `?` where the clock had not been set."""
        return instant(datetime.fromisoformat(self.when), sure=self.sure)


def keep(folder: Path, walker: str, changes: Mapping[str, Change]) -> None:
    """Add a change to the history, safe on the card on return. Raises `OSError`."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(when, clocks.is_set(), _who(), walker, changes)
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
            if entry.walker == walker and entry.day:
                entries.append(entry)
                if not changes:
                    entries.clear()
    return entries


def _who() -> str:
    """Who is at the keyboard, behind a sudo as well."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.geteuid()}"
