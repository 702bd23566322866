"""What all commands share: how they are declared, their options, their exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from firmware.errors import EXIT_BAD_INPUT

if TYPE_CHECKING:
    from firmware.settings.catalogue import Settings

EXIT_CODES = """exit codes: 0 done; 1 the device or its log failed, or a demo's cue did not come;
2 something given cannot be used (a file, a setting, an argument); 130 interrupted"""

Command = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Keeps the line breaks of examples; says what is wrong in one sentence."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> None:  # type: ignore[override]
        """One line on standard error, and the exit code of bad input."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # argparse has no public name for it


def add(
    commands: Commands, name: str, command: Command, summary: str, example: str
) -> argparse.ArgumentParser:
    """Declare one command; `command` runs it and returns the exit code."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}\n\n{EXIT_CODES}",
    )
    parser.set_defaults(command=command)
    return parser


def add_group(commands: Commands, name: str, summary: str, example: str) -> Commands:
    """Declare a command that has commands of its own, as `coach log` has."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}",
    )
    return parser.add_subparsers(title="actions", required=True, metavar="ACTION")


def settings_options(parser: argparse.ArgumentParser) -> None:
    """`--config` and `--set`; `settings` reads them."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings file (default: /etc/cadence-coach/coach.toml, if present)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one setting for this run; may be repeated",
    )


def settings(args: argparse.Namespace) -> Settings:
    """The settings that the command runs under. Raises `UserError`."""
    from firmware.settings.source import Source

    return Source(args.config, args.set).load()


def positive(text: str) -> float:
    """An argument that must be a number above zero."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value
