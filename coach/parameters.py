"""How a constant of an algorithm is written down: value, unit, meaning, and where it comes from.

Each room keeps its algorithms' constants in frozen dataclasses in its `parameters.py`. The fields
are made with `parameter`, so that a table of all of them, and a benchmark that moves each, can be
made from the classes alone.
"""

from __future__ import annotations

from dataclasses import field, fields, replace
from typing import Any, NamedTuple, Self

from coach.frozen import frozen


def parameter(default: float, *, unit: str, meaning: str, source: str) -> Any:  # noqa: ANN401
    """A field of a `Parameters` dataclass (typed `Any`, as `dataclasses.field` must be).

    `unit` is empty for a plain ratio. `source` says why the value is what it is: physics or
    physiology with its bound, a paper, a datasheet, or the recordings it was chosen on and how.
    """
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "source": source})


class Described(NamedTuple):
    """One constant of an algorithm, as the table in docs/algorithms.md shows it."""

    name: str
    value: float
    unit: str
    meaning: str
    source: str


@frozen
class Parameters:
    """Base of all parameter sets: frozen, hashable, and able to describe itself."""

    def having(self, name: str, value: float) -> Self:
        """The same set with one constant (its name as `described` gives it) of another value."""
        head, _, rest = name.partition(".")
        inner = getattr(self, head)
        return replace(self, **{head: inner.having(rest, value) if rest else value})

    def described(self, prefix: str = "") -> list[Described]:
        """Every constant below, those of nested sets with their set's name before a dot."""
        found = []
        for each in fields(self):
            value, name = getattr(self, each.name), prefix + each.name
            if isinstance(value, Parameters):
                found += value.described(name + ".")
            else:
                meta = each.metadata
                found.append(Described(name, value, meta["unit"], meta["meaning"], meta["source"]))
        return found
