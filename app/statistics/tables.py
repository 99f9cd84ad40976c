"""What each release measures, and with how much of the budget. Pure.

A case is in one cell of each table, so a table costs each of its cases its own ε, and the tables of
a family that tell of one month add up: a month's, its quarter's and its year's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from app.statistics.categories import VERSION, list_keys

# What all tables together may cost a case in each family, and in all; thousandths of ε.
CAPS = {"opened": 1000, "closed": 500, "denials": 250}
HARD_CAP = 2000


@dataclass(frozen=True)
class Measure:
    """A table that is measured: its dimensions, and thousandths of ε."""

    name: str
    dimensions: tuple[str, ...]
    milli: int


MEASURES: Mapping[tuple[str, str], tuple[Measure, ...]] = {
    ("opened", "month"): (Measure("total", (), 200),),
    ("opened", "quarter"): (
        Measure("region", ("region",), 150),
        Measure("language", ("language",), 150),
        Measure("situation", ("situation",), 150),
    ),
    ("opened", "year"): (
        Measure("region_situation", ("region", "situation"), 175),
        Measure("region_language", ("region", "language"), 175),
    ),
    ("closed", "quarter"): (
        Measure("outcome", ("outcome",), 250),
        Measure("time_to_human", ("time_to_human",), 250),
    ),
    # Mostly empty cells add up to far too many people, so the total is measured by itself, and with
    # more of the budget than a cell: to fit, cells give way to the total and not the reverse.
    ("denials", "quarter"): (
        Measure("total", (), 130),
        Measure("sector_service", ("sector", "service"), 120),
    ),
}


def make_table_code(family: str, kind: str, measure: Measure) -> str:
    """Return the name under which a table's ε can be lowered."""
    return f"{family}.{kind}.{measure.name}"


def list_default_milli() -> dict[str, int]:
    """Return the thousandths of ε of every table, by code."""
    return {
        make_table_code(family, kind, one): one.milli
        for (family, kind), measures in MEASURES.items()
        for one in measures
    }


@dataclass(frozen=True)
class Plan:
    """What is published how: the base lists, which categories are merged, and the ε of each table.

    ``merged`` maps, for a dimension, a category to the one it is counted with.
    """

    keys: Mapping[str, Sequence[str]]
    merged: Mapping[str, Mapping[str, str]]
    milli: Mapping[str, int]
    schema_version: int = VERSION

    def measures(self, family: str, kind: str) -> list[Measure]:
        """Return the tables of a release with the ε that the organisation gives them."""
        return [
            Measure(one.name, one.dimensions, self.milli[make_table_code(family, kind, one)])
            for one in MEASURES[family, kind]
        ]

    def published(self, dimension: str) -> list[str]:
        """Return the categories that are printed, in their order."""
        into = self.merged.get(dimension, {})
        return [key for key in self.keys[dimension] if key not in into]

    def target(self, dimension: str) -> list[int]:
        """Return for each base category which printed one it is counted in."""
        into, printed = self.merged.get(dimension, {}), self.published(dimension)
        return [printed.index(into.get(key, key)) for key in self.keys[dimension]]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it is stored."""
        return {
            "schema_version": self.schema_version,
            "keys": {name: list(listed) for name, listed in self.keys.items()},
            "merged": {name: dict(into) for name, into in self.merged.items() if into},
            "milli": dict(self.milli),
        }


def load_plan(stored: Mapping[str, Any]) -> Plan:
    """Return a stored plan."""
    return Plan(stored["keys"], stored["merged"], stored["milli"], stored["schema_version"])


def make_plan(regions: Sequence[str]) -> Plan:
    """Return the plan of an organisation that has changed nothing."""
    return Plan(list_keys(regions), {}, list_default_milli())


def list_cells(plan: Plan, dimensions: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a table in the order in which they are always printed."""
    return product(*(plan.published(dimension) for dimension in dimensions))


def find_scale(milli: int) -> float:
    """Return the scale b of the noise on a count at a table's ε."""
    return 1000 / milli


def find_half_width(milli: int, summed: int = 1) -> int:
    """Return how far a figure's 95 % range reaches to each side.

    ⌈b·ln 20⌉ for a count with Laplace noise of scale b; for the sum of several such, √n times that,
    which is at least enough: a sum's tails are lighter.
    """
    return math.ceil(math.sqrt(summed) * find_scale(milli) * math.log(20))
