"""A release as it is stored: everything that an export says, and nothing that it does not. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.statistics.calendar import Period
from app.statistics.consistency import Cell, KnownTable, derive_table, find_source, list_margins
from app.statistics.mechanism import Drawn
from app.statistics.tables import CAPS, Measure, Plan, find_half_width, find_scale, list_cells

Record = Mapping[str, Any]


def make_record(
    release_id: UUID,
    family: str,
    period: Period,
    plan: Plan,
    drawn: Drawn,
    known: Mapping[tuple[str, ...], KnownTable],
    released_on: date,
) -> dict[str, Any]:
    """Return the record of a release."""
    measures = plan.measures(family, period.kind)
    estimates = drawn["estimates"]
    margins = [_margin(plan, measures, estimates, known, dims) for dims in list_margins(measures)]
    measured = [
        _measured(plan, measure, table, noisy)
        for measure, table, noisy in zip(measures, estimates, drawn["noisy"], strict=True)
    ]
    return {
        "release_id": str(release_id),
        "family": family,
        "period": period.name,
        "kind": period.kind,
        "months": list(period.months),
        "schema_version": plan.schema_version,
        "released_on": released_on.isoformat(),
        "milli_epsilon": sum(measure.milli for measure in measures),
        "milli_epsilon_cap": CAPS[family],
        "merged": {name: dict(into) for name, into in plan.merged.items() if into},
        "mechanism": "discrete Laplace on every count, then the nearest table that adds up",
        "tables": [*margins, *measured],
    }


def _measured(
    plan: Plan, measure: Measure, estimates: Sequence[int], noisy: Sequence[int]
) -> dict[str, Any]:
    about = _about(measure.name, measure.dimensions, 1, measure.milli)
    listed = zip(list_cells(plan, measure.dimensions), estimates, noisy, strict=True)
    reach = about["half_width"]
    return {
        **about,
        "measured": True,
        "cells": [{**_figure(cell, value, reach), "noisy": raw} for cell, value, raw in listed],
    }


def _margin(
    plan: Plan,
    measures: Sequence[Measure],
    estimates: Sequence[Sequence[int]],
    known: Mapping[tuple[str, ...], KnownTable],
    dimensions: tuple[str, ...],
) -> dict[str, Any]:
    summed, milli = find_source(plan, measures, known, dimensions)
    about = _about("_".join(dimensions) or "total", dimensions, summed, milli)
    figures = derive_table(plan, measures, estimates, dimensions)
    listed = [_figure(cell, value, about["half_width"]) for cell, value in figures.items()]
    return {**about, "measured": False, "cells": listed}


def _about(name: str, dimensions: Sequence[str], summed: int, milli: int) -> dict[str, Any]:
    return {
        "name": name,
        "dimensions": list(dimensions),
        "milli_epsilon": milli,
        "scale": find_scale(milli),
        "summed": summed,
        "half_width": find_half_width(milli, summed),
    }


def _figure(cell: Cell, estimate: int, reach: int) -> dict[str, Any]:
    return {
        "category": list(cell),
        "estimate": estimate,
        "low95": max(0, estimate - reach),
        "high95": estimate + reach,
    }


def list_known(parts: Sequence[Record]) -> dict[tuple[str, ...], KnownTable]:
    """Return what the records of all parts of a period say together."""
    found = {}
    for name in _common(parts):
        alike = [_table(part, name) for part in parts]
        figures: dict[Cell, int] = {}
        for table in alike:
            for cell in table["cells"]:
                key = tuple(cell["category"])
                figures[key] = figures.get(key, 0) + cell["estimate"]
        found[tuple(alike[0]["dimensions"])] = KnownTable(
            figures,
            sum(table["summed"] for table in alike),
            min(table["milli_epsilon"] for table in alike),
        )
    return found


def _common(parts: Sequence[Record]) -> list[str]:
    named = [{table["name"] for table in part["tables"]} for part in parts]
    return sorted(set.intersection(*named)) if named else []


def _table(record: Record, name: str) -> Any:
    return next(table for table in record["tables"] if table["name"] == name)


def find_total(record: Record) -> Mapping[str, Any]:
    """Return the figure for all cases of a release."""
    found: Mapping[str, Any] = _table(record, "total")["cells"][0]
    return found


def write_record(record: Record) -> str:
    """Return a record as it is stored and hashed."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
