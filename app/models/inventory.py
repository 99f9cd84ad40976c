"""What the operational vault holds, value by value: generated from the classes of the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from app.models.base import Base, OperationalRow


def list_operational_values() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the operational values by table; ``reach.hours`` is inside ``reach``."""
    return {
        model.__tablename__: tuple(_list_names(model.values_type))
        for model in sorted(_list_models(Base), key=lambda model: model.__tablename__)
        if is_dataclass(model.values_type)
    }


def _list_models(base: type[Any]) -> Iterator[type[OperationalRow[Any]]]:
    for model in base.__subclasses__():
        yield from _list_models(model)
        if issubclass(model, OperationalRow):
            yield model


def _list_names(values_type: Any) -> Iterator[str]:
    declared = get_type_hints(values_type)
    for field in fields(values_type):
        inner = _find_values_type(declared[field.name])
        if inner is None:
            yield field.name
        else:
            yield from (f"{field.name}.{within}" for within in _list_names(inner))


def _find_values_type(declared: Any) -> Any:
    """Return the class of values inside an annotation, say of ``tuple[Reach, ...] | None``."""
    if is_dataclass(declared):
        return declared
    return next((found for one in get_args(declared) if (found := _find_values_type(one))), None)
