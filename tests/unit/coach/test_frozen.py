"""A frozen dataclass is what `dataclass(frozen=True)` makes, but for how soon it is made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from typing import Any, ClassVar

import pytest

from coach.frozen import frozen


@frozen
class Place:
    """Where."""

    type: ClassVar[str] = "place"
    x: float


@frozen
class Named(Place):
    """Where, and what it is called."""

    name: str = "here"
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Usual:
    """As `Named`, by the standard library."""

    x: float
    name: str = "here"
    notes: list[str] = field(default_factory=list)


GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1.0,), {}),
    ((1.0, "there"), {"notes": ["a"]}),
    ((), {"x": 2.0, "notes": []}),
    ((), {}),
    ((1.0,), {"x": 2.0}),
    ((1.0, "there", [], 3), {}),
    ((1.0,), {"y": 2.0}),
]


@pytest.mark.parametrize(("given", "named"), GIVEN)
def test_it_is_made_as_the_standard_librarys_is(given: Any, named: Any) -> None:
    """The same arguments give the same fields and the same text, or are refused by both."""
    try:
        usual = Usual(*given, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Named(*given, **named)
        return
    made = Named(*given, **named)
    assert asdict(made) == asdict(usual)
    assert repr(made).partition("(")[2] == repr(usual).partition("(")[2]


def test_nothing_of_it_changes() -> None:
    """Neither set nor deleted, and a field that it has not is not added."""
    here = Named(1.0)
    with pytest.raises(FrozenInstanceError):
        here.x = 2.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del here.x
    with pytest.raises(FrozenInstanceError):
        here.y = 2.0  # type: ignore[attr-defined]
    assert here == Named(1.0)


def test_equal_are_those_of_one_kind_with_equal_values() -> None:
    """They have one hash as well; each default that is made is its own."""
    assert Place(1.0) == Place(1.0) != Place(2.0)
    assert hash(Place(1.0)) == hash(Place(1.0))
    assert Named(1.0) != Place(1.0)
    assert Named(1.0).notes is not Named(1.0).notes


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, replace, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_copy_is_the_same(again: Any) -> None:
    """However it is copied, also into another process."""
    there = Named(3.0, "there", ["a"])
    assert again(there) == there
    assert replace(there, x=1.0) == Named(1.0, "there", ["a"])
