"""Operational rows: the values that the machine reads, each row under a key of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from app.crypto import (
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
from app.models import OperationalRow, dump_values, load_values

V = TypeVar("V")


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
        self, model: type[OperationalRow[V]], row: UUID, values: V, now: datetime
    ) -> dict[str, Any]:
        """Return the columns ``op_key op_values op_version shred_day`` of a new row."""
        table, row_key = model.__tablename__, new_seed()
        return {
            "op_key": self.forget(table, "op_key", row, self._wrap(table, row, row_key), now),
            "op_values": self._lock_values(table, row, 1, row_key, dump_values(values)),
            "op_version": 1,
            "shred_day": day_number(now),
        }

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
        table = model.__tablename__
        if row.op_values is None:
            raise SealBroken
        context = self.context(table, "op_values", row.id, row.op_version)
        key = self._row_key(table, row)
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
        table, version = model.__tablename__, row.op_version + 1
        key = key or self._row_key(table, row)
        blob = self._lock_values(table, row.id, version, key, dump_values(values))
        return {"op_values": blob, "op_version": version}

    def write_values(self, row: OperationalRow[V], values: V) -> None:
        """Replace the values of a mapped row."""
        for column, value in self.rewrite_values(type(row), row, values).items():
            setattr(row, column, value)

    def _wrap(self, table: str, row: UUID, row_key: Secret) -> bytes:
        context = self.context(table, "op_key", row)
        if self.operational is None:
            return seal_to(self.held.operational_public, Purpose.ROW_KEY, 0, context, row_key)
        return lock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, row_key)

    def _row_key(self, table: str, row: OperationalFields) -> Secret:
        if self.operational is None:
            raise Sealed
        inner = self.remember(table, "op_key", row.id, row.op_key)
        context = self.context(table, "op_key", row.id)
        if read_suite(inner) is Suite.HPKE:
            return open_sealed(self.operational.pair, Purpose.ROW_KEY, 0, context, inner)
        return unlock(self.operational.wrap_key, Purpose.ROW_KEY, 0, context, inner)

    def _lock_values(
        self, table: str, row: UUID, version: int, row_key: bytes, values: bytes
    ) -> bytes:
        plaintext = pad_field(values)
        context = self.context(table, "op_values", row, version)
        return lock(row_key, Purpose.ROW_VALUES, 0, context, plaintext)
