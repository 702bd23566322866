"""Wiring, trouble with pins, threads and real time: the indicators hurt nobody."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import gpiozero
import pytest

from hardware import PinError, SystemClock
from hardware.errors import NoSuchPinError, PinBusyError
from hardware.indicators import (
    BUZZER_PIN,
    LED_PIN,
    MOTOR_HZ,
    PASSIVE_HZ,
    PATTERNS,
    Hearing,
    Indicators,
    patterns,
)
from tests.support.waiting import eventually

# --- Wiring


def test_a_passive_buzzer_is_driven_with_a_tone(bench, virtual_clock, pins):
    """A passive buzzer gets a square wave at its resonance, and silence between."""
    indicators = Indicators(virtual_clock, buzzer_pin=5, led_pin=6, passive=True, pin_factory=pins)
    indicators.show(patterns.FALL)
    assert pins.pin(5).frequency == PASSIVE_HZ
    assert pins.pin(5).state == pytest.approx(0.5)
    bench.sleep(0.95)
    assert pins.pin(5).state == 0


@pytest.mark.parametrize(
    ("volume", "duty"), [(1.0, 0.5), (0.5, 1 / 6), (0.1, 0.0319)], ids=["full", "half", "low"]
)
def test_a_passive_buzzer_has_a_volume(virtual_clock, pins, volume, duty):
    """The first harmonic of its square wave is that share of the loudest; danger is at its most."""
    indicators = Indicators(virtual_clock, passive=True, pin_factory=pins)
    indicators.hear(Hearing(volume=volume))
    indicators.show(patterns.SLOW_DOWN)
    assert pins.pin(BUZZER_PIN).state == pytest.approx(duty, rel=0.01)
    indicators.show(patterns.STUMBLE)
    assert pins.pin(BUZZER_PIN).state == pytest.approx(0.5)


# --- A motor beside the buzzer or instead of it

MOTOR_PIN = 22


@pytest.fixture
def fitted(virtual_clock, pins):
    return Indicators(virtual_clock, motor_pin=MOTOR_PIN, pin_factory=pins)


def levels(pins):
    return [float(pins.pin(pin).state) for pin in (BUZZER_PIN, MOTOR_PIN, LED_PIN)]


@pytest.mark.parametrize(
    ("hearing", "buzzer", "motor"),
    [
        (Hearing(), 1.0, 0.0),
        (Hearing(sound=False, vibration=True), 0.0, 1.0),
        (Hearing(vibration=True, strength=0.4), 1.0, 0.4),
    ],
    ids=["sound", "vibration", "both, weaker"],
)
def test_a_pattern_sounds_or_vibrates_as_the_walker_hears(
    virtual_clock, pins, fitted, hearing, buzzer, motor
):
    """The same rhythm on each; the LED blinks with it in any case."""
    fitted.hear(hearing)
    fitted.show(patterns.SLOW_DOWN)
    assert levels(pins) == pytest.approx([buzzer, motor, 1.0])
    assert not motor or pins.pin(MOTOR_PIN).frequency == MOTOR_HZ
    virtual_clock.sleep(0.19)
    assert levels(pins) == [0.0, 0.0, 0.0]
    virtual_clock.sleep(0.32)
    assert levels(pins) == pytest.approx([buzzer, motor, 1.0])


@pytest.mark.parametrize("danger", [patterns.STUMBLE, patterns.FALL], ids=lambda p: p.name)
@pytest.mark.parametrize("sound", [True, False])
def test_danger_uses_all_that_there_is(pins, fitted, danger, sound):
    """Whatever is chosen, as strong as it can."""
    fitted.hear(Hearing(sound=sound, vibration=not sound, strength=0.2))
    fitted.show(danger)
    assert levels(pins) == [1.0, 1.0, 1.0]


def test_a_motor_leaves_the_sensor_alone_in_most_of_a_falls_alarm(virtual_clock, pins, fitted):
    """Three seconds of each thirty: it neither makes steps nor hides that nobody is near."""
    fitted.show(patterns.FALL)
    heard = felt = 0
    for second in range(90):
        virtual_clock.sleep(0.5)
        buzzer, motor, _ = levels(pins)
        heard += buzzer == 1.0
        felt += motor == 1.0
        assert motor == float(second % 30 < 3)
        virtual_clock.sleep(0.5)
    assert (heard, felt) == (90, 9)


def test_a_muted_buzzer_leaves_motor_and_led(pins, fitted):
    """Mute is about noise."""
    fitted.hear(Hearing(vibration=True))
    fitted.mute(True)
    fitted.show(patterns.FALL)
    assert levels(pins) == [0.0, 1.0, 1.0]
    fitted.mute(False)
    assert levels(pins) == [1.0, 1.0, 1.0]
    fitted.off()
    assert levels(pins) == [0.0, 0.0, 0.0]


def test_what_is_chosen_counts_at_once(pins, fitted):
    """In the middle of a beep, and no pulse is lost."""
    fitted.show(patterns.LIMIT)
    assert levels(pins) == [1.0, 0.0, 1.0]
    fitted.hear(Hearing(sound=False, vibration=True))
    assert levels(pins) == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("motor_pin", [None, MOTOR_PIN], ids=["not fitted", "taken"])
def test_without_its_motor_a_walker_hears_the_buzzer(virtual_clock, pins, motor_pin):
    """Vibration alone would be silence."""
    other = gpiozero.DigitalOutputDevice(MOTOR_PIN, pin_factory=pins)
    indicators = Indicators(virtual_clock, motor_pin=motor_pin, pin_factory=pins, make_do=True)
    indicators.hear(Hearing(sound=False, vibration=True))
    indicators.show(patterns.SLOW_DOWN)
    assert pins.pin(BUZZER_PIN).state
    other.close()


@pytest.mark.parametrize("buzzer_pin", [None, BUZZER_PIN], ids=["not fitted", "taken"])
def test_without_its_buzzer_a_walker_feels_the_motor(virtual_clock, pins, buzzer_pin):
    """As well as the reverse; but where it is muted, silence was asked for."""
    other = gpiozero.DigitalOutputDevice(BUZZER_PIN, pin_factory=pins)
    indicators = Indicators(
        virtual_clock, buzzer_pin=buzzer_pin, motor_pin=MOTOR_PIN, pin_factory=pins, make_do=True
    )
    indicators.show(patterns.SLOW_DOWN)
    assert pins.pin(MOTOR_PIN).state
    indicators.mute(True)
    assert not pins.pin(MOTOR_PIN).state
    other.close()


def test_low_can_mean_on(virtual_clock, pins):
    """With active_high False each pin rests high and goes low to switch on."""
    indicators = Indicators(
        virtual_clock,
        buzzer_active_high=False,
        led_active_high=False,
        motor_pin=MOTOR_PIN,
        motor_active_high=False,
        pin_factory=pins,
    )
    assert pins.pin(BUZZER_PIN).state
    assert pins.pin(MOTOR_PIN).state
    indicators.show(patterns.FALL)
    assert not pins.pin(BUZZER_PIN).state
    assert not pins.pin(MOTOR_PIN).state
    indicators.off()
    assert pins.pin(BUZZER_PIN).state
    assert pins.pin(LED_PIN).state


def test_what_is_not_fitted_is_not_missed(virtual_clock, pins):
    """Without a buzzer the LED shows everything; without both nothing fails."""
    indicators = Indicators(virtual_clock, buzzer_pin=None, pin_factory=pins)
    indicators.show(patterns.FALL)
    assert pins.pin(LED_PIN).state
    indicators.close()
    with Indicators(virtual_clock, buzzer_pin=None, led_pin=None) as neither:
        neither.show(patterns.FALL)


# --- Trouble


def test_a_taken_pin_is_named(virtual_clock, pins):
    """A pin in use is refused with its number, and what was opened before it is given back."""
    first = Indicators(virtual_clock, buzzer_pin=5, led_pin=6, pin_factory=pins)
    with pytest.raises(PinBusyError, match="GPIO 6 for the LED is taken"):
        Indicators(virtual_clock, buzzer_pin=7, led_pin=6, pin_factory=pins)
    second = Indicators(virtual_clock, buzzer_pin=7, led_pin=8, pin_factory=pins)
    assert first.trouble is second.trouble is None


@pytest.mark.parametrize("taken", [BUZZER_PIN, LED_PIN])
def test_half_of_the_indicators_is_better_than_none(virtual_clock, pins, taken):
    """With `make_do` one taken pin is only trouble; set free, it joins in where it belongs."""
    other = gpiozero.DigitalOutputDevice(taken, pin_factory=pins)
    working = LED_PIN if taken == BUZZER_PIN else BUZZER_PIN
    indicators = Indicators(virtual_clock, pin_factory=pins, make_do=True)
    indicators.show(patterns.FALL)
    assert pins.pin(working).state
    assert not pins.pin(taken).state
    assert isinstance(indicators.mend(), PinBusyError)
    other.close()
    assert indicators.mend() is None
    assert indicators.trouble is None
    assert pins.pin(taken).state
    indicators.close()
    assert not pins.pin(taken).state


def test_what_is_closed_takes_no_pin_again(virtual_clock, pins):
    """One that was taken and is free by now belongs to whoever wants it next."""
    other = gpiozero.DigitalOutputDevice(LED_PIN, pin_factory=pins)
    indicators = Indicators(virtual_clock, pin_factory=pins, make_do=True)
    indicators.close()
    other.close()
    indicators.mend()
    Indicators(virtual_clock, pin_factory=pins).close()


def test_none_of_the_indicators_is_too_little(virtual_clock, pins):
    """With both pins taken even `make_do` refuses, and gives nothing half open."""
    others = [gpiozero.DigitalOutputDevice(p, pin_factory=pins) for p in (BUZZER_PIN, LED_PIN)]
    with pytest.raises(PinBusyError, match="for the buzzer is taken"):
        Indicators(virtual_clock, pin_factory=pins, make_do=True)
    for other in others:
        other.close()
    Indicators(virtual_clock, pin_factory=pins).close()


def test_a_pin_that_is_none_is_named(virtual_clock, pins):
    """A number without a pin is refused with a sentence that says which ones there are."""
    with pytest.raises(NoSuchPinError, match="GPIO 99 cannot drive the buzzer"):
        Indicators(virtual_clock, buzzer_pin=99, pin_factory=pins)


def refuse(_):
    """What a pin answers whose chip is gone."""
    raise OSError(5, "Input/output error")


def test_a_pin_that_fails_hurts_nobody(bench, monkeypatch):
    """A buzzer that fails while playing raises into no caller, keeps the LED, and is reported."""
    bench.show(patterns.SLOW_DOWN)
    with monkeypatch.context() as broken:
        broken.setattr(bench.buzzer, "_set_state", refuse)
        bench.sleep(0.3).show(patterns.STUMBLE)
        assert bench.led.state
        bench.sleep(3.0)
        assert isinstance(bench.indicators.trouble, PinError)
    bench.show(patterns.FALL)
    assert bench.buzzer.state
    assert bench.indicators.trouble is None


def test_a_buzzer_that_could_not_be_switched_off_is_so_as_soon_as_it_can(bench, monkeypatch):
    """Nothing more has to sound for it: it is tried again whenever somebody looks at the pins."""
    bench.show(patterns.READY)
    with monkeypatch.context() as broken:
        broken.setattr(bench.buzzer, "_set_state", refuse)
        bench.sleep(5.0)
        assert isinstance(bench.indicators.mend(), PinError)
    assert bench.buzzer.state
    assert bench.indicators.mend() is None
    assert not bench.buzzer.state


@pytest.mark.parametrize("kept_silent", ["off", "close"])
def test_a_pin_that_failed_to_go_off_is_tried_again_by_whoever_switches_off(
    bench, monkeypatch, kept_silent
):
    """Also where nothing plays any more that could say so."""
    bench.show(patterns.READY)
    with monkeypatch.context() as broken:
        broken.setattr(bench.buzzer, "_set_state", refuse)
        bench.sleep(5.0)
    assert bench.buzzer.state
    getattr(bench.indicators, kept_silent)()
    assert not bench.buzzer.state


def test_a_walker_whose_buzzer_breaks_feels_the_motor(pins, fitted, virtual_clock, monkeypatch):
    """From the next pulse on; and the reverse, where the motor breaks of who wants it alone."""
    with monkeypatch.context() as broken:
        broken.setattr(pins.pin(BUZZER_PIN), "_set_state", refuse)
        fitted.show(patterns.SLOW_DOWN)
        assert levels(pins)[1] == 1.0
        fitted.off()
    fitted.hear(Hearing(sound=False, vibration=True))
    with monkeypatch.context() as broken:
        broken.setattr(pins.pin(MOTOR_PIN), "_set_state", refuse)
        fitted.show(patterns.SLOW_DOWN)
        virtual_clock.sleep(0.8)
        assert fitted.trouble is not None
        assert levels(pins)[0] == 1.0


def test_a_led_that_fails_is_seen_by_nobody(bench, monkeypatch):
    """What shows on it alone has to be told by ear, until it works again."""
    assert not bench.indicators.blind
    with monkeypatch.context() as broken:
        broken.setattr(bench.led, "_set_state", refuse)
        bench.show(patterns.FAULT)
        assert bench.indicators.blind
    assert bench.indicators.mend() is None
    assert not bench.indicators.blind
    assert bench.led.state


def test_closing_a_broken_pin_hurts_nobody(bench, monkeypatch):
    """`close` switches the LED off even where the buzzer can neither be set nor given back."""
    bench.show(patterns.FALL)
    monkeypatch.setattr(bench.buzzer, "_set_state", refuse)
    once = iter([OSError(5, "Input/output error")])
    monkeypatch.setattr(bench.buzzer, "close", lambda: refuse(0) if list(once) else None)
    bench.indicators.close()
    assert not bench.led.state


# --- Real time


@pytest.fixture
def system_clock():
    clock = SystemClock()
    yield clock
    clock.close()


ENDS = 7
"""States of the pin in this rhythm: before it, and after each of its edges."""


def test_the_caller_is_never_kept_waiting(system_clock, pins):
    """On the real clock `show` returns at once with the pin high, and the rhythm runs by itself."""
    with Indicators(system_clock, pin_factory=pins) as indicators:
        buzzer = pins.pin(BUZZER_PIN)
        buzzer.clear_states()
        indicators.show(patterns.SESSION_STARTED)
        assert len(buzzer.states) < ENDS
        eventually(lambda: len(buzzer.states) == ENDS)
        buzzer.assert_states([False, True, False, True, False, True, False])


def test_many_threads_may_ask_at_once(system_clock, pins):
    """Requests from several threads neither fail nor leave a pin on."""
    failures: list[Exception] = []

    def pester(names: list[str]) -> None:
        try:
            for _ in range(200):
                for name in names:
                    indicators.show(PATTERNS[name])
                    indicators.mute(name == "fall")
                    indicators.stop(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    with Indicators(system_clock, pin_factory=pins) as indicators:
        groups = [["fall", "fault"], ["stumble", "beat"], ["target", "heartbeat", "slow_down"]]
        threads = [threading.Thread(target=pester, args=(names,)) for names in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
    assert not pins.pin(BUZZER_PIN).state
    assert not pins.pin(LED_PIN).state


def test_light_can_stand_in_for_a_beat(bench):
    """A metronome may flash instead of tick: any pattern can be sent to another output."""
    bench.show(replace(patterns.BEAT, output="light", keeps_s=math.inf))
    assert bench.led.state
    assert not bench.buzzer.state
