"""`coach log`: review the sessions on the device."""

from __future__ import annotations

import argparse
from pathlib import Path

from firmware.commands.frame import Commands, add, add_group, settings, settings_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "log",
        "review the sessions on the device",
        "coach log list\n  coach log show last",
    )
    p = add(actions, "list", _log_list, "one line a session", "coach log list")
    _log_options(p)
    p = add(
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
    p = add(
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


def _log_options(parser: argparse.ArgumentParser) -> None:
    settings_options(parser)
    parser.add_argument(
        "--log",
        type=Path,
        metavar="DIR",
        help="the log's folder (default: the setting log.directory)",
    )


def _log_list(args: argparse.Namespace) -> int:
    from firmware import review

    return review.show_list(_log_path(args))


def _log_show(args: argparse.Namespace) -> int:
    from firmware import review

    return review.show_session(_log_path(args), args.session)


def _log_export(args: argparse.Namespace) -> int:
    from firmware import export

    return export.run(_log_path(args), args.session, args.format, args.output)


def _log_path(args: argparse.Namespace) -> Path:
    from firmware.schema import FILE_NAME

    folder = args.log if args.log is not None else Path(str(settings(args).log.directory))
    return Path(folder) / FILE_NAME
