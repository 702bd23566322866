"""`coach`: the device runs without loading anything else; a person asks for everything else."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

LOADED = 20_000
"""Objects until Python looks for garbage among the new ones: more than a command loads, which is
all there to stay."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        return _main(argv)
    except KeyboardInterrupt:  # while it was being loaded
        from firmware.errors import EXIT_INTERRUPTED

        return EXIT_INTERRUPTED


def _main(argv: Sequence[str] | None) -> int:
    # Matrices here are of a few numbers: threads for them are made, waited for, and of no use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(LOADED)
    given = sys.argv[1:] if argv is None else list(argv)
    if given[:1] == ["run"] and not {"-h", "--help"} & set(given):
        from firmware.device import command

        return command.main(given[1:])
    if given == ["off"]:
        from firmware.device import held

        if held.let_go():
            return 0
    from firmware.app import cli

    try:
        return cli.main(given)
    finally:
        gc.freeze()  # or Python looks through all of it once more before it ends


if __name__ == "__main__":
    sys.exit(main())
