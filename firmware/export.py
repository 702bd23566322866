"""`coach log export`: one session as a file that other programs read."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np

from firmware import atomic, recording, sessions
from firmware.errors import EXIT_OK
from hardware.readings import Burst

Writer = Callable[[Path, str, TextIO], None]


def run(log: Path, wanted: str, output_format: str, output: str) -> int:
    """The command: to a file, whole or not at all, or to standard output."""
    write = _FORMATS[output_format]
    if output == "-":
        write(log, wanted, sys.stdout)
    else:
        with atomic.replacing(Path(output)) as file:
            write(log, wanted, file)
    return EXIT_OK


def _jsonl(log: Path, wanted: str, file: TextIO) -> None:
    session = sessions.read_one(log, wanted)
    file.writelines(json.dumps({"session": session.id, **r}) + "\n" for r in session.records())


def _csv(log: Path, wanted: str, file: TextIO) -> None:
    session = sessions.read_one(log, wanted)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["t", "spm", "confidence"])
    writer.writerows(session.seconds)


def _raw_csv(log: Path, wanted: str, file: TextIO) -> None:
    t_us, raw = sessions.read_raw(log, wanted)
    samples = Burst(t_us, raw)
    recording.write(file, t_us, np.column_stack([samples.acc, samples.gyro]))


_FORMATS: dict[str, Writer] = {"jsonl": _jsonl, "csv": _csv, "raw-csv": _raw_csv}
FORMATS = tuple(_FORMATS)
