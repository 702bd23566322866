"""`coach status`, `mute`, `unmute`, `clear` and `mark`: talk to the daemon."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from firmware.app.commands.frame import Commands, add, daemon_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(commands, "status", _status, "what the device is doing now", "coach status")
    daemon_options(p)
    p.add_argument("--format", choices=["text", "json"], default="text")

    p = add(commands, "mute", _order("mute", muted=True), "silence the buzzer", "coach mute")
    daemon_options(p)
    p = add(
        commands,
        "unmute",
        _order("mute", muted=False),
        "let the buzzer sound again",
        "coach unmute",
    )
    daemon_options(p)
    p = add(commands, "clear", _order("clear"), "end an alarm that was seen", "coach clear")
    daemon_options(p)
    p = add(commands, "mark", _mark, "put a remark into the log", 'coach mark "changed shoes"')
    daemon_options(p)
    p.worded("text", metavar="TEXT")


def _status(args: argparse.Namespace) -> int:
    from firmware.app import asking

    return asking.status(asking.socket_path(args.config, args.socket), args.format)


def _mark(args: argparse.Namespace) -> int:
    from firmware.app import asking

    return asking.order(asking.socket_path(args.config, args.socket), "mark", text=args.text)


def _order(what: str, **arguments: bool) -> Callable[[argparse.Namespace], int]:
    def command(args: argparse.Namespace) -> int:
        from firmware.app import asking

        return asking.order(asking.socket_path(args.config, args.socket), what, **arguments)

    return command
