"""Operational rows: the values that the machine reads, each row under a key of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from app.crypto import (
    Context,
    Purpose,
    SealBroken,
    Secret,
    Suite,
    day_number,
    lock,
    new_seed,
    open_sealed,
    pad_field,
    read_suite,
    seal_to,
    unlock,
    unpad,
)
from app.errors import Sealed
from app.keyring.held import KeyHolder
from app.models import (
    PARENTS,
    OperationalRow,
    Parent,
    dump_values,
    list_parents,
    load_values,
    order_parents,
)

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Place:
    """A row with the parents that its contexts name."""

    table: str
    row: UUID
    parents: tuple[Parent, ...]


def _find_place(model: type[OperationalRow[Any]], row: Any) -> _Place:
    table = model.__tablename__
    return _Place(table, row.id, list_parents(table, row))


class OperationalFields(Protocol):
    """A row with operational values: see ``OperationalRow``."""

    id: Any
    op_key: Any
    op_values: Any
    op_version: Any
    shred_day: Any


class RowKeys(KeyHolder):
    """Seals, opens and rewrites the values of operational rows."""

    def new_values(
        self,
        model: type[OperationalRow[V]],
        row: UUID,
        values: V,
        now: datetime,
        **parents: Parent,
    ) -> dict[str, Any]:
        """Return a new row's columns ``op_key op_values op_version shred_day`` and its parents.

        ``parents`` are those of its table, by name: see ``app.models.parents``.
        """
        row_key = new_seed()
        place = _Place(model.__tablename__, row, order_parents(model.__tablename__, parents))
        wrap = self._wrap(place, row_key)
        return {
            **parents,
            "op_key": self.forget(place.table, "op_key", row, wrap, now),
            "op_values": self._lock_values(place, 1, row_key, dump_values(values)),
            "op_version": 1,
            "shred_day": day_number(now),
        }

    def move_values(
        self, row: OperationalRow[V], values: V, now: datetime, **parents: Parent
    ) -> None:
        """Write a mapped row anew: its values under a new key, hung on ``parents`` that change."""
        table = row.__tablename__
        known = dict(zip(PARENTS.get(table, ()), list_parents(table, row), strict=True)) | parents
        for column, value in self.new_values(type(row), row.id, values, now, **known).items():
            setattr(row, column, value)

    def read_values(self, row: OperationalRow[V]) -> V:
        """Return the values of a row. Sealed; SealBroken where they were taken away."""
        return self.open_values(type(row), row)[0]

    def find_values(self, row: OperationalRow[V]) -> V | None:
        """Return the values of a row, None where they were taken away. Sealed."""
        return None if row.op_values is None else self.read_values(row)

    def open_values(
        self, model: type[OperationalRow[V]], row: OperationalFields
    ) -> tuple[V, Secret]:
        """Return the values of a row with its row key, for rewriting. Sealed, SealBroken."""
        if row.op_values is None:
            raise SealBroken
        place = _find_place(model, row)
        context = self._context(place, "op_values", row.op_version)
        key = self._row_key(place, row)
        opened = unlock(key, Purpose.ROW_VALUES, 0, context, row.op_values)
        return load_values(model.values_type, unpad(opened)), key

    def rewrite_values(
        self,
        model: type[OperationalRow[V]],
        row: OperationalFields,
        values: V,
        key: Secret | None = None,
    ) -> dict[str, Any]:
        """Return the columns that change when a row's values are replaced; its key stays.

        ``key`` is the row key, where it was opened before.
        """
        place, version = _find_place(model, row), row.op_version + 1
        key = key or self._row_key(place, row)
        blob = self._lock_values(place, version, key, dump_values(values))
        return {"op_values": blob, "op_version": version}

    def write_values(self, row: OperationalRow[V], values: V) -> None:
        """Replace the values of a mapped row."""
        for column, value in self.rewrite_values(type(row), row, values).items():
            setattr(row, column, value)

    def _context(self, place: _Place, column: str, version: int = 0) -> Context:
        return self.context(place.table, column, place.row, version, parents=place.parents)

    def _wrap(self, place: _Place, row_key: Secret) -> bytes:
        context = self._context(place, "op_key")
        if self.operational is None:
            return seal_to(self.held.operational_public, Purpose.ROW_KEY, 0, context, row_key)
        return lock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, row_key)

    def _row_key(self, place: _Place, row: OperationalFields) -> Secret:
        if self.operational is None:
            raise Sealed
        inner = self.remember(place.table, "op_key", place.row, row.op_key)
        context = self._context(place, "op_key")
        if read_suite(inner) is Suite.HPKE:
            return open_sealed(self.operational.pair, Purpose.ROW_KEY, 0, context, inner)
        return unlock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, inner)

    def _lock_values(self, place: _Place, version: int, row_key: bytes, values: bytes) -> bytes:
        plaintext = pad_field(values)
        context = self._context(place, "op_values", version)
        return lock(row_key, Purpose.ROW_VALUES, 0, context, plaintext)
