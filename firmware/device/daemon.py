"""The daemon: chip -> engine -> buzzer, LED and log, ten to twenty times a second of a walk.

It wakes just after a decision of the engine falls due, which is twice a second while nobody walks,
reads what the FIFO holds, and acts. Nothing on the way waits: beep patterns run on the clock's
timers, the log behind a queue, and a sensor in trouble is nursed back by its driver while the
walker sees it on the LED.

One engine lives for one session. While nobody walks it is replaced every minute, so that a
session's log begins at most a minute before its first step.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from coach.engine import Engine
from coach.events import Beat, Cue, Event, Fall, Session, Stumble
from coach.samples import Block
from firmware import __version__, records
from firmware.device.announcer import Announcer
from firmware.device.control.orders import Orders
from firmware.device.lookout import LOW_POWER, Lookout
from firmware.device.notify import Notifier
from firmware.device.sensorlog import SensorLog, record_of
from firmware.log import clocks
from firmware.log.journal import Journal, Opening, Trouble
from firmware.log.recorder import Recorder
from firmware.settings.catalogue import Settings
from hardware import Clock, SensorError
from hardware.indicators import Indicators
from hardware.mpu6050 import Burst, Mpu6050, SensorEvent

log = logging.getLogger("coach")

POLL_S = 0.05
"""How often the chip is read at least: before the first sample, and in a fault."""

LEFT_ALONE = 0.62
"""Of the time in which the chip's FIFO runs over: the longest sleep, while nobody moves. It reaches
from one half second to the next with a chip that is 5 % fast; the rest of it is for a machine that
wakes the daemon late."""

LOOK_AGAIN_S = 0.005
"""Between two looks for a sample that is late: half a sample period."""

MARGIN_S = 0.001
"""The chip's sample is in the FIFO this long after its instant, as far as its clock is known."""

IDLE_ENGINE_S = 60.0
"""While nobody walks, a fresh engine after this long: a log never begins longer before its walk."""

OUTDATED_ENGINE_S = 5.0
"""The same where other settings are in force than it was born under: a walk to come is listed under
those that its log begins with. Long enough to notice a walk, however often they change."""

NO_SESSION = "no session runs to hold it; to the last one: coach log note last --text TEXT"

UNSEEN_S = 2.5
"""Without a sample for so long the engine will begin the cadence anew, and end the cue with it."""

RETRY_OPEN_S = 1.0
"""Between two tries to find a sensor that does not answer at start."""


Listener = Callable[[records.Record], None]

_LOG: dict[str, type[records.LogStopped | records.LogDamaged | records.LogResumed]] = {
    kind.type: kind for kind in (records.LogStopped, records.LogDamaged, records.LogResumed)
}


class Daemon:
    """Ties the parts together; `run` until told to stop. It owns none of them but its engines."""

    def __init__(
        self,
        settings: Settings,
        sensor: Mpu6050,
        indicators: Indicators,
        journal: Journal,
        clock: Clock,
        listener: Listener | None = None,
        orders: Orders | None = None,
        notifier: Notifier | None = None,
        power_dips: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._notifier = notifier or Notifier()
        self._orders = orders or Orders()
        self._orders.rouse = clock.rouse
        self._sensor = sensor
        self._sensor_log = SensorLog()
        self._announcer = Announcer(indicators, settings)
        self._journal = journal
        self._clock = clock
        self._listener = listener
        self._stream: _Stream | None = None
        self._log_trouble: queue.SimpleQueue[Trouble] = queue.SimpleQueue()
        self._saved = threading.Event()  # the session that is over is on the card
        self._log_stopped = False
        self._lookout = Lookout(self._announcer, power_dips)
        self._refused = ""  # why the settings file is

    def run(self, stop: Callable[[], bool]) -> None:
        """Coach until `stop()` is true."""
        reason = "crashed"
        try:
            self._journal.start(self._hear_of_log, self._saved.set)
            self._look_out()
            if self._open_sensor(stop):
                self._announcer.ready()
            while not stop():
                self._turn()
                self._wait(self._until_due(), stop)
            reason = "stopped"
        finally:
            self._announcer.off()
            if self._stream is not None:
                self._stream.recorder.finish(reason)
            self._sensor.close()

    def _open_sensor(self, stop: Callable[[], bool]) -> bool:
        """Find the sensor, however long that takes, with the fault on the LED; False: `stop`.

        Nothing ends it, for only a coach that runs can show that it waits. What takes a new start
        (other groups, another device class) is had in a minute: the watchdog is not fed.
        """
        said = ""
        while not stop():
            try:
                self._sensor.open()
            except SensorError as e:
                if str(e) != said:
                    said = str(e)
                    self._tell_of_sensor(records.Fault(self.t, e.name, said), self.t)
                self._announcer.fault(True)
                self._wait(RETRY_OPEN_S, stop)
            else:
                self._announcer.fault(False)
                if said:
                    there = records.Recovered(self.t, "", 0, 0.0, "the sensor is there")
                    self._tell_of_sensor(there, self.t)
                return True
        return False

    def _turn(self) -> None:
        reading = self._sensor.read()
        for trouble in reading.events:
            self._device_event(trouble)
        if reading.burst is not None:
            self._feed(reading.burst)
        elif self._stream is not None:
            now, seen = self._clock.now(), self._stream.seen_s
            if now > seen + UNSEEN_S:
                self._announcer.lose_sight(now, seen)

    def _wait(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Until the sensor is due. An order is carried out as it comes, and costs no read."""
        until = self._clock.now() + seconds
        while not stop() and (left := until - self._clock.now()) > 0:
            self._look_around()
            self._clock.doze(left)

    def _look_around(self) -> None:
        """At the pins and the supply; orders from outside, and what the log has to say."""
        self._look_out()
        self._sensor_log.look(self._clock.now())
        self._orders.carry_out(self)
        if not self._log_trouble.empty():
            self._log_event(self._log_trouble.get())
        if self._saved.is_set():
            self._saved.clear()
            self._announcer.saved()

    def _until_due(self) -> float:
        """How long to sleep: until the chip holds the sample with which a decision falls due."""
        if self._stream is None:
            return POLL_S
        due = self._stream.origin_s + self._stream.engine.due_t
        wait = due + 1 / self._sensor.sample_hz + MARGIN_S - self._clock.now()
        overdue = wait < -POLL_S  # nothing comes: the sensor is in trouble
        longest = LEFT_ALONE * self._sensor.holds_s
        return POLL_S if overdue else min(max(wait, LOOK_AGAIN_S), longest)

    def _feed(self, burst: Burst) -> None:
        stream = self._stream = self._stream or self._new_stream(int(burst.t_us[0]))
        t_us = burst.t_us - stream.origin_us
        events = stream.engine.feed(Block(t_us / 1e6, *burst.measured))
        stream.fed_us = int(t_us[-1])
        for event in events:  # the walker first, the log after
            self._announcer.tell(event, stream.origin_s)
        stream.recorder.samples(t_us, burst.raw)
        over = stream.fed_us > stream.lasts_s * 1e6
        for event in events:
            if not isinstance(event, Beat):
                self.tell(event)
            if isinstance(event, Stumble | Fall) or _is(event, "started"):
                stream.recorder.keep()
            if _is(event, "started"):
                self._announcer.low_power(False)
                if not self._log_stopped:
                    self._announcer.log_trouble(False)
            stream.had_session |= _is(event, "ended")
        engine = stream.engine  # who has fallen is told, and can be cleared, to the end
        if (over and engine.spent) or (stream.had_session and engine.done):
            stream.recorder.finish("no steps for a while")
            self._stream = None
        self._notifier.alive()

    # --- Orders from outside, between two reads. What changes a decision goes into the log with the
    # time of the last sample before it, so that a replay can do the same at the same place.

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self._settings

    def change(self, settings: Settings) -> None:
        """Put other settings in force, as far as they need no new start."""
        old, self._settings = self._settings.as_dict(), settings
        changes = {k: v for k, v in settings.as_dict().items() if v != old[k]}
        if not changes:
            return
        if "walker.profile" in changes and self._stream is not None:
            self._hand_over(self._stream)
        self._announcer.change(settings)
        events = self._stream.engine.adopt(settings) if self._stream is not None else []
        self.tell(records.SettingsChanged(self.t, changes))
        self._say(events)
        if self._stream is not None:
            self._stream.lasts_s = OUTDATED_ENGINE_S

    def _hand_over(self, stream: _Stream) -> None:
        """The walk to come is wholly another's, unless somebody walks already."""
        if ended := stream.engine.hand_over():
            self.tell(records.HandedOver(self.t))
            self._say(ended)
        if stream.engine.idle:
            stream.recorder.finish("another walker")
            self._stream = None

    def mute(self, muted: bool) -> None:
        """Silence the buzzer, or let it sound, until the next start or the setting changes."""
        if muted == self._announcer.muted:
            return
        self._announcer.mute(muted)
        self.tell(records.Muted(self.t) if muted else records.Unmuted(self.t))

    def clear(self) -> list[str]:
        """Somebody has seen the alarm; returns the cues that end with it."""
        events = self._stream.engine.clear() if self._stream is not None else []
        ended = [e.cue for e in events if isinstance(e, Cue)]
        if ended:  # or the log would tell of an alarm that never was
            self.tell(records.Cleared(self.t))
        self._say(events)
        return ended

    def mark(self, text: str) -> dict[str, Any]:
        """Put a remark into the log, which holds sessions and nothing between them."""
        if self._stream is None or not self._stream.recorder.kept:
            return {"error": NO_SESSION}
        self.tell(records.Mark(self.t, text))
        return {}

    def play(self, name: str) -> dict[str, Any]:
        """Let somebody hear the signal of this name, unless a walker has to hear others."""
        if self._stream is not None and self._stream.engine.in_session:
            return {"error": "a session runs: play them when it has ended"}
        if self._stream is not None and self._stream.engine.cues:
            return {"error": "an alarm sounds: end it first, with coach clear"}
        return {"seconds": self._announcer.taste(name)}

    @property
    def t(self) -> float:
        """Of a record of something that comes from outside now: the last sample's time."""
        return self._stream.fed_us / 1e6 if self._stream is not None else self._clock.now()

    def tell(self, record: records.Record) -> None:
        """To the log, and to whoever listens."""
        if isinstance(record, records.PartFailed | records.PartWorks):
            self._announcer.fault(isinstance(record, records.PartFailed), record.part)
        if isinstance(record, records.SettingsRefused | records.SettingsTaken):
            self._refused = "" if isinstance(record, records.SettingsTaken) else record.message
            self._announcer.fault(bool(self._refused), "settings")
        if self._stream is not None:
            self._stream.recorder.record(record)
        if self._listener is not None:
            self._listener(record)

    def _say(self, events: list[Event]) -> None:
        for event in events:
            self._announcer.tell(event, self._stream.origin_s if self._stream else 0.0)
        for event in events:
            self.tell(event)

    def _new_stream(self, origin_us: int) -> _Stream:
        opening = Opening(
            boot_id=clocks.boot_id(self._clock),
            mono_start_us=origin_us,
            wall_start=time.time() - (self._clock.now() - origin_us / 1e6),
            settings=dict(self._settings.as_dict()),
            wall_sure=clocks.is_set(),
        )
        recorder = Recorder(self._journal, opening, keep_raw=self._settings.log.raw)
        recorder.record(records.Recorded(0.0, __version__))
        if self._lookout.power_low:  # whoever reads a session should know
            recorder.record(records.LowPower(0.0, LOW_POWER))
        if self._announcer.muted:  # or who did not slow down would seem to have heard it
            recorder.record(records.Muted(0.0))
        if self._refused:
            recorder.record(records.SettingsRefused(0.0, self._refused))
        return _Stream(origin_us, Engine(self._settings), recorder)

    def _device_event(self, event: SensorEvent) -> None:
        if event.kind in ("fault", "recovered"):
            self._announcer.fault(event.kind == "fault")
        self._tell_of_sensor(record_of(event, self._seconds(event.t_us)), event.t_us / 1e6)

    def _tell_of_sensor(self, said: records.Record, now: float) -> None:
        self._sensor_log.hear(said, now)
        self.tell(said)

    def _hear_of_log(self, trouble: Trouble) -> None:
        """From the log's thread, which still has something to say when the last turn is over."""
        log.warning("%s", trouble.message)
        self._log_trouble.put(trouble)

    def _log_event(self, trouble: Trouble) -> None:
        """The coaching goes on without a log, and the LED says so until there is one again.

        Of damage that costs no recording it tells until the next session begins.
        """
        self._log_stopped = trouble.kind == "log_stopped"
        self._announcer.log_trouble(trouble.kind != "log_resumed")
        t = self._seconds(round(self._clock.now() * 1e6))
        self.tell(_LOG[trouble.kind](t, trouble.message))

    def _look_out(self) -> None:
        now = self._clock.now()
        for record in self._lookout.look(now, self._seconds(round(now * 1e6))):
            self.tell(record)

    def _seconds(self, t_us: int) -> float:
        """From the first sample of the engine's stream; before there is one, of the clock."""
        return (t_us - (self._stream.origin_us if self._stream else 0)) / 1e6


class _Stream:
    """One engine, what it sees going into the log, and where its time begins."""

    def __init__(self, origin_us: int, engine: Engine, recorder: Recorder) -> None:
        self.origin_us = origin_us
        self.origin_s = origin_us / 1e6
        self.fed_us = 0  # time of the last sample that the engine has seen
        self.lasts_s = IDLE_ENGINE_S  # where nobody walks
        self.had_session = False  # and it is over: one is all that a log holds
        self.engine = engine
        self.recorder = recorder

    @property
    def seen_s(self) -> float:
        """The instant of that sample on the clock."""
        return self.origin_s + self.fed_us / 1e6


def _is(event: Event, state: str) -> bool:
    """Whether the event is the session's start or end."""
    return isinstance(event, Session) and event.state == state
