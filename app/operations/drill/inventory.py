"""What is stored, column by column: generated from the models, so that it is never out of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from app.models import Base, list_operational_values

# The migrations keep it: one row that names the schema's revision.
_NOT_OURS = {"alembic_version"}


@dataclass(frozen=True)
class VaultColumn:
    """One column: its word (sealed, operational, plain), and whether it lies under a shred key.

    ``values`` names what the machine reads in it.
    """

    table: str
    column: str
    word: str
    forgetting: bool
    values: tuple[str, ...] = ()


def list_columns() -> list[VaultColumn]:
    """Return every column of every table, in the models' order."""
    values = list_operational_values()
    return [
        VaultColumn(
            table.name,
            column.name,
            column.info["vault"],
            bool(column.info.get("forgetting")),
            values.get(table.name, ()) if column.name == "op_values" else (),
        )
        for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name)
        for column in table.columns
    ]


def find_strange_columns(connection: Connection) -> Iterator[str]:
    """Yield the columns that the database has and the inventory does not know."""
    known = {(column.table, column.column) for column in list_columns()}
    there = inspect(connection)
    for table in there.get_table_names():
        for column in there.get_columns(table):
            if table not in _NOT_OURS and (table, column["name"]) not in known:
                yield f"{table}.{column['name']}"
