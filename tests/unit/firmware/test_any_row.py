"""Any row in the log: every reader shows it, or says in one sentence what is damaged."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.app.programme import progress, read
from firmware.app.review import compare, fit, listing, report, rerun, result, sentences
from firmware.errors import UserError
from firmware.log import figures, index, recover, schema, sessions
from firmware.log.summary import Summary
from firmware.records import encode
from firmware.settings.catalogue import KEYS, Settings
from tests.support.fuzzing import as_many
from tests.support.logbook import Walk, read_raw, write

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
NUMBERS = st.sampled_from([0, 1, -1, 1e308, -1e308, 2**62, 0.5, 1e9]) | st.floats() | st.integers()
ANY: st.SearchStrategy[Any] = NUMBERS.filter(lambda n: not isinstance(n, int) or abs(n) < 2**63)
ANY = ANY | st.text(max_size=12).filter(lambda s: s.isprintable()) | st.binary(max_size=20)

NO_ROWS: dict[str, list[Any]] = {"event": [], "second": [], "note": [], "raw": []}

SUMMARY = sorted(Summary.__dataclass_fields__)
TYPES = ["session", "stage", "cue", "limit", "stumble", "outcome", "reaction", "settings", "gap"]
TYPES += ["milestone", "fatigue", "fault", "mark", "step", "steadiness", "handling", "metronome"]
FIELDS = ["state", "cue", "max_spm", "reason", "onset", "severity", "kind", "seconds", "changes"]
FIELDS += ["start", "missing_s", "name", "walked_s", "message", "text", "at", "side", "stage"]
FIELDS += ["advice", "following", "step_time_cv", "regularity", "symmetry", "spm"]
LIKELY = st.sampled_from(
    ["started", "ended", "on", "off", "slow_down", "stumble", "begins", "fall"]
)
LIKELY = LIKELY | st.sampled_from(["stage", "settled", "recovered", "target", "rails", "left"])

PLAIN = st.booleans() | NUMBERS | LIKELY | st.text(max_size=6)
"""As an older or a newer coach may have written it."""

settings_text = st.dictionaries(st.sampled_from(sorted(KEYS)), PLAIN | JSON, max_size=3).map(
    lambda changed: json.dumps({**Settings().as_dict(), **changed})
)
summary_text = st.dictionaries(
    st.sampled_from(SUMMARY), NUMBERS | st.none() | JSON, max_size=4
).map(json.dumps)
detail_text = st.dictionaries(st.sampled_from(FIELDS), PLAIN | JSON, max_size=6).map(json.dumps)

columns = st.dictionaries(
    st.sampled_from(["boot_id", "mono_start_us", "wall_start", "wall_sure", "ended"]),
    ANY,
    max_size=1,
)
documents = st.fixed_dictionaries(
    {}, optional={"settings": settings_text, "summary": summary_text | st.none() | ANY}
)
Row = tuple[Any, ...]
events = st.lists(
    st.tuples(st.floats(0, 120), st.sampled_from(TYPES), detail_text) | st.tuples(ANY, ANY, ANY),
    max_size=4,
)
seconds = st.lists(
    st.tuples(st.integers(0, 130) | ANY, st.floats(0, 300) | st.none() | ANY, NUMBERS), max_size=3
)
notes = st.lists(
    st.tuples(st.sampled_from(["walker", "text", *schema.NOTE_KEYS]) | ANY, ANY), max_size=2
)
raws = st.lists(st.tuples(ANY, ANY, ANY), max_size=1)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a sound session, and one that is made to hold anything."""
    path = write(
        tmp_path_factory.mktemp("any"), Walk(30, raw=True), Walk(30, mono_start_us=2, raw=True)
    )
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
    return path


def put(path: Path, rows: dict[str, list[Row]], values: dict[str, Any]) -> bool:
    """Session 2 with these rows beside its own; False where SQLite itself takes none of them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("BEGIN")
        try:
            for name, value in values.items():
                db.execute(f"UPDATE session SET {name} = ? WHERE id = 2", (value,))
            for table, several in rows.items():
                names = {
                    "event": "session, t, type, detail",
                    "second": "session, t, spm, confidence",
                }
                names |= {"note": "session, key, value", "raw": "session, t_us, n, packed"}
                for row in several:
                    marks = ", ".join("?" * len(row))
                    db.execute(
                        f"INSERT OR REPLACE INTO {table} ({names[table]}) VALUES (2, {marks})", row
                    )
        except (sqlite3.IntegrityError, OverflowError):
            db.execute("ROLLBACK")
            return False
        db.execute("COMMIT")
    return True


def listed(path: Path) -> None:
    """What reads the rows of all sessions."""
    rows = index.read_rows(path)
    listing.show_list(path, ["all"], None, "text")
    for row in rows:
        listing.as_dict(row)
        result.earlier(rows, row)
    progress.drawn(read.read(path, Settings()), rows, ())


def shown(path: Path) -> None:
    """What reads one session with all that it holds."""
    session = sessions.read_one(path, "2")
    report.page(session, [])
    sentences.told(session)
    figures.summarise(replace(session, summary=None))
    json.dumps([encode(record) for record in session.records()])
    fit.messages(session)
    rerun.then_in_force(session)


def rarely(path: Path) -> None:
    """What takes longer."""
    recover.problems(path)
    compare.run(path, ["1", "2"], None)


def replayed(path: Path) -> None:
    """What reads its samples."""
    read_raw(path, "2")


@pytest.mark.slow
@pytest.mark.fuzz
@as_many
@example({}, {"summary": '{"cadence_max": 0, "stumbles": null}'}, NO_ROWS, 0)
@example({}, {"summary": '{"cadence_max": 0, "length_s": null}'}, NO_ROWS, 0)
@given(
    columns,
    documents,
    st.fixed_dictionaries({"event": events, "second": seconds, "note": notes, "raw": raws}),
    st.integers(0, 9),
)
def test_any_row_is_shown_or_told(
    log: Path,
    values: dict[str, Any],
    documents: dict[str, Any],
    rows: dict[str, list[Row]],
    often: int,
) -> None:
    """Readers end in what they show or in a sentence, and the other session is whole."""
    whole = log.read_bytes()
    try:
        if put(log, rows, {**values, **documents}):
            for reader in (listed, shown, replayed, *([rarely] if often == 0 else [])):
                try:
                    reader(log)
                except UserError as e:
                    assert "\n" not in str(e)
            assert len(sessions.read_one(log, "1").seconds) == 25
    finally:
        log.write_bytes(whole)
