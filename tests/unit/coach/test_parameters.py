"""Every constant of the engine says what it is, and a benchmark can vary it."""

from __future__ import annotations

import pytest

from coach.engine import ENGINE
from coach.parameters import Described


@pytest.mark.parametrize("constant", ENGINE.described(), ids=lambda c: c.name)
def test_a_constant_is_described_and_can_be_varied(constant: Described) -> None:
    """Meaning and source are words; a set with another value differs in that one alone."""
    assert constant.meaning.strip()
    assert constant.source.strip()
    other = constant.value * 1.1 + 1
    varied = ENGINE.having(constant.name, other)
    before, after = ENGINE.described(), varied.described()
    differ = [(a.name, b.value) for a, b in zip(before, after, strict=True) if a != b]
    assert differ == [(constant.name, other)]


def test_names_are_unique() -> None:
    """A name finds one constant."""
    names = [constant.name for constant in ENGINE.described()]
    assert len(set(names)) == len(names)
