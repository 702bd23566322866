"""How many times as new as usual: what is remembered of a moment, and handed on."""

from __future__ import annotations

import math

import pytest

from coach.balance.surprise import Surprise

NOISE = 0.1, 0.4
FRAMES = 10


def surprises(new: list[float], like: int) -> list[float]:
    """Of the first part, whose frames are so new, each like the one that lies so far back."""
    surprise = Surprise(FRAMES, NOISE)
    found = []
    for power in new:
        surprise.remember()
        at = FRAMES - 1 - like
        found.append(surprise.compare((power, 1.0), (at, at))[0])
    return found


def test_what_nothing_is_known_of_is_no_surprise() -> None:
    """With no step before it a moment is as new as it is itself, whatever that is."""
    surprise = Surprise(FRAMES, NOISE)
    surprise.remember()
    rotation, load = surprise.compare((9.0, 4.0), (0, 0))
    assert rotation == pytest.approx(math.sqrt(9.0 / 9.1))
    assert load == pytest.approx(math.sqrt(4.0 / 4.4))


def test_the_second_time_it_is_less_of_a_surprise() -> None:
    """What is usual of a moment is handed on to the next one like it, half of it new."""
    first, second, third = surprises([4.0] * 3 + [100.0] * 9, 3)[::3][1:]
    assert first == pytest.approx(math.sqrt(100.0 / 4.1))
    assert second == pytest.approx(math.sqrt(100.0 / 52.1))
    assert third == pytest.approx(math.sqrt(100.0 / 76.1))


def test_each_part_has_its_own_moments() -> None:
    """What rotation is like, load need not be."""
    surprise = Surprise(FRAMES, NOISE)
    for power in (1.0, 16.0):
        surprise.remember()
        surprise.compare((power, power), (0, 0))
    surprise.remember()
    rotation, load = surprise.compare((16.0, 16.0), (FRAMES - 3, FRAMES - 2))
    assert rotation == pytest.approx(math.sqrt(16.0 / 1.1))
    assert load == pytest.approx(math.sqrt(16.0 / 16.4))


@pytest.mark.parametrize(("before", "after"), [(4.0, 16.0), (16.0, 4.0)])
def test_a_frame_that_was_not_compared_is_as_usual_as_the_newer_around_it(
    before: float, after: float
) -> None:
    """Calm frames are remembered without a comparison; the next step is none the newer for it."""
    surprise = Surprise(FRAMES, NOISE)
    surprise.remember()
    surprise.compare((before, before), (0, 0))
    for _ in range(3):
        surprise.remember()
    surprise.compare((after, after), (0, 0))
    surprise.remember()
    between = FRAMES - 3
    assert surprise.compare((64.0, 64.0), (between, between))[0] == pytest.approx(
        math.sqrt(64.0 / 16.1)
    )


def test_until_the_next_frame_is_compared_the_last_one_tells() -> None:
    """A stumble may be like a moment that has only just been."""
    surprise = Surprise(FRAMES, NOISE)
    surprise.remember()
    surprise.compare((4.0, 4.0), (0, 0))
    for _ in range(3):
        surprise.remember()
    assert surprise.compare((16.0, 16.0), (FRAMES - 2, FRAMES - 2))[0] == pytest.approx(
        math.sqrt(16.0 / 4.1)
    )
