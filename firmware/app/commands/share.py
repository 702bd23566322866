"""`coach share`: the pages of all walkers, for whoever has a browser and no shell."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, config_path, log_options, log_path
from firmware.device.command import named


def declare(commands: Commands) -> None:
    """Declare the command."""
    p = add(
        commands,
        "share",
        _share,
        "reports and progress of all walkers as pages in a folder; of other devices over SSH",
        "coach share coach@anna-pi coach@bert-pi -o walkers\n"
        "  coach share -o pages\n"
        "  ssh pi coach share -o - | tar -xzf - -C anna",
    )
    hosts = "devices to pull from, as ssh takes them (default: the log of this one)"
    p.add_argument("hosts", nargs="*", metavar="HOST", help=hosts)
    p.add_argument(
        "-o",
        "--output",
        type=named,
        default="walkers",
        metavar="FOLDER",
        help="where to write (default: walkers); - is standard output, as a .tar.gz",
    )
    log_options(p)


def _share(args: argparse.Namespace) -> int:
    from firmware.app import share
    from firmware.errors import UserError

    if args.hosts:
        if args.output == "-":
            raise UserError("-o -: expected a folder for the pages of other devices")
        return share.pull(args.hosts, args.output)
    return share.make(config_path(args), log_path(args), args.output)
