"""Patterns can be told apart, by ear and eye, without pitch."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import pytest

from hardware.indicators import PATTERNS, Pattern, Priority, patterns

ENDLESS = [p for p in PATTERNS.values() if p.repeat is None]

TELLABLE_RATIO = 1.3
"""Two lengths closer than this are the same to an unpractised ear."""


def alike(a: int, b: int) -> bool:
    return max(a, b) / min(a, b) < TELLABLE_RATIO


def heard(pattern: Pattern, pulses: int) -> list[int]:
    """The first times on and off, the silence after an end counting as endless."""
    rounds = 1 + pulses // len(pattern.rhythm)
    if pattern.repeat is None:
        return list(pattern.rhythm * rounds)[:pulses]
    row = list(pattern.rhythm * pattern.repeat)
    row[-1] = 10**9
    return row[:pulses]


@pytest.mark.parametrize(
    ("a", "b"), list(itertools.combinations(PATTERNS.values(), 2)), ids=lambda p: p.name
)
def test_no_pattern_begins_like_another(a, b):
    """Whoever listens through the shorter of two patterns can tell them apart by some length."""
    count = min(len(heard(a, 200)), len(heard(b, 200)))
    assert not all(map(alike, heard(a, count), heard(b, count)))


@pytest.mark.parametrize(
    ("a", "b"),
    list(itertools.combinations(ENDLESS, 2)),
    ids=lambda p: p.name,
)
def test_no_endless_pattern_is_a_rotation_of_another(a, b):
    """Whoever starts to listen in the middle of two endless patterns can tell them apart too."""
    for shift in range(0, len(b.rhythm), 2):
        turned = b.rhythm[shift:] + b.rhythm[:shift]
        assert len(a.rhythm) != len(turned) or not all(map(alike, a.rhythm, turned))


def test_every_pattern_explains_itself():
    """Every pattern has its own name and one sentence on how it sounds."""
    for name, pattern in PATTERNS.items():
        assert name == pattern.name
        assert pattern.sounds.endswith((".", "?"))
    assert len({p.sounds for p in PATTERNS.values()}) == len(PATTERNS)


NUMBERS = {"short-long": 2, "long-short": 2, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5}
COUNTED = re.compile(rf"\b(?:{'|'.join(NUMBERS)})\b(?! pause| question)|^one")
"""Elsewhere 'one' stands for a beep that has been counted: 'two short beeps and a long one'."""


@pytest.mark.parametrize(
    "pattern",
    [p for p in PATTERNS.values() if p.output != "light" and p.name not in ("stumble", "fall")],
    ids=lambda p: p.name,
)
def test_the_sentence_counts_what_sounds(pattern):
    """Its sentence has as many beeps as its rhythm; a rattle and an alarm nobody counts."""
    said = re.split(":| every", pattern.sounds.lower())[0]
    assert sum(NUMBERS.get(found, 1) for found in COUNTED.findall(said)) == len(pattern.rhythm) // 2


def test_what_needs_no_haste_shows_on_the_led_only():
    """A fault, trouble with the log and the heartbeat make no sound where the LED works."""
    for pattern in (patterns.FAULT, patterns.LOG_TROUBLE, patterns.HEARTBEAT):
        assert pattern.output == "light"


def test_danger_is_above_everything():
    """A fall is more urgent than a stumble, and a stumble than the rest."""
    rest = [p.priority for p in PATTERNS.values() if p.name not in ("fall", "stumble")]
    assert patterns.FALL.priority > patterns.STUMBLE.priority > max(rest)


@pytest.mark.parametrize("rhythm", [(), (100,), (100, 0), (100, -1), (1, 2, 3)])
def test_a_rhythm_that_is_none_is_refused(rhythm):
    """A pattern that is no row of positive pairs cannot be made."""
    with pytest.raises(ValueError, match="pairs"):
        Pattern("x", rhythm, None, Priority.NOTICE, "Nothing.")
    with pytest.raises(ValueError, match="repeat"):
        Pattern("x", (1, 1), 0, Priority.NOTICE, "Nothing.")


def test_patterns_do_not_load_gpiozero():
    """Tables of cues can be made on a machine without gpiozero."""
    modules = "hardware.indicators.patterns, hardware.indicators.pins"
    check = f"import sys, {modules}; sys.exit('gpiozero' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
