"""What happens becomes what sounds, on mock pins and a virtual clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero import DigitalOutputDevice
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
from hardware.indicators import BUZZER_PIN, LED_PIN, PASSIVE_HZ, Indicators, patterns
from hardware.simulated import VirtualClock
from tests.conftest import PinClock

QUIET = replace(
    Settings(), led=LedSettings(heartbeat=False), session=SessionSettings(announce=False)
)


class Stage:
    """An announcer on mock pins."""

    def __init__(
        self, clock: VirtualClock, settings: Settings, factory: MockFactory, *, make_do: bool
    ) -> None:
        self.clock = clock
        self.indicators = Indicators(clock, pin_factory=factory, make_do=make_do)
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
        factory = MockFactory()
        factory.reset()  # gpiozero 1.6 remembers for the process which pins are taken
        made = Stage(clock, settings, factory, make_do=False)
        made.buzzer.clear_states()
        made.led.clear_states()
        return made

    return make


def beating(output: str) -> Settings:
    return replace(QUIET, metronome=MetronomeSettings(output=output))


@pytest.mark.parametrize("announce", [True, False])
def test_nobody_is_told_to_switch_off_while_a_session_runs(
    stage: Callable[[Settings], Stage], announce: bool
) -> None:
    """The last one is on the card, but the next has begun; after that it is said, if wanted."""
    s = stage(replace(QUIET, session=SessionSettings(announce=announce)))
    s.announcer.tell(Session(5.0, "started"), 0.0)
    s.clock.sleep(10.0)
    s.announcer.saved()
    assert s.indicators.playing is None
    s.announcer.tell(Session(100.0, "ended"), 0.0)
    s.clock.sleep(10.0)
    s.announcer.saved()
    assert s.indicators.playing == (patterns.SAVED if announce else None)


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


def test_a_stumble_s_rattle_that_somebody_ends_is_over_at_once(stage) -> None:
    """By `coach clear`; a message whose cue is over is heard to its end."""
    s = stage(QUIET)
    s.announcer.tell(Cue(0.0, "target", "on"), 0.0)
    s.announcer.tell(Cue(0.1, "target", "off"), 0.0)
    assert s.indicators.playing == patterns.TARGET
    s.announcer.tell(Cue(0.2, "stumble", "on"), 0.0)
    s.announcer.tell(Cue(0.3, "stumble", "off"), 0.0)
    assert s.indicators.playing != patterns.STUMBLE


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


def test_who_stumbles_is_not_told_to_be_ready_for_the_next_stage(stage) -> None:
    """It was being said as the alarm cut it short; what follows on that is the step back alone."""
    s = stage(QUIET)
    s.announcer.tell(Cue(0.0, "next_stage", "on"), 0.0)
    s.clock.sleep(0.5)
    s.announcer.tell(Cue(0.5, "stumble", "on"), 0.0)
    s.announcer.tell(Cue(0.5, "stage_back", "on"), 0.0)
    s.clock.sleep(3.0)
    s.announcer.tell(Cue(3.5, "stumble", "off"), 0.0)
    s.clock.sleep(10.0)
    assert len([t for t in s.pulses(s.buzzer) if t > 3.5]) == len(patterns.STAGE_BACK.rhythm) / 2


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


@pytest.fixture
def blind(pin_clock: PinClock) -> Iterator[tuple[Stage, DigitalOutputDevice]]:
    """One whose LED's pin is taken, and who has taken it."""
    clock = VirtualClock()
    pin_clock(clock)
    factory = MockFactory()
    factory.reset()
    with DigitalOutputDevice(LED_PIN, pin_factory=factory) as other:
        yield Stage(clock, QUIET, factory, make_do=True), other


def beeps(s: Stage, seconds: float) -> int:
    """How often in these seconds of a daemon the five beeps begin; they are all that is heard."""
    s.buzzer.clear_states()
    for _ in range(round(2 * seconds)):
        s.announcer.look_at_pins(s.clock.now())
        s.clock.sleep(0.5)
    pulses = len(s.pulses(s.buzzer))
    assert pulses % 5 == 0
    return pulses // 5


def test_what_the_led_cannot_show_is_heard(blind) -> None:
    """Once what can wait, the pin itself first; a sensor in trouble as long as it is."""
    s, other = blind
    assert beeps(s, 60.0) == 1
    s.announcer.fault(True)
    assert beeps(s, 30.0) == 3
    s.announcer.fault(False)
    assert beeps(s, 30.0) == 0
    s.announcer.log_trouble(True)
    s.announcer.low_power(True)
    assert beeps(s, 30.0) == 1
    s.announcer.low_power(False)
    s.announcer.low_power(True)
    s.announcer.fault(True, "settings")
    assert beeps(s, 30.0) == 1
    s.announcer.log_trouble(False)
    assert beeps(s, 30.0) == 0
    s.announcer.log_trouble(True)  # another one: the walk would not be recorded
    assert beeps(s, 30.0) == 1
    other.close()
    s.announcer.fault(True)
    assert beeps(s, 30.0) == 0
    assert s.indicators.lit == patterns.FAULT


def test_a_trouble_that_comes_right_after_another_is_heard_as_well(blind) -> None:
    """The one waits until the other's beeps are some seconds old."""
    s, _ = blind
    assert beeps(s, 2.0) == 1
    s.announcer.fault(True, "settings")
    assert beeps(s, 20.0) == 1


def test_two_lesser_troubles_are_shown_by_turns(stage) -> None:
    """Neither hides the other; alone again, each shows as before."""
    s = stage(QUIET)
    s.announcer.low_power(True)
    s.announcer.log_trouble(True)
    s.clock.sleep(1.0)
    s.led.clear_states()
    s.clock.sleep(16.0)
    instants = [state.timestamp for state in s.led.states]
    lasted = {round(1000 * t) for t, state in zip(instants[1:], s.led.states, strict=False)}
    assert lasted >= {*patterns.LOW_POWER.rhythm, *patterns.LOG_TROUBLE.rhythm}
    s.announcer.low_power(False)
    assert s.indicators.lit == patterns.LOG_TROUBLE
    s.announcer.low_power(True)
    s.announcer.log_trouble(False)
    assert s.indicators.lit == patterns.LOW_POWER
    s.announcer.low_power(False)
    assert s.indicators.lit is None


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
    announcer.change(replace(settings, hearing=HearingSettings("both", strength_percent=50)))
    assert (bool(buzzer.state), motor.state) == (True, 0.5)
    announcer.off()


def test_a_passive_buzzer_sounds_as_loud_as_it_is_set(pin_clock: PinClock) -> None:
    """With its tone; a square wave that is on for a sixth of the time is half as loud."""
    clock = VirtualClock()
    pin_clock(clock)
    set_so = {"buzzer.passive": True, "hearing.volume_percent": 50}
    factory = MockFactory(pin_class=MockPWMPin)
    factory.reset()
    made = indicators(Settings().changed(set_so), clock, pin_factory=factory)
    made.show(patterns.SLOW_DOWN)
    buzzer = factory.pin(BUZZER_PIN)
    assert (buzzer.frequency, buzzer.state) == (PASSIVE_HZ, pytest.approx(1 / 6))
    made.close()


def test_what_is_set_to_be_on_when_low_rests_high(pin_clock: PinClock) -> None:
    """Else a motor would turn, and a buzzer sound, from the start on."""
    clock = VirtualClock()
    pin_clock(clock)
    set_so = {f"{what}.active_high": False for what in ("buzzer", "led", "motor")}
    factory = MockFactory(pin_class=MockPWMPin)
    factory.reset()
    made = indicators(Settings().changed({**set_so, "motor.pin": 22}), clock, pin_factory=factory)
    outputs = [factory.pin(number) for number in (BUZZER_PIN, LED_PIN, 22)]
    assert [bool(pin.state) for pin in outputs] == [True, True, True]
    made.show(patterns.FALL)
    assert [bool(pin.state) for pin in outputs] == [False, False, False]
    made.close()


def test_a_motor_is_switched_off_after_a_crash_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """`coach off` knows every pin that is fitted."""
    asked: list[tuple[str, int, bool]] = []
    monkeypatch.setattr("hardware.lines.switch_off", asked.extend)
    assert cli.main(["off", "--set", "motor.pin=22", "--set", "motor.active_high=no"]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 27, True), ("motor", 22, False)]


def test_a_broken_settings_file_hides_no_pin_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`coach off` goes by `--set` and what can be read of the file; without both, as usual.

    It says what is wrong, of the usual file as of one that was named.
    """
    file, asked = tmp_path / "coach.toml", list[tuple[str, int, bool]]()
    file.write_text("[cadence]\nmax_spm = 900\n[led]\npin = 6\n")
    monkeypatch.setattr("hardware.lines.switch_off", asked.extend)
    assert cli.main(["off", "--config", str(file), "--set", "buzzer.pin=5"]) == 0
    assert asked == [("buzzer", 5, True), ("LED", 6, True)]
    assert "max_spm = 900: expected a number from 30 to 200" in capsys.readouterr().err
    del asked[:]
    assert cli.main(["off", "--config", str(file), "--set", "buzzer.pin=x"]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 27, True)]
    assert "switching the usual pins off" in capsys.readouterr().err
    del asked[:]
    assert cli.main(["off", "--config", str(tmp_path / "none.toml")]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 27, True)]
    assert "none.toml: no such settings file; switching" in capsys.readouterr().err
    monkeypatch.setattr("firmware.settings.source.DEFAULT_PATH", file)
    del asked[:]
    assert cli.main(["off"]) == 0
    assert asked == [("buzzer", 17, True), ("LED", 6, True)]
    assert "max_spm = 900: expected a number from 30 to 200" in capsys.readouterr().err
