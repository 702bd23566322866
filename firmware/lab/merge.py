"""`coach log merge`: the logs of many devices as one dataset for a clinic.

Three tables: sessions (a row each, with its figures and notes), seconds and events. Each row names
its device (the folder or file in which the log was collected) and its walker (the note `walker`,
or the profile that was in use). Engines that analyse such tables exist: docs/clinic.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, get_args, get_type_hints

from firmware.errors import EXIT_BAD_INPUT, EXIT_OK, UserError
from firmware.log import clocks, figures, index, notes, schema, sessions, summary
from firmware.output import replacing, replacing_bytes
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
    """The command: a log or a session that cannot be read is named, the others are kept."""
    logs = _logs(folder)
    write = _Csv if output_format == "csv" else _Parquet
    troubles: list[str] = []
    count, devices = 0, set[str]()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"{output}: cannot be written: {e.strerror}") from e
    with ExitStack() as stack:
        tables = {name: write(output, name, stack) for name in NAMES}
        for log, session in _each(logs, troubles):
            device = _device(folder, log)
            devices.add(device)
            count += 1
            for name, columns in _tables(session, device).items():
                tables[name].write(columns)
    sys.stderr.writelines(f"coach: {trouble}\n" for trouble in dict.fromkeys(troubles))
    sessions_of = f"{counted(count, 'session')} of {counted(len(devices), 'device')}"
    sys.stdout.write(f"{sessions_of} in {output}\n")
    return EXIT_BAD_INPUT if troubles else EXIT_OK


class _Copy(NamedTuple):
    """Where a session stands, and how much of it is there: ended, with its seconds, with a sure
    date, with so many notes, in a log that goes on for so long after it."""

    worth: tuple[bool, bool, bool, int, int]
    log: Path
    number: int


def _each(
    logs: Sequence[Path], troubles: list[str]
) -> Iterator[tuple[Path, sessions.StoredSession]]:
    """Every session once, log by log, of the copy that has most of it, with what others have
    beside it; of the next best one where that is damaged. What cannot be read is added to the
    troubles."""
    left = _copies(logs, troubles)
    while left:
        for log in logs:
            mine = {copies[0].number: who for who, copies in left.items() if copies[0].log == log}
            if not mine:
                continue
            damaged: list[str] = []
            try:
                for session in sessions.read_each(log, sorted(mine), damaged):
                    _, *others = left.pop(mine.pop(session.id))
                    for copy in others:
                        session = _with_part(session, copy, troubles)  # noqa: PLW2901 - the whole
                    yield log, session
            except UserError as e:
                troubles.append(str(e))
            troubles += [f"{log}: {sentence}" for sentence in damaged]
        left = {who: copies[1:] for who, copies in left.items() if copies[1:]}


def _with_part(
    session: sessions.StoredSession, copy: _Copy, troubles: list[str]
) -> sessions.StoredSession:
    """With what another copy has of other seconds: where a log is damaged, or taken away, while it
    is written, the session goes on in the next one."""
    own = session.seconds
    if not own:
        return session  # pruned: its figures are those of all of it, and a part of it has others
    same = len(own), own[0][0], own[-1][0]
    told = "SELECT count(*), min(t), max(t) FROM second WHERE session = ?"
    try:
        with index.reading(copy.log) as db:
            found = tuple(db.execute(told, (copy.number,)).fetchone())
            if not found[0] or found == same:
                return session
            part = sessions.read(db, copy.number)
    except UserError as e:
        troubles.append(f"{copy.log}: {str(e).removeprefix(f'{copy.log}: ')}")
        return session
    there = {t for t, *_ in own}
    said = {json.dumps(encode(e)) for e in session.events}
    seconds = [*own, *(second for second in part.seconds if second[0] not in there)]
    events = [*session.events, *(e for e in part.events if json.dumps(encode(e)) not in said)]
    return replace(
        session,
        seconds=sorted(seconds, key=lambda second: second[0]),
        events=sorted(events, key=lambda e: e.t),
    )


def _copies(logs: Sequence[Path], troubles: list[str]) -> dict[tuple[object, ...], list[_Copy]]:
    """The copies of each session, by what names it, the best first."""
    found: dict[tuple[object, ...], list[_Copy]] = {}
    told = (
        "SELECT id, boot_id, mono_start_us, wall_start, wall_sure, ended,"
        " EXISTS (SELECT 1 FROM second WHERE session = session.id),"
        " (SELECT count(*) FROM note WHERE session = session.id),"
        " (SELECT max(id) FROM session) FROM session ORDER BY id"
    )
    for log in logs:
        try:
            with index.reading(log) as db:
                for number, boot, mono_us, wall, sure, ended, *more in db.execute(told):
                    made_up = boot in clocks.NOT_ONE_RUN
                    # A boot's id is random, so boot and start name one of all there ever were.
                    who = boot, mono_us, wall if made_up else None
                    has_ended = ended not in (None, schema.CUT_SHORT)
                    whole, noted, last = more
                    worth = has_ended, bool(whole), bool(sure), noted, last
                    copy = _Copy(worth, log, number)
                    found.setdefault(who, []).append(copy)
        except UserError as e:
            troubles.append(str(e))
    for copies in found.values():
        copies.sort(key=lambda copy: copy.worth, reverse=True)
    return found


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
        self._file = stack.enter_context(replacing(folder / f"{name}.csv"))
        write_csv(self._file, [_kinds()[name]])

    def write(self, columns: Columns) -> None:
        """Append."""
        rows = zip(*columns.values(), strict=True)
        write_csv(self._file, ([_cell(value) for value in row] for row in rows))


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
        file = stack.enter_context(replacing_bytes(folder / f"{name}.parquet"))
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


def _kind(hint: Any) -> str:  # noqa: ANN401 - a type, or one of several
    """Of a figure, by what it may be beside None."""
    of = {int: "int", float: "float", str: "name"}
    return next(of[kind] for kind in get_args(hint) or (hint,) if kind in of)


def _kinds() -> dict[str, dict[str, str]]:
    """The columns of each table with their kind, the same whatever the sessions hold."""
    head = {"device": "name", "walker": "name", "session": "int"}
    dated = {"start": "time", "start_sure": "bool", "ended": "name", "limit_spm": "float"}
    figures = {name: _kind(hint) for name, hint in get_type_hints(summary.Summary).items()}
    told = dict.fromkeys(notes.KEYS, "float")
    return {
        "sessions": {**head, **dated, **figures, **told},
        "seconds": {**head, "t": "float", "spm": "float", "confidence": "float"},
        "events": {**head, "t": "float", "type": "name", "detail": "str"},
    }
