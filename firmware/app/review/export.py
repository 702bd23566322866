"""`coach log export`: sessions as a file that other programs read."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from firmware import recordings
from firmware.errors import EXIT_OK, UserError
from firmware.log import index, samples, sessions
from firmware.output import replacing
from firmware.records import encode
from firmware.shown import write_csv
from hardware.mpu6050 import Burst

Writer = Callable[[Path, Sequence[int], TextIO], None]
"""Takes the log, the numbers of the sessions, and where to write: one session after another."""


def run(log: Path, wanted: list[str], since: str | None, output_format: str, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output."""
    with index.reading(log) as db:
        found = index.find(db, log, wanted, since)
    if output_format in ONE_ONLY and len(found) > 1:
        raise UserError(f"--format {output_format} holds one session, {len(found)} were asked for")
    if output_format == "fit":
        from firmware.app.review import fit

        return fit.run(sessions.read_one(log, str(found[0])), output)
    write = _FORMATS[output_format]
    if output == "-":
        write(log, found, sys.stdout)
    else:
        with replacing(Path(output)) as file:
            write(log, found, file)
    return EXIT_OK


def _jsonl(log: Path, found: Sequence[int], file: TextIO) -> None:
    for s in sessions.read_each(log, found):
        file.writelines(json.dumps({"session": s.id, **encode(r)}) + "\n" for r in s.records())


def _csv(log: Path, found: Sequence[int], file: TextIO) -> None:
    """One session as it always was; several with the session's number in front."""
    several = len(found) > 1
    head = (*(["session"] if several else []), "t", "spm", "confidence")
    each = sessions.read_seconds(log, found)
    rows = ((number, *row) if several else row for number, seconds in each for row in seconds)
    write_csv(file, itertools.chain([head], rows))


def _raw_csv(log: Path, found: Sequence[int], file: TextIO) -> None:
    pieces = (Burst(*piece) for piece in samples.pieces(log, str(found[0])))
    recordings.write(file, ((p.t_us, np.column_stack(p.measured)) for p in pieces))


_FORMATS: dict[str, Writer] = {"jsonl": _jsonl, "csv": _csv, "raw-csv": _raw_csv}

ONE_ONLY = ("raw-csv", "fit")
