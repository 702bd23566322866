"""The `coach` command: finds the family that was asked for, and turns errors into sentences."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from firmware import __version__
from firmware.app.commands import (
    completion,
    config,
    control,
    cues,
    device,
    doctor,
    evaluate,
    log,
    profile,
    programme,
    replaying,
    stage,
    watch,
)
from firmware.app.commands.frame import EXIT_CODES, Command, Parser
from firmware.errors import EXIT_OK, UserError

EXIT_INTERRUPTED = 130

FAMILIES = (
    device,
    config,
    control,
    profile,
    stage,
    cues,
    programme,
    watch,
    doctor,
    replaying,
    evaluate,
    log,
    completion,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what a locale cannot show is a ?, not an end
    try:
        args = parser().parse_args(argv)
        command: Command = args.command
        code = command(args)
        sys.stdout.flush()  # here, where a closed pipe is no error
        return code
    except UserError as e:
        sys.stderr.write(f"coach: {e}\n")
        return e.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK


def parser() -> Parser:
    """The whole command line."""
    made = Parser(
        prog="coach",
        description="A waist-worn coach for backward treadmill walking.",
        epilog=f"first of all: coach demo\n\n{EXIT_CODES}",
    )
    made.add_argument("--version", action="version", version=f"coach {__version__}")
    made.set_defaults(parser=parser)  # for the completion of all of it
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for family in FAMILIES:
        family.declare(commands)
    return made


if __name__ == "__main__":
    sys.exit(main())
