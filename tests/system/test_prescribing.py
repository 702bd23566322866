"""What a physiotherapist sets: refused where it cannot be meant, told for whom, taken back."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from coach.events import Session
from firmware import alone
from firmware.app import client, keeping
from firmware.app.config import changing
from firmware.app.review import report
from firmware.log import prescriptions, sessions
from firmware.log.lock import LogLock
from firmware.settings import textfile
from firmware.settings.catalogue import Settings
from firmware.settings.reached import Reached, Stated
from tests.support.controlled import Server
from tests.support.logbook import Walk, write
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped
from tests.support.waiting import LONGEST_S, eventually

NOT_RUNNING = "daemon not running: in force at next start\n"


class Desk:
    """A settings file, and the command over it."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.log.mkdir()
        self.file = settings_file(folder, log=self.log)

    def said(self, *typed: str) -> str:
        """What a command that works says, without the line on the daemon that is not there."""
        done = piped(*typed, "--config", self.file)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.removesuffix(NOT_RUNNING)

    def refusal(self, *typed: str) -> str:
        """The one sentence of a refusal, and nothing changed."""
        before = self.file.read_bytes()
        done = piped(*typed, "--config", self.file)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert self.file.read_bytes() == before
        return done.stderr


@pytest.mark.parametrize("walks", [True, False])
def test_whose_a_walk_stays_that_goes_on_under_another_profile(tmp_path: Path, walks: bool) -> None:
    """It counts for the walker of before; how it becomes the other's is said."""
    server = Server(tmp_path)
    at = ("--config", server.file)
    try:
        assert piped("profile", "new", "bert", *at).returncode == 0
        server.control.publish(Session(5.0, "started" if walks else "ended"))
        done = piped("profile", "use", "bert", *at)
        assert (done.returncode, done.stderr) == (0, "")
        said = done.stdout.splitlines()
        assert said[:2] == ['walker.profile = bert (was "")', "in force"]
        assert [line.endswith("coach log note last --walker bert") for line in said[2:]] == (
            [True] if walks else []
        )
    finally:
        server.close()


@pytest.mark.parametrize("is_written", [True, False])
def test_the_session_that_runs_is_named_by_its_number(tmp_path: Path, is_written: bool) -> None:
    """`last` is a walk of somebody else's before it, where this one ends within a minute."""
    server = Server(tmp_path)
    log = write(tmp_path, Walk(120), Walk(20, mono_start_us=2, reason=None))
    lock = LogLock(log)
    if is_written:
        lock.take()
    try:
        at = ("--config", server.file)
        assert piped("profile", "new", "bert", *at).returncode == 0
        server.control.publish(Session(5.0, "started"))
        said = piped("profile", "use", "bert", *at).stdout.splitlines()[-1]
        number = "2" if is_written else "last"  # that one was cut short: what runs is not logged
        assert said.endswith(f": coach log note {number} --walker bert")
        assert ("once it has ended" in said) is not is_written
    finally:
        lock.release()
        server.close()


def test_a_socket_that_is_named_anew_does_not_hide_the_daemon(tmp_path: Path) -> None:
    """It listens where it did until its next start, and is not said to be at rest meanwhile."""
    server = Server(tmp_path)
    at = ("--config", server.file)
    try:
        for another in ("", str(tmp_path / "none.sock")):
            done = piped("config", "set", f"control.socket={another}", *at)
            assert done.stdout.endswith("control.socket: in force at next start\n")
            done = piped("config", "undo", *at)
            assert done.stdout.endswith("control.socket: in force at next start\n")
        piped("config", "set", "control.socket=", *at)
        said = piped("config", "set", "cadence.max_spm=77", *at).stdout.splitlines()
        assert (
            said[1]
            == "control.socket is empty, so no daemon is asked: one that runs looks by itself"
        )
    finally:
        server.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["buzzer.pin=27"], "buzzer.pin = 27: is led.pin as well; expected a pin for each"),
        (["led.pin=17"], "buzzer.pin = 17: is led.pin as well"),
        (["motor.pin=27"], "motor.pin = 27: is led.pin as well"),
        (["motor.pin=3"], "motor.pin = 3: is the sensor's SCL"),
        (["hearing.output=vibration"], "hearing.output = vibration: there is no motor"),
        (["buzzer.pin=2"], "buzzer.pin = 2: is the sensor's SDA; expected a free pin from 4 to 27"),
        (["led.pin=0"], "led.pin = 0: is the data line of the board's own EEPROM"),
        (
            ["session.target_min=20", "session.limit_min=5"],
            "session.target_min = 20: expected no more than session.limit_min, which is 5 (min)",
        ),
        (["session.limit_min=8"], "session.target_min = 10: expected no more than"),
        (
            ["stage.current=hand", "free"],
            "stage.current = 'hand free': stage.plan has no such stage; did you mean hands free?",
        ),
        (["walker.profile=bob"], "there is no profile 'bob': make one with coach profile new NAME"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, typed: list[str], sentence: str) -> None:
    """Before it counts, with the key, what is expected and the nearest name."""
    assert sentence in desk.refusal("config", "set", *typed)


def test_a_profile_that_is_not_there_is_told_the_nearest(desk: Desk) -> None:
    """A slip of the pen leads to the name that there is."""
    desk.said("profile", "new", "anna")
    assert "did you mean anna?" in desk.refusal("profile", "use", "ana")
    assert "did you mean anna?" in desk.refusal("config", "set", "walker.profile=ana")
    assert "did you mean hands free?" in desk.refusal("stage", "hand", "free")


def test_a_slip_of_the_shift_key_makes_no_second_walker(desk: Desk) -> None:
    """Her limit would stay as it was. Where there are two such names already, each stays one."""
    desk.said("prescribe", "anna", "--limit", "80")
    for typed in (["prescribe", "Anna", "--limit", "70"], ["profile", "new", "ANNA"]):
        assert "there is a profile 'anna', and " in desk.refusal(*typed)
    assert "did you mean anna?" in desk.refusal("prescribe", "Anna")
    desk.file.write_text(desk.file.read_text() + "[profiles.Anna.cadence]\nmax_spm = 90\n")
    desk.said("prescribe", "Anna", "--limit", "70")
    desk.said("prescribe", "anna", "--limit", "75")


def test_a_file_whose_pins_collide_starts_no_coach(desk: Desk) -> None:
    """One sentence and the exit code of bad input, as `coach config check` has it."""
    desk.file.write_text("[buzzer]\npin = 27\n")
    for typed in (
        ("run", "--config", desk.file),
        ("config", "check", desk.file),
        ("config", "check", "--config", desk.file),
    ):
        done = piped(*typed)
        assert done.returncode == 2
        assert "buzzer.pin = 27: is led.pin as well" in done.stderr
        assert "Traceback" not in done.stderr


def test_undo_goes_to_the_last_good_version_in_true_words(desk: Desk) -> None:
    """Set 90, set 80, a slip in an editor: undo says so and is at 80 again; then at 90."""
    desk.said("config", "set", "cadence.max_spm=90")
    desk.said("config", "set", "cadence.max_spm=80")
    desk.file.write_text(desk.file.read_text().replace("= 80", "= 8o"))
    said = desk.said("config", "undo")
    assert said.startswith("what stood there could not be used and is taken away: ")
    begun = "pins, sensor, log and socket are as they were until the next start"
    assert said.endswith(f"\n{begun}\ncadence.max_spm = 80\n")
    assert textfile.load(desk.file).settings.cadence.max_spm == 80
    assert desk.said("config", "undo") == "cadence.max_spm = 90 (was 80)\n"


def test_a_change_says_for_whom_it_is(desk: Desk) -> None:
    """For the walker in use, for everyone, for a profile that is not in use, and back."""
    desk.said("profile", "new", "anna")
    desk.said("profile", "use", "anna")
    set_80 = desk.said("config", "set", "cadence.max_spm=80")
    assert set_80 == "cadence.max_spm = 80 (was 100), for anna\n"
    for_all = "for everyone: cadence.max_spm = 95 (was 100); anna keeps 80\n"
    assert desk.said("config", "set", "--everyone", "cadence.max_spm=95") == for_all
    back = "for everyone: cadence.max_spm = 100 (was 95); anna keeps 80\n"
    assert desk.said("config", "undo") == back
    desk.said("profile", "none")
    assert desk.said("profile", "delete", "anna") == "the profile anna is deleted\n"
    assert desk.said("config", "undo") == "the profile anna is there\n"
    text = desk.file.read_text()
    desk.file.write_text(f"# a remark\n{text}")
    assert desk.said("config", "undo") == "only words or comments changed\n"


def test_what_is_set_to_what_it_is_stands_in_the_file_from_then_on(desk: Desk) -> None:
    """Which is no change of words only: a profile keeps it when the value of all is another."""
    assert desk.said("config", "set", "cadence.hold_s=3") == (
        "cadence.hold_s = 3, as before; now it stands in the file\n"
    )
    assert desk.said("config", "set", "cadence.hold_s=3") == "nothing changed\n"
    desk.said("profile", "new", "anna")
    desk.said("profile", "use", "anna")
    assert desk.said("config", "set", "session.target_min=10") == (
        "session.target_min = 10, as before; now it stands in the profile anna\n"
    )
    assert desk.said("config", "unset", "session.target_min") == (
        "session.target_min = 10, as before; it stands no longer in the profile anna\n"
    )


def test_a_profile_made_anew_begins_anew(desk: Desk) -> None:
    """The stage that an earlier walker of this name reached is not the next one's."""
    desk.said("profile", "new", "anna")
    reached = Reached(desk.log)
    reached.put(Stated("anna", "rails"), "tempo")
    desk.said("profile", "delete", "anna")
    assert reached.stage(Stated("anna", "rails")) is None
    reached.put(Stated("anna", "rails"), "tempo")  # deleted by hand, say
    desk.said("profile", "new", "anna")
    assert reached.stage(Stated("anna", "rails")) is None


def test_a_profile_that_is_refused_takes_nothing_away(desk: Desk) -> None:
    """Whoever makes a profile that is there already, or one that cannot be, has lost nothing."""
    desk.said("prescribe", "anna", "--limit", "80")
    reached = Reached(desk.log)
    reached.put(Stated("anna", "rails"), "tempo")
    assert "there is a profile 'anna' already" in desk.refusal("profile", "new", "anna")
    assert reached.stage(Stated("anna", "rails")) == "tempo"
    prescribed = prescriptions.read(desk.log, "anna")
    assert prescribed
    desk.said("config", "undo")
    assert "expected no more than" in desk.refusal("prescribe", "anna", "--minutes", "20")
    assert prescriptions.read(desk.log, "anna") == prescribed


@pytest.mark.parametrize(
    "made", [("profile", "new", "anna"), ("prescribe", "anna", "--limit", "85")]
)
def test_a_new_walker_of_an_old_name_has_a_programme_of_her_own(
    desk: Desk, made: tuple[str, ...]
) -> None:
    """Weeks, progress, comparison and history begin anew; who only was noted stays who she is."""
    desk.said("prescribe", "anna", "--limit", "80", "--minutes", "12")
    desk.said("profile", "delete", "anna")
    profile = {"walker.profile": "anna"}
    write(desk.log, *(Walk(700, settings=profile, mono_start_us=k) for k in range(3)))
    said = desk.said(*made)
    assert "sessions up to 3 are those of another anna" in said
    assert said.count("profile anna is there") == 1
    assert "It begins by itself" in desk.said("programme", "--walker", "anna")
    assert "no finished session of anna" in desk.refusal("log", "progress", "--walker", "anna")
    own = [dict(entry.changes) for entry in prescriptions.read(desk.log, "anna")]
    assert {"cadence.max_spm": (100.0, 80.0)} not in own
    write(desk.log, Walk(700, settings={**profile, "programme.after_session": 3}))
    assert "1 of 18 sessions done" in desk.said("programme", "--walker", "anna")
    page = desk.said("log", "report", "4", "-o", "-")
    assert "This is the first session of anna" in page


def test_a_log_that_begins_anew_counts_a_new_walker_of_an_old_name(desk: Desk) -> None:
    """It numbers from 1 again; whose sessions are whose was kept with each of them."""
    profile = {"walker.profile": "anna"}
    write(desk.log, *(Walk(700, settings=profile, mono_start_us=k) for k in range(3)))
    desk.said("profile", "new", "anna")
    (desk.log / "coach.db").unlink()
    hers = {**profile, "programme.after_session": 3}
    write(desk.log, *(Walk(700, settings=hers, mono_start_us=k) for k in range(10, 13)))
    assert "1 of 18 sessions done" in desk.said("programme", "--walker", "anna")
    assert "This is the first session of anna" not in desk.said("log", "report", "2", "-o", "-")
    desk.said("profile", "delete", "anna")
    desk.said("profile", "new", "anna")  # the third of that name, after as many sessions
    assert "It begins by itself" in desk.said("programme", "--walker", "anna")


def test_a_name_that_begins_with_a_dash_is_a_name(desk: Desk) -> None:
    """Each command that is printed with it works as it is printed."""
    assert "coach profile use -rf\n" in desk.said("profile", "new", "-rf")
    assert "walker.profile = -rf" in desk.said("profile", "use", "-rf")
    assert "max_spm = 70 (was 100), for -rf" in desk.said("prescribe", "-rf", "--limit", "70")
    assert "Prescription for -rf" in desk.said("prescribe", "-rf")
    desk.said("profile", "none")
    desk.said("profile", "delete", "-rf")
    assert "a profile's name is" in desk.refusal("profile", "new", "Anna", "Maria")


def test_a_name_that_only_was_noted_is_the_same_walkers(desk: Desk) -> None:
    """Whose sessions were noted by hand before she got a profile has one programme."""
    path = write(desk.log, Walk(700))
    keeping.add(path, "1", [("walker", "anna")])
    assert "another" not in desk.said("profile", "new", "anna")
    assert "1 of 18 sessions done" in desk.said("programme", "--walker", "anna")


def test_a_profile_is_no_copy_of_somebodys_programme(desk: Desk) -> None:
    """Limits are copied from the profile in use; when a programme began, and with what, is not."""
    desk.said("profile", "new", "anna")
    desk.said("profile", "use", "anna")
    desk.said("config", "set", "programme.started=2026-01-05", "programme.after_session=7")
    desk.said("config", "set", "cadence.max_spm=77")
    desk.said("profile", "new", "bert")
    bert = textfile.load(desk.file).profiles["bert"]
    assert bert == {"cadence.max_spm": 77.0}


def test_a_prescription_is_one_step_and_one_page(desk: Desk) -> None:
    """Limit, time and programme into her profile; one undo takes all of it back."""
    said = desk.said("prescribe", "anna", "--limit", "80", "--minutes", "12", "--sessions", "3")
    assert "the profile anna is there\n" in said
    settings = textfile.load(desk.file).settings_of("anna")
    assert (settings.cadence.max_spm, settings.session.target_min) == (80, 12)
    page = desk.said("prescribe", "anna")
    for line in (
        "Prescription for anna\n",
        "limit      80 steps/min\n",
        "time       12 min to walk, 15 min at most\n",
        "sessions   3 a week for 6 weeks\n",
        "stage      rails (30 to 80 steps/min)\n",
        "not in use now: coach profile use anna\n",
    ):
        assert line in page
    assert "the profile anna is deleted" in desk.said("config", "undo")
    page = desk.said("prescribe", "bert", "--sessions", "1", "--weeks", "1")
    assert "sessions   1 a week for 1 week\n" in page
    page = desk.said("prescribe", "bert", "--sessions", "1", "--weeks", "1")
    assert "sessions   1 a week for 1 week\n" in page


def test_the_history_says_who_when_what_from_and_what_to(desk: Desk) -> None:
    """However it was changed: prescribed, set, undone; in the page and in the report's folder."""
    desk.said("prescribe", "anna", "--limit", "80")
    desk.said("profile", "use", "anna")
    desk.said("config", "set", "cadence.max_spm=85")
    desk.said("config", "undo")
    desk.said("prescribe", "anna", "--stage", "hands", "free", "--minutes", "8")
    desk.said("config", "set", "cadence.hold_s=5")  # no prescription
    kept = prescriptions.read(desk.log, "anna")
    assert [dict(entry.changes) for entry in kept] == [
        {"cadence.max_spm": (100.0, 80.0)},
        {"cadence.max_spm": (80.0, 85.0)},
        {"cadence.max_spm": (85.0, 80.0)},
        {"session.target_min": (10.0, 8.0), "stage.current": ("rails", "hands free")},
    ]
    me = kept[0].who
    newest = desk.said("prescribe", "anna").splitlines()[-4]
    assert newest.endswith(f"{me}: minutes 10 -> 8, stage rails -> hands free")
    session = sessions.read_one(write(desk.log, Walk()), "1")
    assert "limit 80 -&gt; 85" in report.page(session, [], kept)


def test_the_page_says_that_there_is_more_of_the_history(desk: Desk) -> None:
    """Eight changes are on it, the newest first, and where the others are."""
    for limit in range(80, 89):
        desk.said("prescribe", "anna", "--limit", f"{limit}")
    page = desk.said("prescribe", "anna").splitlines()
    assert page[-1] == "and 1 change before: coach log progress --walker anna -o FILE"
    write(desk.log, Walk(60, settings={"walker.profile": "anna"}))
    whole = desk.log / "anna.html"
    piped(*f"log progress --walker anna -o {whole} --config {desk.file}".split())
    assert "limit 80 -&gt; 81" in whole.read_text()
    assert [line.split("limit ")[1] for line in page[-9:-1]] == [
        f"{limit - 1} -> {limit}" for limit in range(88, 80, -1)
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["--limit", "300"], "cadence.max_spm = '300': expected a number from 30 to 200"),
        (["--minutes", "20"], "session.target_min = 20: expected no more than session.limit_min"),
        (["--stage", "hand", "free"], "did you mean hands free?"),
    ],
)
def test_a_prescription_that_cannot_be_meant_changes_nothing(
    desk: Desk, typed: list[str], sentence: str
) -> None:
    """All of it or nothing, with a sentence."""
    assert sentence in desk.refusal("prescribe", "anna", "--sessions", "2", *typed)


def test_a_history_that_cannot_be_kept_hinders_nothing(desk: Desk) -> None:
    """The prescription counts; what keeps its history from being kept is named: not the log."""
    there = desk.log / prescriptions.FILE_NAME
    there.mkdir()
    done = piped("prescribe", "anna", "--limit", "80", "--config", desk.file)
    why = "it is no ordinary file; move it away"
    assert f"the history of prescriptions is not kept: {there}: {why}\n" in done.stdout
    assert "limit      80 steps/min\n" in done.stdout


def test_a_history_that_cannot_be_shown_is_said(desk: Desk, tmp_path: Path) -> None:
    """Page, report, progress and backup come without it, and name the file and what is wrong."""
    desk.said("prescribe", "anna", "--limit", "80")
    (desk.log / prescriptions.FILE_NAME).unlink()
    (desk.log / prescriptions.FILE_NAME).mkdir()
    write(desk.log, Walk(60))
    why = f"{desk.log / prescriptions.FILE_NAME}: it is no ordinary file; move it away\n"
    page = ("-o", tmp_path / "page.html", "--log", desk.log)
    for typed in (["prescribe", "anna"], ["log", "report", *page], ["log", "progress", *page]):
        done = piped(*typed, "--config", desk.file)
        assert done.returncode == 0
        assert f"coach: the history of prescriptions is not shown: {why}" in done.stderr
    done = piped("share", "-o", tmp_path / "all", "--log", desk.log, "--config", desk.file)
    assert done.stderr == f"coach: the history of prescriptions is not shown: {why}"
    kept = piped("backup", "-o", tmp_path / "kept", "--log", desk.log, "--config", desk.file)
    assert why.replace(": it", " is left out: it") in kept.stderr


def test_a_line_that_was_cut_takes_no_other_with_it(tmp_path: Path) -> None:
    """What the power left of one is passed over; the next change is kept."""
    prescriptions.keep(tmp_path, "anna", {"cadence.max_spm": (100.0, 80.0)})
    with (tmp_path / prescriptions.FILE_NAME).open("a") as file:
        file.write('{"when": "2026-')
    prescriptions.keep(tmp_path, "anna", {"cadence.max_spm": (80.0, 85.0)})
    kept = [entry.changes["cadence.max_spm"] for entry in prescriptions.read(tmp_path, "anna")]
    assert kept == [(100.0, 80.0), (80.0, 85.0)]


OTHER_LINES = {
    "an empty object": "{}",
    "nothing changed": '{"walker": "anna"}',
    "a change of nothing": '{"changes": {"x": []}}',
    "brackets": "[" * 100_000,
    "a number": "5",
    "digits": "9" * 5000,
    "a day that is none": '{"when": "0001-01-01T00:00:00+14:00", "sure": true, "who": "x",'
    ' "walker": "anna", "changes": {"x": [1, 2]}}',
    "odd values": '{"when": "2026-11-02T10:00:00+00:00", "sure": "x", "who": ["\\u001b[2J"],'
    ' "walker": "anna", "changes": {"cadence.max_spm": [null, {"a": [1e999]}]}}',
}


@pytest.mark.parametrize("line", OTHER_LINES.values(), ids=OTHER_LINES)
def test_a_line_of_another_hand_hinders_nothing(desk: Desk, line: str) -> None:
    """Whatever a member has written into the history, what is sound of it is shown."""
    desk.said("prescribe", "anna", "--limit", "80")
    kept = desk.log / prescriptions.FILE_NAME
    kept.write_text(f"{line}\n{kept.read_text()}{line}\n")
    said = desk.said("prescribe", "anna")
    assert "limit 100 -> 80" in said
    assert "\x1b" not in said


def test_changes_at_once_are_a_chain_in_the_history(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who changes a limit while another change is being noted comes after it there as well."""
    waits = threading.Event()
    locked, noted = fcntl.flock, prescriptions.keep

    def lock(handle: int, how: int) -> None:
        try:
            locked(handle, how)
        except BlockingIOError:
            waits.set()
            raise

    def note(folder: Path, walker: str, changes: Mapping[str, prescriptions.Change]) -> None:
        if other.ident is None:
            other.start()
            eventually(lambda: waits.is_set() or not other.is_alive())
        noted(folder, walker, changes)

    def put(limit: int) -> None:
        changing.assign(desk.file, [f"cadence.max_spm={limit}"], say=lambda _: None)

    other = threading.Thread(target=put, args=(70,))
    monkeypatch.setattr(fcntl, "flock", lock)
    monkeypatch.setattr(prescriptions, "keep", note)
    monkeypatch.setattr(alone, "LOCK_WAIT_S", LONGEST_S)
    put(80)
    other.join()
    kept = [entry.changes["cadence.max_spm"] for entry in prescriptions.read(desk.log, "")]
    assert kept == [(100, 80), (80, 70)]
    assert textfile.load(desk.file).settings.cadence.max_spm == 70


def test_a_stage_that_no_session_is_long_enough_for_is_said(desk: Desk) -> None:
    """Where the walker is told to stop before it is comfortable; one stage alone has no next."""
    sentence = "stage.comfort_min is 20, session.limit_min 15 (min)"
    assert sentence not in desk.said("stage")
    desk.said("config", "set", "stage.comfort_min=20")
    assert desk.said("stage").splitlines()[-1].endswith(sentence)
    desk.said("config", "set", "stage.plan=free 30-180", "stage.current=free")
    assert sentence not in desk.said("stage")


def test_a_stage_that_is_refused_costs_nothing_that_was_reached(desk: Desk) -> None:
    """Where the settings cannot be changed, the walker goes on where they have come to."""
    Reached(desk.log).put(Stated("", "rails"), "hands free")
    lock = desk.file.with_name(f".{desk.file.name}.lock")
    lock.mkdir()
    desk.refusal("stage", "rails")
    assert Reached(desk.log).stage(Stated("", "rails")) == "hands free"
    lock.rmdir()
    desk.said("stage", "rails")
    assert Reached(desk.log).stage(Stated("", "rails")) is None


def test_a_stage_set_back_is_said_to_go_on_where_the_walker_had_come_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has walked under the other one; what the daemon answers is no matter of `--set`."""
    in_force = {**Settings().as_dict(), "stage.current": "hands free"}
    answer = {"file": str(desk.file), "in_force": in_force}
    monkeypatch.setattr(client, "ask", lambda *_: answer)
    said: list[str] = []
    assert changing.assign(desk.file, ["stage.current=tempo"], say=said.append) == 0
    assert said[-1] == "stage.current: hands free was reached since, and counts; see coach stage"


def test_lines_that_are_added_at_once_are_all_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where two settings files note into one folder, and share no lock."""
    prescriptions.keep(tmp_path, "", {"x": (0, 1)})
    looked = os.pread

    def look(handle: int, size: int, at: int) -> bytes:
        monkeypatch.setattr(os, "pread", looked)
        seen = looked(handle, size, at)
        prescriptions.keep(tmp_path, "", {"x": (1, 2)})
        return seen

    monkeypatch.setattr(os, "pread", look)
    prescriptions.keep(tmp_path, "", {"x": (2, 3)})
    steps = [entry.changes["x"] for entry in prescriptions.read(tmp_path, "")]
    assert steps == [(0, 1), (1, 2), (2, 3)]
