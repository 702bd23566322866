"""The journal in trouble: a slow, full, read-only or damaged place for the log."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coach.events import Cadence, Cue
from firmware.errors import DeviceError
from firmware.log import clocks, index, journal, schema, sessions, writer
from firmware.log.clocks import WallClock
from firmware.log.journal import WRITE_EVERY_S, Journal, Trouble
from firmware.log.lock import LogLock
from firmware.log.retention import Limits
from firmware.records import Mark, decode, encode
from tests.support.logbook import RATE_HZ, Walk, read_raw, samples, write
from tests.support.waiting import LONGEST_S, eventually


def stop(running: Journal) -> None:
    """Let the journal write all that waits, however slow the card is."""
    assert running.close(LONGEST_S)


def bursts_until(enough: Callable[[], bool]) -> Iterator[float]:
    """The device's bursts, as they come, until there is enough of them."""
    began = time.monotonic()
    while not enough():
        assert time.monotonic() - began < LONGEST_S
        yield time.monotonic()
        time.sleep(0.02)


def test_everything_put_in_is_read_back(tmp_path: Path) -> None:
    """Seconds, events, samples and the reason of the end, exactly as they were."""
    walk = Walk(raw=True)
    path = write(tmp_path, walk)
    session = sessions.read_one(path, "1")
    key = str
    assert sorted(key(encode(r)) for r in session.records()) == sorted(map(key, walk.records()))
    assert session.ended == "no steps for a while"
    t_us, raw = read_raw(path, "1")
    np.testing.assert_array_equal(t_us, samples(120)[0])
    np.testing.assert_array_equal(raw, samples(120)[1])


def test_a_stall_delays_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the card stalls at a sync, putting things in takes no time, and all arrive."""
    write_now = writer.LogWriter.write
    stalled, over = [], threading.Event()

    def stalling(self: writer.LogWriter, items: Any) -> None:
        if not stalled:
            stalled.append(True)
            assert over.wait(LONGEST_S)
        write_now(self, items)

    monkeypatch.setattr(writer.LogWriter, "write", stalling)
    trouble: list[Trouble] = []
    running = Journal(tmp_path / "coach.db")
    running.start(trouble.append)
    running.begin(Walk().opening())
    eventually(lambda: stalled)
    for k in range(200):
        running.samples(*samples(0.02, k * 0.02))
        running.record(Cue(k * 0.02, "stumble", "on"))
    over.set()
    running.end("stopped")
    stop(running)
    assert (len(stalled), trouble) == (1, [])
    assert len(read_raw(tmp_path / "coach.db", "last")[0]) == 400
    assert len(sessions.read_one(tmp_path / "coach.db", "last").of(Cue)) == 200


def test_the_card_sees_at_most_one_sync_in_the_agreed_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times faster than shipped: each write is a sync, and they lie apart."""
    monkeypatch.setattr(journal, "WRITE_EVERY_S", 0.25)
    written: list[float] = []
    write_now = writer.LogWriter.write

    def noting(self: writer.LogWriter, items: Any) -> None:
        written.append(time.monotonic())
        write_now(self, items)

    monkeypatch.setattr(writer.LogWriter, "write", noting)
    running = Journal(tmp_path / "coach.db")
    began = time.monotonic()
    running.start(lambda _: None)
    running.begin(Walk().opening())
    for k, _ in enumerate(bursts_until(lambda: len(written) >= 10)):
        running.samples(*samples(0.02, k * 0.02))
        if k == 60:
            running.end("no steps for a while")
            running.begin(Walk(mono_start_us=2).opening())
    stop(running)
    # At the beginning, at a session's end, and the last one: no wait belongs to them.
    assert len(written) <= (time.monotonic() - began) / 0.25 + 3


def test_the_writing_thread_sleeps_until_it_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred bursts rouse it as often as it writes, not two hundred times."""
    monkeypatch.setattr(journal, "WRITE_EVERY_S", 0.25)
    roused = []
    take = journal.Inbox.take

    def counting(self: journal.Inbox, wait: float) -> Any:
        roused.append(wait)
        return take(self, wait)

    monkeypatch.setattr(journal.Inbox, "take", counting)
    running = Journal(tmp_path / "coach.db")
    running.start(lambda _: None)
    running.begin(Walk().opening())
    began = time.monotonic()
    for k in range(200):
        running.samples(*samples(0.02, k * 0.02))
        time.sleep(0.005)
    stop(running)
    lasted = time.monotonic() - began
    assert len(roused) <= 4 + 2 * lasted / 0.25
    assert len(read_raw(tmp_path / "coach.db", "1")[0]) == 400


def test_a_damaged_log_is_kept_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    """A file that is no database: renamed, said once, and the session is written."""
    path = tmp_path / "coach.db"
    path.write_bytes(b"not a database at all" * 500)
    trouble: list[Trouble] = []
    running = Journal(path)
    running.start(trouble.append)
    running.begin(Walk().opening())
    running.end("stopped")
    stop(running)
    assert [t.kind for t in trouble] == ["log_damaged"]
    assert "coach.db.damaged-1" in trouble[0].message
    assert (tmp_path / "coach.db.damaged-1").read_bytes().startswith(b"not a database")
    assert sessions.read_one(path, "last").ended == "stopped"


def test_damage_in_the_middle_of_a_session_costs_only_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the session goes into a new log, under the same start."""
    monkeypatch.setattr(writer, "CACHE_KB", 0)  # it reads from the card again
    path = tmp_path / "coach.db"
    told: list[str] = []
    writing = writer.LogWriter(path, Limits(), told.append)
    writing.write([Walk().opening()])
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    writing.write([writer.Said(Mark(1.0, "x"))])
    writing.look()  # the new one is the log
    writing.close()
    assert len(told) == 1
    [session] = [*sessions.read_each(path)]
    assert session.events == [Mark(1.0, "x")]
    assert session.ended == schema.CUT_SHORT


def test_what_is_written_of_a_session_that_runs_is_on_the_card(tmp_path: Path) -> None:
    """Samples, seconds and events: a power cut costs none of them."""
    path = tmp_path / "coach.db"
    writing = writer.LogWriter(path, Limits(), lambda _: None)
    writing.write([Walk().opening()])
    told = (Cadence(1.0, 90.0, 0.9), Mark(1.0, "x"))
    writing.write([writer.Samples(*samples(1.0)), *map(writer.Said, told)])
    session = sessions.read_one(path, "1")
    assert (session.seconds, session.events) == ([(1.0, 90.0, 0.9)], [told[1]])
    assert len(read_raw(path, "1")[0]) == len(samples(1.0)[0])
    writing.close()


def test_the_write_ahead_log_is_emptied_whenever_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would grow as long as the coach runs: SQLite leaves that to whoever writes."""
    monkeypatch.setattr(writer, "CHECKPOINT_BYTES", 100_000)
    path = tmp_path / "coach.db"
    writing = writer.LogWriter(path, Limits(), lambda _: None)
    writing.write([Walk().opening()])
    lengths = []
    for k in range(40):
        writing.write([writer.Said(Mark(float(k), "x" * 5000))])
        writing.tidy(ended=False)
        lengths.append(path.with_name("coach.db-wal").stat().st_size)
    writing.close()
    assert 50_000 < max(lengths) < 150_000
    assert len(sessions.read_one(path, "1").of(Mark)) == 40


def test_who_reads_for_long_keeps_nothing_from_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write-ahead log waits for a reader, the walker's `saved` and the next records do not."""
    monkeypatch.setattr(schema, "BUSY_WAIT_S", 10 * LONGEST_S)
    monkeypatch.setattr(writer, "CHECKPOINT_BYTES", 0)
    path = tmp_path / "coach.db"
    made, saved = Journal(path), threading.Event()
    made.start(lambda _: None, saved.set)
    made.begin(Walk().opening())
    made.end("stopped")
    assert saved.wait(LONGEST_S)
    saved.clear()
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM session").fetchall()
        made.begin(Walk().opening())
        made.end("stopped")
        assert saved.wait(LONGEST_S)
    stop(made)


def test_a_log_that_a_coach_is_just_making_is_waited_for(tmp_path: Path) -> None:
    """Who asks in the first moment of a first start is not told that the disk was full."""
    path = tmp_path / "coach.db"
    path.touch()
    held = LogLock(path)
    held.take()
    made = threading.Timer(0.3, lambda: schema.open_for_writing(path).close())
    made.start()
    try:
        with closing(schema.open_for_reading(path)) as db:
            assert db.execute("SELECT count(*) FROM session").fetchone()[0] == 0
    finally:
        made.join()
        held.release()


def test_a_newer_log_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A log of a later version: one sentence, and the file is not touched."""
    path = write(tmp_path, Walk())
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE later (x)")
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    for opening in (schema.open_for_reading, schema.open_for_writing):
        with pytest.raises(DeviceError, match="written by a newer coach"):
            opening(path)


def test_an_older_log_is_brought_up_to_date(tmp_path: Path) -> None:
    """A log of version 1 keeps its sessions, and those without an end are marked cut short."""
    path = tmp_path / "coach.db"
    settings = json.dumps({"cadence.max_spm": 90.0})
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{schema.MIGRATIONS[0]} PRAGMA user_version = 1;")
        db.execute("INSERT INTO session VALUES (3, 'b', 5, 1.79e9, ?, NULL)", (settings,))
        db.execute("INSERT INTO second VALUES (3, 1.0, 80.0, 0.9)")
        db.commit()
    assert sessions.read_one(path, "3").seconds == [(1.0, 80.0, 0.9)]
    write(tmp_path, Walk())
    assert [(s.id, s.ended) for s in sessions.read_each(path)] == [
        (3, "cut short"),
        (4, "no steps for a while"),
    ]


def test_a_session_that_a_power_cut_ended_does_not_run_on_under_the_next_coach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a coach writes the log again: it is closed, with its figures, as that one starts."""
    path = write(tmp_path, Walk())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE session SET ended = NULL, summary = NULL")
    write(tmp_path, Walk(mono_start_us=2))
    monkeypatch.setattr(index, "is_running", lambda _: True)
    found, _ = index.read_rows(path)
    assert found.ended == "cut short"
    assert found.summary is not None


def test_a_second_coach_may_not_write_the_same_log(tmp_path: Path) -> None:
    """While one journal runs another one says so and does not touch the file."""
    first = writer.LogWriter(tmp_path / "coach.db", Limits(), lambda _: None)
    with pytest.raises(DeviceError, match="a running coach is writing this log"):
        writer.LogWriter(tmp_path / "coach.db", Limits(), lambda _: None)
    first.close()


def test_a_clock_that_is_set_later_dates_the_sessions_of_this_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions before and after the jump lie on one scale; another boot's stay as they were."""
    now = [WallClock("here", 1_000.0, False)]
    monkeypatch.setattr(clocks, "read", lambda: now[0])
    writing = writer.LogWriter(tmp_path / "coach.db", Limits(), lambda _: None)
    first = Walk(boot="here", mono_start_us=50_000_000, wall_start=1_050.0, sure=False)
    other = Walk(boot="before", mono_start_us=9, wall_start=77.0, sure=False)
    writing.write([other.opening(), writer.Closing("stopped"), first.opening()])
    now[0] = WallClock("here", 1_700_000_000.0, True)
    writing.tidy(ended=False)
    now[0] = WallClock("here", 5.0, False)
    writing.tidy(ended=False)
    writing.close()
    found = [*sessions.read_each(tmp_path / "coach.db")]
    assert [(s.boot_id, s.wall_start, s.wall_sure) for s in found] == [
        ("before", 77.0, False),
        ("here", 1_700_000_050.0, True),
    ]


def test_little_is_written_to_the_card(tmp_path: Path) -> None:
    """An hour of walking is at most 15 MB, in the blocks of 4096 bytes that a card is given."""
    walk, block = Walk(seconds=360), 4096
    t_us, raw = samples(walk.seconds)
    raw += np.random.default_rng(1).integers(-20, 21, raw.shape, np.int16)  # as a walk is packed
    said, per_write = walk.records(), round(RATE_HZ * WRITE_EVERY_S)
    wal, log = tmp_path / "coach.db-wal", writer.LogWriter(tmp_path / "coach.db", Limits(), print)
    log.write([walk.opening()])
    blocks = 0
    for at in range(0, len(t_us), per_write):
        part = slice(at, at + per_write)
        until = (at + per_write) / RATE_HZ
        before = wal.stat().st_size
        told = [writer.Said(decode(r)) for r in said if at / RATE_HZ <= r["t"] < until]
        log.write([writer.Samples(t_us[part], raw[part]), *told])
        blocks += -(-wal.stat().st_size // block) - before // block
    log.close()
    written = blocks * block + (tmp_path / "coach.db").stat().st_size
    assert written * 3600 / walk.seconds < 15e6
