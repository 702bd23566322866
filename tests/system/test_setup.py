"""`coach setup` over a real sshd, as a member of the group, each question answered wrongly once."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from firmware.app import guided
from firmware.device.control.orders import Orders
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.settings.source import Source
from hardware import SystemClock
from hardware.simulated import Fault, VirtualClock
from hardware.simulated.walker import Segment, Stand, Walk
from tests.support.device import Device
from tests.support.waiting import LONGEST_S, eventually
from tests.system.test_ssh import MEMBER, STRANGER, Clinic, clinic, pytestmark

__all__ = ["clinic", "pytestmark"]

FAST = 15.0
STANDS: Sequence[Segment] = (Stand(100_000.0),)
ONE_WALK: Sequence[Segment] = (
    *(Stand(30.0), Walk(160.0, spm=70.0, amplitude_g=0.2), Stand(100_000.0)),
)
WALKS_AT, WALKED_AT = 29.0, 150.0


class Daemon:
    """A device with its socket, which runs on a thread once it is started."""

    def __init__(self, clinic: Clinic, plan: Sequence[Segment], speed: float) -> None:
        source, orders = Source(clinic.file), Orders()
        settings = source.load()
        clock = SystemClock() if speed == 1.0 else VirtualClock(speed)
        folder = clinic.folder / "log"
        self.device = Device(plan, folder, clock=clock, settings=settings, orders=orders)
        self.status = Status(settings)
        self.control = Control(settings, source, orders, self.status)
        self.device.on_record = self.control.publish
        self._thread = threading.Thread(target=self.device.run)

    def start(self) -> None:
        self.control.start()
        self._thread.start()

    def sensor(self) -> str:
        return str(self.status.snapshot()["sensor"]["state"])

    def close(self) -> None:
        self.device.stopped = True
        self._thread.join()
        self.control.close()


class Person:
    """Somebody at a keyboard far away: sees the screen, types a line."""

    def __init__(self, clinic: Clinic, user: str, *steps: str) -> None:
        self.process = subprocess.Popen(
            clinic.typed(user, "setup", *steps),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )
        self.screen = ""
        self._seen = 0

    def reads(self, words: str) -> str:
        """Wait until the screen says so; what it has said since the last time."""
        deadline = time.monotonic() + LONGEST_S
        assert self.process.stdout is not None
        while words not in self.screen[self._seen :]:
            left = max(0.0, deadline - time.monotonic())
            there, _, _ = select.select([self.process.stdout], [], [], left)
            piece = os.read(self.process.stdout.fileno(), 4096) if there else b""
            assert piece, f"no {words!r} on\n{self.screen}"
            self.screen += piece.decode()
        since = self.screen[self._seen :]
        self._seen += since.index(words) + len(words)
        return since[: since.index(words)]

    def types(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def answers(self, question: str, *lines: str) -> None:
        for line in lines:
            self.reads(question)
            self.types(line)

    def leaves(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.stdout is not None
        self.screen += self.process.stdout.read().decode()
        return self.process.wait(LONGEST_S)

    def vanishes(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(LONGEST_S)


class Scene:
    """An sshd, devices and persons; all are gone when the test ends, however it ends."""

    def __init__(self, clinic: Clinic, ends: ExitStack) -> None:
        self.clinic, self._ends = clinic, ends

    def device(self, plan: Sequence[Segment], speed: float = 1.0) -> Daemon:
        return Daemon(self.clinic, plan, speed)

    def starts(self, daemon: Daemon) -> None:
        daemon.start()
        self._ends.callback(daemon.close)

    def person(self, *steps: str, user: str = MEMBER) -> Person:
        made = Person(self.clinic, user, *steps)
        self._ends.callback(made.vanishes)
        return made


@pytest.fixture
def scene(clinic: Clinic) -> Iterator[Scene]:
    if not clinic.finds_python():
        pytest.skip("an ordinary user cannot run this checkout with any Python here")
    with ExitStack() as ends:
        yield Scene(clinic, ends)


@pytest.mark.slow
def test_every_question_answered_wrongly_once(scene: Scene) -> None:
    """A wrong answer gets a sentence and the question again; then the settings stand."""
    scene.starts(scene.device(STANDS))
    person = scene.person("sensor", "buzzer", "led", "name", "limit")
    person.reads("its values are sound")
    person.answers("Did you hear two long beeps?", "maybe", "", "n")
    person.reads("+ at GPIO 17")
    person.answers("go on without", "?", "")
    person.answers("Did you hear two long beeps?", "Y")
    person.answers("Did the LED blink in threes?", "n")
    person.reads("long leg at GPIO 27")
    person.answers("go on without", "s")
    person.answers("Who walks?", "an/na", "x" * 300, "anna")
    person.reads("walker.profile = anna")
    person.answers("should it beep? (Enter: 100)", "eighty", "5", "80")
    person.reads("for anna")
    person.answers("Another time:", "lim", "limit")
    person.answers("should it beep? (Enter: 80)", "")
    person.answers("Another time:", "")
    person.reads("All is set")
    assert person.leaves() == 0
    for sentence in (
        "'maybe' is no answer: expected y, n, Enter or q",
        "'?' is no answer: expected Enter, s or q",
        "'lim' is no answer: expected Enter, sensor",
        "cadence.max_spm = 'eighty'",
    ):
        assert sentence in person.screen
    assert "Traceback" not in person.screen
    stands = tomllib.loads(scene.clinic.file.read_text())
    assert stands["walker"]["profile"] == "anna"
    assert stands["profiles"]["anna"]["cadence"]["max_spm"] == 80


def test_a_trial_walk_ends_with_its_review(scene: Scene) -> None:
    """Steps are felt, two minutes are walked, and the session is shown."""
    scene.clinic.file.write_text(scene.clinic.file.read_text() + "[session]\nstart_after_s = 5\n")
    sees_steps, sees_walk = threading.Event(), threading.Event()
    daemon = scene.device(ONE_WALK, FAST)
    daemon.device.waits(WALKS_AT, sees_steps.is_set)
    daemon.device.waits(WALKED_AT, sees_walk.is_set)
    scene.starts(daemon)
    person = scene.person("steps", "walk")
    person.answers("Press Enter and walk.", "")
    person.reads("steps: ")
    sees_steps.set()
    assert person.reads(" steps/min").count(".") >= guided.FELT
    person.answers("Press Enter and walk.", "")
    sees_walk.set()
    person.reads("That is enough: stand still.")
    person.reads("in zone  ")
    person.answers("Another time:", "")
    assert person.leaves() == 0
    assert "Session 1" in person.screen


def test_a_sensor_that_is_pulled_is_named_until_it_is_back(scene: Scene) -> None:
    """With what to check; nothing goes on before."""
    daemon = scene.device(STANDS)
    scene.starts(daemon)
    chip = daemon.device.simulation.chip
    chip.inject(Fault.NACK)
    eventually(lambda: daemon.sensor() == "fault")
    person = scene.person("sensor")
    person.answers("Mend that and press Enter", "")
    person.reads("Mend that and press Enter")
    chip.heal()
    eventually(lambda: daemon.sensor() == "ok")
    person.types("")
    person.reads("its values are sound")
    person.answers("Another time:", "q")
    assert person.leaves() == 0


def test_whoever_may_not_or_cannot_is_told_before_the_first_question(scene: Scene) -> None:
    """No daemon, no right, no such step: one sentence each."""
    person = scene.person()
    assert person.leaves() == 1
    assert "start it: sudo systemctl start cadence-coach" in person.screen
    scene.starts(scene.device(STANDS))
    for user, steps, code, sentence in (
        (STRANGER, (), 1, "may not command the daemon"),
        (MEMBER, ("limits",), 2, "there is no step 'limits': did you mean limit?"),
    ):
        person = scene.person(*steps, user=user)
        assert person.leaves() == code
        assert sentence in person.screen


def test_who_hangs_up_is_told_where_to_go_on(scene: Scene) -> None:
    """At the end of the input, and at q."""
    scene.starts(scene.device(STANDS))
    person = scene.person("name", "limit")
    person.reads("Who walks?")
    assert person.leaves() == 0
    assert "What was set stays. The rest: coach setup name limit" in person.screen
    person = scene.person("limit")
    person.answers("should it beep?", "q")
    assert person.leaves() == 0
    assert "The rest: coach setup limit" in person.screen
