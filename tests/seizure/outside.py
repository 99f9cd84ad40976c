"""Somebody who holds the database and no key: what they write, and what people are told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.models import AuditEntry, table
from tests.service import House

OTHER = "+15145550188"
OnBoth = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


def write(house: House, *statements: Any) -> None:
    """Change rows as somebody does who has the database and no key."""
    with house.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def change(model: Any, row: Any, **columns: Any) -> Any:
    where = table(model).c.id == (row if isinstance(row, UUID) else UUID(row))
    return update(table(model)).where(where).values(**columns)


def bodies(case: dict[str, Any]) -> list[str]:
    return [message["body"] for message in case["messages"]]


def told(house: House, name: str) -> int:
    """How often coordinators were told of damage in a table."""
    with house.database.snapshot() as db:
        kind = AuditEntry.kind == f"damaged.{name}"
        return db.scalar(select(func.count()).select_from(AuditEntry).where(kind)) or 0
