"""Dataclasses that nothing changes, and that are quick to define.

`dataclass(frozen=True)` writes six methods anew for each class and compiles them, half a
millisecond a class: a third of what `coach run` and most commands took to load. `frozen` gives
`dataclass` no method to write; all its classes share those below. `fields`, `replace` and `asdict`
know them as they know any dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """Make a dataclass of these annotations, with slots, whose instances are values."""
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(kind)
    for name, method in {"__init__": _init_of(made), **_METHODS}.items():
        setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _init_of(kind: Any) -> Callable[..., None]:  # noqa: ANN401
    known = fields(kind)
    slots = [getattr(kind, each.name).__set__ for each in known]

    def init(self: object, *given: Any, **named: Any) -> None:  # noqa: ANN401
        if named or len(given) != len(slots):
            given = (*given, *[_given_or_default(each, named) for each in known[len(given) :]])
            if named or len(given) != len(slots):
                raise TypeError(f"{kind.__name__}: more is given than its fields, or one twice")
        for put, value in zip(slots, given, strict=True):
            put(self, value)

    return init


def _given_or_default(each: Field[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
    if each.name in named:
        return named.pop(each.name)
    if each.default is not MISSING:
        return each.default
    if each.default_factory is not MISSING:
        return each.default_factory()
    raise TypeError(f"{each.name} is not given")


def _values(self: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return tuple([getattr(self, name) for name in self.__match_args__])


def _equal(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _text(self: Any) -> str:  # noqa: ANN401
    said = zip(self.__match_args__, _values(self), strict=True)
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in said)})"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"{name} of a {type(self).__name__} cannot change")


def _reduced(self: object) -> tuple[type, tuple[Any, ...]]:
    return type(self), _values(self)


_METHODS = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _text,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__reduce__": _reduced,
}
