"""`coach run` as the service starts it: the daemon, and nothing that it does not need."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from firmware.errors import EXIT_BAD_INPUT, exit_code


def config_option(parser: argparse.ArgumentParser, what: str) -> None:
    """`--config`, a settings file."""
    parser.add_argument("--config", type=file_path, metavar="FILE", help=what)


def settings_options(parser: argparse.ArgumentParser) -> None:
    """`--config` and `--set`, as every command has them that runs under settings."""
    config_option(parser, "settings file (default: /etc/cadence-coach/coach.toml, if present)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change one setting for this run; may be repeated",
    )


def run_options(parser: argparse.ArgumentParser) -> None:
    """The options of `coach run`."""
    settings_options(parser)
    parser.add_argument(
        "--simulate",
        action="store_true",
        help="a simulated sensor, walker and pins instead of the real ones",
    )
    parser.add_argument(
        "--speed",
        type=positive,
        default=1.0,
        metavar="X",
        help="with --simulate: how many times faster than real time (default 1)",
    )


def named(text: str) -> str:
    """An argument that names a file or a folder; an empty one is a variable that nobody has set."""
    if not text:
        raise argparse.ArgumentTypeError(f"{text!r}: expected the name of a file or a folder")
    return text


def file(text: str) -> str:
    """As `named`; a slash at its end would make it a folder."""
    if text.endswith("/"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected the name of a file, not of a folder")
    return named(text)


def path(text: str) -> Path:
    """As `named`, as a path."""
    return Path(named(text))


def file_path(text: str) -> Path:
    """As `file`, as a path, which would keep no slash."""
    return Path(file(text))


def positive(text: str) -> float:
    """An argument that must be a number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0, as 2.5")
    return value


def run(args: argparse.Namespace) -> int:
    """Coach until stopped. Raises `UserError`."""
    from firmware.device import service
    from firmware.settings.source import Source

    source = Source(args.config, args.set, remembers=True)
    return service.run(source, simulated=args.simulate, speed=args.speed)


def main(argv: Sequence[str]) -> int:
    """`coach run` with these arguments; returns the exit code."""
    parser = _Parser(prog="coach run", allow_abbrev=False, add_help=False)
    run_options(parser)
    return exit_code(lambda: run(parser.parse_args(argv)))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line on standard error, and the exit code of bad input."""
        sys.stderr.write(f"{self.prog}: {message}; see {self.prog} --help\n")
        sys.exit(EXIT_BAD_INPUT)
