"""Checking every row's MAC, as each transaction does with the rows that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, select

from app.keyring import Keyring
from app.models import Base
from app.operations.drill.checks import FAILURE, DrillFinding
from app.store import find_vouched


def check_rows(connection: Connection, keys: Keyring) -> Iterator[DrillFinding]:
    """Check that nobody without the integrity key wrote a row."""
    there = set(inspect(connection).get_table_names())
    for table in Base.metadata.sorted_tables:
        vouched = find_vouched(table)
        if vouched is None or table.name not in there:
            continue
        columns = dict.fromkeys((*vouched.key, *vouched.columns, "row_mac"))
        rows = connection.execute(select(*(table.c[name] for name in columns))).mappings()
        damaged = sum(not vouched.is_true(keys, dict(row)) for row in rows)
        if damaged:
            yield DrillFinding(
                FAILURE,
                f"{damaged} rows of {table.name} do not verify: somebody changed them from outside",
                "find out who can write to the database; restore a backup from before",
            )
