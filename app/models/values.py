"""What the machine reads of a row: one frozen dataclass a table, and one codec for all of them.

A class marked ``@operational`` may hold text, numbers, instants, ids, tuples and other such
classes. What is unset takes no room in the blob; a name that the class does not have is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, TypeAdapter, ValidationError

V = TypeVar("V")


class ValuesBroken(ValueError):
    """A blob that opened holds something else than its table's values."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def operational(cls: type[V]) -> type[V]:
    """Make a frozen dataclass that is never printed and refuses unknown names when loaded."""
    cls.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    cls.__repr__ = _masked  # type: ignore[method-assign]
    return dataclass(frozen=True, kw_only=True, repr=False)(cls)


def _masked(self: object) -> str:
    return f"{type(self).__name__}(…)"


# One for each class: making it costs more than a thousand uses.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(cls: Any) -> TypeAdapter[Any]:
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def dump_values(values: Any) -> bytes:
    """Return values as JSON, without what is as by default."""
    return _adapter(type(values)).dump_json(values, exclude_defaults=True)


def load_values(cls: type[V], data: bytes) -> V:
    """Return what ``dump_values`` wrote. ValuesBroken, which never says what was there."""
    try:
        loaded: V = _adapter(cls).validate_json(data)
    except ValidationError:
        raise ValuesBroken(f"these are no {cls.__name__}") from None
    return loaded
