"""`coach programme`: the weeks of walking, what is due, and how it goes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from firmware.app.commands.frame import (
    Commands,
    add,
    log_options,
    log_path,
    settings_of_walker,
    walker_option,
)

if TYPE_CHECKING:
    from datetime import date


def declare(commands: Commands) -> None:
    """Declare the command."""
    p = add(
        commands,
        "programme",
        _programme,
        "the weeks of walking: what is due, what is done, how it goes",
        "coach programme\n  coach log note last --pain-before 4 --pain-after 2"
        "\n  coach programme --walker anna --format json",
    )
    log_options(p)
    walker_option(p)
    p.add_argument(
        "--today",
        type=_day,
        metavar="DAY",
        help="take this day, as 2026-11-02, for today: where the clock is not set",
    )
    p.add_argument("--format", choices=["text", "json", "csv"], default="text")


def _day(text: str) -> date:
    from coach.keys import SettingError
    from coach.settings import parse_day

    try:
        day = parse_day(text)
    except SettingError:
        day = None
    if day is None:
        raise argparse.ArgumentTypeError(f"'{text}': expected a day, as 2026-11-02")
    return day


def _programme(args: argparse.Namespace) -> int:
    from firmware.app.programme import show
    from firmware.app.programme.read import Today

    today = None if args.today is None else Today(args.today)
    return show.run(log_path(args), settings_of_walker(args), args.walker, today, args.format)
