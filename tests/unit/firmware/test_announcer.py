"""What happens becomes what sounds, on mock pins and a virtual clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from coach.events import Beat, Cue, Session
from coach.settings import MetronomeSettings, SessionSettings
from firmware.app import cli
from firmware.device.announcer import Announcer
from firmware.device.indication import indicators
from firmware.settings.catalogue import (
    BuzzerSettings,
    HearingSettings,
    LedSettings,
    MotorSettings,
    Settings,
)
from hardware.indicators import BUZZER_PIN, LED_PIN, Indicators, patterns
from hardware.simulated import VirtualClock
from tests.conftest import PinClock

QUIET = replace(
    Settings(), led=LedSettings(heartbeat=False), session=SessionSettings(announce=False)
)


class Stage:
    """An announcer on mock pins."""

    def __init__(self, clock: VirtualClock, settings: Settings) -> None:
        self.clock, factory = clock, MockFactory()
        factory.reset()  # gpiozero 1.6 remembers for the process which pins are taken
        self.indicators = Indicators(clock, pin_factory=factory)
        self.announcer = Announcer(self.indicators, settings)
        self.buzzer, self.led = factory.pin(BUZZER_PIN), factory.pin(LED_PIN)

    def pulses(self, pin) -> list[float]:
        """When a pin went on."""
        instants = itertools.accumulate(state.timestamp for state in pin.states)
        pairs = list(zip(instants, pin.states, strict=True))[1:]
        return [round(t, 3) for t, s in pairs if s.state]


@pytest.fixture
def stage(pin_clock: PinClock) -> Callable[[Settings], Stage]:
    """Makes one under settings."""
    clock = VirtualClock()
    pin_clock(clock)

    def make(settings: Settings) -> Stage:
        made = Stage(clock, settings)
        made.buzzer.clear_states()
        made.led.clear_states()
        return made

    return make


def beating(output: str) -> Settings:
    return replace(QUIET, metronome=MetronomeSettings(output=output))


@pytest.mark.parametrize("output", ["sound", "light", "both"])
def test_beats_sound_at_their_instant(stage, output) -> None:
    """On the outputs that are set, each at its own time and not when it was decided."""
    s = stage(beating(output))
    for n in range(5):
        s.announcer.tell(Beat(10 + 0.8 * n - 0.15, 10 + 0.8 * n), origin_s=-9.0)
        s.clock.sleep(0.8)
    s.clock.sleep(1.0)
    instants = [1.0, 1.8, 2.6, 3.4, 4.2]
    assert s.pulses(s.buzzer) == (instants if output != "light" else [])
    assert s.pulses(s.led) == (instants if output != "sound" else [])


def test_a_beat_gives_way_and_dies_with_off(stage) -> None:
    """While a cue plays nothing beats; after `off` nothing that was decided before sounds."""
    s = stage(beating("both"))
    s.announcer.tell(Cue(0.0, "slow_down", "on"), 0.0)
    s.announcer.tell(Beat(0.9, 1.0), 0.0)
    s.clock.sleep(1.5)
    assert s.pulses(s.buzzer) == [0.0, 0.5]
    s.announcer.tell(Beat(1.5, 1.6), 0.0)
    s.announcer.off()
    s.clock.sleep(5.0)
    assert s.pulses(s.buzzer) == [0.0, 0.5]
    assert s.pulses(s.led) == [0.0, 0.5]


def test_a_fault_shows_through_the_beat(stage) -> None:
    """The LED goes on blinking in threes while the buzzer ticks."""
    s = stage(beating("both"))
    s.announcer.fault(True)
    for n in range(1, 5):
        s.announcer.tell(Beat(n - 0.1, float(n)), 0.0)
    s.clock.sleep(5.0)
    assert len(s.pulses(s.buzzer)) == 4
    row = list(itertools.accumulate((0.0, *(ms / 1000 for ms in patterns.FAULT.rhythm * 3))))
    assert s.pulses(s.led) == [round(t, 3) for t in row[:-1:2] if t < 5]


def test_a_message_that_waited_is_heard_whole(stage) -> None:
    """The step back of a stumble is told after its alarm, to the end, though its cue is off."""
    s = stage(QUIET)
    s.announcer.tell(Cue(0.0, "stumble", "on"), 0.0)
    s.announcer.tell(Cue(0.0, "stage_back", "on"), 0.0)
    s.clock.sleep(3.0)
    s.announcer.tell(Cue(3.0, "stumble", "off"), 0.0)
    s.clock.sleep(1.0)
    s.announcer.tell(Cue(4.0, "stage_back", "off"), 0.0)
    s.clock.sleep(5.0)
    assert len([t for t in s.pulses(s.buzzer) if t > 3.0]) == len(patterns.STAGE_BACK.rhythm) / 2


def test_ready_and_the_session_are_announced_if_wanted(stage) -> None:
    """One setting for the three of them."""
    for settings, pulses in ((Settings(), 6), (QUIET, 0)):
        s = stage(settings)
        s.announcer.ready()
        s.clock.sleep(2.0)
        s.announcer.tell(Session(2.0, "started"), 0.0)
        s.clock.sleep(5.0)
        s.announcer.tell(Session(7.0, "ended"), 0.0)
        s.clock.sleep(5.0)
        assert len(s.pulses(s.buzzer)) == pulses


def test_the_heart_beats_outside_of_sessions(stage) -> None:
    """A double blink every three seconds; none while a session runs, none if not wanted."""
    s = stage(replace(QUIET, led=LedSettings()))
    s.announcer.ready()
    s.clock.sleep(9.0)
    assert s.pulses(s.led) == [0.0, 0.2, 3.0, 3.2, 6.0, 6.2, 9.0]
    s.announcer.tell(Session(9.0, "started"), 0.0)
    s.led.clear_states()
    s.clock.sleep(9.0)
    assert s.pulses(s.led) == []
    s.announcer.tell(Session(18.0, "ended"), 0.0)
    s.clock.sleep(9.0)
    assert len(s.pulses(s.led)) >= 6
    s.announcer.change(QUIET)
    s.led.clear_states()
    s.clock.sleep(9.0)
    assert s.pulses(s.led) == []


def test_only_its_own_setting_ends_a_mute(stage) -> None:
    """`coach mute` outlives other changes of the settings."""
    s = stage(QUIET)
    s.announcer.mute(True)
    s.announcer.change(replace(QUIET, metronome=MetronomeSettings(output="sound")))
    assert s.indicators.muted
    s.announcer.change(replace(QUIET, buzzer=BuzzerSettings(muted=True)))
    s.announcer.change(QUIET)
    assert not s.indicators.muted


def test_each_walker_hears_in_a_way_of_their_own(pin_clock: PinClock) -> None:
    """Another profile is in use: from then on it vibrates; and back."""
    clock = VirtualClock()
    pin_clock(clock)
    settings = replace(QUIET, motor=MotorSettings(pin=22))
    factory = MockFactory(pin_class=MockPWMPin)
    factory.reset()
    announcer = Announcer(indicators(settings, clock, pin_factory=factory), settings)
    buzzer, motor = factory.pin(BUZZER_PIN), factory.pin(22)
    announcer.change(replace(settings, hearing=HearingSettings("vibration", strength_percent=50)))
    announcer.tell(Cue(0.0, "slow_down", "on"), 0.0)
    assert (bool(buzzer.state), motor.state) == (False, 0.5)
    announcer.change(settings)
    assert (bool(buzzer.state), motor.state) == (True, 0.0)
    announcer.off()


def test_a_motor_is_switched_off_after_a_crash_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """`coach off` knows every pin that is fitted."""
    asked: list[tuple[str, int, bool]] = []
    monkeypatch.setattr("hardware.lines.switch_off", asked.extend)
    assert cli.main(["off", "--set", "motor.pin=22", "--set", "motor.active_high=no"]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 27, True), ("motor", 22, False)]
