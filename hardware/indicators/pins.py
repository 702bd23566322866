"""Buzzer, motor and LED: they say what the coach wants said, and never keep it waiting."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardware.clock import Clock
from hardware.errors import PinError, from_gpio
from hardware.indicators.factory import choose
from hardware.indicators.patterns import Pattern, Priority
from hardware.indicators.voice import Voice

BUZZER_PIN, LED_PIN = 17, 27
"""BCM numbers: neighbours on the header (pins 11 and 13), with ground at pin 9, clear of I2C."""

PASSIVE_HZ = 2700
"""Resonance of common passive piezo buzzers, where they are loudest."""

MOTOR_HZ = 100
"""Pulses a second that set a motor's strength: too quick for it to follow one by one."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How patterns that sound reach the walker; `volume` and `strength` from 0 to 1.

    Danger (`Priority.URGENT` and up) uses all that is fitted, whatever is chosen here, and as loud
    and strong as it can. An active buzzer has one volume.
    """

    sound: bool = True
    vibration: bool = False
    volume: float = 1.0
    strength: float = 1.0


class Indicators:
    """Buzzer, motor and LED that play `hardware.indicators.patterns` without blocking the caller.

    Wire an active buzzer from the buzzer's pin to ground (through a transistor above 15 mA), an
    LED with 330 ohm from the LED's pin to ground, a motor always through a transistor. Then:

        indicators = Indicators(SystemClock())
        indicators.show(patterns.SLOW_DOWN)
        indicators.stop("slow_down")

    Parameters:

    - `clock`: edges are scheduled on it; with `SystemClock` they run on its timer thread.
    - `buzzer_pin`, `led_pin`, `motor_pin`: BCM numbers, or anything that gpiozero takes; None: not
      fitted. A vibration motor does what the buzzer does, as `hear` says.
    - `passive`: the buzzer has no oscillator of its own and is driven with `PASSIVE_HZ`.
    - `buzzer_active_high`, `led_active_high`, `motor_active_high`: False where low is on.
    - `pin_factory`: gpiozero's, None for its default.
    - `make_do`: go on with what can be had of them, if anything; `mend` tries again.

    Raises `PinError`, by name, when a pin cannot be had. A pin that
    fails later raises into nobody: `trouble` holds the named error until the pin works again. All
    methods may be called from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        buzzer_pin: int | str | None = BUZZER_PIN,
        led_pin: int | str | None = LED_PIN,
        motor_pin: int | str | None = None,
        passive: bool = False,
        buzzer_active_high: bool = True,
        led_active_high: bool = True,
        motor_active_high: bool = True,
        pin_factory: Any = None,  # noqa: ANN401 - gpiozero has no types
        make_do: bool = False,
    ) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._muted = False
        self._age = 0  # rises with `off`: what was to be shown later is then void
        self._closed = False
        self._hearing = Hearing()
        tone = PASSIVE_HZ if passive else None
        self._buzzer = _Pin("buzzer", buzzer_pin, buzzer_active_high, pin_factory, tone)
        self._led = _Pin("LED", led_pin, led_active_high, pin_factory)
        self._motor = _Pin("motor", motor_pin, motor_active_high, pin_factory, MOTOR_HZ)
        self._passive = passive
        self._pins = (self._buzzer, self._led, self._motor)
        missing = [p.trouble for p in self._pins if p.trouble is not None]
        if missing and not (make_do and any(p.fitted for p in self._pins)):
            for pin in self._pins:
                pin.close()
            raise missing[0]
        # What shows on the LED alone is the background of what also sounds.
        self._light = Voice(clock, self._lock, self._drive_light)
        self._sound = Voice(clock, self._lock, self._drive_sound)

    @property
    def playing(self) -> Pattern | None:
        """What sounds, or else what shows on the LED."""
        with self._lock:
            return self._sound.playing or self._light.playing

    @property
    def lit(self) -> Pattern | None:
        """What shows on the LED alone, behind what sounds."""
        with self._lock:
            return self._light.playing

    @property
    def muted(self) -> bool:
        """Whether the buzzer keeps silent."""
        return self._muted

    @property
    def trouble(self) -> PinError | None:
        """Why a pin does not work at this moment; None where all do."""
        return next((p.trouble for p in self._pins if p.trouble is not None), None)

    @property
    def blind(self) -> bool:
        """What is shown on the LED alone is seen by nobody: it does not work, or is not fitted."""
        return not self._led.works

    def mend(self) -> PinError | None:
        """Try again what a pin has failed at, to be had or to do; what is still wrong, if any."""
        with self._lock:
            for pin in self._pins:
                pin.mend()
            return self.trouble

    def show(self, pattern: Pattern) -> None:
        """Play `pattern` when it is its turn; see `voice`."""
        with self._lock:
            if not self._closed:
                voice = self._light if pattern.output == "light" else self._sound
                voice.want(pattern)

    def show_at(self, pattern: Pattern, instant: float) -> None:
        """Play `pattern` at an instant of the clock, unless `off` comes before it."""
        age = self._age

        def action() -> None:
            with self._lock:
                if age == self._age:
                    self.show(pattern)

        self._clock.call_at(instant, action)

    def stop(self, name: str) -> None:
        """End the pattern of this name at once, playing or waiting; unknown ones are none."""
        with self._lock:
            self._sound.stop(name)
            self._light.stop(name)

    def run_out(self, name: str) -> None:
        """Let the pattern of this name, on the LED alone, come to the end of its round."""
        with self._lock:
            self._light.run_out(name)

    def mute(self, muted: bool) -> None:
        """Silence the buzzer, or let it sound again; motor and LED go on in either case."""
        with self._lock:
            self._muted = muted
            self._write_sound(self._sound.playing, self._sound.on)

    def hear(self, hearing: Hearing) -> None:
        """From now on patterns that sound reach the walker in this way."""
        with self._lock:
            self._hearing = hearing
            self._write_sound(self._sound.playing, self._sound.on)

    def off(self) -> None:
        """Forget all that is playing or waiting; all pins are off on return."""
        with self._lock:
            self._age += 1
            self._sound.clear()
            self._light.clear()

    def close(self) -> None:
        """`off`, and give the pins back; does no harm twice. What is shown later is ignored."""
        with self._lock:
            self._closed = True
            self.off()
            for pin in self._pins:
                pin.close()

    def __enter__(self) -> Indicators:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive_sound(self, pattern: Pattern | None, on: bool) -> None:
        self._write_sound(pattern, on)
        with_led = pattern is not None and pattern.output == "both"
        self._light.hold(with_led)
        if with_led:
            self._led.write(float(on))

    def _write_sound(self, pattern: Pattern | None, on: bool) -> None:
        hearing = self._hearing
        if pattern is not None and pattern.priority >= Priority.URGENT:
            hearing = Hearing(vibration=True)
        sounds = on and not self._muted and (hearing.sound or not self._motor.works)
        # A square wave is as loud as its first harmonic: sin(pi * duty) of the most.
        loud = math.asin(hearing.volume) / math.pi if self._passive else 1.0
        self._buzzer.write(loud if sounds else 0.0)
        instead = not self._buzzer.works and not self._muted  # who hears nothing feels it
        felt = pattern is not None and pattern.is_felt(self._sound.played)
        shakes = on and felt and (hearing.vibration or instead)
        self._motor.write(hearing.strength if shakes else 0.0)

    def _drive_light(self, _: Pattern | None, on: bool) -> None:
        self._led.write(float(on))


class _Pin:
    """One output pin; not fitted, it takes everything and does nothing."""

    def __init__(
        self,
        what: str,
        pin: int | str | None,
        active_high: bool,
        factory: Any,  # noqa: ANN401 - gpiozero has no types
        pulses_hz: int | None = None,
    ) -> None:
        self.trouble: PinError | None = None
        self._what, self._pin = what, pin
        self._device: Any = None
        self._is = self._wanted = 0.0
        self._open: Callable[[], Any] = lambda: _open(pin, active_high, factory, pulses_hz)
        self._missing = pin is not None
        self.mend()

    @property
    def fitted(self) -> bool:
        """There is a pin, and it could be had."""
        return self._device is not None

    @property
    def works(self) -> bool:
        """It is fitted, and has done what was last asked of it."""
        return self.fitted and self.trouble is None

    def mend(self) -> None:
        """Get the pin if it could not be had, or have it do what it failed to do; never raises."""
        if self._missing:
            try:
                self._device = self._open()
            except Exception as error:  # noqa: BLE001 - the pin libraries' errors share no base
                self.trouble = from_gpio(error, self._what, str(self._pin))
            else:
                self._missing, self.trouble = False, None
        self.write(self._wanted)

    def write(self, level: float) -> None:
        """The share of time that it is on; never raises. One that failed is tried every time."""
        self._wanted = level
        if self._device is None or (level == self._is and self.trouble is None):
            return
        try:
            self._device.value = level
        except Exception as error:  # noqa: BLE001 - as above
            self.trouble = from_gpio(error, self._what, str(self._pin))
        else:
            self._is, self.trouble = level, None

    def close(self) -> None:
        """Give the pin back; its last state is off. Never raises."""
        device, self._device = self._device, None
        self._missing = False
        if device is None:
            return
        try:
            device.close()
        except Exception as error:  # noqa: BLE001 - as above
            self.trouble = from_gpio(error, self._what, str(self._pin))


def _open(pin: int | str | None, active_high: bool, factory: Any, pulses_hz: int | None) -> Any:  # noqa: ANN401
    # Here, so that a simulated run on a machine without pins need not load it.
    import gpiozero

    if factory is None:
        choose()
    if pulses_hz is not None:
        return gpiozero.PWMOutputDevice(
            pin, active_high=active_high, frequency=pulses_hz, pin_factory=factory
        )
    return gpiozero.DigitalOutputDevice(pin, active_high=active_high, pin_factory=factory)
