"""`coach config edit`: an editor works on a copy; what it leaves is checked before it counts."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from firmware.app.config import history
from firmware.app.config.changing import told
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError, why
from firmware.settings import place
from firmware.settings.store import HEADER, Store


def edit(path: Path) -> int:
    """The command `coach config edit`."""
    store = Store(path)
    original = store.text()
    with tempfile.TemporaryDirectory(prefix="coach-") as folder:
        copy = Path(folder) / store.path.name
        copy.write_bytes(place.in_bytes(original or HEADER))
        while True:
            _run_editor(copy)
            try:
                new = place.read(copy)
                if new == (original or HEADER):
                    sys.stdout.write("nothing changed\n")
                    return EXIT_OK
                mine = partial(_unless_moved, original=original, new=new, at=path)
                changed = store.change(mine, history.noting(), anew=True)
            except UserError as e:  # whatever it is, what was typed is not thrown away
                sys.stderr.write(f"coach: {e}\n")
                if not _again():
                    sys.stderr.write(f"coach: {path} is unchanged\n")
                    return EXIT_BAD_INPUT
            else:
                return told(path, *changed)


def _unless_moved(text: str, original: str, new: str, at: Path) -> str:
    if text != (original or HEADER):
        raise UserError(f"{at}: somebody else has changed it meanwhile; edit it anew")
    return new


def _run_editor(copy: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "nano"
    try:
        command = [*shlex.split(editor), str(copy)]
        subprocess.run(command, check=True)  # noqa: S603 - the user's own editor
    except (OSError, ValueError) as e:
        raise UserError(
            f"the editor {editor!r} cannot be started ({why(e)}); set EDITOR to one that is there"
        ) from e
    except subprocess.CalledProcessError as e:
        raise UserError(
            f"the editor {editor!r} failed with code {e.returncode}; nothing is changed"
        ) from e


def _again() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Edit again? [Y/n] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer != "" and not answer.strip().lower().startswith("n")
