"""`coach stage`: the walker's way from hands on the rails to a mild incline."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, file_option


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "stage",
        _stage,
        "the stage that the next session is walked in; without a name: all of them",
        "coach stage\n  coach stage 'hands free'",
    )
    p.worded("name", nargs="?", metavar="NAME", help="a stage of the setting stage.plan")
    file_option(p)


def _stage(args: argparse.Namespace) -> int:
    from firmware.app.config import stages

    if args.name is None:
        return stages.show(args.config)
    return stages.begin(args.config, args.name)
