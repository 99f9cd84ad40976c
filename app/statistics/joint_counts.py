"""The joint counts of a month: every table of a family is a sum of their cells."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select

from app.models import StatisticsMonth
from app.statistics.categories import place_code
from app.statistics.tables import Measure, Plan, list_cells
from app.store import Db

# For each family the dimensions that are counted together.
_JOINT = {
    "opened": (("region", "situation"), ("region", "language")),
    "closed": (("outcome",), ("time_to_human",)),
    "denials": (("sector", "service"),),
}


class JointCounts:
    """The joint counts of one family in one month, while cases are added."""

    def __init__(self, plan: Plan, family: str) -> None:
        self._plan, self._joint = plan, _JOINT[family]
        self._tables = [[0] * size for size in _list_sizes(plan, family)]

    def add(self, codes: Mapping[str, str | None]) -> None:
        """Count one case, in one cell of each table, by its code in each dimension."""
        for dimensions, table in zip(self._joint, self._tables, strict=True):
            table[_find_place(self._plan, dimensions, codes)] += 1

    def pack(self) -> str:
        """Return the counts in a text whose length depends on the lists alone."""
        flat = [count for table in self._tables for count in table]
        return base64.b64encode(struct.pack(f">{len(flat)}I", *flat)).decode()


def _list_sizes(plan: Plan, family: str) -> list[int]:
    """Return how many cells each joint table of a family has."""
    return [
        math.prod(len(plan.keys[dimension]) for dimension in dimensions)
        for dimensions in _JOINT[family]
    ]


def _find_place(plan: Plan, dimensions: Iterable[str], codes: Mapping[str, str | None]) -> int:
    at = 0
    for dimension in dimensions:
        listed = plan.keys[dimension]
        at = at * len(listed) + place_code(listed, codes.get(dimension))
    return at


def sum_months(db: Db, plan: Plan, family: str, months: Collection[str]) -> list[list[int]]:
    """Return the joint counts of several months together. Sealed."""
    sizes = _list_sizes(plan, family)
    flat = [0] * sum(sizes)
    for row in db.scalars(select(StatisticsMonth).where(StatisticsMonth.month.in_(months))):
        values = db.keys.read_values(row)
        packed = base64.b64decode(getattr(values, family))
        flat = [a + b for a, b in zip(flat, struct.unpack(f">{len(flat)}I", packed), strict=True)]
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [flat[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def measure_counts(
    plan: Plan, family: str, measure: Measure, joint: Sequence[Sequence[int]]
) -> list[int]:
    """Return the exact counts of one table, in the order of its printed cells."""
    source = next(
        place
        for place, dimensions in enumerate(_JOINT[family])
        if set(measure.dimensions) <= set(dimensions)
    )
    dimensions = _JOINT[family][source]
    printed = list(list_cells(plan, measure.dimensions))
    places = {cell: place for place, cell in enumerate(printed)}
    counts = [0] * len(printed)
    for at, count in enumerate(joint[source]):
        counts[places[_find_printed_cell(plan, dimensions, measure.dimensions, at)]] += count
    return counts


def _find_printed_cell(
    plan: Plan, dimensions: Sequence[str], wanted: Sequence[str], at: int
) -> tuple[str, ...]:
    """Return the printed cell that counts the cell at a place of the joint counts."""
    named = {}
    for dimension in reversed(dimensions):
        at, place = divmod(at, len(plan.keys[dimension]))
        named[dimension] = plan.published(dimension)[plan.target(dimension)[place]]
    return tuple(named[dimension] for dimension in wanted)
