"""What systemd is told, and what is fed to its watchdog."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coach.events import Cadence, Cue, Session, Step
from firmware.app.asking import lines
from firmware.device.control.status import Status
from firmware.device.notify import Notifier, sentence
from firmware.records import (
    Fault,
    LogStopped,
    LowPower,
    PartFailed,
    PartWorks,
    PinTrouble,
    Record,
    Recovered,
)
from firmware.settings.catalogue import Settings

WATCHDOG_US = 10_000_000


NO_ANSWER = Fault(0.0, "sensor_silent", "no answer")
BACK = Recovered(0.0, "sensor_silent", 0, 0.0, "?")


class Manager:
    """Stands for systemd: gets what is sent, and says when it is."""

    def __init__(self, path: str) -> None:
        self.environ = {"NOTIFY_SOCKET": path.replace("\0", "@"), "WATCHDOG_USEC": str(WATCHDOG_US)}
        self.now = 0.0
        self.made: list[Notifier] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.status = Status(Settings())

    def notifier(self, **environ: str) -> Notifier:
        """The daemon's side."""
        made = Notifier(self.status.snapshot, {**self.environ, **environ}, lambda: self.now)
        self.made.append(made)
        return made

    def told(self) -> list[str]:
        """Every line since the last time."""
        lines: list[str] = []
        while True:
            try:
                lines += self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    """Its socket is a file or an abstract name, as containers have it."""
    path = str(tmp_path / "n") if request.param == "file" else f"\0coach-test-{os.getpid()}"
    made = Manager(path)
    yield made
    for notifier in made.made:
        notifier.close()
    made.socket.close()


def test_the_first_samples_make_it_ready(manager: Manager) -> None:
    """READY=1 comes once, with the first feeding."""
    notifier = manager.notifier()
    assert manager.told() == []
    notifier.alive()
    assert manager.told() == ["WATCHDOG=1", "READY=1", "STATUS=nobody walks (limit 100)"]
    manager.now = 100
    notifier.alive()
    assert manager.told() == ["WATCHDOG=1", "STATUS=nobody walks (limit 100)"]


def test_the_watchdog_is_fed_twice_in_its_time(manager: Manager) -> None:
    """However often samples come."""
    notifier = manager.notifier()
    told = []
    for turn in range(20 * 60):
        manager.now = turn / 20
        notifier.alive()
        told += manager.told()
    assert told.count("WATCHDOG=1") == 12


def test_a_word_that_was_lost_is_said_again(manager: Manager) -> None:
    """A manager that is too busy to hear that the daemon is ready hears it with the next news."""
    notifier = manager.notifier()
    with pytest.raises(BlockingIOError):
        fill(manager)
    notifier.alive()
    assert "READY=1" not in manager.told()
    manager.now = 5
    notifier.alive()
    assert "READY=1" in manager.told()


def fill(manager: Manager) -> None:
    """Send until no more fits."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        other.connect(manager.socket.getsockname())
        while True:
            other.send(b"noise")


def test_without_samples_nothing_is_fed(manager: Manager) -> None:
    """Other news do not count as life."""
    notifier = manager.notifier()
    news = (NO_ANSWER, BACK, Session(0.0, "started"), LogStopped(0.0, "?"))
    for record in news:
        manager.now += 60
        notifier.tell(record)
    assert "WATCHDOG=1" not in manager.told()


def test_an_announced_fault_gets_a_minute_once(manager: Manager) -> None:
    """The usual time counts again as soon as the sensor is back."""
    notifier = manager.notifier()
    notifier.alive()
    manager.told()
    for _ in range(3):
        notifier.tell(NO_ANSWER)
    assert [m for m in manager.told() if m.startswith("WATCHDOG")] == ["WATCHDOG_USEC=60000000"]
    notifier.tell(BACK)
    assert [m for m in manager.told() if m.startswith("WATCHDOG")] == ["WATCHDOG_USEC=10000000"]


def test_a_fault_with_which_samples_go_on_gets_no_minute(manager: Manager) -> None:
    """With a dead gyroscope a daemon that hangs is found as soon as with a sound one."""
    notifier = manager.notifier()
    notifier.tell(Fault(0.0, "gyroscope_dead", "sees no turn"))
    notifier.alive()
    usual = [m for m in manager.told() if m.startswith("WATCHDOG_USEC")][-1]
    notifier.tell(NO_ANSWER)
    assert usual == "WATCHDOG_USEC=10000000"
    assert "WATCHDOG_USEC=60000000" in manager.told()


def test_no_restart_ends_the_alarm_of_a_fall_within_an_hour(manager: Manager) -> None:
    """When it has been cleared a sensor that stays away has its minute again, and no other cue."""

    def asked_for(*records: Record) -> list[str]:
        for record in records:
            manager.status.tell(record)
            notifier.tell(record)
        return [m for m in manager.told() if m.startswith("WATCHDOG_USEC")]

    notifier = manager.notifier()
    assert asked_for(Cue(1.0, "fall", "on")) == []
    assert asked_for(NO_ANSWER) == ["WATCHDOG_USEC=3600000000"]
    assert asked_for(Cue(1.0, "slow_down", "off")) == []
    assert asked_for(Cue(1.0, "fall", "off")) == ["WATCHDOG_USEC=60000000"]
    assert asked_for(BACK) == ["WATCHDOG_USEC=10000000"]


def test_a_sensor_that_is_silent_at_start_does_not_keep_the_service_from_starting(
    manager: Manager,
) -> None:
    """It is ready, says what is wrong on one line, and has a minute before it is started anew."""
    fault = Fault(0.0, "sensor_silent", "MPU-6050: no answer")
    manager.status.tell(fault)
    manager.notifier().tell(fault)
    assert manager.told() == [
        "WATCHDOG_USEC=60000000",
        "READY=1",
        "STATUS=cadence unknown (limit 100); sensor in trouble: MPU-6050: no answer",
    ]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (Session(0.0, "started"), "session of 0 min"),
        (LogStopped(0.0, "the card is full"), "log in trouble: the card is full"),
        (PinTrouble(0.0, "GPIO 27 is taken"), "pins in trouble: GPIO 27 is taken"),
        (LowPower(0.0, "it has dipped"), "power in trouble: it has dipped"),
        (PartFailed(0.0, "control", "control: a bug"), "control: a bug"),
        (Step(0.0, 0.0), None),
    ],
)
def test_what_somebody_may_ask_about_is_told_at_once(
    manager: Manager, record: Record, said: str | None
) -> None:
    """It does not wait for the next feeding; what comes with every step does."""
    notifier = manager.notifier()
    notifier.alive()
    manager.told()
    manager.status.tell(record)
    notifier.tell(record)
    told = "\n".join(manager.told())
    assert said in told if said else not told


def test_a_reload_begins_and_ends(manager: Manager) -> None:
    """With the instant on the monotonic clock, as systemd asks for."""
    notifier = manager.notifier()
    notifier.alive()
    manager.told()
    notifier.reloading()
    notifier.reloaded()
    notifier.stopping()
    begin, instant, end, _status, *rest = manager.told()
    assert begin == "RELOADING=1"
    assert instant.removeprefix("MONOTONIC_USEC=").isdecimal()
    assert end == "READY=1"
    assert rest == ["STOPPING=1", "STATUS=stopping"]


def test_the_watchdog_of_another_process_is_left_alone(manager: Manager) -> None:
    """A service started from within a service inherits its environment."""
    notifier = manager.notifier(WATCHDOG_PID="1")
    notifier.tell(NO_ANSWER)
    assert not [m for m in manager.told() if m.startswith("WATCHDOG_USEC")]


@pytest.mark.parametrize(
    "address", ["", "vsock:2:1", "/nonexistent/notify", "@nobody-listens-here"]
)
def test_nobody_who_listens_is_no_trouble(address: str) -> None:
    """Nothing is raised, and nothing is asked of the status."""
    calls: list[None] = []

    def state() -> dict[str, Any]:
        calls.append(None)
        return {}

    notifier = Notifier(state, {"NOTIFY_SOCKET": address})
    notifier.alive()
    notifier.tell(NO_ANSWER)
    notifier.reloading()
    notifier.stopping()
    notifier.close()
    assert calls == []


def test_a_manager_that_goes_away_is_no_trouble(manager: Manager) -> None:
    """What is sent to nobody is lost, and that is all."""
    notifier = manager.notifier()
    manager.socket.close()
    notifier.alive()
    notifier.close()
    notifier.stopping()


def test_the_line_of_status_tells_walk_and_troubles() -> None:
    """One line: cadence, limit, session, what is wrong."""
    status = Status(Settings())
    status.tell(Session(10.0, "started"))
    status.tell(Cadence(250.0, 92.4, 0.9))
    status.tell(Fault(9.0, "sensor_silent", "the sensor does not answer"))
    assert sentence(status.snapshot()) == (
        "cadence unknown (limit 100); session of 4 min when last seen;"
        " sensor in trouble: the sensor does not answer"
    )


def test_a_part_that_failed_is_told_until_it_works_again() -> None:
    """In systemd's line, in `coach status`, and by its exit code."""
    status = Status(Settings())
    status.tell(PartFailed(1.0, "control", "control: a bug"))
    state = {**status.snapshot(), "file": "f"}
    assert sentence(state).endswith("; control: a bug")
    assert "trouble   control: a bug" in list(lines(state))
    status.tell(PartWorks(2.0, "control"))
    assert "a bug" not in sentence(status.snapshot())


def test_a_cue_that_fell_silent_with_the_sensor_is_not_told() -> None:
    """Whom nobody sees is not asked to slow down; under a fault that leaves samples, yes."""
    status = Status(Settings())

    def told() -> str:
        return next(x for x in lines({**status.snapshot(), "file": "f"}) if x.startswith("cues"))

    for record in (Cadence(8.0, 120.0, 0.9), Cue(9.0, "slow_down", "on"), Cue(9.5, "fall", "on")):
        status.tell(record)
    assert told() == "cues      slow_down, fall"
    status.tell(Fault(10.0, "gyroscope_dead", "dead"))
    status.tell(Cadence(11.0, 120.0, 0.9))
    assert told() == "cues      slow_down, fall"
    status.tell(Fault(12.0, "transfer", "check its plugs"))
    assert told() == "cues      fall"
