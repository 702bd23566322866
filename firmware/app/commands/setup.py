"""`coach setup`: the guided first start."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, config_path, daemon_options


def declare(commands: Commands) -> None:
    """Declare the command."""
    p = add(
        commands,
        "setup",
        _setup,
        "the first start, step by step: sensor, buzzer, LED, name, limit, and a trial walk",
        "coach setup\n  ssh -t pi coach setup\n  coach setup limit walk",
    )
    steps = (
        "these steps only, of: sensor, buzzer, motor, led, name, limit, steps, walk (default: all)"
    )
    p.add_argument("steps", nargs="*", metavar="STEP", help=steps)
    daemon_options(p)


def _setup(args: argparse.Namespace) -> int:
    from firmware.app import asking, guided

    socket = asking.socket_path(args.config, args.socket)
    return guided.run(config_path(args), socket, args.steps)
