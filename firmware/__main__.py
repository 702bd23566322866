"""`coach`: the device runs without loading anything else; a person asks for everything else."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = sys.argv[1:] if argv is None else list(argv)
    if given[:1] == ["run"] and not {"-h", "--help"} & set(given):
        from firmware.device import command

        return command.main(given[1:])
    from firmware.app import cli

    return cli.main(given)


if __name__ == "__main__":
    sys.exit(main())
