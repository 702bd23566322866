"""What all commands share: how they are declared, their options, their exit codes."""

from __future__ import annotations

import argparse
import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from firmware.device.command import config_option, file, path, settings_options
from firmware.errors import EXIT_BAD_INPUT, UserError

if TYPE_CHECKING:
    from firmware.settings.catalogue import Settings

EXIT_CODES = """exit codes: 0 done; 1 the device or its log failed, or a demo's cue did not come;
2 something given cannot be used (a file, a setting, an argument); 130 interrupted"""

Command = Callable[[argparse.Namespace], int]


USUAL_COLUMNS = 80


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of examples.

    argparse makes a formatter for each argument that is declared, and asks a large module for the
    terminal's width each time; the little that is needed of it stands here.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@functools.cache
def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size().columns or USUAL_COLUMNS
    except OSError:  # no terminal
        return USUAL_COLUMNS


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence.

    Arguments declared with `worded` take all words up to the next option: ssh hands quoted text
    over without its quotes.
    """

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", _Help)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)  # type: ignore[arg-type]
        self._negative_number_matcher = re.compile(r"-\d+$|-\d*[.,]\d+$")  # -2,5 is no option
        self._worded: set[str] = set()

    def worded(self, name: str, **options: Any) -> None:  # noqa: ANN401 - as `add_argument` has them
        """Declare an option or a last positional argument that is free text or a name."""
        self.add_argument(name, type=_readable, **options)
        self._worded.add(name)

    def parse_known_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, with the words of free text joined first."""
        given = list(sys.argv[1:] if args is None else args)
        joined = self._joined(given) if self._worded else given
        found, rest = super().parse_known_args(joined, namespace)
        if rest:  # argparse would say so at the top, and name no command whose --help helps
            self.error(f"{' '.join(rest)!r} is not expected here")
        return found, rest

    def error(self, message: str) -> None:  # type: ignore[override]
        """One line on standard error, and the exit code of bad input."""
        message = _nearest(message, self._deeper())
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")

    def _deeper(self) -> list[str]:
        """The commands of its commands, as `log note`."""
        return [
            f"{name} {action}"
            for name, command in self._commands()
            for action, _ in command._commands()
        ]

    def _commands(self) -> list[tuple[str, Parser]]:
        found = [a.choices for a in self._actions if isinstance(a, argparse._SubParsersAction)]
        return [command for choices in found for command in choices.items()]

    def _joined(self, given: list[str]) -> list[str]:
        """`--text held the rail` as `--text=held the rail`; words of a positional at the end."""
        known = self._option_string_actions
        free = not self._worded.issubset(known)
        made: list[str] = []
        words: list[str] = []
        while given:
            word = given.pop(0)
            name, equals, value = word.partition("=")
            if word == "--":
                (words if free else made).extend(given if free else [word, *given])
                break
            if name in self._worded:
                texts = [value] if equals else []
                while given and given[0].partition("=")[0] not in known:
                    texts.append(given.pop(0))
                made.append(f"{name}={' '.join(texts)}" if texts else word)
            elif name in known:
                made.append(word)
                if not equals and known[name].nargs != 0 and given:
                    made.append(given.pop(0))
            else:
                (words if free and not word.startswith("--") else made).append(word)
        return [*made, "--", " ".join(words)] if words else made


def _readable(text: str) -> str:
    """Text from a command line without the bytes that its locale could not read."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _nearest(message: str, deeper: Sequence[str]) -> str:
    """argparse's sentence on an unknown command, with the nearest one that there is.

    `deeper`: whole names of those that are told a level too high.
    """
    found = re.match(r"argument \w+: invalid choice: '(.*)' \(choose from (.*)\)$", message)
    if found is None:
        return message
    from coach.keys import SHOWN, nearest

    if whole := [name for name in deeper if name.split()[-1] == found[1]]:
        return f"there is no {found[1]!r}: did you mean {' or '.join(whole)}?"
    known = re.findall(r"[\w-]+", found[2])
    return f"there is no {found[1][:SHOWN]!r}: {nearest(found[1], known)}"


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # argparse has no public name for it


def add(commands: Commands, name: str, command: Command, summary: str, example: str) -> Parser:
    """Declare one command; `command` runs it and returns the exit code."""
    parser = _declared(commands, name, summary, f"example:\n  {example}\n\n{EXIT_CODES}")
    parser.set_defaults(command=command)
    return parser


def add_group(commands: Commands, name: str, summary: str, example: str) -> Commands:
    """Declare a command that has commands of its own, as `coach log` has."""
    parser = _declared(commands, name, summary, f"example:\n  {example}")
    return parser.add_subparsers(title="actions", required=True, metavar="ACTION", prog=parser.prog)


def _declared(commands: Commands, name: str, summary: str, epilog: str) -> Parser:
    description = summary[0].upper() + summary[1:] + "."
    return commands.add_parser(name, help=summary, description=description, epilog=epilog)


def file_option(parser: argparse.ArgumentParser) -> None:
    """Where the settings stand, for commands that read or change the file."""
    config_option(parser, "settings file (default: /etc/cadence-coach/coach.toml)")


def log_options(parser: argparse.ArgumentParser) -> None:
    """Where the log is, for commands that read it: as said, or as the settings say."""
    settings_options(parser)
    parser.add_argument(
        "--log",
        type=path,
        metavar="DIR",
        help="the log's folder (default: the setting log.directory)",
    )


def daemon_options(parser: argparse.ArgumentParser) -> None:
    """Which daemon, for commands that talk to it."""
    config_option(parser, "the daemon's settings file")
    parser.add_argument("--socket", metavar="PATH", help="the daemon's control socket")


def walker_option(parser: Parser) -> None:
    """For commands that tell of one walker."""
    parser.worded("--walker", metavar="NAME", help="whose (default: the profile in use)")


def output_option(parser: argparse.ArgumentParser, default: str) -> None:
    """For commands that write a file."""
    parser.add_argument(
        "-o",
        "--output",
        type=file,
        default=default,
        metavar="FILE",
        help=f"where to write; - is standard output (default: {default})",
    )


def jobs_option(parser: argparse.ArgumentParser) -> None:
    """For commands that do the same with every recording."""
    parser.add_argument(
        "--jobs", type=whole(1), metavar="N", help="processes (default: one per core)"
    )


def whole(low: int) -> Callable[[str], int]:
    """The type of an argument that must be a whole number, this or more."""

    def parsed(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from {low}")
        return value

    return parsed


def config_path(args: argparse.Namespace) -> Path:
    """The settings file."""
    from firmware.settings.place import DEFAULT_PATH

    path: Path = args.config or DEFAULT_PATH
    return path


def log_path(args: argparse.Namespace) -> Path:
    """The log. Raises `UserError`."""
    from firmware.log.schema import FILE_NAME

    folder = Path(args.log or settings(args).log.directory)
    if os.path.isfile(folder):  # noqa: PTH113 - false where nobody may look: who opens it says so
        raise UserError(f"{folder}: is a file; expected the folder that holds {FILE_NAME}")
    return folder / FILE_NAME


def settings(args: argparse.Namespace) -> Settings:
    """The settings that the command runs under. Raises `UserError`."""
    from firmware.settings.source import Source

    return Source(args.config, args.set).load()


def settings_of_walker(args: argparse.Namespace) -> Settings:
    """As `settings`, with the values of the profile of `--walker`, where there is one."""
    from firmware.settings import textfile

    of_profile_in_use = settings(args)
    if args.walker is None:
        return of_profile_in_use
    layers = textfile.load_if_there(config_path(args))
    return layers.settings_of(args.walker).changed_by(args.set)
