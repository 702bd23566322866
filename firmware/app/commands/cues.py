"""`coach cues`: what the walker can hear and see, shown and played."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, daemon_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "cues",
        _cues,
        "every cue: when it comes, how it sounds, how to be without it; --play lets you hear them",
        "coach cues\n  coach cues slow_down stumble\n  coach cues --play all",
    )
    p.add_argument("names", nargs="*", metavar="NAME", help="these only (default: all)")
    p.add_argument("--play", action="store_true", help="one after another, on buzzer and LED")
    p.add_argument("--draw", action="store_true", help="their rhythms as text")
    p.add_argument("--format", choices=["text", "markdown", "jsonl", "csv"], default="text")
    daemon_options(p)


def _cues(args: argparse.Namespace) -> int:
    from firmware.app import cuetable

    signals = cuetable.find(args.names)
    if args.play:
        from firmware.app import hearing

        return hearing.play(signals, args.config, args.socket)
    if args.draw:
        return cuetable.draw(signals)
    return cuetable.show(signals, args.format)
