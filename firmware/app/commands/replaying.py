"""`coach replay`: what the coach says to recordings."""

from __future__ import annotations

import argparse
import sys

from firmware.app.commands.frame import Commands, add, settings, settings_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "replay",
        _replay,
        "what the coach says to recordings",
        "coach replay walk.csv\n"
        "  coach replay --set cadence.max_spm=90 --format jsonl *.csv > events.jsonl",
    )
    settings_options(p)
    p.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="CSV with the header t,ax,ay,az,gx,gy,gz (s, g, deg/s), 50 to 200 Hz",
    )
    p.add_argument(
        "--format",
        choices=["text", "jsonl"],
        default="text",
        help="lines for a person, or one JSON object per event (default text)",
    )
    p.add_argument("--jobs", type=int, metavar="N", help="processes (default: one per core)")


def _replay(args: argparse.Namespace) -> int:
    from firmware.app import replay

    return replay.run(args.files, settings(args), args.format, args.jobs, sys.stdout)
