"""Which cells of a release must add up to which, also with what was released before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.statistics.tables import Measure, Plan, list_cells

Cell = tuple[str, ...]
Sum = tuple[list[int], list[int], int]


@dataclass(frozen=True)
class KnownTable:
    """Figures of a dimension that were published for all parts of the period, added up.

    ``summed`` is how many noisy counts are in each, ``milli`` what each of them was measured with.
    """

    figures: Mapping[Cell, int]
    summed: int
    milli: int


@dataclass(frozen=True)
class _Placed:
    """A measured table and where its cells stand among those of all tables."""

    measure: Measure
    cells: list[Cell]
    start: int

    def margin(self, dimensions: Sequence[str]) -> dict[Cell, list[int]]:
        """Return which cells belong to each category of these dimensions."""
        at = [self.measure.dimensions.index(name) for name in dimensions]
        found: dict[Cell, list[int]] = {}
        for place, cell in enumerate(self.cells, start=self.start):
            found.setdefault(tuple(cell[i] for i in at), []).append(place)
        return found

    def has(self, dimensions: Iterable[str]) -> bool:
        """Return whether the table tells of these dimensions."""
        return set(dimensions) <= set(self.measure.dimensions)


def _placed(plan: Plan, measures: Sequence[Measure]) -> list[_Placed]:
    placed, start = [], 0
    for measure in measures:
        found = list(list_cells(plan, measure.dimensions))
        placed.append(_Placed(measure, found, start))
        start += len(found)
    return placed


def list_margins(measures: Sequence[Measure]) -> list[tuple[str, ...]]:
    """Return the dimensions of the tables that follow from those measured, the total first."""
    measured = {measure.dimensions for measure in measures}
    return [dims for dims in _list_shared(measures) if dims not in measured]


def _list_shared(measures: Sequence[Measure]) -> list[tuple[str, ...]]:
    """Return the dimensions on which several tables may have to agree, the total first."""
    return [(), *dict.fromkeys((name,) for one in measures for name in one.dimensions)]


def list_sums(
    plan: Plan, measures: Sequence[Measure], known: Mapping[tuple[str, ...], KnownTable]
) -> list[Sum]:
    """Return what must hold: tables agree on what they share, and with what was published."""
    placed = _placed(plan, measures)
    found: list[Sum] = []
    for dimensions in _list_shared(measures):
        telling = [table.margin(dimensions) for table in placed if table.has(dimensions)]
        for other in telling[1:]:
            found += [(telling[0][cell], places, 0) for cell, places in other.items()]
        if dimensions in known:
            figures = known[dimensions].figures
            found += [(places, [], figures[cell]) for cell, places in telling[0].items()]
    return _independent(found)


def _independent(found: Iterable[Sum]) -> list[Sum]:
    """Leave out what is said twice."""
    said = {(tuple(plus), tuple(minus)): (plus, minus, value) for plus, minus, value in found}
    return list(said.values())


def derive_table(
    plan: Plan,
    measures: Sequence[Measure],
    estimates: Sequence[Sequence[int]],
    dimensions: tuple[str, ...],
) -> dict[Cell, int]:
    """Return the figures of a margin, added up from the cells."""
    flat = [figure for table in estimates for figure in table]
    table = next(one for one in _placed(plan, measures) if one.has(dimensions))
    return {
        cell: sum(flat[place] for place in places)
        for cell, places in table.margin(dimensions).items()
    }


def find_source(
    plan: Plan,
    measures: Sequence[Measure],
    known: Mapping[tuple[str, ...], KnownTable],
    dimensions: tuple[str, ...],
) -> tuple[int, int]:
    """Return of how many noisy counts each figure of a margin is the sum, and their thousandths."""
    if dimensions in known:
        return known[dimensions].summed, known[dimensions].milli
    choices = [
        (len(next(iter(table.margin(dimensions).values()))), table.measure.milli)
        for table in _placed(plan, measures)
        if table.has(dimensions)
    ]
    return min(choices, key=lambda choice: choice[0] ** 0.5 / choice[1])
