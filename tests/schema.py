"""The schema that every test database starts with."""

from __future__ import annotations

from app.db import Database
from app.models import Base


def lay_schema(url: str) -> None:
    """Bring the empty database at ``url`` to the newest schema, leaving no connection open."""
    database = Database(url)
    backend = database.engine.name
    tables = Base.metadata.sorted_tables
    here = [table for table in tables if table.info.get("only", backend) == backend]
    Base.metadata.create_all(database.engine, tables=here)
    database.close()
