"""`coach completion`: what the shell needs to complete commands and options."""

from __future__ import annotations

import argparse
import sys

from firmware.app.commands.frame import Commands, add
from firmware.errors import EXIT_OK
from firmware.packages import needed


def declare(commands: Commands) -> None:
    """Declare the family."""
    p = add(
        commands,
        "completion",
        _completion,
        "completion of commands and options, for your shell",
        "coach completion bash | sudo tee /etc/bash_completion.d/coach > /dev/null",
    )
    p.add_argument(
        "shell", choices=["bash", "zsh", "tcsh"], metavar="SHELL", help="bash, zsh, tcsh"
    )


def _completion(args: argparse.Namespace) -> int:
    with needed("completion", "shtab"):
        import shtab
    sys.stdout.write(shtab.complete(args.parser(), args.shell))
    return EXIT_OK
