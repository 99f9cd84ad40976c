"""Rows that people are shown: what does not verify or open is noted, and the rest is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select

from app.crypto import SealBroken
from app.store.row_macs import RowDamaged

T = TypeVar("T")


def show_rows(db: Any, query: Select[*tuple[Any, ...]], show: Callable[..., T]) -> list[T]:
    """Return what ``show`` makes of each row of a query, which begins with the mapped row.

    Rows that do not verify, and those that ``show`` cannot open, are left out; ``Db.damaged`` names
    them. Only for reading: whatever acts on rows goes without none of them.
    """
    try:
        rows = db.execute(query).all()
    except RowDamaged:  # all of them
        return []
    return show_each(db, rows, show)


def show_each(db: Any, rows: Iterable[Sequence[Any]], show: Callable[..., T]) -> list[T]:
    """Do the same for rows that were read and verified already."""
    shown = []
    for row in rows:
        try:
            shown.append(show(*row))
        except SealBroken:
            db.note_damage(row[0].__tablename__, (row[0].id,))
    return shown
