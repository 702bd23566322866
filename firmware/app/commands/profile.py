"""`coach profile`: one set of limits for each walker."""

from __future__ import annotations

import argparse
from pathlib import Path

from firmware.app.commands.frame import Commands, add, add_group, config_option


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "profile",
        "limits of their own for each walker",
        "coach profile new anna\n  coach profile use anna\n  coach config set cadence.max_spm=80",
    )
    config_option(add(actions, "list", _list, "the profiles; * is in use", "coach profile list"))
    p = add(actions, "use", _use, "walk under a profile", "coach profile use anna")
    _name(p)
    config_option(p)
    config_option(add(actions, "none", _none, "walk under the common limits", "coach profile none"))
    p = add(
        actions,
        "new",
        _new,
        "make a profile that starts as a copy of what is in force",
        "coach profile new anna",
    )
    _name(p)
    config_option(p)
    p = add(actions, "delete", _delete, "delete a profile", "coach profile delete anna")
    _name(p)
    config_option(p)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="letters, digits, - and _")


def _path(args: argparse.Namespace) -> Path:
    from firmware.settings.place import DEFAULT_PATH

    return args.config or DEFAULT_PATH


def _list(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.show(_path(args))


def _use(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.use(_path(args), args.name)


def _none(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.use(_path(args), None)


def _new(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.new(_path(args), args.name)


def _delete(args: argparse.Namespace) -> int:
    from firmware.app.config import profiles

    return profiles.delete(_path(args), args.name)
