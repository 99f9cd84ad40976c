"""The cells: sealed and operational values as they lie in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, inspect, select

from app.crypto import Purpose, SealBroken, purpose_of, read_epoch
from app.models import Base, Parent
from app.operations.drill.relations import Relations


@dataclass(frozen=True)
class Cell:
    """One sealed or operational value as it lies in the database."""

    table: str
    column: str
    word: str
    forgetting: bool
    row: dict[str, Any] = field(repr=False)
    blob: bytes = field(repr=False)
    # What its row hangs on, as others say it: its context names them.
    parents: tuple[Parent, ...] = ()

    @property
    def id(self) -> UUID:
        """The id its context names."""
        found: UUID = self.row["id"] if "id" in self.row else self.row["case_id"]
        return found

    @property
    def scope(self) -> object:
        """What a seed in this cell opens beyond itself: one row, one request, one case, or all."""
        if self.column == "op_key":
            return (self.table, self.id)
        return self.row.get("request_id") or self.row.get("case_id")

    @property
    def has_layer(self) -> bool:
        """Whether the outermost layer is the forgetting one."""
        return find_purpose(self.blob) is Purpose.FORGETTING

    @property
    def day(self) -> int | None:
        """The day of its forgetting layer."""
        return read_epoch(self.blob) if self.has_layer else None


def find_purpose(blob: bytes) -> Purpose | None:
    """Return what a blob is for, by its header; None where it is none of our blobs."""
    try:
        return purpose_of(blob)
    except SealBroken:
        return None


def read_cells(connection: Connection, *, forgetting: bool) -> Iterator[Cell]:
    """Yield the cells under the forgetting layer (those that hold keys), or the others."""
    present, relations = set(inspect(connection).get_table_names()), Relations(connection)
    for table in Base.metadata.sorted_tables:
        if table.name in present:
            yield from _cells_of(connection, relations, table, forgetting=forgetting)


def _cells_of(
    connection: Connection, relations: Relations, table: Table, *, forgetting: bool
) -> Iterator[Cell]:
    wanted = [
        column
        for column in table.columns
        if column.info["vault"] != "plain" and bool(column.info.get("forgetting")) is forgetting
    ]
    if not wanted:
        return
    rows = connection.execute(select(table).execution_options(yield_per=500)).mappings()
    for row in rows:
        for column in wanted:
            if row[column.name] is not None:
                yield Cell(
                    table.name,
                    column.name,
                    column.info["vault"],
                    forgetting,
                    {name: value for name, value in row.items() if not isinstance(value, bytes)},
                    row[column.name],
                    relations.find_parents(table.name, row),
                )
