"""A log that was moved away without its newest rows, or put beside those of another."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firmware.errors import DeviceError
from firmware.log import index, schema, sessions, stray
from firmware.log.retention import Limits
from firmware.log.schema import FILE_NAME
from firmware.log.writer import LogWriter
from tests.support.logbook import Walk, write


def cut_off(folder: Path, before: list[Walk], newest: list[Walk]) -> Path:
    """A log as a power cut leaves it: the newest sessions are in its write-ahead log alone."""
    made = folder / "made"
    write(made, *before)
    with closing(schema.open_for_writing(made / FILE_NAME)) as reader:  # so nothing is tidied up
        reader.execute("SELECT count(*) FROM session").fetchone()
        write(made, *newest)
        kept = folder / "kept"
        kept.mkdir()
        for part in ("", "-wal"):
            shutil.copy(made / (FILE_NAME + part), kept)
    return kept / FILE_NAME


def a_second_ago(log: Path) -> Path:
    """What lies beside it was last written then: files made within a tick have the same time."""
    wal = log.with_name(log.name + "-wal")
    ago_ns = wal.stat().st_mtime_ns - 10**9
    os.utime(wal, ns=(ago_ns, ago_ns))
    return log


def walks(first: int, count: int) -> list[Walk]:
    return [Walk(mono_start_us=first + n) for n in range(count)]


def starts(log: Path) -> list[int]:
    return [session.mono_start_us for session in sessions.read_each(log)]


def begin(log: Path) -> list[str]:
    """The coach opens its log, and lets go of it; what it said of it."""
    said: list[str] = []
    LogWriter(log, Limits(), said.append).close()
    return said


def reunited(log: Path, moved: Path) -> list[int]:
    """The moved log's sessions, with what was kept of it given back as the sentence says."""
    (log.parent / f"{FILE_NAME}.left-1-wal").rename(moved.with_name(moved.name + "-wal"))
    return starts(moved)


def test_what_a_moved_log_leaves_behind_is_kept_for_it(tmp_path: Path) -> None:
    """SQLite would throw the newest sessions away when a new log is begun."""
    log = cut_off(tmp_path, walks(1, 1), walks(2, 3))
    moved = log.rename(tmp_path / "moved.db")
    with pytest.raises(DeviceError, match="-wal that lies there is not its own"):
        starts(log)
    [said] = begin(log)
    assert "it is kept as coach.db.left-1-wal" in said
    assert starts(log) == []
    assert reunited(log, moved) == [1, 2, 3, 4]


@pytest.mark.parametrize(("others", "first"), [(5, 100), (1, 100), (12, 1)])
def test_a_log_that_takes_anothers_place_stays_as_it_is(
    tmp_path: Path, others: int, first: int
) -> None:
    """SQLite would write the newest rows of the one over the rows of the other."""
    log = a_second_ago(cut_off(tmp_path, walks(1, 1), walks(2, 3)))
    moved = log.rename(tmp_path / "moved.db")
    shutil.copy(write(tmp_path / "other", *walks(first, others)), log)
    whole = log.read_bytes()
    for read in (starts, lambda log: index.writing(log).__enter__()):
        with pytest.raises(DeviceError, match="is not its own"):
            read(log)
    assert log.read_bytes() == whole
    [said] = begin(log)
    assert "it is kept as coach.db.left-1-wal" in said
    assert starts(log) == [*range(first, first + others)]
    assert reunited(log, moved) == [1, 2, 3, 4]


def test_an_older_state_of_the_same_log_is_not_mixed_with_the_newest(tmp_path: Path) -> None:
    """A copy of last week over the log of today: each is whole, neither half of both."""
    made = write(tmp_path / "made", *walks(1, 3))
    week = Path(shutil.copy(made, tmp_path / "week.db"))
    log = a_second_ago(cut_off(tmp_path, walks(4, 30), walks(40, 1)))
    shutil.copy(week, log)
    assert len(begin(log)) == 1
    assert starts(log) == [1, 2, 3]


def test_newest_notes_are_not_put_into_an_older_state(tmp_path: Path) -> None:
    """Though its sessions are the same: half of their pages would lead nowhere."""
    log = write(tmp_path, *walks(1, 3))
    week = Path(shutil.copy(log, tmp_path / "week.db"))
    many = ((1, "text", "x" * 100) for _ in range(2000))
    with closing(schema.open_for_writing(log)) as db, db:
        db.executemany(schema.INSERT_NOTE, many)
    with closing(schema.open_for_writing(log)) as db:
        with db:
            db.executemany(schema.INSERT_NOTE, [(2, "text", "the newest")] * 50)
        wal = (tmp_path / f"{FILE_NAME}-wal").read_bytes()
    (tmp_path / f"{FILE_NAME}-wal").write_bytes(wal)
    shutil.copy(week, a_second_ago(log))
    assert len(begin(log)) == 1
    assert [session.notes for session in sessions.read_each(log)] == [[], [], []]


def test_a_file_that_was_only_just_made_has_nothing_beside_it(tmp_path: Path) -> None:
    """A power cut between its making and its first row: what lies there is another's."""
    log = cut_off(tmp_path, walks(1, 1), walks(2, 3))
    moved = log.rename(tmp_path / "moved.db")
    log.touch()
    assert len(begin(log)) == 1
    assert reunited(log, moved) == [1, 2, 3, 4]


def test_an_empty_one_is_nobodys(tmp_path: Path) -> None:
    """It holds no rows: nothing is lost with it, and nothing is said."""
    (tmp_path / f"{FILE_NAME}-wal").touch()
    with pytest.raises(DeviceError, match="there is no log here yet"):
        starts(tmp_path / FILE_NAME)
    assert begin(tmp_path / FILE_NAME) == []


def test_after_a_power_cut_nothing_more_is_read_than_before(tmp_path: Path) -> None:
    """A log that nobody has touched since is known by the time of its files."""
    assert not stray.lies_beside(cut_off(tmp_path, walks(1, 1), walks(2, 3)), pytest.fail)


@pytest.mark.parametrize("touched", [True, False])
def test_a_log_and_its_own_newest_rows_stay_together(tmp_path: Path, touched: bool) -> None:
    """Copied in whatever order, given to another user, or with all its sessions deleted."""
    log = cut_off(tmp_path, walks(1, 1), walks(2, 3))
    if touched:
        a_second_ago(log).chmod(0o640)
    assert starts(log) == [1, 2, 3, 4]
    assert begin(log) == []
    assert starts(log) == [1, 2, 3, 4]


def test_deleted_sessions_do_not_come_back_after_a_power_cut(tmp_path: Path) -> None:
    """The rows that say so are its own, though nothing in them is like the file."""
    log = cut_off(tmp_path, walks(1, 2), [])
    with closing(schema.open_for_writing(log)) as db:
        with db:
            db.execute("DELETE FROM session")
        cut = tmp_path / "cut"
        cut.mkdir()
        for part in ("-wal", ""):
            shutil.copy(log.with_name(FILE_NAME + part), cut)
    assert starts(cut / FILE_NAME) == []
    assert begin(cut / FILE_NAME) == []


def test_a_damaged_log_is_damaged_with_or_without_its_newest_rows(tmp_path: Path) -> None:
    """It is kept aside whole, as ever: what was written of it last belongs to it."""
    log = cut_off(tmp_path, walks(1, 30), walks(50, 1))
    data = bytearray(log.read_bytes())
    data[len(data) // 3 : -1024] = bytes(len(data[len(data) // 3 : -1024]))
    log.write_bytes(data)
    said = begin(log)
    assert all("is kept as coach.db.left" not in sentence for sentence in said)
    assert list(log.parent.glob("*.left-*")) == []


def test_a_running_coachs_log_is_its_own(tmp_path: Path) -> None:
    """While one writes it, what lies beside it is what it writes."""
    log = cut_off(tmp_path, walks(1, 1), walks(2, 3))
    running = LogWriter(log, Limits(), pytest.fail)
    log.chmod(0o640)
    with closing(sqlite3.connect(log)) as db:
        db.execute("SELECT count(*) FROM session").fetchone()
        assert starts(log) == [1, 2, 3, 4]
    running.close()
