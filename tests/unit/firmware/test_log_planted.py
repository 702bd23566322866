"""What a member lays into the log itself, by SQLite, is neither run nor read without a bound."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firmware.app import backup
from firmware.errors import EXIT_FAILED, DeviceError
from firmware.log import index, recover, schema
from tests.support.journals import Running
from tests.support.logbook import Walk, write
from tests.support.waiting import eventually

COLUMNS = "id, boot_id, mono_start_us, wall_start, wall_sure, settings, ended, summary"

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM note; END"

PLANTED = {
    "a trigger": TRIGGER,
    "a view": "ALTER TABLE session RENAME TO other;"
    f"CREATE VIEW session AS SELECT {COLUMNS} FROM other",
    "a huge value": "INSERT INTO session (boot_id, mono_start_us, wall_start, settings)"
    f" VALUES ('x', 2, 1e9, hex(zeroblob({schema.LARGEST_VALUE})))",
}
"""Each may as well never end, or take all memory there is."""


def plant(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(statements)


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_it_is_named_and_the_next_session_is_recorded(tmp_path: Path, planted: str) -> None:
    """The log is set aside, as a damaged one is; verify says what is wrong, recovery mends it."""
    path = write(tmp_path, Walk(60))
    plant(path, planted)
    assert recover.problems(path)
    running = Running(path)
    running.session(3)
    assert running.journal.close(30)
    assert set(running.kinds) == {"log_damaged"}
    assert running.starts() == [3]
    plant(path, planted)
    recover.recover(path)
    assert recover.problems(path) == []


def test_what_is_laid_into_a_running_session_is_not_run(running: Running) -> None:
    """A trigger that comes while the coach writes: what is recorded begins anew in a new log."""
    running.journal.begin(Walk(mono_start_us=7).opening())
    eventually(lambda: running.path.exists() and running.starts() == [7])
    plant(running.path, TRIGGER)
    running.session(8)
    assert running.journal.close(30)
    assert set(running.kinds) == {"log_damaged"}
    assert 8 in running.starts()


@pytest.mark.parametrize("planted", ["a view", "a huge value"])
def test_readers_say_it_and_a_backup_keeps_it(
    tmp_path: Path, planted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command runs it; the file goes into a backup as it is, which says so."""
    path = write(tmp_path, Walk(60))
    plant(path, PLANTED[planted])
    with pytest.raises(DeviceError, match="the log is damaged"):
        index.read_rows(path)
    assert backup.backup(tmp_path / "no.toml", tmp_path, str(tmp_path / "b.tgz")) == EXIT_FAILED
    assert "the log is damaged, and so is the backup of it" in capsys.readouterr().err
