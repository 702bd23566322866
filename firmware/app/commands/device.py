"""`coach run`, `coach demo` and `coach off`: the device itself, real or simulated."""

from __future__ import annotations

import argparse
import sys

from firmware.app.commands.frame import Commands, add, whole
from firmware.device import command
from firmware.device.command import path, positive, settings_options
from firmware.errors import EXIT_OK, DeviceError, UserError


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "run",
        command.run,
        "coach whoever wears the device, until stopped",
        "coach run --config /etc/cadence-coach/coach.toml\n  coach run --simulate",
    )
    command.run_options(p)

    p = add(
        commands,
        "demo",
        _demo,
        "a backward treadmill session on a simulated device",
        "coach demo\n  coach demo --speed 1",
    )
    p.add_argument(
        "--speed",
        type=positive,
        default=18.0,
        metavar="X",
        help="how many times faster than real time (default 18: about a minute)",
    )
    p.add_argument(
        "--seed", type=whole(0), default=1, metavar="N", help="another walker (default 1)"
    )
    p.add_argument(
        "--log",
        type=path,
        metavar="DIR",
        help="keep the session's log in this folder (default: a temporary one)",
    )

    p = add(commands, "off", _off, "switch buzzer, motor and LED off (after a crash)", "coach off")
    settings_options(p)


def _demo(args: argparse.Namespace) -> int:
    from firmware.app import demo

    return demo.run(speed=args.speed, seed=args.seed, directory=args.log)


def _off(args: argparse.Namespace) -> int:
    """Where no service has noted its pins (`firmware.device.held`): as the settings have them."""
    from firmware.device import held
    from firmware.settings.catalogue import Settings
    from firmware.settings.source import Source
    from hardware import HardwareError, lines

    source = Source(args.config, args.set, examines=True)  # whatever it says: the buzzer sounds
    which = "the pins that --set and what can be read of it name, and else the usual ones"
    try:
        wanted = source.begin()
        wrong = source.refusal
    except UserError as e:  # it is `--set` that cannot be used
        wanted, wrong, which = Settings(), source.refusal or str(e), "the usual pins"
    if wrong:
        sys.stderr.write(f"coach: {wrong}; switching {which} off\n")
    try:
        lines.switch_off(held.fitted(wanted))
    except HardwareError as e:
        raise DeviceError(str(e)) from e
    return EXIT_OK
