"""What becomes of the log when its file is damaged, held, moved or no file at all: it goes on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coach.events import Cue, Step
from firmware.errors import DeviceError
from firmware.log import aside, index, journal, notes, recover, retention, schema, sessions, writer
from firmware.log.lock import LogLock
from firmware.records import Mark
from tests.support.journals import Running, disk
from tests.support.logbook import Walk, write
from tests.support.waiting import eventually


def open_session(folder: Path) -> Path:
    """A log with a session that a power cut left open, and one before it."""
    return write(folder, Walk(), Walk(mono_start_us=2, reason=None))


DAMAGE = {
    "settings are no JSON": "UPDATE session SET settings = '{' WHERE ended IS NULL",
    "no limit": "UPDATE session SET settings = '{}' WHERE ended IS NULL",
    "the limit is a text": "UPDATE session SET settings = replace(settings, '100.0', '\"x\"')",
    "an event is no JSON": "UPDATE event SET detail = '[' WHERE session = 2",
    "an event is a list": "UPDATE event SET detail = '[]' WHERE session = 2",
    "a cadence is a text": "UPDATE second SET spm = 'x' WHERE session = 2",
    "a second is a year off": "UPDATE second SET t = 1e300 WHERE session = 2 AND t = 10",
    "a text is no UTF-8": "UPDATE event SET type = CAST(x'ff41' AS TEXT) WHERE session = 2",
    "the start is a text": "UPDATE session SET wall_start = 'x'",
    "a confidence is a blob": "UPDATE second SET confidence = x'00' WHERE session = 2",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_open_session_is_set_aside_and_the_log_goes_on(
    tmp_path: Path, damage: str
) -> None:
    """It is said, the next session is recorded, verify names it, and recovery saves the rest."""
    path = open_session(tmp_path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    running = Running(path)
    running.session(3)
    assert running.journal.close(30)
    assert running.kinds
    assert set(running.kinds) == {"log_damaged"}
    with closing(sqlite3.connect(path)) as db:
        ends = db.execute("SELECT mono_start_us, ended FROM session ORDER BY id").fetchall()
    assert (3, "stopped") in ends
    assert all(ended is not None for _, ended in ends)
    assert recover.problems(path)
    recover.recover(path)
    assert recover.problems(path) == []
    assert 3 in [s.mono_start_us for s in sessions.read_each(path)]


def test_damage_that_shows_behind_a_session_costs_neither_it_nor_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows where old samples are forgotten: what is written is not written once more."""
    tidied = retention.prune

    def prune(db: sqlite3.Connection, *limits: Any, **now: Any) -> retention.Pruned:
        if fails:
            error = sqlite3.DatabaseError(fails.pop())
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        return tidied(db, *limits, **now)

    fails: list[str] = []
    monkeypatch.setattr(retention, "prune", prune)
    told: list[str] = []
    path = tmp_path / "coach.db"
    log = writer.LogWriter(path, retention.Limits(), told.append)
    for number in (1, 2, 3):
        log.write([Walk(mono_start_us=number).opening(), writer.Said(Cue(1.0, "slow_down", "on"))])
        if number == 2:
            fails.append("database disk image is malformed")
        log.write([writer.Said(Cue(2.0, "slow_down", "off")), writer.Closing("stopped")])
        log.tidy(ended=True)
    log.close()
    assert len(told) == 1
    assert "it is kept as coach.db.damaged-1" in told[0]
    whole = [s.mono_start_us for s in sessions.read_each(path.with_name("coach.db.damaged-1"))]
    assert whole == [1, 2]
    assert [(s.mono_start_us, len(s.events)) for s in sessions.read_each(path)] == [(3, 2)]


def test_a_number_of_the_version_that_flipped_stops_nothing(tmp_path: Path) -> None:
    """The tables are this coach's own, so is the log."""
    path = open_session(tmp_path)
    for wrong in (0, 3, 66):
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA user_version = {wrong}")
        running = Running(path)
        running.session(10 + wrong)
        assert running.journal.close(30)
        assert running.kinds == []
        assert running.starts()[-1] == 10 + wrong


def test_a_table_whose_name_flipped_is_damage(tmp_path: Path) -> None:
    """The file is kept aside, and a new one has the session."""
    path = open_session(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE event RENAME TO evfnt")
    running = Running(path)
    running.session(3)
    assert running.journal.close(30)
    assert running.kinds == ["log_damaged"]
    assert running.starts() == [3]
    assert (tmp_path / "coach.db.damaged-1").exists()


def test_whoever_holds_the_log_delays_it_only(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said meanwhile waits and is written; the trouble is said, and its end."""
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.path.exists() and running.starts() == [1])
    monkeypatch.setattr(journal, "LogWriter", pytest.fail)  # it is not let go of
    with closing(sqlite3.connect(running.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        running.journal.record(Mark(1.0, "meanwhile"))
        eventually(lambda: running.kinds == ["log_stopped"])
        assert "somebody else holds the log" in running.trouble[0].message
    eventually(lambda: running.kinds == ["log_stopped", "log_resumed"])
    running.journal.end("stopped")
    assert running.journal.close(30)
    assert sessions.read_one(running.path, "1").events == [Mark(1.0, "meanwhile")]


def test_whoever_holds_it_at_the_start_delays_the_first_session(tmp_path: Path) -> None:
    """It is recorded as soon as the log is let go; nothing piles up as if the card were slow."""
    path = open_session(tmp_path)
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(path)) as other:
        patch.setattr(schema, "BUSY_WAIT_S", 0.05)
        patch.setattr(journal, "AGAIN_S", 0.05)
        other.execute("BEGIN IMMEDIATE")
        running = Running(path)
        running.session(3)
        eventually(lambda: running.kinds == ["log_stopped"])
        assert "somebody else holds the log" in running.trouble[0].message
        running.session(4)
        eventually(lambda: running.journal.waiting == 0)
        assert running.kinds == ["log_stopped"]
        other.rollback()
        eventually(lambda: running.starts()[-2:] == [3, 4])
        assert running.journal.close(30)


def test_who_writes_a_note_into_a_log_that_is_held_is_told_that(tmp_path: Path) -> None:
    """Neither folder, user nor disk is to blame."""
    path = open_session(tmp_path)
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(path)) as other:
        patch.setattr(schema, "BUSY_WAIT_S", 0.05)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DeviceError, match=r"somebody else holds the log; try again$"):
            notes.put(path, "1", [("text", "tired")])
        other.rollback()
        notes.put(path, "1", [("text", "tired")])
    assert ("text", "tired") in sessions.read_one(path, "1").notes


def moved(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def replaced(path: Path) -> None:
    """By another log with a session of its own, whose rows are in its own write-ahead log still."""
    other = path.parent / "other"
    other.mkdir()
    kept = write(other, Walk(mono_start_us=77))
    for part in ("-wal", ""):
        shutil.copy(f"{kept}{part}", f"{path}.new{part}") if Path(f"{kept}{part}").exists() else 0
    Path(f"{path}.new").replace(path)


@pytest.mark.parametrize("change", [Path.unlink, moved, replaced])
def test_a_log_that_is_taken_away_begins_anew(
    running: Running, change: Callable[[Path], object]
) -> None:
    """Within a minute what comes goes into the file that is the log; it is said."""
    running.journal.begin(Walk(mono_start_us=1).opening())
    running.journal.record(Step(1.0, 0.9))
    eventually(lambda: running.path.exists() and running.starts() == [1])
    change(running.path)
    running.journal.record(Step(2.0, 1.9))
    eventually(lambda: running.kinds == ["log_damaged"])
    assert "moved, replaced or deleted" in running.trouble[0].message
    running.journal.record(Step(3.0, 2.9))
    running.journal.end("stopped")
    running.session(2)
    assert running.journal.close(30)
    assert running.starts() == ([77] if change is replaced else []) + [1, 2]
    assert recover.problems(running.path) == []
    found = next(s for s in sessions.read_each(running.path) if s.mono_start_us == 1)
    assert Step(3.0, 2.9) in found.events
    if change is moved:
        assert recover.problems(running.path.with_name("moved.db")) == []


def test_a_log_that_is_taken_away_as_it_is_opened_is_told(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had not yet closed takes seconds, and there is time to delete it."""
    assert running.journal.close(30)
    close, deleted = writer.close_cut_short, list[Path]()

    def deletes(db: sqlite3.Connection, *rest: Any) -> None:
        close(db, *rest)
        if not deleted:
            deleted.append(running.path)
            running.path.unlink()

    monkeypatch.setattr(writer, "close_cut_short", deletes)
    again = Running(running.path)
    eventually(lambda: again.kinds == ["log_damaged"], seen=lambda: again.trouble)
    again.session(1)
    assert again.journal.close(30)
    assert again.starts() == [1]


def test_a_log_that_is_taken_away_between_sessions_is_told(running: Running) -> None:
    """Within a minute, and not only when the next session begins."""
    running.session(1)
    eventually(lambda: running.path.exists() and running.starts() == [1])
    running.path.unlink()
    eventually(lambda: running.kinds == ["log_damaged"])
    running.session(2)
    assert running.journal.close(30)
    assert running.starts() == [2]


def test_a_session_whose_beginning_finds_the_log_taken_away_is_written_as_it_comes(
    tmp_path: Path,
) -> None:
    """Every few seconds, not once a minute as while nobody walks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "WRITE_EVERY_S", 0.05)
        patch.setattr(journal, "LOOK_S", 3600.0)
        running = Running(tmp_path / "coach.db")
        running.session(1)
        eventually(lambda: running.starts() == [1])
        running.path.unlink()
        running.journal.begin(Walk(mono_start_us=2).opening())
        running.journal.record(Mark(1.0, "at once"))
        eventually(lambda: running.starts() == [2])
        running.journal.record(Mark(2.0, "soon"))
        eventually(lambda: len(sessions.read_one(running.path, "1").events) == 2)
        assert running.kinds == ["log_damaged"]
        assert running.journal.close(30)


def test_the_coach_s_end_finds_the_log_taken_away_and_writes_the_session_all_the_same(
    running: Running,
) -> None:
    """Into the log that is there now, before it stops."""
    running.session(1)
    eventually(lambda: running.path.exists() and running.starts() == [1])
    running.path.unlink()
    running.session(2)
    assert running.journal.close(30)
    assert running.starts() == [2]


@pytest.mark.parametrize("closes", [False, True])
def test_the_end_of_a_session_finds_the_log_taken_away(tmp_path: Path, closes: bool) -> None:
    """Or that of the coach in its midst: what is held yet goes into the log that is there now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "LOOK_S", 3600.0)
        running = Running(tmp_path / "coach.db")
        running.journal.begin(Walk(mono_start_us=1).opening())
        eventually(lambda: running.path.exists() and running.starts() == [1])
        running.path.unlink()
        running.journal.record(Mark(2.0, "the last"))
        running.journal.end("stopped")
        if not closes:
            eventually(lambda: running.path.exists() and running.starts() == [1])
        assert running.journal.close(30)
        assert running.kinds == ["log_damaged"]
        assert sessions.read_one(running.path, "1").ended == "stopped"
        assert Mark(2.0, "the last") in sessions.read_one(running.path, "1").events


STRANGE: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("part", ["", "-wal", "-shm", "-journal", ".lock"])
@pytest.mark.parametrize("made", STRANGE.values(), ids=STRANGE)
def test_what_is_no_file_blocks_nothing(
    tmp_path: Path, part: str, made: Callable[[Path], object]
) -> None:
    """It is said that the log has stopped, and what is in the way; readers say it, too."""
    path = tmp_path / "coach.db"
    made(path.with_name(path.name + part))
    running = Running(path)
    running.session(1)
    eventually(lambda: running.kinds == ["log_stopped"])
    at = "/dev/zero" if path.is_symlink() else f"/coach.db{part}"
    said = f"{at}: the log cannot be opened: it is no ordinary file; move it away"
    assert said in running.trouble[0].message
    if part != ".lock":
        with pytest.raises(DeviceError):
            index.read_rows(path)
    assert running.journal.close(30)


def test_a_lock_of_somebody_else_keeps_nobody_out(tmp_path: Path) -> None:
    """Only the lock of whoever may write the log as its owner counts."""
    if os.geteuid() != 0:
        pytest.skip("only root can make another user's files")
    lock = tmp_path / "coach.db.lock"
    lock.touch()
    os.chown(lock, 12345, 12345)
    import fcntl

    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = Running(tmp_path / "coach.db")
        running.session(1)
        assert running.journal.close(30)
    assert running.kinds == []
    assert running.starts() == [1]


def test_a_log_moved_away_on_a_full_disk_is_not_said_to_go_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is recorded before it, nor after it until there is room: that is said last."""
    free = disk(monkeypatch, 1000.0)
    running.journal.begin(Walk(mono_start_us=1).opening())
    eventually(lambda: running.path.exists() and running.starts() == [1])
    free[0] = 1.0
    running.journal.record(Mark(1.0, "no room"))
    eventually(lambda: running.kinds == ["log_stopped"])
    for part in aside.PARTS[:3]:
        running.path.with_name(running.path.name + part).rename(f"{running.path}-moved{part}")
    eventually(lambda: running.kinds == ["log_stopped", "log_damaged", "log_stopped"])
    assert running.trouble[0].message == running.trouble[2].message
    free[0] = 1000.0
    eventually(lambda: running.kinds[3:] == ["log_resumed"])


def test_a_lock_that_root_has_made_is_the_services(tmp_path: Path) -> None:
    """Who mends or restores a log as root does not keep the service from writing it afterwards."""
    if os.geteuid() != 0:
        pytest.skip("only root can make another user's files")
    os.chown(tmp_path, 12345, 12345)
    held = LogLock(tmp_path / "coach.db")
    held.take()
    held.release()
    made = (tmp_path / "coach.db.lock").stat()
    assert (made.st_uid, made.st_mode & 0o777) == (12345, 0o600)


def test_a_note_of_bytes_that_are_no_text_is_taken(tmp_path: Path) -> None:
    """What cannot be written shows as a question mark."""
    from firmware.app import keeping

    path = write(tmp_path, Walk())
    assert keeping.add(path, "last", [("text", "held\udcff on")]) == 0
    assert sessions.read_one(path, "last").notes == [("text", "held? on")]
    assert json.dumps(sessions.read_one(path, "last").notes)


def test_a_second_remark_takes_none_away_and_a_second_number_the_first(tmp_path: Path) -> None:
    """Of pain and speed the newest counts."""
    path = write(tmp_path, Walk())
    for said in ([("text", "one"), ("speed", "2")], [("text", "two"), ("speed", "3")]):
        notes.put(path, "last", said)
    told = sessions.read_one(path, "last").notes
    assert told == [("text", "one"), ("text", "two"), ("speed", "3")]


@pytest.mark.parametrize("word", [b"CREATE INDEX event_session", b"CREATE TABLE second"])
def test_a_definition_with_bytes_that_are_no_text_is_damage(tmp_path: Path, word: bytes) -> None:
    """SQLite's own words are then no text either: readers say so and let go, the log goes on."""
    path = write(tmp_path, Walk())
    content = path.read_bytes()
    assert word in content
    path.write_bytes(content.replace(word, word[:-4] + b"\xe4" + word[-3:]))
    with pytest.raises(DeviceError, match="damaged"):
        index.read_rows(path)
    held = [each.resolve() for each in Path("/proc/self/fd").iterdir()]
    assert path.resolve() not in held
    assert recover.problems(path)
    running = Running(path)
    running.session(5)
    assert running.journal.close(30)
    assert running.kinds == ["log_damaged"]
    assert running.starts() == [5]
