"""`coach log merge`: the logs of many devices as one dataset for a clinic.

Three tables: sessions (a row each, with its figures and notes), seconds and events. Each row names
its device (the folder or file in which the log was collected) and its walker (the note `walker`,
or the profile that was in use). Engines that analyse such tables exist: docs/clinic.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from firmware import files as atomic
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError
from firmware.log import clocks, figures, index, notes, sessions, summary
from firmware.packages import needed
from firmware.records import encode
from firmware.shown import write_csv
from firmware.wording import counted

Columns: TypeAlias = dict[str, Sequence[Any]]
"""Of one session's rows in a table, all equally long, in the order of `_kinds`."""

NAMES = ("sessions", "seconds", "events")

ROWS_A_GROUP = 1 << 18
"""Of a Parquet file: engines read and divide it by groups. Columns of so many rows take some
megabytes, whatever the number of sessions and devices."""


PIECES = 256
"""Sessions of a table that wait by themselves: a row by itself takes kilobytes."""


def run(folder: Path, output: Path, output_format: str) -> int:
    """The command: a log that cannot be read is named, the others are kept."""
    logs = _logs(folder)
    write = _Csv if output_format == "csv" else _Parquet
    code, count, devices, known = EXIT_OK, 0, set[str](), set[tuple[object, ...]]()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"{output}: cannot be written: {e.strerror}") from e
    with ExitStack() as stack:
        tables = {name: write(output, name, stack) for name in NAMES}
        for log in logs:
            device = _device(folder, log)
            try:
                for session in sessions.read_each(log):
                    if _identity(session) in known:
                        continue  # the same log, collected twice
                    known.add(_identity(session))
                    devices.add(device)
                    count += 1
                    for name, columns in _tables(session, device).items():
                        tables[name].write(columns)
            except UserError as e:
                sys.stderr.write(f"coach: {e}\n")
                code = EXIT_BAD_INPUT
    sessions_of = f"{counted(count, 'session')} of {counted(len(devices), 'device')}"
    sys.stdout.write(f"{sessions_of} in {output}\n")
    return code


def _logs(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: expected a folder that holds logs (coach.db), at any depth")
    found = sorted(p for p in folder.rglob("*.db") if p.is_file() and not _is_litter(p))
    if not found:
        raise UserError(f"{folder}: holds no log; expected files that end in .db, at any depth")
    return found


def _is_litter(path: Path) -> bool:
    """What macOS and Windows leave beside files that they copy or show."""
    return path.name.startswith("._") or path.name.lower() == "thumbs.db"


def _device(folder: Path, log: Path) -> str:
    """`anna` of anna/coach.db as of anna.db."""
    inside = log.relative_to(folder)
    named = inside.parent if inside.parent != Path() else inside.with_suffix("")
    return named.as_posix()


def _identity(session: index.Row) -> tuple[object, ...]:
    """A boot's id is random, so boot and start name one session of all there ever were."""
    made_up = session.boot_id in clocks.NOT_ONE_RUN
    return session.boot_id, session.mono_start_us, session.wall_start if made_up else None


def _tables(session: sessions.StoredSession, device: str) -> dict[str, Columns]:
    told = {key: session.number(key) for key in notes.KEYS}
    one = {
        "start": datetime.fromtimestamp(session.wall_start, UTC),
        "start_sure": session.wall_sure,
        "ended": session.ended,
        "limit_spm": float(session.settings["cadence.max_spm"]),
        **asdict(figures.summarise(session)),
        **told,
    }
    t, spm, confidence = zip(*session.seconds, strict=True) if session.seconds else ((), (), ())
    events = [encode(e) for e in session.events]
    said: Columns = {
        "t": [float(e.pop("t")) for e in events],
        "type": [e.pop("type") for e in events],
        "detail": [json.dumps(e) for e in events],
    }

    def headed(columns: Columns) -> Columns:
        rows = len(next(iter(columns.values())))
        head = {"device": device, "walker": session.walker or None, "session": session.id}
        return {**{name: [value] * rows for name, value in head.items()}, **columns}

    return {
        "sessions": headed({name: [value] for name, value in one.items()}),
        "seconds": headed({"t": t, "spm": spm, "confidence": confidence}),
        "events": headed(said),
    }


class _Csv:
    """One table as CSV, whole or not at all."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self._file = stack.enter_context(atomic.replacing(folder / f"{name}.csv"))
        self._begun = False

    def write(self, columns: Columns) -> None:
        """Append; the first rows give the header."""
        rows = [[_cell(value) for value in row] for row in zip(*columns.values(), strict=True)]
        if rows:
            head = [] if self._begun else [columns]
            self._begun = True
            write_csv(self._file, [*head, *rows])


def _cell(value: object) -> object:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value


class _Parquet:
    """One table as Parquet: a tenth of the bytes, and every engine knows the types."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        with needed("Parquet", "pyarrow"):
            import pyarrow
            import pyarrow.parquet as pq
        self._arrow = pyarrow
        kinds = {
            "int": pyarrow.int64(),
            "float": pyarrow.float64(),
            "bool": pyarrow.bool_(),
            "time": pyarrow.timestamp("ms", tz="UTC"),
            "name": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),  # few, again and again
            "str": pyarrow.string(),
        }
        self._schema = pyarrow.schema([(key, kinds[kind]) for key, kind in _kinds()[name].items()])
        self._batches: list[Any] = []
        self._rows = 0
        file = stack.enter_context(atomic.replacing_bytes(folder / f"{name}.parquet"))
        self._writer = stack.enter_context(pq.ParquetWriter(file, self._schema, compression="zstd"))
        stack.callback(self._flush)  # before the writer is closed

    def write(self, columns: Columns) -> None:
        """Append; many sessions make one row group."""
        batch = self._arrow.RecordBatch.from_pydict(columns, schema=self._schema)
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROWS_A_GROUP:
            self._flush(self._rows // ROWS_A_GROUP * ROWS_A_GROUP)
        elif len(self._batches) >= PIECES:
            self._batches = self._gathered().to_batches()

    def _gathered(self) -> Any:  # noqa: ANN401 - pyarrow has no types
        """All rows that wait, in one piece."""
        table = self._arrow.Table.from_batches(self._batches, self._schema)
        return table.unify_dictionaries().combine_chunks()

    def _flush(self, rows: int | None = None) -> None:
        """Write so many rows, all for None; the others wait for more."""
        table = self._gathered()
        whole = table.slice(0, rows)
        if len(whole):
            self._writer.write_table(whole, row_group_size=ROWS_A_GROUP)
        rest = table.slice(len(whole))
        self._batches, self._rows = rest.to_batches(), len(rest)


def _kinds() -> dict[str, dict[str, str]]:
    """The columns of each table with their kind, the same whatever the sessions hold."""
    head = {"device": "name", "walker": "name", "session": "int"}
    dated = {"start": "time", "start_sure": "bool", "ended": "name", "limit_spm": "float"}
    whole = ["walking_s", "longest_within_s", "steps", "stumbles", "falls", "cues", "slow_downs"]
    whole += ["corrected", "gaps"]
    figures = {
        name: "int" if name in whole else "name" if name == "stage" else "float"
        for name in asdict(summary.Summary())
    }
    told = dict.fromkeys(notes.KEYS, "float")
    return {
        "sessions": {**head, **dated, **figures, **told},
        "seconds": {**head, "t": "float", "spm": "float", "confidence": "float"},
        "events": {**head, "t": "float", "type": "name", "detail": "str"},
    }
