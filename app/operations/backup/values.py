"""A row's values in a form that no database owns: what an archive's columns say, and back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnClause,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    Uuid,
    column,
)
from sqlalchemy.types import TypeEngine

from app.models import Instant, State

# What a column of an archive may hold, and the type it is stored with.
TYPES: Mapping[str, TypeEngine[Any]] = {
    "boolean": Boolean(),
    "bytes": LargeBinary(),
    "date": Date(),
    "float": Float(),
    "instant": Instant(),
    "integer": BigInteger(),
    "json": JSON(none_as_null=True),
    "layer": LargeBinary(),  # a key under the forgetting layer
    "text": String(),
    "uuid": Uuid(),
}
_KINDS: tuple[tuple[str, type[TypeEngine[Any]]], ...] = (
    ("boolean", Boolean),
    ("bytes", LargeBinary),
    ("date", Date),
    ("float", Float),
    ("instant", Instant),
    ("integer", Integer),
    ("json", JSON),
    ("text", State),
    ("text", String),
    ("uuid", Uuid),
)
_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "bytes": lambda value: base64.b64encode(value).decode(),
    "date": date.isoformat,
    "instant": lambda value: value.astimezone(UTC).isoformat(),
    "layer": lambda value: base64.b64encode(value).decode(),
    "uuid": str,
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "bytes": base64.b64decode,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "layer": base64.b64decode,
    "uuid": UUID,
}


def find_kind(stored: Column[Any]) -> str:
    """Return what kind of value a column holds. TypeError for one that archives cannot hold."""
    if stored.info.get("forgetting"):
        return "layer"
    for kind, known in _KINDS:
        if isinstance(stored.type, known):
            return kind
    raise TypeError(f"archives cannot hold {stored.table.name}.{stored.name}")


def write_value(kind: str, value: Any) -> Any:
    """Return a value as JSON can hold it."""
    return value if value is None or kind not in _WRITE else _WRITE[kind](value)


def read_value(kind: str, value: Any) -> Any:
    """Return a value as the database takes it."""
    return value if value is None or kind not in _READ else _READ[kind](value)


def find_column(name: str, kind: str) -> ColumnClause[Any]:
    """Return a column of any table, known by its name and kind alone."""
    return column(name, TYPES[kind])
