"""`coach prescribe`: what a walker is to do, in one step."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, config_path, file_option


def declare(commands: Commands) -> None:
    """Declare the command."""
    p = add(
        commands,
        "prescribe",
        _prescribe,
        "a walker's limit, time and programme in one step, as a page; without options: the page",
        "coach prescribe anna --limit 80 --minutes 10 --sessions 3\n  coach prescribe anna",
    )
    p.worded("walker", metavar="NAME", help="her profile; made where there is none")
    p.add_argument("--limit", metavar="STEPS/MIN", help="told to slow down above this cadence")
    p.add_argument("--minutes", metavar="MIN", help="walking time to reach in a session")
    p.add_argument("--longest", metavar="MIN", help="walking time after which to stop")
    p.add_argument("--sessions", metavar="N", help="sessions a week")
    p.add_argument("--weeks", metavar="N", help="length of the programme")
    p.worded("--stage", metavar="NAME", help="the stage to begin with")
    file_option(p)


def _prescribe(args: argparse.Namespace) -> int:
    from firmware.app.config import prescribing
    from firmware.app.config.history import OPTIONS

    given = {name: getattr(args, name) for name in OPTIONS}
    stated = {name: value for name, value in given.items() if value is not None}
    return prescribing.run(config_path(args), args.walker, stated)
