"""`coach run` puts the daemon together: what each part is given, and what a signal does to it.

The daemon in it is a stand-in that does what a test says; all else is what the service has, in a
process of its own, for signals belong to a whole process.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.device import held, indication, service
from firmware.errors import DeviceError
from firmware.log import index
from firmware.settings.catalogue import Settings
from hardware import Clock
from hardware.errors import PinError
from hardware.simulated import VirtualClock
from tests.support.waiting import LONGEST_S

PROGRAM = """
import json, logging, sys, warnings
from pathlib import Path
from coach.events import Cadence, Cue, Fall, Gap, Session, Stage, Step, Stumble
from firmware.device import held, indication, service
from firmware.settings.source import Source
from hardware import supply

class Daemon:
    def __init__(self, settings, sensor, pins, journal, clock, listen, orders, notifier, **others):
        self.settings, self.journal, self.clock, self.listen = settings, journal, clock, listen
        self.orders, self.others, self.t = orders, others, 0.0
    def change(self, settings):
        self.settings = settings
    def tell(self, record):
        print(json.dumps(type(record).__name__), flush=True)
    def run(self, stop):
        {what}

def say(what):
    print(json.dumps(what), flush=True)

service.Daemon = Daemon
source = Source(Path(sys.argv[1]), (), remembers=True)
{before}
sys.exit(service.run(source, simulated={simulated}, speed=1.0))
"""

NO_PARTS = """
from hardware.simulated import VirtualClock
from firmware.device.simulation import Simulation
service._sensor = lambda settings, clock: None
service.pins = lambda settings, clock: Simulation((), settings, clock).indicators
"""
"""The real device without a bus and pins."""

IDLE = """
        say("runs")
        while not stop():
            self.orders.carry_out(self)
            self.clock.doze(60.0)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "coach.toml"
    made.write_text(
        f'[control]\nsocket = "{tmp_path}/c.sock"\n'
        f'[log]\ndirectory = "{tmp_path}"\nmax_mb = 50\nmax_days = 9\n'
    )
    return made


@contextmanager
def started(
    file: Path, what: str, before: str = "", simulated: bool = True
) -> Iterator[subprocess.Popen[str]]:
    """The service with a daemon that does `what`; it does not outlive the test."""
    text = PROGRAM.format(what=what.strip(), before=before, simulated=simulated)
    process = subprocess.Popen(
        [sys.executable, "-c", text, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended(process: subprocess.Popen[str]) -> tuple[list[object], str]:
    """What it said, and its words on standard error, when it has ended well."""
    said, words = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, words
    return [json.loads(line) for line in said.splitlines()], words


def test_the_system_s_log_has_what_a_person_would_ask_about(file: Path) -> None:
    """Sessions, cues, stumbles and falls, a line each, and a library's warnings; no steps.

    A gap is told with the end of what made it.
    """
    what = """
        for record in (
            Session(1.0, "started"), Cadence(2.0, 70.0, 0.9), Step(3.0, 2.9),
            Cue(4.0, "slow_down", "on"), Stumble(5.0, 4.9, 1.0), Fall(6.0, 5.5), Gap(7.0, 6.0, 1.0),
        ):
            self.listen(record)
        warnings.warn("of a library")
    """
    with started(file, what) as process:
        words = ended(process)[1].splitlines()
    assert words[0].startswith("INFO a simulated walker clips the coach on")
    told = [line for line in words[1:] if line.startswith("INFO")]
    assert [line.removeprefix("INFO ") for line in told] == [
        *("the session begins", "told to slow down", "stumble", "fall")
    ]
    assert any(line.startswith("WARNING") and "of a library" in line for line in words)


ENDS = {"TERM", "INT", "QUIT", "PWR", "XCPU"}
CRASHES = {"SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "ABRT"}
LEFT = {"KILL", "STOP", "CHLD", "TSTP", "TTIN", "TTOU", *CRASHES}
"""What nobody can catch, what stops a process for a while, and what a crash raises."""


def test_each_signal_is_obeyed_ignored_or_left(file: Path) -> None:
    """Nothing does a thing but what ends, reloads, stops or crashes a process."""
    with started(file, IDLE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == "runs"
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.send_signal(signal.SIGTERM)
        ended(process)

    def masked(name: str) -> set[int]:
        (mask,) = re.findall(rf"^{name}:\s*(\w+)$", status, re.MULTILINE)
        return {n for n in signal.valid_signals() if int(mask, 16) >> (n - 1) & 1}

    def numbers(names: set[str]) -> set[int]:
        return {signal.Signals[f"SIG{name}"].value for name in names}

    assert masked("SigCgt") == numbers({*ENDS, "HUP"})
    assert masked("SigIgn") == signal.valid_signals() - numbers({*ENDS, "HUP", *LEFT})


def test_who_dozes_is_roused_by_the_signal_that_ends_it(file: Path) -> None:
    """A minute's sleep is over at once."""
    with started(file, IDLE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30.0)
        assert process.returncode == 0


RELOADS = """
for name in ("reloading", "reloaded"):
    setattr(service.Notifier, name, lambda self, name=name: say(name))
"""


def test_the_manager_is_told_when_a_reload_is_over(file: Path) -> None:
    """It waits for that: `systemctl reload` would not come back."""
    with started(file, "self.orders.rouse = self.clock.rouse" + IDLE, RELOADS) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        said = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        ended(process)
    assert said == ["reloading", "reloaded"]


CLOSED = """
from hardware.clock import SystemClock
from hardware.indicators import Indicators
from firmware.device.words import Words
for kind in (
    Words, SystemClock, Indicators, service.Journal, service.Keeper, service.Control,
    service.Notifier,
):
    def closing(self, *given, was=kind.close, name=kind.__name__):
        say(name)
        return was(self, *given)
    kind.close = closing
def stopping(self, was=service.Notifier.stopping):
    say("stopping")
    was(self)
service.Notifier.stopping = stopping
"""


def test_each_part_is_closed_before_what_it_needs(file: Path) -> None:
    """The manager is told first; timers outlive who is timed, the log who writes, words all."""
    with started(file, "pass", CLOSED) as process:
        order = ended(process)[0]
    parts = ("Control", "Keeper", "Notifier", "Journal", "Indicators", "SystemClock", "Words")
    assert [*dict.fromkeys(order)] == ["stopping", *parts]


def test_log_and_supply_are_as_they_are_set(file: Path) -> None:
    """The log's limits are those of the settings, and the supply is asked for its dips."""
    before = """
class Journal(service.Journal):
    def __init__(self, path, limits):
        say([str(path), limits.max_mb, limits.max_days])
        super().__init__(path, limits)
service.Journal = Journal
"""
    what = "say(self.others['power_dips'] is supply.dips)"
    with started(file, what, before) as process:
        assert ended(process)[0] == [[f"{file.parent}/coach.db", 50, 9], True]


@pytest.mark.parametrize("in_the_way", [True, False])
def test_what_the_log_could_not_take_until_the_end_is_said_to_be_lost(
    file: Path, in_the_way: bool
) -> None:
    """It was promised to be written as soon as it can be; of a log that is well nothing is said."""
    if in_the_way:
        (file.parent / "coach.db").mkdir()
    what = """
        self.journal.start(lambda trouble: None)
        self.journal.begin(Walk().opening())
        self.journal.record(Cue(4.0, "slow_down", "on"))
        self.journal.end("stopped")
        if wait: eventually(lambda: not self.journal.unwritten)
    """
    # Where it can be written it is waited for, longer than the service would: a disk may be busy.
    before = "from tests.support.logbook import Walk; from tests.support.waiting import eventually"
    before += f"; wait = {not in_the_way}"
    with started(file, what, before) as process:
        words = ended(process)[1]
    said = f"{file.parent}/coach.db: the coach ends while the log is at rest: 3 records and"
    assert (said in words) is in_the_way


def test_what_a_walker_reaches_is_remembered_for_who_began_the_session(file: Path) -> None:
    """For the profile that is chosen when it begins, not the one of the service's start."""
    what = """
        file = Path(sys.argv[1])
        chosen = '\\n[walker]\\nprofile = "anna"\\n[profiles.anna.cadence]\\nmax_spm = 70\\n'
        file.write_text(file.read_text() + chosen)
        while self.settings.walker.profile != "anna":
            self.orders.carry_out(self)
            self.clock.doze(0.05)
        self.listen(Session(1.0, "started"))
        self.listen(Stage(5.0, "rails", "ready for the next", "hands free"))
    """
    with started(file, what, NO_PARTS, simulated=False) as process:
        ended(process)
    reached = json.loads((file.parent / "stages.json").read_text())
    assert reached == {"anna": {"set": "rails", "reached": "hands free"}}


@pytest.mark.parametrize(("simulated", "walker"), [(True, "simulated"), (False, "anna")])
def test_what_nobody_has_walked_is_no_walkers_session(
    file: Path, simulated: bool, walker: str
) -> None:
    """Under the device's own settings a simulated walk is in the log, and in nobody's programme."""
    chosen = '[walker]\nprofile = "anna"\n[profiles.anna.cadence]\nmax_spm = 70\n'
    file.write_text(file.read_text() + chosen)
    what = """
        from firmware.log.journal import Opening
        self.journal.start(lambda trouble: None)
        self.journal.begin(Opening("boot", 0, 1.79e9, dict(self.settings.as_dict())))
        self.journal.end("stopped")
        self.journal.close(60.0)
    """
    with started(file, what, NO_PARTS, simulated) as process:
        ended(process)
    [row] = index.read_rows(file.parent / "coach.db")
    assert row.walker == walker


HEARD = """
for kind in (service.Control, service.Notifier, service.Keeper):
    hears = "publish" if kind is service.Control else "tell"
    setattr(kind, hears, lambda self, record, name=kind.__name__: say(name))
"""


@pytest.mark.parametrize("simulated", [True, False])
def test_each_record_is_heard_by_all_whom_it_concerns(file: Path, simulated: bool) -> None:
    """Who follows, the service's manager, and of a real walker the memory for the next session."""
    what = 'self.listen(Session(1.0, "started"))'
    with started(file, what, HEARD + NO_PARTS, simulated) as process:
        heard = ended(process)[0]
    assert heard == [*([] if simulated else ["Keeper"]), "Control", "Notifier"]


def test_a_socket_that_cannot_be_had_is_told_until_it_can(file: Path) -> None:
    """By the daemon, to all that hear it: nobody can ask it meanwhile."""
    before = """
from firmware.device.control import door
other = door.listen(Path(sys.argv[1]).with_name("c.sock"), "")
"""
    what = """
        told = []
        self.tell = told.append
        while len(told) < 2:
            self.orders.carry_out(self)
            if told:
                other.close()
            self.clock.doze(0.05)
        say([[type(record).__name__, record.part] for record in told])
        say(told[0].message)
    """
    with started(file, what, before + NO_PARTS, simulated=False) as process:
        said, why = ended(process)[0]
    assert said == [["PartFailed", "control"], ["PartWorks", "control"]]
    assert "no control socket: another daemon listens there" in str(why)


def test_the_memory_that_fails_and_works_again_is_told(file: Path) -> None:
    """Once each."""
    before = """
turns = []
def turn(self, was=service.Keeper._turn):
    turns.append(0)
    if len(turns) == 1:
        raise RuntimeError("a bug")
    return was(self)
service.Keeper._turn = turn
"""
    what = """
        told = []
        self.tell = told.append
        while len(told) < 2:
            self.orders.carry_out(self)
            self.clock.doze(0.05)
            self.listen(Stage(5.0, "rails", "begins", "rails"))
        say([type(record).__name__ for record in told])
    """
    with started(file, what, before + NO_PARTS, simulated=False) as process:
        assert ended(process)[0] == [["PartFailed", "PartWorks"]]


LOOKED_FOR = """
from firmware.device.simulation import Simulation
service.pins = lambda settings, clock: Simulation((), settings, clock).indicators
service.linux_bus = lambda bus, _: bus
service.LinuxPlaces = lambda *at: at
service.Mpu6050 = lambda bus, clock, address, **more: say([bus, address, more])
"""


def test_the_sensor_is_looked_for_where_it_is_set(file: Path) -> None:
    """Its bus and address, and from there at its other places; the bus is named as a file."""
    file.write_text(file.read_text() + '[sensor]\nbus = 3\naddress = "0x69"\n')
    with started(file, "pass", LOOKED_FOR, simulated=False) as process:
        assert ended(process)[0] == [[3, 0x69, {"bus_name": "/dev/i2c-3", "places": [3, 0x69]}]]


def test_pins_are_noted_before_they_are_taken_and_one_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For who switches them off after a crash; where none can be had, the sentence says why."""
    done: list[object] = []

    def refuse(_settings: Settings, _clock: Clock, **how: object) -> None:
        done.append(how)
        raise PinError("no pins here")

    monkeypatch.setattr(held, "note", done.append)
    monkeypatch.setattr(indication, "indicators", refuse)
    with pytest.raises(DeviceError, match="no pins here"):
        service.pins(Settings(), VirtualClock())
    assert done == [held.fitted(Settings()), {"make_do": True}]


SEEN_PLAN = """
from firmware.device import simulation
class Simulation(simulation.Simulation):
    def __init__(self, plan, *others):
        say([sum(part.seconds for part in plan) > 86400, plan[2].events[0].spm])
        super().__init__(plan, *others)
simulation.Simulation = Simulation
"""


def test_the_simulated_walker_walks_for_a_day_and_past_the_limit_that_is_set(file: Path) -> None:
    """Whoever tries the coach hears it, whatever the limit, and as long as they look."""
    file.write_text(file.read_text() + "[cadence]\nmax_spm = 70\n")
    with started(file, "pass", SEEN_PLAN) as process:
        assert ended(process)[0] == [[True, 78.0]]
