"""Errors that a person reads, and the exit codes of the `coach` command."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from firmware.shown import Seen

EXIT_OK = 0
EXIT_FAILED = 1
"""Something went wrong while running: the device, the log."""
EXIT_BAD_INPUT = 2
"""What was given cannot be used: a file, a setting, an argument."""
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """Its message is one whole sentence: what, where, what was expected, what to do."""

    exit_code = EXIT_BAD_INPUT


class DeviceError(UserError):
    """The device cannot do its work: no sensor, no pins, no log."""

    exit_code = EXIT_FAILED


def exit_code(command: Callable[[], int]) -> int:
    """Run a command to its exit code: errors become sentences, an interruption is no error."""
    with _fit_to_be_seen():
        try:
            code = command()
            sys.stdout.flush()  # here, where a closed pipe is no error
        except UserError as e:
            sys.stderr.write(f"coach: {e}\n")
            return e.exit_code
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            # The reader has seen enough (`| head`). Python would complain again when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_OK
    return code


@contextmanager
def _fit_to_be_seen() -> Iterator[None]:
    """Nothing on standard output or error that moves a cursor, or that a locale cannot show."""
    out, err = sys.stdout, sys.stderr
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ?, not an end
    sys.stdout, sys.stderr = cast(TextIO, Seen(out)), cast(TextIO, Seen(err))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
