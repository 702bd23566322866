"""The `coach` command as a person runs it: in a pipe, or in a terminal of so many columns."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, str(ROOT / "tests/support/uninstalled.py"))

# How long a terminal may be silent before we ask whether its program has ended.
LOOK_S = 0.05


def piped(
    *arguments: str | bytes | Path,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Output and errors caught, whatever bytes they are; nothing is typed.

    Another user has none of this one's groups: what is open to root's is not open to him.
    """
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=600,  # of a machine that is busy otherwise
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        user=user,
        group=user,
        extra_groups=None if user is None else (),
    )


def shown(*arguments: str | Path, columns: int = 80) -> str:
    """What stands on a terminal so wide when the command has ended, and ended well."""
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    code, text = on_terminal([*COMMAND, *arguments], columns=columns, env=env)
    assert code == 0, text
    return text


def on_terminal(
    command: Sequence[str | Path],
    *,
    columns: int,
    env: Mapping[str, str],
    cwd: Path = ROOT,
    keys: tuple[str, bytes] | None = None,
) -> tuple[int, str]:
    """Exit code and all that a terminal so wide was sent; `keys`: pressed when a text is there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    made = bytearray()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=_as_a_shell_does,  # noqa: PLW1509 - few calls
    ) as process:
        # Our own end stays open: of a terminal that all have closed Linux may answer EIO with the
        # last lines still on their way (n_tty asks first for a text, then who is there).
        while True:
            ended = process.poll() is not None
            if select.select([ours], [], [], LOOK_S)[0]:
                made += os.read(ours, 4096)
            elif ended:
                break
            if keys is not None and keys[0].encode() in made:
                os.write(ours, keys[1])
                keys = None
    os.close(theirs)
    os.close(ours)
    return process.returncode, made.decode("utf-8", "replace").replace("\r\n", "\n")


def _as_a_shell_does() -> None:
    """The terminal is the program's own, and its keys mean what they do, whoever began us."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for key in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(key, signal.SIG_DFL)
