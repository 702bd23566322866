"""`coach doctor` and `coach calibrate`: is everything in order?"""

from __future__ import annotations

import argparse

from firmware.app.commands.frame import Commands, add, config_path, settings
from firmware.device.command import settings_options


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "doctor",
        _doctor,
        "examine sensor, pins, permissions, disk, clock, power and service",
        "coach doctor\n  coach doctor --simulate --quiet",
    )
    settings_options(p)
    p.add_argument("--simulate", action="store_true", help="a simulated sensor and pins")
    p.add_argument("--quiet", action="store_true", help="blink, but do not beep")

    p = add(
        commands,
        "calibrate",
        _calibrate,
        "measure the sensor at rest, then worn",
        "coach calibrate",
    )
    settings_options(p)
    p.add_argument("--simulate", action="store_true", help="a simulated sensor")


def _doctor(args: argparse.Namespace) -> int:
    from firmware.app.examine import doctor
    from firmware.settings.source import Source

    under = Source(args.config, args.set, examines=True).begin()  # what is wrong there is a finding
    return doctor.run(under, config_path(args), simulate=args.simulate, quiet=args.quiet)


def _calibrate(args: argparse.Namespace) -> int:
    from firmware.app.examine import calibrate

    return calibrate.run(settings(args), simulate=args.simulate)
