"""`coach log` over a real shell: sessions, notes, other settings, and all that can be wrong."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from firmware.errors import DeviceError
from firmware.log import schema, sessions
from firmware.records import decode
from hardware.simulated.walker import Stand
from hardware.simulated.walker import Walk as Walking
from tests.support.device import Device
from tests.support.logbook import Walk, spoil, write
from tests.support.terminal import COMMAND, on_terminal, piped
from tests.support.waiting import eventually

DAY_S = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of four sessions, a day apart, the third of an unset clock, the last cut short."""
    begin = 1_790_000_000.0
    write(
        tmp_path,
        Walk(wall_start=begin, mono_start_us=1),
        Walk(wall_start=begin + DAY_S, mono_start_us=2, spm=80.0),
        Walk(wall_start=begin + 2 * DAY_S, mono_start_us=3, sure=False),
        Walk(wall_start=begin + 3 * DAY_S, mono_start_us=4, reason=None),
    )
    write(tmp_path)
    return tmp_path


def test_the_list_says_what_there_is(folder: Path) -> None:
    """One line a session; an uncertain date and a session cut short are marked."""
    done = piped("log", "list", "--log", folder)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) == 6
    assert "?" in lines[3]
    assert "cut short" in lines[4]
    assert "the order of the sessions is sure" in lines[5]


def test_a_full_disk_is_no_reason_not_to_read(folder: Path) -> None:
    """Who has to make room wants to see what there is: no file has to grow for that."""
    command = f"trap '' XFSZ; ulimit -f 0; {sys.executable} -m firmware log list --log {folder}"
    full = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert full.stdout == piped("log", "list", "--log", folder).stdout


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    """As a disk leaves it that was full at the first start: nothing was copied there."""
    (tmp_path / "coach.db").touch()
    done = piped("log", "list", "--log", tmp_path)
    assert done.returncode == 1
    assert "coach.db: is empty: the disk was full" in done.stderr


def test_a_log_whose_tables_found_no_room_is_said_to_be_empty(tmp_path: Path) -> None:
    """The disk had room for its first page, and the coach still tries: it is a log, and ours."""
    with closing(schema.connected(tmp_path / "coach.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("SELECT * FROM sqlite_master")
        done = piped("log", "list", "--log", tmp_path)
    assert done.returncode == 1
    assert "coach.db: is empty: the disk was full" in done.stderr


def test_the_list_is_there_for_programs(folder: Path) -> None:
    """JSON lines and CSV hold the same figures."""
    done = piped("log", "list", "2-3", "--log", folder, "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["session"], r["start_sure"], r["stumbles"]) for r in rows] == [
        (2, True, 1),
        (3, False, 1),
    ]
    table = piped("log", "list", "2-3", "--log", folder, "--format", "csv").stdout.splitlines()
    assert len(table) == 3
    assert table[0].startswith("session,start,start_sure,ended,length_s")


def test_several_sessions_at_once(folder: Path) -> None:
    """Numbers, ranges, `last` and `--since` go together."""
    shown = piped("log", "show", "1", "3-4", "--log", folder).stdout
    assert [f"Session {n}" in shown for n in (1, 2, 3, 4)] == [True, False, True, True]
    assert "beside the last" in shown
    since = piped("log", "export", "--since", "2026-09-23", "--log", folder).stdout
    assert {json.loads(line)["session"] for line in since.splitlines()} == {3, 4}
    seconds = piped("log", "export", "1-2", "--format", "csv", "--log", folder).stdout
    assert seconds.startswith("session,t,spm,confidence\n1,5.0,")


def test_notes_are_kept_shown_and_replaced(folder: Path) -> None:
    """A figure replaces the one before it; texts add up; the list shows them."""
    assert piped("log", "note", "2", "--log", folder).stdout == "session 2: no notes yet\n"
    piped("log", "note", "2", "--log", folder, "--speed", "2,4", "--pain-before", "5")
    piped("log", "note", "2", "--log", folder, "--pain-before", "4", "--text", "new shoes")
    done = piped("log", "note", "2", "--log", folder)
    assert done.stdout.splitlines() == ["belt speed 2.4 km/h", "pain before 4 of 10", "new shoes"]
    assert "pain before 4 of 10; new shoes" in piped("log", "list", "--log", folder).stdout


def test_a_note_goes_in_while_the_coach_writes(tmp_path: Path) -> None:
    """Another program may write to the log beside the running journal.

    The last session is the one that runs to whoever has just stepped off, and the one before to
    others: neither gets the note that is meant for the other.
    """
    from firmware.log.journal import Journal

    write(tmp_path, Walk())
    running = Journal(tmp_path / "coach.db")
    running.start(lambda trouble: pytest.fail(trouble.message))
    running.begin(Walk(mono_start_us=2).opening())
    for record in Walk().records():
        running.record(decode(record))
    eventually(lambda: len([*sessions.read_each(tmp_path / "coach.db")]) == 2)
    assert piped("log", "note", "2", "--log", tmp_path, "--speed", "3").returncode == 0
    refused = piped("log", "delete", "2", "--yes", "--log", tmp_path)
    assert (refused.returncode, "still running" in refused.stderr) == (2, True)
    for given in (
        ("note", "last", "--pain-after", "3"),
        ("note", "last", "--date", "2026-10-02"),
        ("delete", "last", "--yes"),
    ):
        refused = piped("log", *given, "--log", tmp_path)
        assert (
            "session 2 still runs: name the one that you mean by its number, 2, or 1 for the"
            in (refused.stderr)
        )
    running.end("stopped")
    running.close()
    assert sessions.read_one(tmp_path / "coach.db", "1").notes == []
    assert sessions.read_one(tmp_path / "coach.db", "2").note("speed") == "3"
    assert (
        piped("log", "note", "last", "--log", tmp_path, "--speed", "4").stdout[:10] == "session 2:"
    )


def test_deletion_is_for_good_and_numbers_are_not_used_again(folder: Path) -> None:
    """Without --yes and a terminal nothing is deleted; with it the session and all of it goes."""
    assert piped("log", "delete", "4", "--log", folder).returncode == 2
    assert piped("log", "delete", "3-4", "--yes", "--log", folder).returncode == 0
    path = write(folder, Walk(mono_start_us=9))
    assert [s.id for s in sessions.read_each(path)] == [1, 2, 5]
    with closing(sqlite3.connect(path)) as db:
        for table in schema.TABLES[1:]:
            assert not db.execute(f"SELECT 1 FROM {table} WHERE session IN (3, 4)").fetchall()


def test_many_sessions_are_counted_before_they_are_deleted(tmp_path: Path) -> None:
    """How many is what has to be seen; few are named."""
    write(tmp_path, *(Walk(20, mono_start_us=n) for n in range(1, 13)))
    asked = piped("log", "delete", "all", "--log", tmp_path).stderr
    assert "to delete 12 sessions (1, 2, 3, 4, ..., 12) for good, add --yes" in asked
    done = piped("log", "delete", "3", "5", "--yes", "--log", tmp_path)
    assert done.stdout == "deleted: sessions 3, 5\n"


def test_whoever_ends_the_question_has_deleted_nothing(folder: Path) -> None:
    """Ctrl-D is a no, and no traceback; nothing has failed, as 1 would mean."""
    command: list[str | Path] = [*COMMAND, "log", "delete", "1", "--log", folder]
    code, text = on_terminal(command, columns=80, env=os.environ, keys=("[y/N]", b"\4"))
    assert (code, "Traceback" in text, "nothing is deleted" in text) == (130, False, True)
    assert 1 in [s.id for s in sessions.read_each(folder / "coach.db")]


def test_sessions_are_shown_one_after_another_and_not_all_held(folder: Path) -> None:
    """There may be thousands: what is said of the first is out before the last one is read."""
    with closing(sqlite3.connect(folder / "coach.db")) as db, db:
        db.execute("UPDATE event SET detail = '[]' WHERE session = 3 AND type = 'cue'")
    done = piped("log", "show", "all", "--format", "jsonl", "--log", folder)
    assert [json.loads(line)["session"] for line in done.stdout.splitlines()] == [1, 2]
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("coach: session 3 is damaged")


def test_a_session_that_is_deleted_while_it_is_read_is_not_called_damaged(folder: Path) -> None:
    """Somebody else has done so, since it was looked up which there are."""
    each = sessions.read_each(folder / "coach.db")
    assert next(each).id == 1
    assert piped("log", "delete", "2", "--yes", "--log", folder).returncode == 0
    with pytest.raises(DeviceError, match=r"^session 2 has been deleted meanwhile$"):
        next(each)


def test_the_seconds_are_exported_without_what_was_said_being_read(folder: Path) -> None:
    """That takes three quarters of the time; so damage among the events keeps no second back."""
    export = ("log", "export", "all", "--format", "csv", "--log", folder)
    whole = piped(*export).stdout
    assert whole.count("\n3,") > 100
    with closing(sqlite3.connect(folder / "coach.db")) as db, db:
        db.execute("UPDATE event SET detail = '[]' WHERE session = 3")
    done = piped(*export)
    assert (done.returncode, done.stdout) == (0, whole)
    each = sessions.read_seconds(folder / "coach.db", [1, 2])
    assert next(each)[0] == 1
    assert piped("log", "delete", "2", "--yes", "--log", folder).returncode == 0
    with pytest.raises(DeviceError, match=r"^session 2 has been deleted meanwhile$"):
        next(each)


def test_the_limit_in_force_at_the_time_counts(tmp_path: Path) -> None:
    """Time in zone follows a limit that was changed during the session."""
    walks = (Walk(spm=90.0, swing=0.0), Walk(spm=90.0, swing=0.0, changes=((65.0, 80.0),)))
    write(tmp_path, *walks)
    rows = piped("log", "list", "--log", tmp_path, "--format", "jsonl").stdout.splitlines()
    assert [round(json.loads(r)["within_limit"], 2) for r in rows] == [1.0, 0.52]
    shown = piped("log", "show", "--log", tmp_path).stdout
    assert "limit set to 80 steps/min" in shown


def test_other_limits_beside_what_was_said(tmp_path: Path) -> None:
    """A lower limit brings a cue that was not said then; the same settings change nothing."""
    device = Device((Stand(4.0), Walking(60.0, spm=92.0, amplitude_g=0.2)), tmp_path)
    device.run()
    same = piped("log", "replay", "--log", tmp_path)
    assert "nothing differs" in same.stdout, same.stdout + same.stderr
    lower = piped("log", "replay", "last", "--set", "cadence.max_spm=80", "--log", tmp_path)
    assert "told to slow down" in lower.stdout
    assert "with cadence.max_spm=80" in lower.stdout
    bad = piped("log", "replay", "last", "--set", "cadence.max_smp=80", "--log", tmp_path)
    assert (bad.returncode, "did you mean cadence.max_spm" in bad.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["show", "99"], 2, "there is no session 99"),
        (["show", "first"], 2, "expected a number, as 7, a range, as 3-6, or last"),
        (["list", "--since", "soon"], 2, "expected a day, as 2026-11-02"),
        (["list", "--since", "99999d"], 0, ""),
        (["note", "1", "--pain-after", "11"], 2, "expected a number from 0 to 10"),
        (["note", "1", "--speed", "fast"], 2, "belt speed 'fast': expected a number"),
        (["note", "1", "--text", " "], 2, "1 to 1000 characters"),
        (["replay", "1"], 2, "holds no raw samples"),
        (["export", "1", "--format", "raw-csv"], 2, "holds no raw samples"),
        (["export", "1-2", "--format", "fit"], 2, "holds one session, 2 were asked for"),
        (["export", "1", "-o", "/nowhere/x.csv"], 2, "cannot be written"),
        (["report", "1", "-o", "/nowhere/x.html"], 2, "cannot be written"),
    ],
)
def test_bad_input_gets_a_sentence(
    folder: Path, arguments: list[str], code: int, expected: str
) -> None:
    """What, where and what to do, in one line, and no traceback."""
    done = piped("log", *arguments, "--log", folder)
    assert done.returncode == code, done.stderr
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) <= 1


EVERY_READER = (["list"], ["show"], ["report", "-o", "-"], ["export"], ["replay"], ["note", "1"])


@pytest.mark.parametrize("arguments", EVERY_READER, ids=" ".join)
@pytest.mark.parametrize("damage", ["no database", "torn", "newer", "other"])
def test_a_log_that_cannot_be_read_gets_a_sentence(
    tmp_path: Path, arguments: list[str], damage: str
) -> None:
    """Damaged, newer or foreign: exit code 1, what to do, no traceback, the file untouched."""
    path = tmp_path / "coach.db"
    if damage == "no database":
        path.write_bytes(os.urandom(9000))
    elif damage == "other":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE other (x)")
    else:
        write(tmp_path, Walk())
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE later (x)")
            db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    if damage == "torn":
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA user_version = {schema.VERSION}")
        with path.open("r+b") as file:
            file.seek(schema.PAGE_BYTES)
            file.write(b"\xa5" * (path.stat().st_size - schema.PAGE_BYTES))
    before = path.read_bytes()
    done = piped("log", *arguments, "--log", tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert path.read_bytes() == before


def test_what_can_be_read_of_a_damaged_log_is_saved(folder: Path) -> None:
    """Some pages overwritten: verify names it, recover saves the rest and keeps the old file."""
    path = folder / "coach.db"
    before = sum(len(s.seconds) for s in sessions.read_each(path))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    pages = range(schema.PAGE_BYTES, len(content), schema.PAGE_BYTES)
    leaves = [at for at in pages if content[at] in (0x0A, 0x0D)]
    with path.open("r+b") as file:
        for at in leaves[len(leaves) // 2 :][:2]:
            file.seek(at)
            file.write(b"\xa5" * schema.PAGE_BYTES)
    assert piped("log", "verify", "--log", folder).returncode == 1
    done = piped("log", "verify", "--recover", "--log", folder)
    assert done.returncode == 0, done.stderr
    assert "coach.db.recovered-1" in done.stdout
    assert piped("log", "verify", "--log", folder).returncode == 0
    saved = [*sessions.read_each(path)]
    assert [s.id for s in saved] == [1, 2, 3, 4]
    assert sum(len(s.seconds) for s in saved) >= 0.5 * before
    assert all(s.summary is not None for s in saved)


def test_what_a_running_coach_has_kept_aside_is_saved_beside_its_new_log(folder: Path) -> None:
    """As it says itself: the sessions of before can be read again, and the new log stays."""
    from firmware.log.journal import Journal

    path = folder / "coach.db"
    spoil(path, "event")
    told: list[str] = []
    running = Journal(path)
    running.start(lambda trouble: told.append(trouble.message))
    running.begin(Walk(mono_start_us=9).opening())
    for record in Walk().records():
        running.record(decode(record))
    eventually(lambda: len([*sessions.read_each(path)]) == 1)
    assert "kept as coach.db.damaged-1" in told[0]
    assert told[0].count("coach log verify --recover") == 1
    done = piped("log", "verify", "--log", folder)
    assert (done.returncode, "coach.db.damaged-1: is damaged, and kept" in done.stdout) == (0, True)
    done = piped("log", "verify", "--recover", "--log", folder)
    assert done.stdout.endswith(f"coach log list --log {folder}/damaged-1\n")
    saved = [*sessions.read_each(folder / "damaged-1" / "coach.db")]
    assert [(s.id, len(s.seconds) > 50) for s in saved] == [(n, True) for n in (1, 2, 3, 4)]
    assert "damaged-1" not in piped("log", "verify", "--recover", "--log", folder).stdout
    running.end("stopped")
    running.close()
    assert [s.ended for s in sessions.read_each(path)] == ["stopped"]


def test_nothing_is_recovered_under_a_running_coach(folder: Path) -> None:
    """The lock of the journal is respected."""
    from firmware.log.lock import LogLock

    path = folder / "coach.db"
    path.write_bytes(b"damaged" * 1000)
    lock = LogLock(path)
    lock.take()
    done = piped("log", "verify", "--recover", "--log", folder)
    lock.release()
    assert (done.returncode, "stop it first" in done.stderr) == (1, True)


@pytest.fixture
def public(folder: Path) -> Iterator[Path]:
    """The log where another user may see but not write it."""
    place = Path("/tmp") / f"coach-log-{os.getpid()}"  # pytest's own folders are closed to others
    shutil.copytree(folder, place)
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_reads_and_is_told_why_he_may_not_write(public: Path) -> None:
    """Without the right to write: list and show work, note says what is missing."""
    nobody = 65534
    try:
        usable = piped("--version", user=nobody).returncode == 0
    except PermissionError:
        usable = False
    if not usable:
        pytest.skip("this Python is closed to other users")
    assert piped("log", "list", "--log", public, user=nobody).returncode == 0
    done = piped("log", "note", "1", "--speed", "2", "--log", public, user=nobody)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "you (nobody) may not write to this log; members of the group" in done.stderr
    assert "sudo usermod -aG" in done.stderr
    public.chmod(0o770)  # as the service's is
    for words in (["list"], ["note", "1", "--speed", "2"]):
        done = piped("log", *words, "--log", public, user=nobody)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "you (nobody) may not use this log; members of the group" in done.stderr


def test_a_long_log_lists_whole(tmp_path: Path) -> None:
    """500 sessions, a line each; how fast: `tests/bench/bench_growth.py`."""
    write(tmp_path, *(Walk(60, mono_start_us=k) for k in range(500)))

    listed = piped("log", "list", "--log", str(tmp_path), "--format", "csv")
    assert len(listed.stdout.splitlines()) == 1 + 500
