"""`coach evaluate`: how good the coach is on recordings whose truth is known."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from firmware.app.commands.frame import Commands, add, add_group, jobs_option, settings
from firmware.device.command import file_path, path, settings_options

if TYPE_CHECKING:
    from firmware.lab.evaluate.run import Options


def declare(commands: Commands) -> None:
    """Declare the family."""
    actions = add_group(
        commands,
        "evaluate",
        "measure the coach against recordings with known truth",
        "coach evaluate cadence recordings/ --plot cadence.png",
    )
    p = add(
        actions,
        "cadence",
        _cadence,
        "shown cadence against known steps",
        "coach evaluate cadence recordings/ --format csv > table.csv",
    )
    _options(p, "predicted over true cadence, and the error by tempo and by amplitude")
    p = add(
        actions,
        "stumble",
        _stumble,
        "alarms where there must be some and where there must be none",
        "coach evaluate stumble recordings/ --set stumble.sensitivity=1.4",
    )
    _options(p, "sensitivity over false alarms an hour (runs every recording at five settings)")
    p = add(
        actions,
        "people",
        _people,
        "every figure with each person, or each dataset, left out, and its 95 %% interval",
        "coach evaluate people recordings/ --leave-out dataset",
    )
    _options(p)
    p.add_argument(
        "--leave-out",
        choices=["person", "dataset"],
        default="person",
        help="what is held against all the others (default person)",
    )


def _options(p: argparse.ArgumentParser, picture: str | None = None) -> None:
    settings_options(p)
    p.add_argument(
        "folder",
        type=path,
        metavar="FOLDER",
        help="holds recordings.csv (file,dataset,subject,group,kind,steps, labels) and what it "
        "names; the format: docs/validation.md",
    )
    p.add_argument(
        "--format",
        choices=["table", "csv", "jsonl"],
        default="table",
        help="for a person, a spreadsheet or a program (default table)",
    )
    if picture is not None:
        p.add_argument("--plot", type=file_path, metavar="FILE", help=f"draw {picture}")
    jobs_option(p)
    p.add_argument("--dask", metavar="ADDRESS", help="do the work on this Dask cluster instead")


def _cadence(args: argparse.Namespace) -> int:
    from firmware.lab.evaluate import run

    return run.run_cadence(args.folder, settings(args), _chosen(args))


def _stumble(args: argparse.Namespace) -> int:
    from firmware.lab.evaluate import run

    return run.run_stumble(args.folder, settings(args), _chosen(args))


def _people(args: argparse.Namespace) -> int:
    from firmware.lab.evaluate import run

    return run.run_people(args.folder, settings(args), _chosen(args), args.leave_out)


def _chosen(args: argparse.Namespace) -> Options:
    from firmware.lab.evaluate.run import Options

    return Options(args.format, args.jobs, args.dask, getattr(args, "plot", None))
