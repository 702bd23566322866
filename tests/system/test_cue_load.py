"""How much a walker has to hear, and that danger is heard at once, on the pins' recorded edges."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from coach import events
from firmware.log import sessions
from firmware.records import Record
from firmware.settings.catalogue import Settings
from hardware import SystemClock
from hardware.indicators import PATTERNS, PAUSE_S
from hardware.indicators.patterns import STUMBLE
from hardware.simulated.walker import Segment, SideRails, Stand, Stumble, Walk
from tests.conftest import PinClock
from tests.support.device import Device

WITHIN_S = 0.020
"""From a stumble's event to the pins."""

SOUND_S = 0.001
"""A beat that a cue cuts at the very instant at which both fall due is no sound: an active buzzer
takes some milliseconds to begin."""

TRIES = 3
"""Of a walk in real time, on a machine that may be busy."""

BUSY = {
    "metronome.output": "both",
    "session.target_min": "1",
    "session.limit_min": "2",
    "session.talk_check_min": "1",
    "stage.comfort_min": "0.5",
    "stage.even_percent": "12",
}
"""Settings under which everything falls due in the first minutes."""

Pulse = tuple[float, int]
"""When it began (s), and how long it was (ms)."""


class Heard:
    """A device that has played a plan, and every pulse of its pins."""

    def __init__(
        self, folder: Path, plan: Sequence[Segment], pin_clock: PinClock, seed: int, **changes: str
    ) -> None:
        self.device = Device(plan, folder, seed=seed, settings=Settings().changed(changes))
        pin_clock(self.device.clock)
        settings, pins = self.device.settings, self.device.simulation.pins
        self._pins = {"buzzer": pins.pin(settings.buzzer.pin), "led": pins.pin(settings.led.pin)}
        for pin in self._pins.values():
            pin.clear_states()
        start = self.device.journal.start

        def start_silently(on_trouble: Any, on_saved: Any = None) -> None:  # noqa: ARG001
            start(on_trouble)  # the card's time is real: when it has all is chance here

        self.device.journal.start = start_silently
        self.device.run()
        self.origin = sessions.read_one(self.device.log, "last").mono_start_us / 1e6

    def pulses(self, pin: str) -> list[Pulse]:
        """Every pulse, in order."""
        states = self._pins[pin].states
        instants = list(itertools.accumulate(state.timestamp for state in states))
        edges = [(t, bool(s.state)) for t, s in zip(instants, states, strict=True)][1:]
        pulses = [(a, b - a) for (a, on), (b, _) in itertools.pairwise(edges) if on]
        return [(begun, round(1000 * lasted)) for begun, lasted in pulses if lasted >= SOUND_S]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """The records of these types, with `at`: their time on the clock."""
        return [{**r, "at": self.origin + r["t"]} for r in self.device.of_type(*types)]


def test_a_steady_walker_within_the_limit_hears_the_planned_cues_only(
    tmp_path: Path, pin_clock: PinClock
) -> None:
    """Half way, target, ready for the next stage and the limit, each once; no more. (In three
    minutes here; a quarter of an hour of many walkers: `tests.bench.bench_coaching`.)"""
    plan = (Stand(5.0), Walk(225.0, spm=70.0, amplitude_g=0.2, variability=0.02), Stand(70.0))
    short = {"session.target_min": "2", "session.limit_min": "3", "stage.comfort_min": "1.3"}
    heard = Heard(tmp_path, plan, pin_clock, 6, **short)
    told = Counter(r["cue"] for r in heard.of_type("cue") if r["state"] == "on")
    assert told == {"half_way": 1, "target": 1, "next_stage": 1, "limit": 1}
    sounding = ("ready", "session_started", "session_ended", *told)
    rhythms = Counter(ms for name in sounding for ms in PATTERNS[name].rhythm[::2])
    assert Counter(ms for _, ms in heard.pulses("buzzer")) == rhythms


def spoken(pulses: list[Pulse]) -> list[tuple[str, bool, list[Pulse]]]:
    """The pulses as patterns: each with its name, whether it was played whole, and its pulses."""
    said, rest = [], pulses
    while rest:
        sounding = (name for name, pattern in PATTERNS.items() if pattern.output != "light")
        # A first pulse that is cut fits many: it was whatever gives way to all others.
        name, count = max(
            ((n, _fits(n, rest)) for n in sounding),
            key=lambda found: (found[1], -PATTERNS[found[0]].priority),
        )
        pattern, count = PATTERNS[name], max(count, 1)
        lengths = pattern.rhythm[::2]
        whole = rest[count - 1][1] == lengths[(count - 1) % len(lengths)] and (
            pattern.repeat is None or count == pattern.repeat * len(lengths)
        )
        said.append((name, whole, rest[:count]))
        rest = rest[count:]
    return said


def _fits(name: str, pulses: list[Pulse]) -> int:
    """How many of the first pulses are this pattern's, each in its place; the last may be cut."""
    pattern = PATTERNS[name]
    rounds = pattern.repeat or 100
    places = itertools.accumulate(pattern.rhythm * rounds, initial=0)
    expected = zip(itertools.islice(places, 0, None, 2), pattern.rhythm[::2] * rounds, strict=False)
    for n, ((at, ms), (t, length)) in enumerate(zip(expected, pulses, strict=False)):
        if length > ms or abs(1000 * (t - pulses[0][0]) - at) > 1:
            return n
        if length < ms:
            return n and n + 1
    return min(len(pulses), rounds * len(pattern.rhythm) // 2)


def test_no_two_patterns_overlap(tmp_path: Path, pin_clock: PinClock) -> None:
    """With everything due at once the buzzer still says one thing at a time, each whole, with a
    pause between, except what danger cuts short or what has worked."""
    plan = (
        Stand(5.0),
        Walk(130.0, spm=80.0, amplitude_g=0.2, events=(Stumble(90.0, size_g=0.9),)),
        SideRails(12.0),
        Walk(60.0, spm=108.0, amplitude_g=0.2),
        Stand(65.0),
    )
    heard = Heard(tmp_path, plan, pin_clock, 1, **BUSY)
    said = spoken(heard.pulses("buzzer"))
    names = Counter(name for name, _, _ in said)
    assert {"beat", "stumble", "half_way", "target", "limit", "slow_down", "session_ended"} <= set(
        names
    )
    ends = [r["at"] for r in heard.of_type("cue") if r["state"] == "off"]
    alarms = [r["at"] for r in heard.of_type("stumble")]
    begins = [(r["cue"], r["at"]) for r in heard.of_type("cue") if r["state"] == "on"]
    for (name, whole, pulses), (after, _, [(begin, _), *_]) in itertools.pairwise(said):
        last = pulses[-1][0] + pulses[-1][1] / 1000
        causes = [*ends, *alarms]
        gives_way = PATTERNS[name].repeat is None or PATTERNS[name].keeps_s == 0.0
        if gives_way and PATTERNS[after].priority > PATTERNS[name].priority:
            causes += [t for cue, t in begins if cue == after]
        cut = [t for t in causes if abs(t - last) < WITHIN_S + PAUSE_S]
        assert whole or cut, (name, pulses)
        assert begin - last > PAUSE_S - 0.001 or after == "stumble", (name, after, begin)


@pytest.mark.parametrize("seed", range(3))
def test_a_stumble_is_heard_within_20_ms_whatever_plays(
    tmp_path: Path, pin_clock: PinClock, seed: int
) -> None:
    """The rattle begins on buzzer and LED while slow-down cues, beats and milestones play."""
    stumbles = tuple(Stumble(t, size_g=1.0) for t in (15.0, 31.3, 46.1, 60.4, 75.2, 93.3))
    plan = (Stand(5.0), Walk(105.0, spm=106.0, amplitude_g=0.2, events=stumbles))
    heard = Heard(tmp_path, plan, pin_clock, seed, **BUSY)
    alarms = heard.of_type("stumble")
    assert len(alarms) >= 3
    for alarm, pin in itertools.product(alarms, ("buzzer", "led")):
        # Its first pulse may begin in one that is on already: what tells it is how that ends.
        pulses = heard.pulses(pin)
        first = next(n for n, (t, ms) in enumerate(pulses) if t + ms / 1000 > alarm["at"])
        ends = pulses[first][0] + pulses[first][1] / 1000
        assert ends - alarm["at"] <= WITHIN_S + STUMBLE.rhythm[0] / 1000, (pin, alarm)
        assert [ms for _, ms in pulses[first + 1 : first + 6]] == [STUMBLE.rhythm[0]] * 5


def playing_at_a_stumble(folder: Path) -> list[str]:
    """What plays when it is told, on the machine's clock; a machine held up for a second has none.

    For then the chip's FIFO runs over, and the stumble may be lost with it.
    """
    clock = SystemClock()
    plan = (
        Stand(1.0),
        Walk(24.0, spm=106.0, amplitude_g=0.2, events=(Stumble(19.0, size_g=1.2),)),
    )
    device = Device(plan, folder, clock=clock, settings=Settings().changed(BUSY))
    found: list[str] = []

    def note(record: Record) -> None:
        if isinstance(record, events.Stumble):
            playing = device.simulation.indicators.playing
            found.append(playing.name if playing else "nothing")

    device.on_record = note
    device.run()
    clock.close()
    return found


@pytest.mark.slow
def test_in_real_time_the_alarm_is_on_when_its_event_is_told(tmp_path: Path) -> None:
    """While a slow-down cue plays: whoever hears of the stumble finds the buzzer on already."""
    walks = (playing_at_a_stumble(tmp_path) for _ in range(TRIES))
    assert set(next(filter(None, walks))) == {"stumble"}
