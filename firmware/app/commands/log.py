"""`coach log`: review the sessions on the device."""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import (
    Command,
    Commands,
    Parser,
    add,
    add_group,
    log_options,
    log_path,
    output_option,
    settings,
    settings_of_walker,
    walker_option,
)
from firmware.device.command import file, path

FORMATS = ("jsonl", "csv", "raw-csv", "fit")
"""As `firmware.app.review.export` has them; spelled out so that `coach --help` need not load it."""


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "log",
        "review the sessions on the device",
        "coach log list\n  coach log show last",
    )
    _declare_reading(actions)
    _declare_files(actions)
    _declare_keeping(actions)


def _declare_reading(actions: Commands) -> None:
    p = _add(actions, "list", _list, "one line a session", "coach log list --since 7d")
    _sessions(p, "*", "all")
    p.add_argument("--format", choices=["text", "jsonl", "csv"], default="text")
    p = _add(
        actions,
        "show",
        _show,
        "sessions: figures, chart, cues and stumbles, beside the last ones",
        "coach log show last\n  coach log show 3-5",
    )
    _sessions(p, "*", "last")
    p.add_argument("--format", choices=["text", "jsonl"], default="text")
    p = _add(
        actions,
        "replay",
        _replay,
        "the same session under other settings, beside what was said then",
        "coach log replay last --set cadence.max_spm=90",
    )
    _sessions(p, "?", "last")
    p.add_argument("--format", choices=["text", "jsonl"], default="text")


def _declare_files(actions: Commands) -> None:
    p = _add(
        actions,
        "report",
        _report,
        "one page that opens in any browser, offline",
        "coach log report last -o report.html\n  ssh pi coach log report -o - > report.html",
    )
    _sessions(p, "?", "last")
    output_option(p, "report.html")
    p = _add(
        actions,
        "compare",
        _compare,
        "two sessions over each other; with -o as a page for any browser",
        "coach log compare 3 7\n  ssh pi coach log compare 3 last -o - > compared.html",
    )
    p.add_argument(
        "sessions", nargs=2, metavar="N", help="two numbers in `coach log list`, or last"
    )
    _page(p)
    p = _add(
        actions,
        "progress",
        _progress,
        "how a walker gets on, session by session; with -o as a page for any browser",
        "coach log progress --walker anna\n"
        "  ssh pi coach log progress --walker anna -o - > progress.html",
    )
    walker_option(p)
    _page(p)
    p = _add(
        actions,
        "export",
        _export,
        "sessions as a file for other programs",
        "coach log export last --format raw-csv -o walk.csv",
    )
    _sessions(p, "*", "last")
    p.add_argument(
        "--format",
        choices=FORMATS,
        default="jsonl",
        help="events as JSON lines, seconds as CSV, the samples for `coach replay`, or a FIT"
        " activity",
    )
    output_option(p, "-")
    p = _add(
        actions,
        "merge",
        _merge,
        "the logs of many devices as one dataset",
        "coach log merge collected/ -o dataset/ --format parquet",
        with_log=False,
    )
    p.add_argument("folder", type=path, metavar="DIR", help="holds logs, at any depth")
    p.add_argument("--format", choices=["csv", "parquet"], default="csv")
    p.add_argument("-o", "--output", type=path, required=True, metavar="DIR", help="a new folder")


def _declare_keeping(actions: Commands) -> None:
    p = _add(
        actions,
        "note",
        _note,
        "add what only a person knows; without notes: show them",
        "coach log note last --speed 2.4 --incline 0 --pain-before 4 --text 'held the rail'",
    )
    p.add_argument("session", metavar="N", help="its number in `coach log list`, or last")
    p.add_argument("--speed", metavar="KM/H", help="belt speed")
    p.add_argument("--incline", metavar="PERCENT", help="of the belt")
    p.add_argument("--pain-before", metavar="0-10", help="as the walker tells it")
    p.add_argument("--pain-after", metavar="0-10", help="as the walker tells it")
    p.worded("--walker", metavar="NAME", help="who walked")
    p.worded(
        "--date",
        metavar="DAY",
        help="when it was, as 2026-11-02 or 2026-11-02 14:30, where no network has set the clock;"
        " dates all sessions of the same run",
    )
    p.worded("--text", metavar="TEXT", help="anything worth remembering; adds to the others")
    p = _add(actions, "delete", _delete, "sessions for good", "coach log delete 7 --yes")
    _sessions(p, "+", None)
    p.add_argument("--yes", action="store_true", help="do not ask")
    _add(
        actions,
        "prune",
        _prune,
        "forget the bulk that is too old or too large (log.max_mb, log.max_days)",
        "coach log prune --set log.max_days=90",
    )
    p = _add(
        actions,
        "verify",
        _verify,
        "is the log sound; what can be saved of a damaged one",
        "coach log verify --recover",
    )
    p.add_argument(
        "--recover",
        action="store_true",
        help="keep a damaged log aside and begin a new one with all that can be read",
    )


def _add(
    actions: Commands,
    name: str,
    command: Command,
    summary: str,
    example: str,
    *,
    with_log: bool = True,
) -> Parser:
    parser = add(actions, name, command, summary, example)
    if with_log:
        log_options(parser)
    return parser


def _sessions(parser: argparse.ArgumentParser, count: str, default: str | None) -> None:
    usual = f" (default: {default})" if default else ""
    parser.add_argument(
        "session",
        nargs=count,
        default=default,
        metavar="N",
        help=f"a number in `coach log list`, a range as 3-6, last, or all{usual}",
    )
    if count != "?":
        parser.add_argument(
            "--since",
            metavar="DAY",
            help="only from 2026-11-02, or 7d, onward; a session without a sure date where it may"
            " be of then",
        )


def _page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        type=file,
        metavar="FILE",
        help="a page into this file; - is standard output",
    )


def _wanted(args: argparse.Namespace) -> list[str]:
    """`--since` alone means all since then."""
    if isinstance(args.session, list) and args.session:
        return list(args.session)
    return ["all"] if args.since is not None else [args.session or "last"]


def _list(args: argparse.Namespace) -> int:
    from firmware.app.review import listing

    wanted = list(args.session) if isinstance(args.session, list) else [args.session]
    return listing.show_list(log_path(args), wanted, args.since, args.format)


def _show(args: argparse.Namespace) -> int:
    from firmware.app.review import review

    return review.show_sessions(log_path(args), _wanted(args), args.since, args.format)


def _replay(args: argparse.Namespace) -> int:
    from firmware.app.review import rerun

    # --set changes the session's own settings here, not those that say where the log is.
    where = argparse.Namespace(log=args.log, config=args.config, set=[])
    return rerun.run(log_path(where), args.session, args.set, args.format)


def _report(args: argparse.Namespace) -> int:
    from firmware.app.review import report

    return report.run(log_path(args), args.session, args.output)


def _compare(args: argparse.Namespace) -> int:
    from firmware.app.review import compare

    return compare.run(log_path(args), args.sessions, args.output)


def _progress(args: argparse.Namespace) -> int:
    from firmware.app.programme import progress

    return progress.run(log_path(args), settings_of_walker(args), args.walker, args.output)


def _export(args: argparse.Namespace) -> int:
    from firmware.app.review import export

    return export.run(log_path(args), _wanted(args), args.since, args.format, args.output)


def _merge(args: argparse.Namespace) -> int:
    from firmware.lab import merge

    return merge.run(args.folder, args.output, args.format)


def _note(args: argparse.Namespace) -> int:
    from firmware.app import keeping
    from firmware.log import index, notes

    given = {key: getattr(args, key) for key in (*notes.KEYS, index.WALKER, notes.TEXT)}
    stated = [(key, value) for key, value in given.items() if value is not None]
    return keeping.add(log_path(args), args.session, stated, args.date)


def _delete(args: argparse.Namespace) -> int:
    from firmware.app import keeping

    return keeping.delete(log_path(args), args.session, args.since, sure=args.yes)


def _prune(args: argparse.Namespace) -> int:
    from firmware.app import keeping
    from firmware.log.retention import Limits

    log = settings(args).log
    return keeping.prune(log_path(args), Limits(log.max_mb, log.max_days))


def _verify(args: argparse.Namespace) -> int:
    from firmware.app import keeping

    return keeping.verify(log_path(args), and_recover=args.recover)
