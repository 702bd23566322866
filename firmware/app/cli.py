"""The `coach` command: finds the family that was asked for, and turns errors into sentences."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from firmware import __version__
from firmware.app.commands import (
    backup,
    completion,
    config,
    control,
    cues,
    device,
    doctor,
    evaluate,
    log,
    prescribe,
    profile,
    programme,
    replaying,
    stage,
    watch,
)
from firmware.app.commands.frame import EXIT_CODES, Command, Parser
from firmware.errors import exit_code

FAMILIES = (
    device,
    config,
    control,
    profile,
    prescribe,
    stage,
    cues,
    programme,
    watch,
    doctor,
    replaying,
    evaluate,
    log,
    backup,
    completion,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""

    def run() -> int:
        args = parser().parse_args(argv)
        command: Command = args.command
        return command(args)

    return exit_code(run)


def parser() -> Parser:
    """The whole command line."""
    made = Parser(
        prog="coach",
        description="A waist-worn coach for backward treadmill walking.",
        epilog=f"first of all: coach demo\n\n{EXIT_CODES}",
    )
    made.add_argument("--version", action="version", version=f"coach {__version__}")
    made.set_defaults(parser=parser, command=_today)  # for the completion of all of it
    commands = made.add_subparsers(title="commands", metavar="COMMAND")
    for family in FAMILIES:
        family.declare(commands)
    return made


def _today(_: argparse.Namespace) -> int:
    from firmware.app import today

    return today.run()


if __name__ == "__main__":
    sys.exit(main())
