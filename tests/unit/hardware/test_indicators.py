"""The rules of who is heard hold, no caller waits, and pins never hurt anybody."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from hardware.indicators import (
    BUZZER_PIN,
    LED_PIN,
    PATTERNS,
    PAUSE_S,
    Indicators,
    Pattern,
    patterns,
)
from hardware.simulated import VirtualClock


def edges(pin) -> list[tuple[float, bool]]:
    """(instant, on) of every change of a mock pin since it was made or cleared."""
    instants = itertools.accumulate(state.timestamp for state in pin.states)
    return [(round(t, 6), bool(s.state)) for t, s in zip(instants, pin.states, strict=True)][1:]


def expected(pattern: Pattern, start: float, rounds: int = 1) -> list[tuple[float, bool]]:
    instants = itertools.accumulate(pattern.rhythm * rounds, initial=start * 1000)
    return [(round(t / 1000, 6), i % 2 == 0) for i, t in enumerate(instants)]


# --- Playing, in virtual time


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=lambda p: p.name)
def test_a_pattern_sounds_as_it_says(bench, pattern):
    """Every edge comes at its instant, on the pins that the pattern names, the first at once."""
    bench.sleep(1.0).show(pattern)
    rounds = pattern.repeat or 3
    pin = bench.led if pattern.output == "light" else bench.buzzer
    bench.sleep(rounds * sum(pattern.rhythm) / 1000)
    row = expected(pattern, 1.0, rounds)
    if pattern.repeat is not None:
        row = row[:-1]  # after the end, nothing comes on again
    assert edges(pin) == row
    if pattern.output == "both":
        assert edges(bench.led) == edges(bench.buzzer)
    else:
        assert edges(bench.buzzer if pin is bench.led else bench.led) == []


@pytest.mark.parametrize(
    "lesser", [p for p in PATTERNS.values() if p.name not in ("fall", "stumble")]
)
@pytest.mark.parametrize("urgent", [patterns.STUMBLE, patterns.FALL])
def test_danger_is_heard_within_the_call(bench, lesser, urgent):
    """Whatever plays, and wherever it stands, a stumble or a fall is on when `show` returns."""
    bench.show(lesser)
    for _ in range(7):
        bench.sleep(0.137)
        bench.show(urgent)
        assert bench.buzzer.state
        assert bench.led.state
        assert bench.indicators.playing == urgent
        bench.stop(urgent.name)
        assert not bench.buzzer.state


@pytest.mark.parametrize("urgent", [patterns.STUMBLE, patterns.FALL])
def test_danger_has_its_own_rhythm_whatever_it_cuts_short(bench, urgent):
    """No pulse that the lesser one had to come is heard in it."""
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(0.3).buzzer.clear_states()
    bench.show(urgent)
    bench.sleep(2.5)
    heard = edges(bench.buzzer)
    assert len(heard) > 4
    assert heard == expected(urgent, 0.0, 25)[: len(heard)]


def test_a_more_urgent_pattern_silences_a_lesser_one_at_once(bench):
    """The lesser one is off when `show` returns; the other starts after a pause."""
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(0.1).show(patterns.LIMIT)
    assert not bench.buzzer.state
    bench.sleep(3.0)
    assert edges(bench.buzzer)[:4] == [
        (0.0, True),
        (0.1, False),
        *expected(patterns.LIMIT, 0.1 + PAUSE_S)[:2],
    ]


def test_what_lasts_resumes_after_something_more_urgent(bench):
    """A slow-down cut short by a stumble begins anew when the stumble's cue is over."""
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(1.0).show(patterns.STUMBLE)
    bench.sleep(3.0)
    assert bench.indicators.playing == patterns.SLOW_DOWN
    bench.buzzer.clear_states()
    bench.sleep(5.0)
    assert len([on for _, on in edges(bench.buzzer) if on]) >= 3
    assert not bench.buzzer.states[0].state


def test_a_lesser_one_without_end_waits_however_long(bench):
    """What is asked for during a fall alarm and lasts is heard when the alarm ends."""
    bench.show(patterns.FALL)
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(600.0).stop("fall")
    bench.sleep(1.0)
    assert bench.indicators.playing == patterns.SLOW_DOWN


def test_news_waits_only_as_long_as_it_is_news(bench):
    """A milestone waits for a stumble's cue, and is dropped during a long alarm."""
    bench.show(patterns.STUMBLE)
    bench.show(patterns.HALF_WAY)
    bench.sleep(3.1)
    assert bench.indicators.playing == patterns.HALF_WAY
    bench.show(patterns.FALL)
    bench.show(patterns.TARGET)
    bench.sleep(30.0).stop("fall")
    bench.sleep(1.0)
    assert bench.indicators.playing is None


def test_a_beat_never_waits(bench):
    """A beat that cannot sound at once is left out: late, it would be wrong."""
    bench.show(patterns.SLOW_DOWN)
    bench.show(patterns.BEAT)
    bench.sleep(0.1).stop("slow_down")
    bench.show(patterns.BEAT)
    bench.sleep(5.0)
    assert edges(bench.buzzer) == [(0.0, True), (0.1, False)]
    for _ in range(10):
        bench.show(patterns.BEAT)
        assert bench.buzzer.state
        bench.sleep(60 / 200)


def test_equals_speak_one_after_the_other(bench):
    """Of two milestones at the same instant both are heard whole, in the order of asking."""
    bench.show(patterns.SESSION_ENDED)
    bench.show(patterns.TARGET)
    bench.sleep(10.0)
    first = expected(patterns.SESSION_ENDED, 0.0)[:-1]
    second = expected(patterns.TARGET, patterns.SESSION_ENDED.seconds)[:-1]
    assert edges(bench.buzzer) == first + second


def test_asking_again_for_what_lasts_changes_nothing(bench):
    """A repeated request does not disturb the rhythm."""
    bench.show(patterns.FALL)
    for _ in range(30):
        bench.sleep(0.1).show(patterns.FALL)
    assert edges(bench.buzzer) == expected(patterns.FALL, 0.0, 3)


def test_a_repeated_message_is_heard_as_new(bench):
    """A finite pattern asked for again while it plays starts anew after a pause."""
    bench.show(patterns.TARGET)
    bench.sleep(0.5).show(patterns.TARGET)
    bench.sleep(5.0)
    again = [t for t, on in edges(bench.buzzer) if on and t > 0.5]
    last_off = max(t for t, on in edges(bench.buzzer) if not on and t <= 0.5)
    assert again[0] - last_off >= PAUSE_S
    assert len(again) == 6


def test_stopping_ends_it_at_once(bench):
    """A stopped pattern is silent on return and stays so; stopping the unknown does nothing."""
    bench.show(patterns.FALL)
    bench.sleep(0.1).stop("fall")
    bench.stop("fall")
    bench.stop("no such pattern")
    bench.sleep(10.0)
    assert edges(bench.buzzer) == edges(bench.led) == [(0.0, True), (0.1, False)]


def test_mute_keeps_the_led(bench):
    """Muted, nothing sounds and the LED shows it all; unmuted, the sound joins in."""
    bench.indicators.mute(True)
    bench.show(patterns.FALL)
    bench.sleep(3.0)
    assert edges(bench.buzzer) == []
    assert edges(bench.led) == expected(patterns.FALL, 0.0, 3)
    bench.indicators.mute(False)
    assert bench.indicators.muted is False
    assert bench.buzzer.state == bench.led.state
    bench.indicators.mute(True)
    assert not bench.buzzer.state


def test_the_background_shows_when_nothing_else_does(bench):
    """The fault sign gives way to a cue, comes back after it, and outranks the heartbeat."""
    bench.show(patterns.HEARTBEAT)
    bench.show(patterns.FAULT)
    bench.sleep(1.0)
    assert bench.indicators.playing == patterns.FAULT
    bench.show(patterns.SESSION_ENDED)
    bench.led.clear_states()
    bench.sleep(patterns.SESSION_ENDED.seconds - 0.01)
    assert [on for _, on in edges(bench.led)] == [False, True, False]
    bench.sleep(1.0)
    assert bench.indicators.playing == patterns.FAULT
    bench.stop("fault")
    bench.sleep(1.0)
    assert bench.indicators.playing == patterns.HEARTBEAT


def test_a_beat_leaves_the_background_alone(bench):
    """The fault sign goes on in its own rhythm through a metronome."""
    bench.show(patterns.FAULT)
    for _ in range(6):
        bench.sleep(0.3).show(patterns.BEAT)
    assert edges(bench.led) == expected(patterns.FAULT, 0.0)[:-1]


@pytest.mark.parametrize("closing", ["off", "close"])
def test_off_is_off(bench, closing):
    """`off` and `close` leave both pins low, forget what waited, and do no harm twice."""
    bench.show(patterns.FAULT)
    bench.show(patterns.SLOW_DOWN)
    bench.show(patterns.FALL)
    getattr(bench.indicators, closing)()
    assert not bench.buzzer.state
    assert not bench.led.state
    getattr(bench.indicators, closing)()
    bench.sleep(60.0)
    assert edges(bench.buzzer) == [(0.0, True), (0.0, False)]
    assert edges(bench.led)[-1] == (0.0, False)
    bench.show(patterns.FALL)
    assert bool(bench.buzzer.state) == (closing == "off")
    assert (bench.indicators.playing is None) == (closing == "close")


def test_a_context_closes(virtual_clock, pins):
    """Leaving the context, even by an error, switches off and gives the pins back."""
    with contextlib.suppress(RuntimeError), Indicators(virtual_clock, pin_factory=pins) as made:
        made.show(patterns.FALL)
        raise RuntimeError
    assert not pins.pin(BUZZER_PIN).state
    Indicators(virtual_clock, pin_factory=pins).close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["show", "show", "show", "stop"]),
            st.sampled_from(sorted(PATTERNS)),
            st.floats(0, 2),
        ),
        max_size=30,
    )
)
def test_no_two_patterns_ever_overlap(script):
    """Whatever is asked for in whatever order, the most urgent plays, and all ends off."""
    clock = VirtualClock()
    factory = MockFactory()
    indicators = Indicators(clock, pin_factory=factory)
    endless: dict[str, Pattern] = {}
    for action, name, pause in script:
        pattern = PATTERNS[name]
        if action == "show":
            indicators.show(pattern)
            if pattern.repeat is None:
                endless[name] = pattern
        else:
            indicators.stop(name)
            endless.pop(name, None)
        clock.sleep(pause)
        sounding = [p for p in endless.values() if p.output != "light"]
        if sounding:
            playing = indicators.playing
            assert playing is not None
            assert playing.priority >= max(p.priority for p in sounding)
    clock.sleep(120.0)
    playing = indicators.playing
    assert playing.name in endless if playing else not endless
    indicators.close()
    assert not factory.pin(BUZZER_PIN).state
    assert not factory.pin(LED_PIN).state
    factory.reset()


def test_what_runs_out_is_seen_whole(bench):
    """A fault of 50 ms blinks a whole group of three, however often it comes, and then no more."""
    for _ in range(10):
        bench.show(patterns.FAULT)
        bench.sleep(0.05)
        bench.indicators.run_out("fault")
        bench.sleep(0.01)
    bench.sleep(6.0)
    assert bench.indicators.playing is None
    assert not bench.led.state
    lit = [s.timestamp for s in bench.led.states if s.state]
    assert len(lit) == 3
    assert lit[-1] < 1.0


def test_what_runs_out_goes_on_where_it_is_true_again(bench):
    """Asked for again while it runs out, a pattern without an end has none."""
    bench.show(patterns.FAULT)
    bench.indicators.run_out("fault")
    bench.sleep(0.1)
    bench.show(patterns.FAULT)
    bench.sleep(20.0)
    assert bench.indicators.playing is patterns.FAULT
    bench.indicators.run_out("fault")
    bench.sleep(2.0)
    assert bench.indicators.playing is None


@pytest.mark.parametrize(("shown_s", "cue_s"), [(0.0, 60.0), (4.0, 1.0)])
def test_what_is_cut_short_while_it_runs_out_is_not_shown_long_after(bench, shown_s, cue_s):
    """A cue begins in a fault's last round: nobody sees it a minute later, or once more."""
    bench.show(patterns.FAULT)
    bench.sleep(shown_s).indicators.run_out("fault")
    bench.sleep(0.2).show(patterns.SLOW_DOWN)
    bench.sleep(cue_s).stop("slow_down")
    bench.led.clear_states()
    bench.sleep(6.0)
    assert not [s for s in bench.led.states if s.state]


def test_what_ran_out_behind_something_urgent_is_shown_after_it_or_never(bench):
    """A fault that came and went under a cue blinks once if the cue ends soon, else not at all."""
    for cue_s, blinks in ((2.0, 3), (8.0, 0)):
        bench.show(patterns.SLOW_DOWN)
        bench.sleep(0.4)
        bench.show(patterns.FAULT)
        bench.indicators.run_out("fault")
        bench.sleep(cue_s)
        bench.stop("slow_down")
        bench.led.clear_states()
        bench.sleep(6.0)
        assert len([s for s in bench.led.states if s.state]) == blinks


def test_what_is_true_again_waits_however_long(bench):
    """Asked for again while it runs out, and then cut short for a minute: it is shown after it."""
    bench.show(patterns.FAULT)
    bench.indicators.run_out("fault")
    bench.show(patterns.FAULT)
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(60.0).stop("slow_down")
    bench.sleep(1.0)
    assert bench.indicators.playing is patterns.FAULT


def test_danger_is_heard_to_its_end_though_it_is_no_news_any_more(bench):
    """What is asked for in its third second does not end it."""
    bench.show(patterns.STUMBLE)
    bench.sleep(2.0).show(patterns.HALF_WAY)
    assert bench.indicators.playing is patterns.STUMBLE
    bench.sleep(2.0)
    assert bench.indicators.playing is patterns.HALF_WAY


def test_a_cue_and_the_background_after_it_do_not_run_into_one(bench):
    """The LED is dark for a pause between them, wherever the cue is stopped."""
    bench.show(patterns.FAULT)
    bench.show(patterns.SLOW_DOWN)
    bench.sleep(0.1).stop("slow_down")
    bench.led.clear_states()
    bench.sleep(1.0)
    assert edges(bench.led)[0] == (PAUSE_S, True)


def test_what_is_to_come_is_void_once_all_is_off(bench):
    """A beat that was arranged for the next step does not sound after `off`."""
    bench.indicators.show_at(patterns.BEAT, 0.5)
    bench.indicators.off()
    bench.sleep(1.0)
    assert edges(bench.buzzer) == []
    bench.indicators.show_at(patterns.BEAT, 1.5)
    bench.sleep(1.0)
    assert edges(bench.buzzer)[0] == (1.5, True)


def test_what_sounds_is_told_before_what_shows_behind_it(bench):
    """Each can be asked for."""
    bench.show(patterns.FAULT)
    bench.show(patterns.FALL)
    assert (bench.indicators.playing, bench.indicators.lit) == (patterns.FALL, None)
    bench.show(patterns.BEAT)
    bench.stop("fall")
    bench.sleep(1.0)
    assert (bench.indicators.playing, bench.indicators.lit) == (patterns.FAULT, patterns.FAULT)
    bench.show(patterns.BEAT)
    assert (bench.indicators.playing, bench.indicators.lit) == (patterns.BEAT, patterns.FAULT)
