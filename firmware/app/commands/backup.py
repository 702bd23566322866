"""`coach backup` and `coach restore`: everything of a device as one file, and back."""

from __future__ import annotations

import argparse
from pathlib import Path

from firmware.app.commands.frame import Commands, add, log_option, settings
from firmware.device.command import settings_options


def declare(commands: Commands) -> None:
    """Declare both commands."""
    p = add(
        commands,
        "backup",
        _backup,
        "settings, profiles, log and calibration as one file, whole while the coach runs",
        "coach backup\n  ssh pi coach backup -o - > anna.tar.gz",
    )
    _places(p)
    p.add_argument(
        "-o",
        "--output",
        default="cadence-coach.tar.gz",
        metavar="FILE",
        help="where to write; - is standard output (default: cadence-coach.tar.gz)",
    )
    p = add(
        commands,
        "restore",
        _restore,
        "put a backup back: checked first, and what it replaces is kept",
        "sudo systemctl stop cadence-coach\n  coach restore cadence-coach.tar.gz",
    )
    p.add_argument("file", metavar="FILE", help="made by coach backup; - is standard input")
    _places(p)


def _places(parser: argparse.ArgumentParser) -> None:
    settings_options(parser)
    log_option(parser)


def _where(args: argparse.Namespace) -> tuple[Path, Path]:
    from firmware.settings.place import DEFAULT_PATH

    folder = args.log if args.log is not None else Path(settings(args).log.directory)
    return args.config or DEFAULT_PATH, folder


def _backup(args: argparse.Namespace) -> int:
    from firmware.app import backup

    return backup.backup(*_where(args), args.output)


def _restore(args: argparse.Namespace) -> int:
    from firmware.app import backup

    return backup.restore(args.file, *_where(args))
