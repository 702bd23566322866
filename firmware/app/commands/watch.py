"""`coach watch`: look over the walker's shoulder."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, daemon_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "watch",
        _watch,
        "the session as it goes; keys move the limit",
        "coach watch\n  coach watch --plain",
    )
    daemon_options(p)
    p.add_argument(
        "--plain", action="store_true", help="lines instead of a screen, for readers and pipes"
    )


def _watch(args: argparse.Namespace) -> int:
    from firmware.app.watch import session

    return session.run(args.config, args.socket, plain=args.plain)
