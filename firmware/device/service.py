"""`coach run`: the daemon put together from real or simulated parts."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from coach.events import Cue, Fall, Session, Stumble
from firmware.device import held, indication
from firmware.device.control.orders import Orders, order_to_tell
from firmware.device.control.server import Control
from firmware.device.control.status import Status
from firmware.device.daemon import Daemon
from firmware.device.keeper import Keeper
from firmware.device.notify import Notifier
from firmware.device.words import Words
from firmware.errors import EXIT_OK, DeviceError
from firmware.log.clocks import SIMULATED
from firmware.log.journal import Journal
from firmware.log.retention import Limits
from firmware.log.schema import FILE_NAME
from firmware.records import PartFailed, PartWorks, Record
from firmware.sentences import sentence
from firmware.settings.catalogue import Settings
from firmware.settings.reached import Reached
from firmware.settings.source import Source
from firmware.threads import Told
from hardware import Clock, HardwareError, SystemClock, supply
from hardware.indicators import Indicators
from hardware.mpu6050 import LinuxPlaces, Mpu6050, linux_bus

log = logging.getLogger("coach")

_NEWS = (Cue, Session, Stumble, Fall)
"""What goes to the system's log beside sensor trouble, and what that cost: what a person would ask
about later."""


_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGPWR, signal.SIGXCPU)

_AS_THEY_ARE = (
    *(signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
    signal.SIGCHLD,  # ignored, it would take the exit codes from who starts a program
    *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS),
    signal.SIGABRT,  # systemd's, for a daemon that hangs: it must end
)
"""What cannot be caught, stops for a while, or comes of a crash: the unit switches the pins off
then."""


class _Stop:
    """Set by the signals that end a process; the daemon asks it on every turn.

    Any other signal that would end it does nothing: it would leave the buzzer sounding.
    """

    def __init__(self) -> None:
        self.asked = False
        self.rouse: Callable[[], None] = lambda: None  # whoever may be dozing
        for number in signal.valid_signals() - {*_AS_THEY_ARE}:
            signal.signal(number, self._ask if number in _ENDS else signal.SIG_IGN)

    def __call__(self) -> bool:
        return self.asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        self.rouse()


def run(source: Source, *, simulated: bool, speed: float) -> int:
    """The command `coach run`. Raises `UserError` where it cannot begin."""
    settings = source.begin()
    words = Words()
    logging.basicConfig(handlers=[words], level=logging.INFO, format="%(levelname)s %(message)s")
    logging.captureWarnings(True)
    stop = _Stop()
    if simulated:
        clock, sensor, indicators = _simulated_parts(settings, speed)
        log.info("a simulated walker clips the coach on, stands, and walks after twenty seconds")
    else:
        clock = SystemClock()
        sensor = _sensor(settings, clock)
        indicators = pins(settings, clock)
    stop.rouse = clock.rouse
    with ExitStack() as over:  # from the last to the first
        for part in (clock, indicators):
            over.callback(part.close)
        limits = Limits(settings.log.max_mb, settings.log.max_days)
        journal = Journal(Path(settings.log.directory) / FILE_NAME, limits)
        if simulated:  # or a walker's programme would count what nobody has walked
            journal.walker = SIMULATED
        over.callback(_close, journal)
        orders = Orders()
        status = Status(settings)
        notifier = Notifier(status.snapshot, os.environ)
        over.callback(notifier.close)
        reached = Reached(journal.path.parent)
        keeper = Keeper(reached, lambda: source.stated, _telling(orders, "stages"))
        over.callback(keeper.close)
        control = Control(settings, source, orders, status, _telling(orders, "control"))

        def listen(record: Record) -> None:
            _say(record)
            if not simulated:  # else nobody has reached it
                keeper.tell(record)
            control.publish(record)
            notifier.tell(record)

        def reread(_number: int, _frame: FrameType | None) -> None:
            notifier.reloading()
            control.reload(notifier.reloaded)

        daemon = Daemon(
            *(settings, sensor, indicators, journal, clock, listen, orders, notifier),
            power_dips=supply.dips,
        )
        signal.signal(signal.SIGHUP, reread)
        control.start()
        over.callback(control.close)
        over.callback(notifier.stopping)
        daemon.run(stop)
    return EXIT_OK


def _close(journal: Journal) -> None:
    """The end of the log; what could not be written while it was at rest was promised until now."""
    journal.close()
    if journal.unwritten:
        log.warning(
            "%s: the coach ends while the log is at rest: %d records and bursts of samples"
            " are lost",
            journal.path,
            journal.unwritten,
        )


def _telling(orders: Orders, part: str) -> Told:
    """How a thread of the daemon says that something is wrong with it, or no longer."""

    def record(t: float, sentence: str) -> Record:
        return PartFailed(t, part, sentence) if sentence else PartWorks(t, part)

    def told(sentence: str) -> None:
        orders.put_own(order_to_tell(lambda t: record(t, sentence)))

    return told


def _sensor(settings: Settings, clock: Clock) -> Mpu6050:
    bus, address = settings.sensor.bus, int(settings.sensor.address, 16)
    return Mpu6050(
        *(linux_bus(bus, address), clock, address),
        bus_name=f"/dev/i2c-{bus}",
        places=LinuxPlaces(bus, address),
    )


def pins(settings: Settings, clock: Clock) -> Indicators:
    """Buzzer, motor and LED as they are set. Raises `DeviceError`, caused by what the pins said."""
    held.note(held.fitted(settings))
    try:
        return indication.indicators(settings, clock, make_do=True)
    except HardwareError as e:
        raise DeviceError(str(e)) from e


def _simulated_parts(settings: Settings, speed: float) -> tuple[Clock, Mpu6050, Indicators]:
    from firmware.device.simulation import Simulation, treadmill_session
    from hardware.simulated import VirtualClock

    clock: Clock = SystemClock() if speed == 1.0 else VirtualClock(speed)
    plan = treadmill_session(settings.cadence.max_spm) * 100
    simulation = Simulation(plan, settings, clock)
    return clock, simulation.sensor, simulation.indicators


def _say(record: Record) -> None:
    if isinstance(record, _NEWS):
        log.info("%s", sentence(record))
