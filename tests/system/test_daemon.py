"""The daemon as a person meets it: it starts, coaches, stops at once, and leaves silence."""

from __future__ import annotations

import errno
import itertools
import signal
import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach.engine import Engine
from coach.events import Cue, Event, Fall, Session
from coach.samples import Block
from firmware.device.control.orders import MOST_WAITING, Orders, order
from firmware.device.control.status import Status
from firmware.log import index, sessions, summary
from firmware.protocol import Request
from firmware.records import Mark, Record
from hardware.indicators import BUZZER_PIN, patterns
from hardware.mpu6050 import Bus, Mpu6050
from hardware.mpu6050.readings import Reading
from hardware.simulated import VirtualClock
from hardware.simulated.walker import Fall as Falls
from hardware.simulated.walker import Lie, Segment, Stand, Walk
from tests.support.device import Device
from tests.support.logbook import Walk as Walked
from tests.support.logbook import write
from tests.support.running import Running
from tests.support.terminal import COMMAND
from tests.support.waiting import LONGEST_S, eventually

COMES_AT_S = 5.0

Floats = NDArray[np.float64]

FAST: tuple[Segment, ...] = (Stand(4.0), Walk(60.0, spm=108.0, amplitude_g=0.2))


def test_too_fast_a_walk_is_heard_and_a_slower_one_is_not(tmp_path: Path) -> None:
    """Above the limit the buzzer beats the slow-down rhythm; after slowing down it is silent."""
    device = Device(FAST, tmp_path)
    heard: list[float] = []

    def obey(record: Record) -> None:
        if isinstance(record, Cue) and record.state == "on":
            device.clock.call_at(
                device.clock.now() + 2, lambda: device.simulation.walker.set_cadence(88)
            )

    def listen() -> None:
        if device.simulation.buzzer_on:
            heard.append(device.clock.now())
        device.clock.call_at(device.clock.now() + 0.05, listen)

    device.on_record = obey
    device.clock.call_at(0.0, listen)
    device.run()
    cues = device.of_type("cue")
    assert [(c["cue"], c["state"]) for c in cues] == [("slow_down", "on"), ("slow_down", "off")]
    on, off = (c["t"] for c in cues)
    assert off - on < 15
    during = [t for t in heard if on <= t <= off + 0.5]
    assert len(during) > 5
    assert [t for t in heard if t > off + 1.0] == []


@pytest.mark.parametrize("helped", [True, False], ids=["cleared", "walks again"])
def test_a_fall_s_alarm_ends_however_long_it_has_sounded(tmp_path: Path, helped: bool) -> None:
    """Beyond the session's end too, by `coach clear` or by walking: buzzer and log tell the end."""
    lies_s = 80.0
    plan = (Stand(4.0), Walk(30.0, events=(Falls(at=20.0),)), Lie(lies_s), Stand(3.0), Walk(30.0))
    orders = Orders()
    device = Device(plan, tmp_path, orders=orders)
    heard: list[str] = []
    device.clock.call_at(34.0 + lies_s, lambda: heard.append(playing(device)))
    if helped:
        device.clock.call_at(34.0 + lies_s, lambda: orders.put(lambda d: {"is": d.clear()}))
        device.clock.call_at(36.0 + lies_s, lambda: heard.append(playing(device)))
    device.run(device.seconds - 30.0 if helped else None)
    ended = next(r["t"] for r in device.of_type("session") if r["state"] == "ended")
    off = next(r["t"] for r in device.of_type("cue") if (r["cue"], r["state"]) == ("fall", "off"))
    assert off > ended
    assert [name == "fall" for name in heard] == [True, False][: len(heard)]
    logged = sessions.read_one(device.log, "last").of(Cue)
    assert logged[-1] == Cue(off, "fall", "off")


FALLEN = (Walk(30.0, events=(Falls(at=20.0),)), Lie(80.0), Stand(3.0))
RESTED = (Walk(30.0), Stand(57.5))


@pytest.mark.parametrize("first", [FALLEN, RESTED], ids=["after a fall", "as it ends"])
def test_who_walks_on_when_a_session_is_over_begins_another(
    tmp_path: Path, first: tuple[Segment, ...]
) -> None:
    """Also where no minute lies between the two in which nobody walks and nothing sounds."""
    device = Device((Stand(4.0), *first, Walk(30.0), Stand(70.0)), tmp_path)
    device.run()
    logged = [session.of(Session) for session in sessions.read_each(device.log)]
    assert [[e.state for e in said] for said in logged] == [["started", "ended"]] * 2
    for row in index.read_rows(device.log):
        assert 15 < summary.of(row).walking_s < 35


def test_who_clears_where_nothing_sounds_is_told_so_and_the_log_nothing(tmp_path: Path) -> None:
    """Else it would tell of an alarm that never was."""
    orders, cleared = Orders(), list[object]()
    device = Device((Stand(4.0), Walk(30.0), Stand(2.0)), tmp_path, orders=orders)
    ask = partial(orders.put, order(Request("clear", None, {})), cleared.append)
    device.clock.call_at(30.0, ask)
    device.run()
    assert cleared == [{"cleared": []}]
    assert device.of_type("cleared") == []


def test_a_remark_that_no_session_holds_is_refused(tmp_path: Path) -> None:
    """Before, it was answered by 'marked' and forgotten; one within the walk is in its log."""
    orders = Orders()
    device = Device((Stand(4.0), Walk(30.0), Stand(70.0)), tmp_path, orders=orders)
    answers: dict[str, dict[str, object]] = {}

    def mark(text: str) -> None:
        orders.put(
            order(Request("mark", None, {"text": text})), lambda a: answers.update({text: a})
        )

    for at, text in ((2.0, "before"), (20.0, "within"), (102.0, "after")):
        device.clock.call_at(at, partial(mark, text))
    device.run()
    assert answers["within"] == {}
    for text in ("before", "after"):
        assert "coach log note last --text" in str(answers[text]["error"])
    assert [r["text"] for r in device.of_type("mark")] == ["within"]
    assert [m.text for m in sessions.read_one(device.log, "last").of(Mark)] == ["within"]


def playing(device: Device) -> str:
    """What sounds or shows."""
    pattern = device.simulation.indicators.playing
    return pattern.name if pattern else ""


@pytest.mark.parametrize("begins_s", [58.8, 59.2, 59.6])
def test_who_falls_while_the_engine_is_due_to_be_replaced_is_told(
    tmp_path: Path, begins_s: float
) -> None:
    """A minute of standing, and a fall across its end: the new engine would take lying for up.

    No session began, and yet the log tells of it: somebody will ask.
    """
    device = Device((Stand(70.0),), tmp_path)

    def falls(t: Floats) -> Floats:
        since = t - begins_s
        tilt = np.radians(90.0) * np.clip(since / 0.5, 0.0, 1.0)
        drops, hits = (since > 0.0) & (since < 0.5), (since >= 0.5) & (since < 0.55)
        felt = np.select([drops, hits], [0.3, 5.0], 1.0)
        no, turn = np.zeros_like(t), np.where(drops, 180.0, 0.0)
        return np.column_stack([felt * np.sin(tilt), no, felt * np.cos(tilt), no, turn, no])

    device.simulation.chip.source = falls
    device.run()
    assert [r["type"] for r in device.of_type("fall")] == ["fall"]
    assert len(sessions.read_one(device.log, "last").of(Fall)) == 1


def test_a_crash_leaves_buzzer_and_led_off_and_a_log_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks the daemon while it beeps, both pins are low afterwards."""
    device = Device(FAST, tmp_path)
    feed = Engine.feed

    def breaking(self: Engine, block: Block) -> list[Event]:
        if device.simulation.buzzer_on and device.clock.now() > 15:
            raise RuntimeError("broken on purpose")
        return feed(self, block)

    monkeypatch.setattr(Engine, "feed", breaking)
    with pytest.raises(RuntimeError, match="on purpose"):
        device.run()
    assert not device.simulation.buzzer_on
    assert not device.simulation.led_on
    assert sessions.read_one(device.log, "last").ended == "crashed"


def test_a_folder_that_cannot_be_written_stops_the_log_and_not_the_coaching(
    tmp_path: Path,
) -> None:
    """With no place for the log the walker is still told; event and LED say what is wrong."""
    (tmp_path / "file").write_text("in the way")
    device = Device(FAST, tmp_path / "file")
    lit: list[object] = []

    def look() -> None:
        lit.append(device.simulation.indicators.lit)

    device.on_record = lambda record: (
        record.type == "session" and device.clock.call_at(device.clock.now() + 5.0, look)
    )
    device.waits(0.0, device.journal.has_told("log_stopped"))
    device.run()
    assert lit[0] == patterns.LOG_TROUBLE
    assert "slow_down" in {c["cue"] for c in device.of_type("cue")}
    [trouble] = device.of_type("log_stopped")
    assert str(tmp_path / "file") in trouble["message"]


def test_what_goes_wrong_with_the_log_as_the_coach_ends_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No turn comes any more in which it could be told: the system's log has it all the same."""
    device = Device(FAST, tmp_path)

    def take_away() -> None:
        eventually(lambda: index.read_rows(device.log))  # earlier, the writer would make another
        device.log.rename(tmp_path / "moved.db")
        device.stopped = True

    device.clock.call_at(device.clock.now() + 30.0, take_away)
    device.run()
    assert device.of_type("log_damaged", "log_stopped") == []
    [said] = caplog.messages
    assert "the log was moved, replaced or deleted while the coach wrote it" in said


def test_a_damaged_session_is_told_and_the_next_one_recorded(tmp_path: Path) -> None:
    """On the LED until a session begins, in the records, in the state; the walk is in the log."""
    path = write(tmp_path, Walked(reason=None))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE session SET settings = '{'")
    device = Device(FAST, tmp_path)
    status = Status(device.settings)
    device.on_record = status.tell
    lit: list[tuple[float, bool]] = []

    def look() -> None:
        shows = device.simulation.indicators.lit == patterns.LOG_TROUBLE
        lit.append((device.clock.now(), shows))
        device.clock.call_at(device.clock.now() + 0.2, look)

    device.clock.call_at(0.0, look)
    device.waits(0.0, device.journal.has_told("log_damaged"))
    device.run()
    [told] = device.of_type("log_damaged")
    assert "closed without its figures" in told["message"]
    assert status.snapshot()["log"] == {"state": "ok", "message": told["message"]}
    begins = device.of_type("session")[0]["t"]
    assert any(on for t, on in lit if t < begins)
    assert not any(on for t, on in lit if t > begins + 15)
    assert sessions.read_one(path, "2").of(Cue)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_soon(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it cleanly, with exit code 0."""
    running = Running(tmp_path)
    running.process.send_signal(number)
    _, errors = running.process.communicate(timeout=LONGEST_S)
    assert running.process.returncode == 0
    assert "Traceback" not in errors


def test_a_killed_daemon_leaves_a_log_that_opens(tmp_path: Path) -> None:
    """After SIGKILL the next start finds a whole log."""
    running = Running(tmp_path)
    running.process.kill()
    running.process.communicate(timeout=LONGEST_S)
    with closing(sqlite3.connect(tmp_path / "coach.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = Running(tmp_path)
    again.end()
    assert again.process.returncode == 0


def test_without_a_bus_it_says_what_to_do_and_waits(tmp_path: Path) -> None:
    """No /dev/i2c-31 on this machine: one sentence, and it goes on looking until it is stopped."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--set", f"log.directory={tmp_path}",
         "--set", "sensor.bus=31", "--set", f"control.socket={tmp_path}/sock"],
        stderr=subprocess.PIPE, text=True,
        env={"GPIOZERO_PIN_FACTORY": "mock", "PATH": ""},
    )  # fmt: skip
    assert process.stderr is not None
    said = next(line for line in process.stderr if "i2c" in line)
    assert "/dev/i2c-31 does not exist: enable I2C" in said
    process.terminate()
    _, errors = process.communicate(timeout=LONGEST_S)
    assert (process.returncode, errors) == (0, "")


def test_a_bus_that_comes_later_is_taken_and_the_led_says_so_until_then(tmp_path: Path) -> None:
    """As on a card where I2C was not switched on: the fault blinks until the ready beep."""
    device = Device((Stand(10.0), Walk(30.0, spm=80.0, amplitude_g=0.2)), tmp_path)
    simulation, clock = device.simulation, device.clock
    lit: list[float] = []
    shown: list[str] = []

    def bus() -> Bus:
        if clock.now() < COMES_AT_S:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/dev/i2c-1")
        return simulation.chip.bus()

    def look() -> None:
        lit.extend([clock.now()] if simulation.led_on else [])
        shown.extend([playing(device)] if playing(device) not in shown[-1:] else [])
        clock.call_at(clock.now() + 0.02, look)

    simulation.sensor = Mpu6050(bus, clock)
    look()
    device.run()
    assert sum(t < COMES_AT_S for t in lit) > 20
    assert shown[shown.index("fault") :][:3] == ["fault", "ready", "heartbeat"]
    assert [r["type"] for r in device.of_type("fault", "recovered")] == ["fault", "recovered"]
    assert any(r["spm"] for r in device.of_type("cadence"))


class Bell(VirtualClock):
    """Virtual time in which a doze ends when somebody is roused, as the machine's does."""

    rung = False

    def doze(self, seconds: float) -> None:
        until = self.now() + seconds
        while not self.rung and self.now() < until:
            self.sleep(min(0.001, until - self.now()))
        self.rung = False

    def rouse(self) -> None:
        self.rung = True


def test_without_a_sensor_orders_are_carried_out_and_the_end_is_silent(tmp_path: Path) -> None:
    """As many as may wait, within the second until the bus is tried again; no beep says ready."""
    orders, answers, tried = Orders(), list[float](), list[float]()
    device = Device((Stand(10.0),), tmp_path, clock=(clock := Bell()), orders=orders)

    def bus() -> Bus:
        tried.append(clock.now())
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/dev/i2c-1")

    def order() -> None:
        while orders.put(lambda _: {}, lambda _: answers.append(clock.now())):
            pass

    device.simulation.sensor = Mpu6050(bus, clock)
    clock.call_at(3.5, order)
    device.run()
    assert len(answers) == MOST_WAITING
    assert max(answers) < 4.5
    assert min(np.diff(tried)) >= 0.99
    assert not any(state.state for state in device.simulation.pins.pin(BUZZER_PIN).states)


def test_a_flood_of_orders_costs_no_reads(tmp_path: Path) -> None:
    """Each is carried out as it comes, and the chip is read at the instants without them."""

    def read_at(folder: str, flood: bool) -> list[float]:
        orders = Orders()
        device = Device(FAST, tmp_path / folder, clock=(clock := Bell()), orders=orders)
        read, times = device.simulation.sensor.read, list[float]()

        def count() -> Reading:
            times.append(clock.now())
            return read()

        def order() -> None:
            came = clock.now()
            orders.put(
                lambda d: d.mute(next(muted)) or {}, lambda _: late.append(clock.now() - came)
            )
            clock.call_at(came + 0.013, order)

        device.simulation.sensor.read = count
        if flood:
            clock.call_at(0.5, order)
        device.run(8.0)
        return times

    muted, late = itertools.cycle((True, False)), list[float]()
    calm = read_at("calm", flood=False)
    assert read_at("flooded", flood=True) == calm
    assert len(late) > 500
    assert max(late) < 0.002
