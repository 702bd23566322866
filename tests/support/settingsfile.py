"""A settings file of a test's own: no coach that is installed on this machine is touched by it."""

from __future__ import annotations

from pathlib import Path


def settings_file(
    folder: Path,
    text: str = "",
    *,
    log: Path | None = None,
    socket: str | Path | None = None,
    group: str = "",
) -> Path:
    """`coach.toml` in the folder: `text` below a log and a socket, both there if none are named.

    A file that names no log means the one of the coach that is installed: commands note there
    what was set, and read there which stage was reached.
    """
    file = folder / "coach.toml"
    file.write_text(
        f'[log]\ndirectory = "{log or folder}"\n'
        f'[control]\nsocket = "{socket or folder / "control.sock"}"\ngroup = "{group}"\n{text}'
    )
    return file
