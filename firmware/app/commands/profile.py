"""`coach profile`: one set of limits for each walker."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, Parser, add, add_group, config_path, file_option


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "profile",
        "limits of their own for each walker",
        "coach profile new anna\n  coach profile use anna\n  coach config set cadence.max_spm=80",
    )
    file_option(add(actions, "list", _list, "the profiles; * is in use", "coach profile list"))
    _named(add(actions, "use", _use, "walk under a profile", "coach profile use anna"))
    file_option(add(actions, "none", _none, "walk under the common limits", "coach profile none"))
    what = "make a profile that starts as a copy of what is in force"
    _named(add(actions, "new", _new, what, "coach profile new anna"))
    _named(add(actions, "delete", _delete, "delete a profile", "coach profile delete anna"))


def _named(parser: Parser) -> None:
    parser.worded("name", metavar="NAME", help="letters, digits, - and _")
    file_option(parser)


def _list(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.show(config_path(args))


def _use(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.use(config_path(args), args.name)


def _none(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.use(config_path(args), None)


def _new(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.new(config_path(args), args.name)


def _delete(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.delete(config_path(args), args.name)
