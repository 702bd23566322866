"""`coach log export`: sessions as a file that other programs read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np

from firmware import files as atomic
from firmware import recordings
from firmware.errors import EXIT_OK, UserError
from firmware.log import sessions
from firmware.records import encode
from firmware.shown import write_csv
from hardware.mpu6050 import Burst

Writer = Callable[[Path, list[sessions.StoredSession], TextIO], None]


def run(log: Path, wanted: list[str], since: str | None, output_format: str, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output."""
    found = sessions.read_some(log, wanted, since)
    if output_format in ONE_ONLY and len(found) > 1:
        raise UserError(f"--format {output_format} holds one session, {len(found)} were asked for")
    if output_format == "fit":
        from firmware.app.review import fit

        return fit.run(found[0], output)
    write = _FORMATS[output_format]
    if output == "-":
        write(log, found, sys.stdout)
    else:
        with atomic.replacing(Path(output)) as file:
            write(log, found, file)
    return EXIT_OK


def _jsonl(_log: Path, found: list[sessions.StoredSession], file: TextIO) -> None:
    for s in found:
        file.writelines(json.dumps({"session": s.id, **encode(r)}) + "\n" for r in s.records())


def _csv(_log: Path, found: list[sessions.StoredSession], file: TextIO) -> None:
    """One session as it always was; several with the session's number in front."""
    several = len(found) > 1
    head = (*(["session"] if several else []), "t", "spm", "confidence")
    rows = ((s.id, *row) if several else row for s in found for row in s.seconds)
    write_csv(file, [head, *rows])


def _raw_csv(log: Path, found: list[sessions.StoredSession], file: TextIO) -> None:
    t_us, raw = sessions.read_raw(log, str(found[0].id))
    samples = Burst(t_us, raw)
    recordings.write(file, t_us, np.column_stack(samples.measured))


_FORMATS: dict[str, Writer] = {"jsonl": _jsonl, "csv": _csv, "raw-csv": _raw_csv}

ONE_ONLY = ("raw-csv", "fit")
