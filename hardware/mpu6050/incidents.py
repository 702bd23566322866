"""What there is to tell about the sensor: each fault once, however often it shows itself."""

from __future__ import annotations

from hardware.clock import Clock
from hardware.errors import SensorError
from hardware.mpu6050.readings import EventKind, SensorEvent


class Incidents:
    """Gathers the events of the driver, stamped by `clock`, until they are taken.

    `fault` is the one that no sample has followed yet, None while there are samples. Beside it
    there may be limitations: faults with which samples go on.
    """

    def __init__(self, clock: Clock) -> None:
        self.fault: SensorError | None = None
        self._clock = clock
        self._events: list[SensorEvent] = []
        self._named: set[str] = set()  # what has been told of the fault
        self._limits: dict[str, SensorError] = {}

    def take(self) -> tuple[SensorEvent, ...]:
        """What has happened since the last call."""
        if not self._events:
            return ()
        events, self._events = tuple(self._events), []
        return events

    def warn(self, name: str, message: str) -> None:
        """Something that a person should know, and that changes nothing."""
        self._tell("warning", name, message)

    def begin(self, error: SensorError) -> None:
        """A fault, or one more of its faces."""
        if self.fault is None:
            self.fault = error
            self._named = set()
        if error.name not in self._named:
            self._named.add(error.name)
            self._tell("fault", error.name, str(error))

    def recover(self, lost: int, missing_s: float) -> None:
        """After a fault samples come again; `lost` of them are missing, `missing_s` long."""
        if self.fault is None:
            return
        missing = f"{lost} ({missing_s:.2f} s) are missing." if lost else "none is missing."
        message = f"{self.fault.over}; {missing}"
        name, self.fault = self.fault.name, None
        self._end(name, message, lost, missing_s)

    def limit(self, error: SensorError) -> None:
        """A fault with which samples go on; told once until it is lifted."""
        if error.name not in self._limits:
            self._limits[error.name] = error
            self._tell("fault", error.name, str(error))

    def lift(self, kind: type[SensorError]) -> None:
        """The limitation of this kind, if there is one, is over."""
        if self._limits.pop(kind.name, None) is None:
            return
        self._end(kind.name, f"{kind.over}; no sample is missing.")

    def _end(self, name: str, message: str, lost: int = 0, missing_s: float = 0.0) -> None:
        """One is over; whoever hears it is told what is not."""
        self._tell("recovered", name, message, lost, missing_s)
        for error in [*self._limits.values(), *([self.fault] if self.fault else [])]:
            self._tell("fault", error.name, str(error))

    def _tell(
        self, kind: EventKind, name: str, message: str, lost: int = 0, missing_s: float = 0.0
    ) -> None:
        t_us = round(self._clock.now() * 1e6)
        self._events.append(SensorEvent(t_us, kind, name, message, lost, missing_s))
