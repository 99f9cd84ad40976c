"""The schema that every test database starts with."""

from __future__ import annotations


def lay_schema(url: str) -> None:
    """Bring the empty database at ``url`` to the newest schema, leaving no connection open."""
