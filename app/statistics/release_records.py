"""Making the record of a release from what was drawn, and adding up those of its parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from app.reports import ReleaseCell, ReleaseRecord, ReleaseTable
from app.statistics.calendar import Period
from app.statistics.consistency import Cell, KnownTable, derive_table, find_source, list_margins
from app.statistics.mechanism import Drawn
from app.statistics.tables import CAPS, Measure, Plan, find_half_width, find_scale, list_cells

_MECHANISM = "discrete Laplace on every count, then the nearest table that adds up"


def make_record(
    release_id: UUID,
    family: str,
    period: Period,
    plan: Plan,
    drawn: Drawn,
    known: Mapping[tuple[str, ...], KnownTable],
    released_on: date,
) -> ReleaseRecord:
    """Return the record of a release."""
    measures = plan.measures(family, period.kind)
    estimates = drawn["estimates"]
    margins = [_margin(plan, measures, estimates, known, dims) for dims in list_margins(measures)]
    measured = [
        _measured(plan, measure, table, noisy)
        for measure, table, noisy in zip(measures, estimates, drawn["noisy"], strict=True)
    ]
    return ReleaseRecord(
        release_id=release_id,
        family=family,
        period=period.name,
        kind=period.kind,
        months=period.months,
        schema_version=plan.schema_version,
        released_on=released_on,
        milli_epsilon=sum(measure.milli for measure in measures),
        milli_epsilon_cap=CAPS[family],
        merged={name: dict(into) for name, into in plan.merged.items() if into},
        mechanism=_MECHANISM,
        tables=(*margins, *measured),
    )


def _measured(
    plan: Plan, measure: Measure, estimates: Sequence[int], noisy: Sequence[int]
) -> ReleaseTable:
    reach = find_half_width(measure.milli)
    listed = zip(list_cells(plan, measure.dimensions), estimates, noisy, strict=True)
    return ReleaseTable(
        name=measure.name,
        dimensions=measure.dimensions,
        milli_epsilon=measure.milli,
        scale=find_scale(measure.milli),
        summed=1,
        half_width=reach,
        measured=True,
        cells=tuple(_figure(cell, value, reach, raw) for cell, value, raw in listed),
    )


def _margin(
    plan: Plan,
    measures: Sequence[Measure],
    estimates: Sequence[Sequence[int]],
    known: Mapping[tuple[str, ...], KnownTable],
    dimensions: tuple[str, ...],
) -> ReleaseTable:
    summed, milli = find_source(plan, measures, known, dimensions)
    reach = find_half_width(milli, summed)
    figures = derive_table(plan, measures, estimates, dimensions)
    return ReleaseTable(
        name="_".join(dimensions) or "total",
        dimensions=dimensions,
        milli_epsilon=milli,
        scale=find_scale(milli),
        summed=summed,
        half_width=reach,
        measured=False,
        cells=tuple(_figure(cell, value, reach) for cell, value in figures.items()),
    )


def _figure(cell: Cell, estimate: int, reach: int, noisy: int | None = None) -> ReleaseCell:
    return ReleaseCell(cell, estimate, max(0, estimate - reach), estimate + reach, noisy)


def list_known(parts: Sequence[ReleaseRecord]) -> dict[tuple[str, ...], KnownTable]:
    """Return what the records of all parts of a period say together."""
    found = {}
    for name in _common(parts):
        alike = [part.table(name) for part in parts]
        figures: dict[Cell, int] = {}
        for table in alike:
            for cell in table.cells:
                figures[cell.category] = figures.get(cell.category, 0) + cell.estimate
        found[alike[0].dimensions] = KnownTable(
            figures,
            sum(table.summed for table in alike),
            min(table.milli_epsilon for table in alike),
        )
    return found


def _common(parts: Sequence[ReleaseRecord]) -> list[str]:
    named = [{table.name for table in part.tables} for part in parts]
    return sorted(set.intersection(*named)) if named else []
