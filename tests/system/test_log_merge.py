"""Many devices' logs as one dataset."""

from __future__ import annotations

import csv
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware.app import keeping
from firmware.lab import merge
from firmware.log import schema
from tests.support.logbook import Walk, multiply, write
from tests.support.terminal import piped

DOCS = Path(__file__).parents[2] / "docs" / "clinic.md"

DEVICES, SESSIONS, SECONDS = 20, 2_000, 140
"""Of the dataset: a cadence in each second but the first five, in all more than one group holds."""


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """Logs of two devices, one of them collected twice, and a file that is no log."""
    folder = tmp_path / "collected"
    for name, boot, count in (("anna", "a", 2), ("ben", "b", 1)):
        place = folder / name
        place.mkdir(parents=True)
        write(place, *(Walk(boot=boot, mono_start_us=k) for k in range(count)))
    shutil.copy(folder / "anna" / "coach.db", folder / "anna-again.db")
    (folder / "broken.db").write_bytes(b"nothing" * 2000)
    return folder


def test_one_table_of_all_devices(collected: Path, tmp_path: Path) -> None:
    """Each session once, with its device; the log that cannot be read is named, exit code 2."""
    done = piped("log", "merge", collected, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "broken.db: the log is damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    with (tmp_path / "out" / "sessions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sorted((r["device"], r["session"]) for r in rows) == [
        ("anna", "1"),
        ("anna", "2"),
        ("ben", "1"),
    ]
    assert {r["stumbles"] for r in rows} == {"1"}
    assert done.stdout == f"3 sessions of 2 devices in {tmp_path / 'out'}\n"
    one = piped("log", "merge", collected / "ben", "-o", tmp_path / "one").stdout
    assert one.startswith("1 session of 1 device in ")


def test_litter_of_other_systems_is_no_log(collected: Path, tmp_path: Path) -> None:
    """What macOS and Windows leave beside files is passed over without a word."""
    (collected / "broken.db").unlink()
    (collected / "anna" / "._coach.db").write_bytes(b"\0\5\x16\7")
    (collected / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 100)
    done = piped("log", "merge", collected, "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")


def rows_of(folder: Path, table: str = "sessions") -> list[dict[str, str]]:
    """Of a table, that of sessions unless another is named."""
    with (folder / f"{table}.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_damaged_session_costs_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named with its log; those behind it are kept, and its own sound copy is taken."""
    path = write(tmp_path, *(Walk(mono_start_us=k) for k in range(3)))
    for name in ("first", "second"):
        (tmp_path / "logs" / name).mkdir(parents=True)
        shutil.copy(path, tmp_path / "logs" / name)
    one = tmp_path / "logs" / "first" / "coach.db"
    with closing(sqlite3.connect(one)) as db, db:
        db.execute("UPDATE event SET detail = '[' WHERE session = 2")
    assert merge.run(tmp_path / "logs" / "first", tmp_path / "one", "csv") == 2
    assert [row["session"] for row in rows_of(tmp_path / "one")] == ["1", "3"]
    said = capsys.readouterr()
    assert said.err.startswith(f"coach: {one}: session 2 is damaged")
    assert said.out.startswith("2 sessions of 1 device in ")
    assert merge.run(tmp_path / "logs", tmp_path / "both", "csv") == 2
    devices = {row["session"]: row["device"] for row in rows_of(tmp_path / "both")}
    assert devices == {"1": "first", "2": "second", "3": "first"}


def test_of_two_copies_the_one_that_has_more_is_taken(tmp_path: Path) -> None:
    """One that was collected while the session ran, or before the pain was noted, has less."""
    early, late = (tmp_path / "logs" / day for day in ("2026-11-01", "2026-11-08"))
    for folder in (early, late):
        folder.mkdir(parents=True)
    whole = Walk(mono_start_us=1), Walk(mono_start_us=2, seconds=700)
    write(early, whole[0], Walk(mono_start_us=2, seconds=40, reason=None))
    keeping.add(write(late, *whole), "1", [("pain_after", "3")])
    assert merge.run(tmp_path / "logs", tmp_path / "out", "csv") == 0
    told = [
        (row["walking_s"], row["ended"], row["pain_after"]) for row in rows_of(tmp_path / "out")
    ]
    assert told == [("115", "no steps for a while", "3.0"), ("695", "no steps for a while", "")]


@dataclass
class Part(Walk):
    """What one log has of a walk: between some of its seconds."""

    parts: tuple[tuple[float, float], ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """Those that fell into it."""
        return [r for r in super().records() if any(a <= r["t"] < b for a, b in self.parts)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (((0, 200),), ((200, 400),)),  # its log was damaged meanwhile, or moved away
        (((0, 100), (300, 400)), ((100, 300),)),  # and came back
        (((0, 250),), ((0, 400),)),  # collected while it ran, and again
    ],
)
def test_of_a_session_whose_log_was_changed_on_the_way_both_parts_are_merged(
    tmp_path: Path, first: Any, second: Any
) -> None:
    """It goes on in the next log, and neither has the whole of it."""
    walk = Walk(400, stumbles=(50.0, 150.0, 350.0))
    for name, parts, reason in (
        ("whole", ((0, 400),), "no steps for a while"),
        ("parts/a", first, None),
        ("parts/b", second, "no steps for a while"),
    ):
        (tmp_path / name).mkdir(parents=True)
        write(tmp_path / name, Part(400, stumbles=walk.stumbles, reason=reason, parts=parts))
    made = {}
    for name in ("whole", "parts"):
        assert merge.run(tmp_path / name, tmp_path / f"{name}-out", "csv") == 0
        made[name] = [
            [{**row, "device": ""} for row in rows_of(tmp_path / f"{name}-out", table)]
            for table in merge.NAMES
        ]
    assert made["parts"] == made["whole"]
    assert [len(rows) > 300 for rows in made["whole"]] == [False, True, True]


def test_the_figures_of_a_pruned_session_are_not_those_of_a_part_of_it(tmp_path: Path) -> None:
    """It had been collected while it ran, and again when its seconds were forgotten."""
    for name, parts, reason in (("a", ((0, 60),), None), ("b", ((0, 400),), "stopped")):
        (tmp_path / "logs" / name).mkdir(parents=True)
        path = write(tmp_path / "logs" / name, Part(400, parts=parts, reason=reason))
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript("DELETE FROM second; DELETE FROM event")
    assert merge.run(tmp_path / "logs", tmp_path / "out", "csv") == 0
    [row] = rows_of(tmp_path / "out")
    assert (row["device"], row["walking_s"], row["ended"]) == ("b", "395", "stopped")


def test_a_part_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other part is merged, and nobody takes it for all that there was."""
    for name, parts, reason in (("a", ((0, 60),), None), ("b", ((60, 120),), "stopped")):
        (tmp_path / "logs" / name).mkdir(parents=True)
        path = write(tmp_path / "logs" / name, Part(parts=parts, reason=reason))
        if name == "a":
            with closing(sqlite3.connect(path)) as db, db:
                db.execute("UPDATE second SET confidence = 7")
    assert merge.run(tmp_path / "logs", tmp_path / "out", "csv") == 2
    assert f"coach: {tmp_path / 'logs' / 'a' / 'coach.db'}: session 1 is damaged" in (
        capsys.readouterr().err
    )
    [row] = rows_of(tmp_path / "out")
    assert row["walking_s"] == "60"


def test_of_two_copies_the_one_whose_date_is_sure_is_taken(tmp_path: Path) -> None:
    """One was collected before a network, or a person, had said which day it was."""
    early, late = (tmp_path / "logs" / day for day in ("2026-11-01", "2026-11-08"))
    for folder, start, sure in ((early, 90_000.0, False), (late, 1_790_000_000.0, True)):
        folder.mkdir(parents=True)
        write(folder, Walk(wall_start=start, sure=sure))
    assert merge.run(tmp_path / "logs", tmp_path / "out", "csv") == 0
    [row] = rows_of(tmp_path / "out")
    assert (row["start"][:4], row["start_sure"]) == ("2026", "True")


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    """What reads it finds their names."""
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs")
    assert merge.run(tmp_path / "logs", tmp_path / "out", "csv") == 0
    heads = [(tmp_path / "out" / f"{name}.csv").read_text() for name in merge.NAMES]
    assert [head.startswith("device,walker,session,") for head in heads] == [True] * 3


def test_a_log_without_its_wal_is_named(tmp_path: Path) -> None:
    """Copied while the coach wrote: what is missing, and the command that copies whole."""
    folder = tmp_path / "copied"
    folder.mkdir()
    with closing(schema.open_for_writing(tmp_path / "coach.db")):  # all of it is in the -wal yet
        shutil.copy(tmp_path / "coach.db", folder / "coach.db")
    done = piped("log", "merge", folder, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "lacks coach.db-wal, which belongs to it" in done.stderr
    assert "copy it whole with: coach backup" in done.stderr


def test_parquet_answers_questions(collected: Path, tmp_path: Path) -> None:
    """The same as Parquet, with types, read by an existing engine."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (clinic)")
    (collected / "broken.db").unlink()
    assert (
        piped("log", "merge", collected, "-o", tmp_path / "out", "--format", "parquet").returncode
        == 0
    )
    kinds = parquet.read_schema(tmp_path / "out" / "sessions.parquet")
    counts = ("steps", "stumbles", "falls", "tired", "cues", "slow_downs", "corrected", "gaps")
    assert {str(kinds.field(name).type) for name in counts} == {"int64"}
    table = parquet.read_table(tmp_path / "out" / "seconds.parquet").to_pydict()
    assert set(table["device"]) == {"anna", "ben"}
    assert len(table["spm"]) == 3 * 115
    assert all(70 < spm < 110 for spm in table["spm"])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two thousand sessions of twenty devices, merged as docs/clinic.md says."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (clinic)")
    folder = tmp_path_factory.mktemp("clinic")
    first = write(folder, Walk(SECONDS, stumbles=(20.0,), swing=20.0))
    multiply(first, SESSIONS // DEVICES)
    for k in range(DEVICES):
        place = folder / "collected" / f"device-{k}"
        place.mkdir(parents=True)
        shutil.copy(first, place)
        with closing(sqlite3.connect(place / "coach.db")) as db, db:
            db.execute("UPDATE session SET boot_id = ?", (f"boot-{k}",))
    done = piped(
        "log", "merge", folder / "collected", "-o", folder / "dataset", "--format", "parquet"
    )
    assert done.returncode == 0, done.stderr
    return folder


def documented(language: str) -> list[str]:
    """The lines of docs/clinic.md in this language, a block each."""
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_a_table_is_of_large_row_groups_and_real_types(dataset: Path) -> None:
    """Whatever the number of sessions: engines read a file by its groups."""
    from pyarrow import parquet

    sessions = parquet.ParquetFile(dataset / "dataset" / "sessions.parquet")
    assert (sessions.num_row_groups, sessions.metadata.num_rows) == (1, SESSIONS)
    assert str(sessions.schema_arrow.field("start").type) == "timestamp[ms, tz=UTC]"
    assert str(sessions.schema_arrow.field("device").type).startswith("dictionary")
    seconds = parquet.ParquetFile(dataset / "dataset" / "seconds.parquet")
    assert seconds.metadata.num_rows == SESSIONS * (SECONDS - 5) > merge.ROWS_A_GROUP
    assert seconds.num_row_groups == 2


@pytest.mark.slow
def test_the_documented_questions_are_answered_by_duckdb(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each statement of the page, as it stands."""
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(dataset)
    [block] = documented("sql")
    asked = [part for part in block.split(";") if "SELECT" in part]
    assert len(asked) == 4
    answers = [duckdb.sql(question).fetchall() for question in asked]
    assert answers[1] == [(0.0, SESSIONS)]  # a stumble in the first minute of each session
    assert len(answers[3]) >= SESSIONS


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask's own on pandas
@pytest.mark.parametrize("engine", ["polars", "dask.dataframe"])
def test_the_documented_lines_of_python_run(
    dataset: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """Polars on one machine, Dask on many: the mean cadence of each device."""
    pytest.importorskip(engine)
    if engine == "dask.dataframe":
        pytest.importorskip("pandas")
    monkeypatch.chdir(dataset)
    [lines] = [block for block in documented("python") if engine in block]
    names: dict[str, Any] = {}
    exec(lines, names)  # the page's own
    assert len(names["cadence"]) == DEVICES


def test_a_folder_without_logs_gets_a_sentence(tmp_path: Path) -> None:
    """An empty folder and one that is not there: exit code 2 and what was expected."""
    for folder in (tmp_path, tmp_path / "none"):
        done = piped("log", "merge", folder, "-o", tmp_path / "out")
        assert done.returncode == 2
        assert "expected" in done.stderr
