"""`coach stage`: the walker's way from hands on the rails to a mild incline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from firmware.app.commands.frame import Commands, add, config_path
from firmware.device.command import config_option
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
    p.worded("name", nargs="?", metavar="NAME", help="a stage of the setting stage.plan")
    config_option(p, "the daemon's settings file")


def _stage(args: argparse.Namespace) -> int:
    from coach.keys import unknown
    from coach.settings import parse_plan
    from firmware.settings.reached import Reached, stated
    from firmware.settings.source import Source
    from firmware.wording import band as within
    from firmware.wording import spm

    settings = Source(args.config).load()
    bands = parse_plan(settings.stage.plan)
    reached = Reached(Path(settings.log.directory))
    if args.name is None:
        now = reached.applied(settings).stage.current
        for band in bands:
            here = "*" if band.name == now else " "
            limits = within(band.low_spm, band.high_spm, is_limit=False)
            words = ["set"] if band.name == settings.stage.current else []
            words += ["reached"] if here == "*" else []
            row = f"{here} {band.name:<14} {limits:<24} {', '.join(words)}"
            sys.stdout.write(row.rstrip() + "\n")
        limit = f"{spm(settings.cadence.max_spm)} steps/min"
        sounds = f"told to slow down above {limit}, in every stage (stage.sets_limit = false)"
        if settings.stage.sets_limit:
            sounds = f"told to slow down above the stage's band (stage.sets_limit), or {limit}"
        sys.stdout.write(f"{sounds}\n")
        return EXIT_OK
    names = [band.name for band in bands]
    if args.name not in names:
        raise UserError(unknown("stage", args.name, names))
    from firmware.app.config import changing

    walks = stated(settings)
    had = reached.stage(walks)
    reached.forget(walks.profile)  # before the daemon is asked to take what is set
    try:
        return changing.assign(config_path(args), [f"stage.current={args.name}"], everyone=False)
    except UserError:
        if had is not None:
            reached.put(walks, had)
        raise
