"""Errors that a person reads, and the exit codes of the `coach` command."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from firmware.shown import Seen

EXIT_OK = 0
EXIT_FAILED = 1
"""Something went wrong while running: the device, the log."""
EXIT_BAD_INPUT = 2
"""What was given cannot be used: a file, a setting, an argument."""
EXIT_INTERRUPTED = 130


NO_OUTPUT = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)
"""Of a write to where the output goes: a full disk, a terminal that is gone."""


NOT_OUR_JSON = (
    *(ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError),
)
"""What comes of a JSON text of another hand's, and of taking it for what was written here."""


class UserError(Exception):
    """Its message is one whole sentence: what, where, what was expected, what to do."""

    exit_code = EXIT_BAD_INPUT


class DeviceError(UserError):
    """The device cannot do its work: no sensor, no pins, no log."""

    exit_code = EXIT_FAILED


def why(error: BaseException) -> str:
    """What it says of itself, of the machine's own errors without number and file."""
    return getattr(error, "strerror", None) or str(error)


@contextmanager
def killed_is_told() -> Iterator[None]:
    """For work that is spread over processes: one that is killed takes the others' with it.

    Raises `DeviceError`.
    """
    from concurrent.futures import BrokenExecutor  # who spreads work has loaded it

    try:
        yield
    except BrokenExecutor as e:
        raise DeviceError(
            "one of the processes was killed, as happens for want of memory: try with --jobs 1"
        ) from e


def exit_code(command: Callable[[], int]) -> int:
    """Run a command to its exit code: errors become sentences, an interruption is no error."""
    with _fit_to_be_seen():
        try:
            code = _written_out(command)
        except UserError as e:
            sys.stderr.write(f"coach: {e}\n")
            return e.exit_code
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            # The reader has seen enough (`| head`). Python would complain again when it flushes.
            _silence()
            return EXIT_OK
        except OSError as e:
            if e.filename is not None or e.errno not in NO_OUTPUT:
                raise
            _silence()
            sys.stderr.write(f"coach: the output cannot be written: {e.strerror}\n")
            return EXIT_FAILED
    return code


def _written_out(command: Callable[[], int]) -> int:
    """Its output leaves here, where a closed pipe is no error; a --help has ended it before."""
    try:
        code = command()
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return code


def _silence() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _nothing() -> TextIO:
    return Path(os.devnull).open(encoding="utf-8")


@contextmanager
def _fit_to_be_seen() -> Iterator[None]:
    """Nothing on standard output or error that moves a cursor, or that a locale cannot show.

    Where one was closed before we came, Python has None for it: nothing is read, or shown, then.
    """
    asked, out, err = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = asked or _nothing()
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ?, not an end
    sys.stdout, sys.stderr = (cast(TextIO, Seen(s or _nowhere())) for s in (out, err))
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = asked, out, err
