"""`coach replay`: what the coach says to recordings."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from firmware.app.commands.frame import Commands, add, jobs_option, settings
from firmware.device.command import settings_options

if TYPE_CHECKING:
    from firmware.recordings.units import Units


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
        help="CSV with the header t,ax,ay,az,gx,gy,gz (s, g, deg/s), 50 to 200 Hz; a phone's"
        " logger's will do",
    )
    p.add_argument(
        "--units",
        type=_units,
        metavar="ACC,GYRO",
        help="what the numbers are, as m/s2,rad/s or counts per g and deg/s as 16384,131",
    )
    p.add_argument(
        "--columns",
        type=_columns,
        default={},
        metavar="t=NAME,ax=NAME,...",
        help="which column of the file is which, where its header does not tell",
    )
    p.add_argument(
        "--format",
        choices=["text", "jsonl"],
        default="text",
        help="lines for a person, or one JSON object per event (default text)",
    )
    jobs_option(p)


def _units(text: str) -> Units:
    from firmware.recordings import parse_units

    try:
        return parse_units(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected g, mg, m/s2 or counts per g, a comma, and deg/s, mdeg/s, rad/s or"
            " counts per deg/s, as in m/s2,rad/s"
        ) from e


def _columns(text: str) -> dict[str, str]:
    from firmware.recordings import parse_columns

    try:
        return parse_columns(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected names for t, ax, ay, az, gx, gy, gz, each once, as in t=Time,ax=X"
        ) from e


def _replay(args: argparse.Namespace) -> int:
    from firmware.app import replay
    from firmware.recordings import Reading

    how = Reading(args.columns, args.units)
    return replay.run(args.files, settings(args), args.format, args.jobs, sys.stdout, how)
