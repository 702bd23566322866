"""`coach config`: read and change the settings file; the running daemon obeys at once."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, add_group, config_path, file_option
from firmware.device.command import file_path


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "config",
        "read and change the settings",
        "coach config set cadence.max_spm=90\n  coach config undo",
    )
    p = add(actions, "show", _show, "every setting in force, and whence", "coach config show")
    file_option(p)
    p.add_argument("--format", choices=["text", "json"], default="text")

    p = add(actions, "get", _get, "one value", "coach config get cadence.max_spm")
    file_option(p)
    p.add_argument("key", metavar="KEY")

    p = add(
        actions,
        "set",
        _set,
        "change settings: all that are named, or none",
        "coach config set cadence.max_spm=90 cadence.hold_s=5",
    )
    file_option(p)
    _layer(p)
    p.add_argument("assignments", nargs="+", metavar="KEY=VALUE")

    p = add(actions, "unset", _unset, "go back to the default", "coach config unset cadence.hold_s")
    file_option(p)
    _layer(p)
    p.add_argument("keys", nargs="+", metavar="KEY")

    p = add(
        actions,
        "edit",
        _edit,
        "change the file with $EDITOR; checked before it counts",
        "EDITOR=nano coach config edit",
    )
    file_option(p)

    p = add(actions, "check", _check, "whether a file could be used", "coach config check my.toml")
    p.add_argument(
        "file", nargs="?", type=file_path, metavar="FILE", help="default: the settings file"
    )
    file_option(p)

    p = add(
        actions,
        "keys",
        _keys,
        "every setting: type, unit, range, default and meaning",
        "coach config keys --format markdown",
    )
    p.add_argument("--format", choices=["text", "markdown", "jsonl", "csv"], default="text")

    p = add(
        actions,
        "diff",
        _diff,
        "what differs from the defaults, or from another file",
        "coach config diff\n  coach config diff --undo\n  coach config diff other.toml",
    )
    file_option(p)
    p.add_argument(
        "other", nargs="?", type=file_path, metavar="FILE", help="compare with this file"
    )
    p.add_argument("--undo", action="store_true", help="what `coach config undo` would change")

    p = add(actions, "undo", _undo, "bring the previous version back", "coach config undo")
    file_option(p)


def _layer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--everyone", action="store_true", help="the common value, also while a profile is in use"
    )


def _show(args: argparse.Namespace) -> int:
    from firmware.app.config import table

    return table.show(config_path(args), args.format)


def _get(args: argparse.Namespace) -> int:
    from firmware.app.config import table

    return table.get(config_path(args), args.key)


def _keys(args: argparse.Namespace) -> int:
    from firmware.app.config import table

    return table.reference(args.format)


def _check(args: argparse.Namespace) -> int:
    from firmware.app.config import table

    return table.check(args.file or config_path(args))


def _diff(args: argparse.Namespace) -> int:
    from firmware.app.config import table

    return table.diff(config_path(args), args.other, undo=args.undo)


def _set(args: argparse.Namespace) -> int:
    from firmware.app.config import changing

    return changing.assign(config_path(args), args.assignments, everyone=args.everyone)


def _unset(args: argparse.Namespace) -> int:
    from firmware.app.config import changing

    return changing.unset(config_path(args), args.keys, everyone=args.everyone)


def _edit(args: argparse.Namespace) -> int:
    from firmware.app.config import editing

    return editing.edit(config_path(args))


def _undo(args: argparse.Namespace) -> int:
    from firmware.app.config import changing

    return changing.undo(config_path(args))
