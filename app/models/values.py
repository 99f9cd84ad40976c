"""The values of rows as frozen dataclasses, and one codec for all of them.

A class marked ``@operational`` holds the values that the machine reads of a row; one marked
``@sealed_content`` holds the value of a sealed column, which only people read. Both may hold text,
numbers, instants, ids, tuples and other such classes. Fields with their default value take no room
in the blob. A name that the class does not have is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, TypeAdapter, ValidationError

V = TypeVar("V")


class ValuesBroken(ValueError):
    """A blob that opened holds something else than its table's values."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def operational(cls: type[V]) -> type[V]:
    """Make a frozen dataclass that is never printed and refuses unknown names when loaded."""
    return _freeze(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def sealed_content(cls: type[V]) -> type[V]:
    """Make the same of a class whose values only people read."""
    return _freeze(cls)


def _freeze(cls: type[V]) -> type[V]:
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
    """Return values as JSON, without what is as by default; half a character becomes ``?``."""
    adapter = _adapter(type(values))
    try:
        return adapter.dump_json(values, exclude_defaults=True, by_alias=True)
    except ValueError:  # a lone surrogate, which JSON may bring but UTF-8 may not
        plain = adapter.dump_python(values, mode="json", exclude_defaults=True, by_alias=True)
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


def load_values(cls: type[V], data: bytes) -> V:
    """Return what ``dump_values`` wrote. ValuesBroken, which never says what was there."""
    try:
        loaded: V = _adapter(cls).validate_json(data)
    except ValidationError:
        raise ValuesBroken(f"these are no {getattr(cls, '__name__', cls)}") from None
    return loaded
