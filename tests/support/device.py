"""A whole simulated device for the system tests: the shipped daemon on virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from coach.events import Event
from firmware.device.control.orders import Orders
from firmware.device.daemon import Daemon
from firmware.device.notify import Notifier
from firmware.device.simulation import Simulation
from firmware.log.journal import Journal, Trouble
from firmware.log.retention import Limits
from firmware.log.schema import FILE_NAME
from firmware.records import encode
from firmware.settings.catalogue import LogSettings, Settings
from hardware import Clock
from hardware.simulated import VirtualClock
from hardware.simulated.walker import Segment
from tests.support.waiting import LONGEST_S, eventually

Record = dict[str, Any]
"""As a program reads it."""


class Told(Journal):
    """A journal that keeps what the daemon was told: kinds of trouble, and `saved`."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        super().__init__(path, limits)
        self.told: list[str] = []

    def has_told(self, what: str) -> Callable[[], bool]:
        """What asks whether it has."""
        return lambda: what in self.told

    def start(
        self, on_trouble: Callable[[Trouble], None], on_saved: Callable[[], None] = lambda: None
    ) -> None:
        def trouble(trouble: Trouble) -> None:
            on_trouble(trouble)
            self.told.append(trouble.kind)

        def saved() -> None:
            on_saved()
            self.told.append("saved")

        super().start(trouble, saved)


class Device:
    """Plays a plan through the daemon; afterwards `records` holds all that was said.

    Its time is virtual, and that of others is not: what the log tells (`Told`), or who types, comes
    at any instant of the plan, by how busy the machine is. Who needs it by one of them: `waits`.
    """

    def __init__(
        self,
        plan: Sequence[Segment],
        folder: Path,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        settings: Settings | None = None,
        orders: Orders | None = None,
        limits: Limits | None = None,
        power_dips: Callable[[], bool] = lambda: False,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.settings = replace(settings or Settings(), log=LogSettings(directory=str(folder)))
        self.log = folder / FILE_NAME
        self.simulation = Simulation(plan, self.settings, self.clock, seed=seed)
        self.seconds = sum(segment.seconds for segment in plan)
        self.orders = orders or Orders()
        self.power_dips = power_dips
        self.journal = Told(self.log, limits)
        self.notifier: Notifier | None = None
        self.records: list[Record] = []
        self.stopped = False  # True, from any thread, ends `run`
        self.on_record: Callable[[Event], object] = lambda _: None

    def run(self, seconds: float | None = None) -> None:
        """Run the daemon for so long (default: the plan's length), then let it stop."""
        end = self.clock.now() + (self.seconds if seconds is None else seconds)
        daemon = Daemon(
            self.settings,
            self.simulation.sensor,
            self.simulation.indicators,
            self.journal,
            self.clock,
            listener=self._listen,
            orders=self.orders,
            notifier=self.notifier,
            power_dips=self.power_dips,
        )
        try:
            daemon.run(lambda: self.stopped or self.clock.now() >= end)
        finally:
            self.journal.close(LONGEST_S)

    def waits(self, at: float, until: Callable[[], object]) -> None:
        """The plan stands still at `at` (s) until this is true."""
        self.clock.call_at(at, lambda: eventually(until))

    def of_type(self, *types: str) -> list[Record]:
        """The records of these types."""
        return [r for r in self.records if r["type"] in types]

    def _listen(self, record: Event) -> None:
        self.records.append(encode(record))
        self.on_record(record)
