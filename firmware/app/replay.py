"""`coach replay`: the engine of the device on recordings, as fast as it can."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TextIO

from coach.engine import Engine
from coach.frozen import frozen
from firmware import recordings
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError, killed_is_told
from firmware.recordings import Reading
from firmware.records import Record, encode
from firmware.sentences import as_line
from firmware.settings.catalogue import Settings
from firmware.terminal import Progress

_SESSION = re.compile("last|[0-9]+")
"""What names a session of the log, and hardly a recording."""


@frozen
class Replayed:
    """One recording's events, or the sentence that says why there are none."""

    path: str
    records: list[Record]
    error: str | None = None
    remark: str = ""


def replay_file(path: str, settings: Settings, how: Reading) -> Replayed:
    """Run a fresh engine over one recording."""
    engine, events = Engine(settings), []
    try:
        recording = recordings.read(Path(path), how)
        for block in recording.blocks():
            events += engine.feed(block)
    except UserError as e:
        of_log = _SESSION.fullmatch(path) and not Path(path).exists()
        return Replayed(
            path, [], f"{e}; of a session: coach log replay {path}" if of_log else str(e)
        )
    return Replayed(path, events, remark=recording.remark)


def replay_files(
    paths: Sequence[str], settings: Settings, how: Reading, jobs: int
) -> Iterator[Replayed]:
    """Every recording in the order given, spread over `jobs` processes."""
    jobs = min(jobs, len(paths))
    if jobs <= 1:
        for path in paths:
            yield replay_file(path, settings, how)
        return
    with killed_is_told(), ProcessPoolExecutor(jobs) as pool:
        many = len(paths)
        yield from pool.map(replay_file, paths, [settings] * many, [how] * many, chunksize=4)


def run(
    paths: Sequence[str],
    settings: Settings,
    output: str,
    jobs: int | None,
    out: TextIO,
    how: Reading | None = None,
) -> int:
    """The command: writes events to `out`, progress and errors to standard error."""
    code = EXIT_OK
    many = len(paths) > 1
    with Progress("replay", len(paths)) as progress:
        cores = jobs or os.cpu_count() or 1
        for done in replay_files(paths, settings, how or Reading(), cores):
            progress.advance()
            if done.remark:
                progress.say(f"coach: {done.path}: {done.remark}")
            if done.error is not None:
                code = EXIT_BAD_INPUT
                progress.say(f"coach: {done.error}")
            elif output == "jsonl":
                lines = (json.dumps({"recording": done.path, **encode(r)}) for r in done.records)
                out.writelines(text + "\n" for text in lines)
            else:
                if many:
                    out.write(f"{done.path}\n")
                out.writelines(as_line(record) + "\n" for record in done.records)
    out.flush()
    return code
