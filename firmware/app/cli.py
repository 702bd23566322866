"""The `coach` command: finds the family that was asked for, and turns errors into sentences."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Sequence

from firmware import __version__
from firmware.app.commands.frame import EXIT_CODES, Command, Parser
from firmware.errors import exit_code

FAMILIES: dict[str, tuple[str, ...]] = {
    "device": ("run", "demo", "off"),
    "setup": ("setup",),
    "config": ("config",),
    "control": ("status", "mute", "unmute", "clear", "mark"),
    "profile": ("profile",),
    "prescribe": ("prescribe",),
    "stage": ("stage",),
    "cues": ("cues",),
    "programme": ("programme",),
    "watch": ("watch",),
    "doctor": ("doctor", "calibrate"),
    "replaying": ("replay",),
    "evaluate": ("evaluate",),
    "log": ("log",),
    "backup": ("backup", "restore"),
    "share": ("share",),
    "completion": ("completion",),
}
"""Each module of `firmware.app.commands`, with the commands that it declares."""

VERSION = "--version"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = sys.argv[1:] if argv is None else list(argv)

    def run() -> int:
        args = parser(_asked(given[:1])).parse_args(given)
        command: Command = args.command
        return command(args)

    return exit_code(run)


def _asked(first: Sequence[str]) -> Iterable[str]:
    """The family of a command; of none no family, and all where only all of them can answer."""
    if first in ([], [VERSION]):
        return ()
    return [family for family, names in FAMILIES.items() if set(first) & {*names}] or FAMILIES


def parser(families: Iterable[str] = FAMILIES) -> Parser:
    """The whole command line, or what of it these families declare."""
    made = Parser(
        prog="coach",
        description="A waist-worn coach for backward treadmill walking.",
        epilog=f"first of all: coach demo\n\n{EXIT_CODES}",
    )
    made.add_argument(VERSION, action="version", version=f"coach {__version__}")
    made.set_defaults(parser=parser, command=_today)  # for the completion of all of it
    # Without its `prog` argparse would format the usage, and load half a library to do so.
    commands = made.add_subparsers(title="commands", metavar="COMMAND", prog=made.prog)
    for family in families:
        importlib.import_module(f"firmware.app.commands.{family}").declare(commands)
    return made


def _today(_: argparse.Namespace) -> int:
    from firmware.app import today

    return today.run()


if __name__ == "__main__":
    sys.exit(main())
