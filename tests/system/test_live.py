"""Settings changed while somebody walks: in force at once, nothing lost, and a replay agrees."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from coach.engine import Engine
from coach.events import Milestone, Session
from coach.samples import Block
from firmware import recordings
from firmware.app import client
from firmware.device.control.settingswatch import LOOK_S
from firmware.log import index, sessions, summary
from firmware.records import Mark, Record, SettingsRefused, encode
from firmware.settings.catalogue import Settings
from hardware.simulated.walker import Fall, Segment, Stand, Walk
from tests.support import hostile
from tests.support.device import Device
from tests.support.running import Running
from tests.support.settingsfile import settings_file
from tests.support.terminal import piped
from tests.support.waiting import LONGEST_S, eventually, meanwhile

BRISK: tuple[Segment, ...] = (Stand(4.0), Walk(86.0, spm=90.0, amplitude_g=0.2))


def changing(device: Device, at: float, **changes: object) -> None:
    """Order a change at that time of the daemon's clock."""
    wanted = {name.replace("__", "."): value for name, value in changes.items()}

    def order() -> None:
        device.orders.put(lambda d: d.change(d.settings.changed(wanted)) or {})

    device.clock.call_at(at, order)


def test_a_lower_limit_is_heard_at_once_and_a_higher_one_silences(tmp_path: Path) -> None:
    """Who has long walked above the new limit is told without waiting for the hold time."""
    device = Device(BRISK, tmp_path)
    heard: list[float] = []

    def listen() -> None:
        if device.simulation.buzzer_on:
            heard.append(device.clock.now())
        device.clock.call_at(device.clock.now() + 0.02, listen)

    changing(device, 40.0, cadence__max_spm=80)
    changing(device, 55.0, cadence__max_spm=110)
    device.clock.call_at(20.0, listen)
    device.run()
    cues = [c for c in device.of_type("cue") if c["cue"].startswith("slow_down")]
    assert (cues[0]["cue"], cues[0]["state"]) == ("slow_down", "on")
    assert cues[-1]["state"] == "off"
    assert 39.5 < cues[0]["t"] < 40.2
    assert 40.0 < heard[0] < 40.5
    assert 50.0 < heard[-1] < 55.2
    assert 54.5 < cues[-1]["t"] < 55.2
    changes = [r["changes"] for r in device.of_type("settings")]
    assert changes == [{"cadence.max_spm": 80.0}, {"cadence.max_spm": 110.0}]
    assert [s["state"] for s in device.of_type("session")] == ["started"]
    assert device.of_type("gap", "fault") == []


def test_whose_profile_is_set_before_the_walk_has_walked(tmp_path: Path) -> None:
    """Though the recording of the session begins before its first step."""
    device = Device((Stand(12.0), *BRISK[1:]), tmp_path)
    changing(device, 8.0, walker__profile="anna", cadence__max_spm=80)
    device.run()
    [row] = index.read_rows(device.log)
    assert row.walker == "anna"
    assert row.settings["cadence.max_spm"] == 80


def test_who_takes_the_device_over_in_a_pause_walks_a_session_of_their_own(tmp_path: Path) -> None:
    """Two walkers within a minute: neither gets the other's minutes, and each is told of theirs."""
    walk = Walk(60.0, spm=72.0, amplitude_g=0.2)
    device = Device((Stand(4.0), walk, Stand(20.0), walk, Stand(70.0)), tmp_path)
    changing(device, 2.0, walker__profile="anna")
    changing(device, 75.0, walker__profile="bert", session__target_min=1.5)
    device.run()
    first, second = (sessions.read_one(device.log, n) for n in ("1", "2"))
    assert [(s.walker, summary.of(s).walking_s // 10) for s in (first, second)] == [
        ("anna", 5),
        ("bert", 5),
    ]
    assert first.set_anew("session.target_min") == []
    assert [e.walked_s // 10 for e in second.of(Milestone)] == [4]
    said = [e.state for e in first.of(Session)]
    assert said == ["started", "ended"]
    assert "another profile is set" in piped("log", "show", "1", "--log", tmp_path).stdout
    again = piped("log", "replay", "1", "--log", tmp_path)
    assert "nothing differs" in again.stdout, again.stdout + again.stderr


def test_another_profile_while_somebody_walks_ends_no_session(tmp_path: Path) -> None:
    """The one who walks goes on under what is set now, as with every other setting."""
    device = Device(BRISK, tmp_path)
    changing(device, 40.0, walker__profile="bert", cadence__max_spm=80)
    device.run()
    [row] = index.read_rows(device.log)
    assert row.walker == ""
    assert device.of_type("handed_over") == []


def test_another_profile_ends_neither_an_alarm_nor_the_session_of_who_has_fallen(
    tmp_path: Path,
) -> None:
    """Whoever lies there is still the one who walked, whatever is set meanwhile."""
    fallen = Walk(80.0, spm=72.0, amplitude_g=0.2, events=(Fall(40.0),))
    device = Device((Stand(4.0), fallen), tmp_path)
    changing(device, 65.0, walker__profile="bert")
    device.run()
    assert device.of_type("handed_over") == []
    assert [s["state"] for s in device.of_type("session")] == ["started"]
    assert [c["state"] for c in device.of_type("cue") if c["cue"] == "fall"] == ["on"]


def test_what_is_set_before_the_walk_is_what_it_was_walked_under(tmp_path: Path) -> None:
    """Also within the minute before it: lists, progress and programme go by what stands there."""
    device = Device((Stand(12.0), *BRISK[1:]), tmp_path)
    changing(device, 8.0, cadence__max_spm=80, session__target_min=5)
    device.run()
    [row] = index.read_rows(device.log)
    assert (row.settings["cadence.max_spm"], row.settings["session.target_min"]) == (80, 5)
    assert sessions.read_one(device.log, "last").set_anew("cadence.max_spm") == []


def test_however_often_something_is_set_a_session_begins(tmp_path: Path) -> None:
    """Somebody who holds a key of the live view down keeps nobody's walk from being noticed."""
    device = Device(BRISK, tmp_path)
    for second in range(2, 40):
        changing(device, second, cadence__max_spm=80 + second % 2)
    device.run()
    [started] = device.of_type("session")
    assert started["t"] < 15
    assert device.of_type("cue")[0]["cue"] == "slow_down"


def test_a_replay_with_the_same_changes_gives_the_same_events(tmp_path: Path) -> None:
    """The log's samples and its changes, each after the sample it came after, decide the same."""
    device = Device(BRISK, tmp_path)
    changing(device, 33.3, cadence__max_spm=80, session__end_after_s=30)
    changing(device, 47.77, cadence__max_spm=100, cadence__hold_s=10)
    changing(device, 61.0, cadence__max_spm=85)
    device.run()
    raw = tmp_path / "raw.csv"
    piped("log", "export", "--log", tmp_path, "--format", "raw-csv", "-o", raw)
    read = recordings.read(raw).block
    settings, again, begin = Settings(), [], 0
    engine = Engine(settings)
    for change in device.of_type("settings"):
        end = begin + int((read.t[begin:] <= change["t"]).sum())
        again += engine.feed(Block(read.t[begin:end], read.acc[begin:end], read.gyro[begin:end]))
        settings = settings.changed(change["changes"])
        again += engine.adopt(settings)
        begin = end
    again += engine.feed(Block(read.t[begin:], read.acc[begin:], read.gyro[begin:]))
    live = [r for r in device.records if r["type"] != "settings"]
    assert [encode(e) for e in again] == live
    assert len(device.of_type("cue")) >= 4


def test_mute_keeps_the_light(tmp_path: Path) -> None:
    """A muted cue is silent and blinks; unmuted, it sounds. Asked again, nothing is recorded."""
    device = Device(BRISK, tmp_path, settings=Settings().changed({"cadence.max_spm": 80}))
    seen: list[tuple[float, bool, bool]] = []

    def look() -> None:
        lamps = device.simulation
        seen.append((device.clock.now(), lamps.buzzer_on, lamps.led_on))
        device.clock.call_at(device.clock.now() + 0.02, look)

    device.clock.call_at(0.0, look)
    for at, muted_then in ((30.0, True), (30.5, True), (60.0, False), (60.5, False)):
        order = partial(lambda muted, d: d.mute(muted) or {}, muted_then)
        device.clock.call_at(at, partial(device.orders.put, order))
    device.run()
    muted = [(buzzer, led) for t, buzzer, led in seen if 30.2 < t < 60]
    assert not any(buzzer for buzzer, _ in muted)
    assert any(led for _, led in muted)
    assert any(buzzer for t, buzzer, _ in seen if t > 60.2)
    assert [r["type"] for r in device.of_type("muted", "unmuted")] == ["muted", "unmuted"]


# --- The whole daemon in a process of its own, on the machine's clock.


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("run"))
    yield made
    errors = made.end()
    assert made.process.returncode == 0
    assert "Traceback" not in errors
    assert not made.socket.exists()


def test_the_command_says_in_force(running: Running) -> None:
    """`set` asks the daemon, and `undo` restores; each says what was answered."""
    done = running.coach("config", "set", "cadence.max_spm=85")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "cadence.max_spm = 85 (was 100)\nin force\n"
    assert running.limit() == 85
    done = running.coach("config", "undo")
    assert done.stdout == "cadence.max_spm = 100 (was 85)\nin force\n"
    assert running.limit() == 100
    done = running.coach("config", "set", "sensor.bus=3", "stage.even_percent=5")
    assert "sensor.bus: in force at next start\n" in done.stdout
    assert "stage.even_percent: in force from the next session\n" in done.stdout


def test_an_editor_is_enough(running: Running) -> None:
    """A file written by anything at all is in force by itself, and with SIGHUP.

    How soon is a matter of the machine as well: `test_settings_watched` and `test_control_thread`
    hold how long the daemon waits.
    """
    text = running.file.read_text()
    running.file.write_text(text.replace("max_spm = 100", "max_spm = 77"))
    eventually(lambda: running.limit() == 77)
    running.file.write_text(text)
    running.process.send_signal(signal.SIGHUP)
    eventually(lambda: running.limit() == 100)


def test_a_broken_file_is_refused_as_a_whole(running: Running) -> None:
    """The old settings stay, an event tells, and nothing stops."""
    text = running.file.read_text()
    with client.Client(str(running.socket)) as follower:
        follower.ask("follow")
        running.file.write_text(text.replace("max_spm = 100", "max_spm = 70") + "[[[")
        event = next(r for r in follower.records() if isinstance(r, SettingsRefused))
    assert "not valid TOML" in event.message
    assert running.limit() == 100
    running.file.unlink()
    assert meanwhile(lambda: running.limit() == 100, 2 * LOOK_S)
    running.file.write_text(text)


def test_orders_are_carried_out(running: Running) -> None:
    """mute, unmute, clear and mark answer in a line, and who follows sees what came of them."""
    socket = str(running.socket)
    eventually(lambda: client.ask(socket, "status")["session"]["running"])  # which holds a remark
    with client.Client(str(running.socket)) as follower:
        follower.ask("follow")
        said = [
            running.coach("mute").stdout,
            running.coach("unmute").stdout,
            running.coach("clear").stdout,
            running.coach("mark", "changed shoes").stdout,
        ]
        seen: dict[str, Record] = {}
        for record in follower.records():
            seen[record.type] = record
            if isinstance(record, Mark):
                break
    assert [s.split(":")[0].strip() for s in said] == [
        "muted",
        "the buzzer sounds again",
        "cleared",
        "marked",
    ]
    assert {"muted", "unmuted"} <= set(seen)
    assert said[2] == "cleared: no alarm was on\n"
    assert "cleared" not in seen  # which the session's report would tell as an alarm
    assert seen["mark"] == Mark(seen["mark"].t, "changed shoes")
    refused = running.coach("mark", "a\nb")
    assert (refused.returncode, "printable" in refused.stderr) == (1, True)


def test_status_is_for_people_and_for_programs(running: Running) -> None:
    """As lines, and as one JSON object."""
    assert "cadence " in running.coach("status").stdout
    state = json.loads(running.coach("status", "--format", "json").stdout)
    assert state["sensor"]["state"] == "ok"
    assert state["file"] == str(running.file)


def test_a_second_daemon_leaves_the_first_its_socket(running: Running, tmp_path: Path) -> None:
    """It says that another listens there, coaches on, and takes nothing away."""
    run = ["run", "--simulate", "--config", str(running.file), "--set", f"log.directory={tmp_path}"]
    second = subprocess.Popen(
        [sys.executable, "-m", "firmware", *run],
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually((tmp_path / "coach.db").exists)
    second.terminate()
    _, errors = second.communicate(timeout=LONGEST_S)
    assert "another daemon listens there" in errors
    assert running.limit() == 100


def test_without_a_daemon_the_command_says_so(tmp_path: Path) -> None:
    """The file is changed all the same."""
    file = settings_file(tmp_path)
    done = piped("config", "set", "cadence.max_spm=80", "--config", file)
    assert done.stdout.endswith("daemon not running: in force at next start\n")
    done = piped("status", "--config", file)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the daemon is not running; start it: sudo systemctl start" in done.stderr


def test_fifty_hostile_clients_keep_no_decision_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Flood, rubbish, halves, deaf ears: every stumble is told; the bench says how much later."""
    late = hostile.measure(tmp_path, 4.0, warm_up_s=8.0)
    assert len(late["with"]) >= 4
    assert "one more of root's: it was served" in capsys.readouterr().out
