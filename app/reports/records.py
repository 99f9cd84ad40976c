"""A release as it is stored: everything that an export says, and nothing that it does not. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ReleaseCell:
    """One figure with its 95 % range.

    ``category``: a code for each dimension of the table; empty for all cases. ``noisy``: the signed
    count as it was drawn; None in a table that was added up from others.
    """

    category: tuple[str, ...]
    estimate: int
    low95: int
    high95: int
    noisy: int | None = None


@dataclass(frozen=True)
class ReleaseTable:
    """The figures of one table, in the order in which they are always printed.

    ``milli_epsilon``: thousandths of ε. ``scale``: the scale b of the noise on one count.
    ``summed``: how many noisy counts are in each figure. ``half_width``: how far the 95 % range
    reaches to each side. ``measured``: False where the table follows from others.
    """

    name: str
    dimensions: tuple[str, ...]
    milli_epsilon: int
    scale: float
    summed: int
    half_width: int
    measured: bool
    cells: tuple[ReleaseCell, ...]


@dataclass(frozen=True)
class ReleaseRecord:
    """One period of one family, as it was released.

    ``kind`` is ``month``, ``quarter`` or ``year``. ``milli_epsilon``: what this release costs each
    case, ``milli_epsilon_cap``: what all releases of its family may cost it, in thousandths of ε.
    ``merged``: for a dimension, with which category another one is counted.
    """

    release_id: UUID
    family: str
    period: str
    kind: str
    months: tuple[str, ...]
    schema_version: int
    released_on: date
    milli_epsilon: int
    milli_epsilon_cap: int
    merged: Mapping[str, Mapping[str, str]]
    mechanism: str
    tables: tuple[ReleaseTable, ...]

    def table(self, name: str) -> ReleaseTable:
        """Return the table of that name."""
        return next(table for table in self.tables if table.name == name)

    @property
    def total(self) -> ReleaseCell:
        """The figure for all cases."""
        return self.table("total").cells[0]


def convert_record(record: ReleaseRecord) -> dict[str, Any]:
    """Return a record as plain data. The order of its names is part of what is stored."""
    return {
        **vars(record),
        "release_id": str(record.release_id),
        "months": list(record.months),
        "released_on": record.released_on.isoformat(),
        "merged": {name: dict(into) for name, into in record.merged.items()},
        "tables": [_convert_table(table) for table in record.tables],
    }


def _convert_table(table: ReleaseTable) -> dict[str, Any]:
    return {
        **vars(table),
        "dimensions": list(table.dimensions),
        "cells": [_convert_cell(cell) for cell in table.cells],
    }


def _convert_cell(cell: ReleaseCell) -> dict[str, Any]:
    plain = {**vars(cell), "category": list(cell.category)}
    if cell.noisy is None:
        del plain["noisy"]
    return plain


def write_record(record: ReleaseRecord) -> str:
    """Return a record as it is stored and hashed."""
    return json.dumps(convert_record(record), ensure_ascii=False, separators=(",", ":"))


def load_record(stored: str) -> ReleaseRecord:
    """Return the record that ``write_record`` wrote."""
    plain = json.loads(stored)
    return ReleaseRecord(
        **{
            **plain,
            "release_id": UUID(plain["release_id"]),
            "months": tuple(plain["months"]),
            "released_on": date.fromisoformat(plain["released_on"]),
            "tables": tuple(_load_table(table) for table in plain["tables"]),
        }
    )


def _load_table(plain: Mapping[str, Any]) -> ReleaseTable:
    cells = (ReleaseCell(**{**c, "category": tuple(c["category"])}) for c in plain["cells"])
    return ReleaseTable(
        **{**plain, "dimensions": tuple(plain["dimensions"]), "cells": tuple(cells)}
    )
