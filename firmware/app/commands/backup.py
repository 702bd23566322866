"""`coach backup` and `coach restore`: everything of a device as one file, and back."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import (
    Commands,
    add,
    config_path,
    log_options,
    log_path,
    output_option,
)


def declare(commands: Commands) -> None:
    """Declare both commands."""
    p = add(
        commands,
        "backup",
        _backup,
        "settings, profiles, log and calibration as one file, whole while the coach runs",
        "coach backup\n  ssh pi coach backup -o - > anna.tar.gz",
    )
    log_options(p)
    output_option(p, "cadence-coach.tar.gz")
    p = add(
        commands,
        "restore",
        _restore,
        "put a backup back: checked first, and what it replaces is kept",
        "sudo systemctl stop cadence-coach\n  coach restore cadence-coach.tar.gz",
    )
    p.add_argument("file", metavar="FILE", help="made by coach backup; - is standard input")
    log_options(p)


def _backup(args: argparse.Namespace) -> int:
    from firmware.app import backup

    return backup.backup(config_path(args), log_path(args).parent, args.output)


def _restore(args: argparse.Namespace) -> int:
    from firmware.app import backup

    return backup.restore(args.file, config_path(args), log_path(args).parent)
