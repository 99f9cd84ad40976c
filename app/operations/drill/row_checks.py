"""Checking every row: its MAC, as each transaction does, and what it hangs on."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, select

from app.keyring import Keyring
from app.models import PARENTS, Base
from app.operations.drill.checks import FAILURE, DrillFinding
from app.operations.drill.relations import Relations
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


def check_relations(connection: Connection) -> Iterator[DrillFinding]:
    """Check that no row hangs on something else than the roster and the rows above it say."""
    relations, there = Relations(connection), set(inspect(connection).get_table_names())
    for name in PARENTS.keys() & there:
        table = Base.metadata.tables[name]
        rows = connection.execute(select(table)).mappings()
        own = PARENTS[name]
        moved = sum(
            relations.find_parents(name, row) != tuple(row[column] for column in own)
            for row in rows
        )
        if moved:
            yield DrillFinding(
                FAILURE,
                f"{moved} rows of {name} hang on something else than the rows above them say",
                "find out who can write to the database; restore a backup from before",
            )
