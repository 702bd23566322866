"""From what happens to what sounds: the daemon's one way to the buzzer and the LED."""

from __future__ import annotations

from coach.events import Beat, Cue, Event, Session
from coach.guidance import NEXT_STAGE, STAGE_BACK
from firmware import signals
from firmware.device.indication import hearing
from firmware.protocol import OF_SIGHT
from firmware.settings.catalogue import Settings
from hardware.indicators import Indicators, Pattern, Priority, patterns

HEARD_EVERY_S = 10.0
"""Between two beeps for what is not seen: often enough for a sensor that coaches nobody."""

HEARD_FOR_S = 60.0
"""So long a walker hears that nothing is felt: by then it is known, and a device put away is
silent."""


class Announcer:
    """Plays the rows of `firmware.signals`; no call waits."""

    def __init__(self, indicators: Indicators, settings: Settings) -> None:
        self._indicators = indicators
        self._settings = settings
        self._in_session = False
        self._faults: set[str] = set()  # what is in trouble
        self._lesser: set[Pattern] = set()  # what shows that costs no coaching
        self._heard: set[str] = set()  # of both, what has been told by ear
        self._hear_at = float("-inf")
        indicators.mute(settings.buzzer.muted)

    def change(self, settings: Settings) -> None:
        """Other settings are in force; `mute` stays as it is unless its setting has changed."""
        old, self._settings = self._settings, settings
        if settings.buzzer.muted != old.buzzer.muted:
            self._indicators.mute(settings.buzzer.muted)
        self._indicators.hear(hearing(settings))
        self._heartbeat()

    @property
    def muted(self) -> bool:
        """Whether the buzzer is silent."""
        return self._indicators.muted

    def mute(self, muted: bool) -> None:
        """Silence the buzzer, or let it sound."""
        self._indicators.mute(muted)

    def ready(self) -> None:
        """The device is well and waits for a walk."""
        if self._settings.session.announce:
            self._indicators.show(patterns.READY)
        self._heartbeat()

    def tell(self, event: Event, origin_s: float) -> None:
        """What the coach has said; its time 0 is `origin_s` of the clock."""
        match event:
            case Cue(cue=cue, state="on"):
                if cue == STAGE_BACK:  # what was said before the stumble is not said after it
                    self._indicators.stop(NEXT_STAGE)
                self._indicators.show(signals.SIGNALS[cue].pattern)
            case Cue(cue=cue):
                self._end(signals.SIGNALS[cue].pattern)
            case Beat(at=at):
                for beat in signals.BEATS[self._settings.metronome.output]:
                    self._indicators.show_at(beat, origin_s + at)
            case Session(state=state):
                if self._settings.session.announce:
                    self._indicators.show(signals.SIGNALS[f"session_{state}"].pattern)
                self._in_session = state == "started"
                self._heartbeat()

    def lose_sight(self, now: float, seen: float) -> None:
        """Since `seen` nobody knows how fast the walker is: no beep asks to slow down.

        In a session the walker hears it, who has the LED at the back and relies on being watched.
        """
        for cue in OF_SIGHT:
            self._indicators.stop(signals.SIGNALS[cue].pattern.name)
        if self._in_session and now < seen + HEARD_FOR_S:
            self._be_heard(now)

    def fault(self, on: bool, what: str = "sensor") -> None:
        """The sensor (or a pin) is in trouble, or no longer."""
        (self._faults.add if on else self._faults.discard)(what)
        if self._faults:
            self._indicators.show(patterns.FAULT)
        else:  # whole: what lasted 50 ms would be a flash that nobody sees
            self._indicators.run_out(patterns.FAULT.name)

    def look_at_pins(self, now: float) -> str:
        """Try to get a pin that could not be had; a sentence while one does not work.

        What a LED that does not work should show is heard: the sensor's fault until it is over.
        """
        trouble = self._indicators.mend()
        if (trouble is not None) != ("pins" in self._faults):
            self.fault(trouble is not None, "pins")
        unseen = self._faults | {p.name for p in self._lesser} if self._indicators.blind else set()
        self._heard &= unseen
        if unseen - (self._heard - {"sensor"}) and self._be_heard(now):
            self._heard = unseen
        return "" if trouble is None else str(trouble)

    def log_trouble(self, on: bool) -> None:
        """The session cannot be recorded, or can again."""
        self._show_lesser(patterns.LOG_TROUBLE, on)

    def saved(self) -> None:
        """The session is on the card, and no other has begun: the power may be cut."""
        if self._settings.session.announce and not self._in_session:
            self._indicators.show(patterns.SAVED)

    def low_power(self, on: bool) -> None:
        """The supply has dipped, or that has been told for long enough."""
        self._show_lesser(patterns.LOW_POWER, on)

    def taste(self, name: str) -> float:
        """Play a row to whoever wants to know it; returns how long that takes (s)."""
        pattern = signals.taste(signals.SIGNALS[name].pattern)
        self._indicators.show(pattern)
        return pattern.seconds

    def off(self) -> None:
        """Both pins are off on return."""
        self._indicators.off()

    def _be_heard(self, now: float) -> bool:
        """Tell of a trouble by ear, unless that has just been done."""
        if now < self._hear_at:
            return False
        self._hear_at = now + HEARD_EVERY_S
        self._indicators.show(patterns.FAULT_HEARD)
        return True

    def _end(self, pattern: Pattern) -> None:
        """A message that had to wait for something urgent is still heard whole."""
        if pattern.repeat is None or pattern.priority >= Priority.URGENT:
            self._indicators.stop(pattern.name)

    def _heartbeat(self) -> None:
        wanted = self._settings.led.heartbeat and not self._in_session
        self._show(patterns.HEARTBEAT, wanted)

    def _show_lesser(self, pattern: Pattern, on: bool) -> None:
        """Two of them by turns."""
        (self._lesser.add if on else self._lesser.discard)(pattern)
        both = len(self._lesser) > 1
        for each in (patterns.LOG_TROUBLE, patterns.LOW_POWER):
            self._show(each, each in self._lesser and not both)
        self._show(signals.LOG_AND_POWER, both)

    def _show(self, pattern: Pattern, on: bool) -> None:
        if on:
            self._indicators.show(pattern)
        else:
            self._indicators.stop(pattern.name)
