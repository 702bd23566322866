"""`coach log merge`: the logs of many devices as one dataset for a clinic.

Three tables: sessions (a row each, with its figures and notes), seconds and events. Each row names
its device (the folder or file in which the log was collected) and its walker (the note `walker`,
or the profile that was in use). Engines that analyse such tables exist: docs/clinic.md.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware import files as atomic
from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError
from firmware.log import clocks, figures, index, notes, sessions, summary
from firmware.packages import missing
from firmware.records import Record, encode
from firmware.shown import write_csv

Rows = dict[str, list[dict[str, Any]]]

NAMES = ("sessions", "seconds", "events")


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
            try:
                stored = sessions.read_all(log)
            except UserError as e:
                sys.stderr.write(f"coach: {e}\n")
                code = EXIT_BAD_INPUT
                continue
            device = _device(folder, log)
            for session in stored:
                if _identity(session) in known:
                    continue  # the same log, collected twice
                known.add(_identity(session))
                devices.add(device)
                count += 1
                for name, rows in _rows(session, device).items():
                    tables[name].write(rows)
    sys.stdout.write(f"{count} sessions of {len(devices)} devices in {output}\n")
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


def _rows(session: sessions.StoredSession, device: str) -> Rows:
    head = {"device": device, "walker": session.walker or None, "session": session.id}
    start = datetime.fromtimestamp(session.wall_start, UTC).isoformat(timespec="milliseconds")
    told = {key: _number(session.note(key)) for key in notes.KEYS}
    limit = float(session.settings["cadence.max_spm"])
    measured = asdict(figures.summarise(session))
    dated = {"start": start, "start_sure": session.wall_sure, "ended": session.ended}
    return {
        "sessions": [{**head, **dated, "limit_spm": limit, **measured, **told}],
        "seconds": [
            {**head, "t": t, "spm": spm, "confidence": sure} for t, spm, sure in session.seconds
        ],
        "events": [{**head, **_event(e)} for e in session.events],
    }


def _event(event: Record) -> dict[str, Any]:
    rest = encode(event)
    return {"t": float(rest.pop("t")), "type": rest.pop("type"), "detail": json.dumps(rest)}


def _number(value: str | None) -> float | None:
    return None if value is None else float(value)


class _Csv:
    """One table as CSV, whole or not at all."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self._file = stack.enter_context(atomic.replacing(folder / f"{name}.csv"))
        self._begun = False

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append; the first rows give the header."""
        if rows:
            head = [] if self._begun else [rows[0]]
            self._begun = True
            write_csv(self._file, [*head, *(row.values() for row in rows)])


class _Parquet:
    """One table as Parquet: a tenth of the bytes, and every engine knows the types."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        try:
            import pyarrow
            import pyarrow.parquet as pq
        except ImportError as e:
            raise missing("Parquet", "pyarrow") from e
        self._arrow = pyarrow
        schema = pyarrow.schema([(k, self._kind(v)) for k, v in _kinds()[name].items()])
        file = stack.enter_context(atomic.replacing_bytes(folder / f"{name}.parquet"))
        self._schema = schema
        self._writer = stack.enter_context(pq.ParquetWriter(file, schema, compression="zstd"))

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Append one row group."""
        if rows:
            table = self._arrow.Table.from_pylist(rows, schema=self._schema)
            self._writer.write_table(table)

    def _kind(self, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types of its own
        return {"int": self._arrow.int64(), "float": self._arrow.float64()}.get(
            name, self._arrow.bool_() if name == "bool" else self._arrow.string()
        )


def _kinds() -> dict[str, dict[str, str]]:
    """The columns of each table with their kind, the same whatever the sessions hold."""
    head = {"device": "str", "walker": "str", "session": "int"}
    dated = {"start": "str", "start_sure": "bool", "ended": "str", "limit_spm": "float"}
    whole = ["walking_s", "longest_within_s", "steps", "stumbles", "falls", "cues", "slow_downs"]
    whole += ["corrected", "gaps"]
    figures = {
        name: "int" if name in whole else "str" if name == "stage" else "float"
        for name in asdict(summary.Summary())
    }
    told = dict.fromkeys(notes.KEYS, "float")
    return {
        "sessions": {**head, **dated, **figures, **told},
        "seconds": {**head, "t": "float", "spm": "float", "confidence": "float"},
        "events": {**head, "t": "float", "type": "str", "detail": "str"},
    }
