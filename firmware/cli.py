"""The `coach` command. A subcommand imports what it needs when it runs, so that all start fast."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from firmware import __version__
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError

if TYPE_CHECKING:
    from firmware.settings import Settings

EXIT_INTERRUPTED = 130
EXIT_CODES = """exit codes: 0 done; 1 the device or its log failed, or a demo's cue did not come;
2 something given cannot be used (a file, a setting, an argument); 130 interrupted"""

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    args = _parser().parse_args(argv)
    command: Command = args.command
    try:
        return command(args)
    except UserError as e:
        sys.stderr.write(f"coach: {e}\n")
        return e.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK


def _run(args: argparse.Namespace) -> int:
    from firmware import service

    return service.run(_settings(args), simulated=args.simulate, speed=args.speed)


def _demo(args: argparse.Namespace) -> int:
    from firmware import demo

    return demo.run(speed=args.speed, seed=args.seed, directory=args.log)


def _replay(args: argparse.Namespace) -> int:
    from firmware import replay

    return replay.run(args.files, _settings(args), args.format, args.jobs, sys.stdout)


def _log_list(args: argparse.Namespace) -> int:
    from firmware import review

    return review.show_list(_log_path(args))


def _log_show(args: argparse.Namespace) -> int:
    from firmware import review

    return review.show_session(_log_path(args), args.session)


def _log_export(args: argparse.Namespace) -> int:
    from firmware import export

    return export.run(_log_path(args), args.session, args.format, args.output)


def _off(args: argparse.Namespace) -> int:
    from firmware import service

    return service.switch_off(_settings(args))


def _settings(args: argparse.Namespace) -> Settings:
    from firmware.settings import for_command

    return for_command(args.config, args.set)


def _log_path(args: argparse.Namespace) -> Path:
    from firmware.schema import FILE_NAME

    folder = args.log if args.log is not None else Path(str(_settings(args).log.directory))
    return Path(folder) / FILE_NAME


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="coach",
        description="A waist-worn coach for backward treadmill walking.",
        epilog=f"first of all: coach demo\n\n{EXIT_CODES}",
    )
    parser.add_argument("--version", action="version", version=f"coach {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    p = _add(
        commands,
        "run",
        _run,
        "coach whoever wears the device, until stopped",
        "coach run --config /etc/cadence-coach/coach.toml\n  coach run --simulate",
    )
    _settings_options(p)
    p.add_argument(
        "--simulate",
        action="store_true",
        help="a simulated sensor, walker and pins instead of the real ones",
    )
    p.add_argument(
        "--speed",
        type=_positive,
        default=1.0,
        metavar="X",
        help="with --simulate: how many times faster than real time (default 1)",
    )

    p = _add(
        commands,
        "demo",
        _demo,
        "a backward treadmill session on a simulated device",
        "coach demo\n  coach demo --speed 1",
    )
    p.add_argument(
        "--speed",
        type=_positive,
        default=12.0,
        metavar="X",
        help="how many times faster than real time (default 12: about a minute)",
    )
    p.add_argument("--seed", type=int, default=1, metavar="N", help="another walker (default 1)")
    p.add_argument(
        "--log",
        type=Path,
        metavar="DIR",
        help="keep the session's log in this folder (default: a temporary one)",
    )

    p = _add(
        commands,
        "replay",
        _replay,
        "what the coach says to recordings",
        "coach replay walk.csv\n"
        "  coach replay --set cadence.max_spm=90 --format jsonl *.csv > events.jsonl",
    )
    _settings_options(p)
    p.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="CSV with the header t,ax,ay,az,gx,gy,gz (s, g, deg/s), 50 to 200 Hz",
    )
    p.add_argument(
        "--format",
        choices=["text", "jsonl"],
        default="text",
        help="lines for a person, or one JSON object per event (default text)",
    )
    p.add_argument("--jobs", type=int, metavar="N", help="processes (default: one per core)")

    _add_log(commands)

    p = _add(commands, "off", _off, "switch buzzer and LED off (after a crash)", "coach off")
    _settings_options(p)
    return parser


def _add_log(commands: _Commands) -> None:
    log = commands.add_parser(
        "log",
        help="review the sessions on the device",
        description="Review the onboard log.",
        epilog="example:\n  coach log list\n  coach log show last",
    )
    actions = log.add_subparsers(title="actions", required=True, metavar="ACTION")
    p = _add(actions, "list", _log_list, "one line a session", "coach log list")
    _log_options(p)
    p = _add(
        actions,
        "show",
        _log_show,
        "one session: figures, chart, cues and stumbles",
        "coach log show last",
    )
    _log_options(p)
    p.add_argument(
        "session",
        nargs="?",
        default="last",
        metavar="N",
        help="its number in `coach log list`, or last (the default)",
    )
    p = _add(
        actions,
        "export",
        _log_export,
        "one session as a file",
        "coach log export last --format raw-csv -o walk.csv",
    )
    _log_options(p)
    p.add_argument(
        "session",
        nargs="?",
        default="last",
        metavar="N",
        help="its number in `coach log list`, or last (the default)",
    )
    p.add_argument(
        "--format",
        choices=["jsonl", "csv", "raw-csv"],
        default="jsonl",
        help="events as JSON lines, seconds as CSV, or the samples for `coach replay`",
    )
    p.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="where to write (default: standard output)",
    )


def _settings_options(parser: argparse.ArgumentParser) -> None:
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


def _log_options(parser: argparse.ArgumentParser) -> None:
    _settings_options(parser)
    parser.add_argument(
        "--log",
        type=Path,
        metavar="DIR",
        help="the log's folder (default: the setting log.directory)",
    )


class _Parser(argparse.ArgumentParser):
    """Keeps the line breaks of examples; says what is wrong in one sentence."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # argparse has no public name for it


def _add(
    commands: _Commands, name: str, command: Command, summary: str, example: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}\n\n{EXIT_CODES}",
    )
    parser.set_defaults(command=command)
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


if __name__ == "__main__":
    sys.exit(main())
