"""`coach stage`: the walker's way from hands on the rails to a mild incline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from firmware.commands.frame import Commands, add
from firmware.errors import EXIT_OK, UserError


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "stage",
        _stage,
        "the stage that the next session is walked in; without a name: all of them",
        "coach stage\n  coach stage 'hands free'",
    )
    p.add_argument("name", nargs="?", metavar="NAME", help="a stage of the setting stage.plan")
    p.add_argument("--config", type=Path, metavar="FILE", help="the daemon's settings file")


def _stage(args: argparse.Namespace) -> int:
    from coach.settings import parse_plan
    from firmware.settings import changing
    from firmware.settings.catalogue import DEFAULT_PATH
    from firmware.settings.source import Source

    settings = Source(args.config).load()
    bands = parse_plan(settings.stage.plan)
    if args.name is None:
        for band in bands:
            here = "*" if band.name == settings.stage.current else " "
            limits = f"{band.low_spm:g} to {band.high_spm:g} steps/min"
            sys.stdout.write(f"{here} {band.name:<14} {limits}\n")
        return EXIT_OK
    names = [band.name for band in bands]
    if args.name not in names:
        raise UserError(f"there is no stage '{args.name}': expected one of {', '.join(names)}")
    path = args.config or DEFAULT_PATH
    return changing.assign(path, [f"stage.current={args.name}"], everyone=False)
