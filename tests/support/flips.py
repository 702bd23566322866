"""A log that a bit flipped in, or that was cut: what readers say, and whether the log goes on."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from coach.events import Cue
from firmware.app import cli
from firmware.app.commands.frame import Parser
from firmware.errors import UserError, exit_code
from firmware.log import recover, schema, sessions
from firmware.log.journal import Journal, Trouble
from tests.support.logbook import Walk, write

PAGE = 4096
NEW = 424242
"""`mono_start_us` of the session that is recorded afterwards."""

READERS: tuple[tuple[str, ...], ...] = (
    ("list",),
    ("show", "all"),
    ("export", "all", "--format", "jsonl", "-o", "/dev/null"),
    ("export", "2", "--format", "raw-csv", "-o", "/dev/null"),
    ("export", "2", "--format", "fit", "-o", "/dev/null"),
    ("report", "2", "-o", "/dev/null"),
    ("replay", "1"),
    ("verify",),
)


@dataclass
class Found:
    """What came of one damage; `wrong` is empty when all is well."""

    damage: str
    wrong: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def base(folder: Path) -> Path:
    """Two sessions that ended and one that a power cut left open, all of it in the one file."""
    path = write(
        folder,
        Walk(raw=True, seconds=20, stumbles=()),
        Walk(raw=True, seconds=60, mono_start_us=2, gaps=((30.0, 0.5),), changes=((20.0, 90.0),)),
        Walk(raw=True, seconds=60, mono_start_us=3, reason=None),
    )
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(schema.INSERT_NOTE, (1, "speed", "2.4"))
        db.execute(schema.INSERT_NOTE, (2, "text", "held the rail"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def damages(path: Path, flips: int, cuts: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents: bits flipped on every page in turn, and the file cut at any length."""
    dice = random.Random(seed)
    content = path.read_bytes()
    pages = len(content) // PAGE
    for k in range(flips):
        at = (k % pages) * PAGE + dice.randrange(PAGE)
        flipped = bytearray(content)
        flipped[at] ^= 1 << dice.randrange(8)
        yield f"flip {at}", bytes(flipped)
    for _ in range(cuts):
        length = dice.randrange(len(content))
        yield f"cut {length}", content[:length]


def try_out(folder: Path, damage: str, content: bytes, whole: dict[str, int]) -> Found:
    """Read such a log with every command, then record a session; `whole`: rows by table."""
    found = Found(damage)
    path = folder / schema.FILE_NAME
    for old in folder.iterdir():
        old.unlink()
    path.write_bytes(content)
    for reader in READERS:
        _read(path, reader, found)
    trouble: list[Trouble] = []
    journal = Journal(path)
    journal.start(trouble.append)
    journal.begin(Walk(mono_start_us=NEW).opening())
    journal.record(Cue(1.0, "slow_down", "on"))
    journal.end("stopped")
    if not journal.close(60):
        found.wrong.append("the journal hangs")
    found.told = [t.kind for t in trouble]
    _judge(path, found, whole)
    return found


def rows(path: Path) -> dict[str, int]:
    """How many each table holds."""
    with closing(sqlite3.connect(path)) as db:
        return {
            table: db.execute(f"SELECT count(*) FROM {table} NOT INDEXED").fetchone()[0]
            for table in schema.TABLES
        }


def _read(path: Path, reader: tuple[str, ...], found: Found) -> None:
    name, *rest = reader
    given = ["log", name, "--log", str(path.parent), *rest]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            exit_code(partial(_run, given))
        except SystemExit:
            pass
        except BaseException as e:  # noqa: BLE001 - whatever it is, it would be a traceback
            found.wrong.append(f"{name}: {type(e).__name__}: {e}")


@cache
def _parser() -> Parser:
    return cli.parser()


def _run(given: list[str]) -> int:
    args = _parser().parse_args(given)
    code: int = args.command(args)
    return code


def _judge(path: Path, found: Found, whole: dict[str, int]) -> None:
    try:
        read = [s for s in sessions.read_each(path) if s.mono_start_us == NEW]
        if [s.ended for s in read] != ["stopped"] or read[0].of(Cue) == []:
            found.wrong.append("the next session is not recorded")
    except UserError:
        with closing(sqlite3.connect(path)) as db:
            made = "SELECT ended FROM session WHERE mono_start_us = ?"
            try:
                ends = db.execute(made, (NEW,)).fetchall()
            except sqlite3.Error as e:
                ends = [(str(e),)]
            if ends != [("stopped",)]:
                found.wrong.append("the next session is not recorded")
    if found.told or recover.problems(path):
        return
    now = rows(path)
    lost = {t: n - now[t] for t, n in whole.items() if now[t] < n}
    if lost:
        found.wrong.append(f"lost without a word: {lost}")


def sweep(folder: Path, flips: int, cuts: int, seed: int = 1) -> Iterator[Found]:
    """All of them, one after another."""
    for name in ("base", "tried"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    path = base(folder / "base")
    whole = rows(path)
    for damage, content in damages(path, flips, cuts, seed):
        yield try_out(folder / "tried", damage, content, whole)
