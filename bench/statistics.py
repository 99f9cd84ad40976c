"""``make statistics-report``: how far figures are off, how often ranges hold, what an audit finds.

Everything is drawn by the mechanism of the product. Takes two minutes.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from statistics import median
from typing import Any
from uuid import UUID

from app.reports import MAKERS, ReleaseRecord, write_record
from app.statistics import (
    FAMILIES,
    MEDIA_TYPES,
    KnownTable,
    Mechanism,
    Period,
    Plan,
    Question,
    find_period,
    list_cells,
    list_known,
    list_months,
    list_periods,
    list_sums,
    make_plan,
    make_record,
    print_files,
)
from app.statistics.noise_program import answer
from bench import auditing

CASES_A_MONTH, YEARS, DRAWS = 100, 30, 100_000
DENIED = 0.2  # of all cases
REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
# How cases may be spread; nobody's data.
_SHARES = {
    "region": (38, 12, 6, 8, 22, 9, 5),
    "situation": (10, 24, 38, 8, 9, 11),
    "language": (24, 18, 27, 12, 4, 3, 3, 1, 1, 3, 1, 1, 0.5, 0.5, 0.5, 0.5, 0),
    "outcome": (40, 22, 6, 4, 12, 5, 7, 4),
    "time_to_human": (22, 34, 18, 14, 6, 3, 3),
    "sector": (30, 14, 12, 8, 14, 10, 6, 6),
    "service": (8, 24, 26, 18, 6, 8, 6, 4),
}
Case = dict[str, str]


@dataclass
class Error:
    """How far the figures of one table were off."""

    distances: list[int] = field(default_factory=list)
    true: int = 0
    cells: int = 0
    held: int = 0

    @property
    def percent(self) -> float:
        """All differences together, of all cases."""
        return 100 * sum(self.distances) / self.true

    @property
    def typical(self) -> float:
        """What half of the figures were off by at most, in percent of an average cell."""
        return 100 * median(self.distances) * self.cells / self.true

    @property
    def coverage(self) -> float:
        """How many ranges, in percent, held the true count."""
        return 100 * self.held / self.cells


@dataclass
class Simulation:
    """Years of a hotline, released as the product does."""

    plan: Plan
    chance: random.Random
    errors: dict[tuple[str, str], Error] = field(default_factory=dict)

    def year(self) -> None:
        """Live through a year and release all of it."""
        cases = {
            month: [self._case() for _ in range(CASES_A_MONTH)]
            for month in list_months("2026-01", "2026-12")
        }
        done: dict[str, ReleaseRecord] = {}
        for family in FAMILIES:
            for period in list_periods(family, "2026-01", "2026-12"):
                known = list_known([done[p.name] for p in period.parts if p.name in done])
                counted = [case for month in period.months for case in cases[month]]
                if family == "denials":
                    counted = counted[:: round(1 / DENIED)]
                record = self._release(family, period, counted, known)
                if family == "opened":
                    done[period.name] = record
                self._compare(record, counted)

    def _case(self) -> Case:
        return {
            name: self.chance.choices(self.plan.keys[name], shares)[0]
            for name, shares in _SHARES.items()
        }

    def _release(
        self,
        family: str,
        period: Period,
        cases: Sequence[Case],
        known: dict[tuple[str, ...], KnownTable],
    ) -> ReleaseRecord:
        drawn: Any = answer(dict(question(self.plan, family, period, cases, known)))
        day = date(2027, 1, 4)
        return make_record(UUID(int=1), family, period, self.plan, drawn, known, day)

    def _compare(self, record: ReleaseRecord, cases: Sequence[Case]) -> None:
        for table in record.tables:
            true = Counter(tuple(case[d] for d in table.dimensions) for case in cases)
            error = self.errors.setdefault((record.kind, table.name), Error())
            for cell in table.cells:
                count = true[cell.category]
                error.distances.append(abs(cell.estimate - count))
                error.true += count
                error.cells += 1
                error.held += cell.low95 <= count <= cell.high95


def question(
    plan: Plan,
    family: str,
    period: Period,
    cases: Sequence[Case],
    known: dict[tuple[str, ...], KnownTable],
) -> Question:
    """Return what the mechanism is asked about these cases."""
    measures = plan.measures(family, period.kind)
    measured: list[Any] = []
    for measure in measures:
        true = Counter(tuple(case[d] for d in measure.dimensions) for case in cases)
        counts = [true[cell] for cell in list_cells(plan, measure.dimensions)]
        measured.append({"milli": measure.milli, "counts": counts})
    return {"measured": measured, "equal": list_sums(plan, measures, known)}


def _errors() -> Iterator[str]:
    simulation = Simulation(make_plan(REGIONS), random.Random(1))  # noqa: S311  # the same cases each time
    for _ in range(YEARS):
        simulation.year()
    yield f"## Expected error at {CASES_A_MONTH} cases a month ({YEARS} simulated years)"
    yield ""
    yield "| released | table | typical error, % | all errors, % of cases | ranges that held, % |"
    yield "|---|---|---|---|---|"
    for (kind, name), error in sorted(simulation.errors.items()):
        said = f"{error.typical:.0f} | {error.percent:.0f} | {error.coverage:.1f}"
        yield f"| {kind} | {name} | {said} |"


def _audit() -> Iterator[str]:
    yield f"## Membership audit ({DRAWS} draws on each side)"
    yield ""
    yield "| what is released | ε is certainly at least | claim |"
    yield "|---|---|---|"
    for family, claim in auditing.CLAIMS.items():
        honest = auditing.lower_bound(auditing.draw_family(family), DRAWS)
        yield f"| {family}, as it is | {honest:.2f} | {claim:g} {_verdict(honest <= claim)} |"
    for name, draws in auditing.BROKEN.items():
        found = auditing.lower_bound(draws, DRAWS)
        caught = _verdict(found > auditing.CLAIM)
        yield f"| broken: {name} | {found:.2f} | must exceed {auditing.CLAIM:g} {caught} |"


def _verdict(well: bool) -> str:
    if not well:
        _failed.append("audit")
    return "✓" if well else "✗"


_failed: list[str] = []


def _speed() -> Iterator[str]:
    plan, period = make_plan(REGIONS), find_period("opened", "2026")
    assert period is not None  # noqa: S101  # it is in the calendar
    chance = random.Random(2)  # noqa: S311  # the same cases each time
    some = [
        dict(zip(("region", "situation", "language"), cell, strict=True))
        for cell in product(*(plan.keys[d] for d in ("region", "situation", "language")))
    ]
    cases = chance.choices(some, k=100_000)
    asked = question(plan, "opened", period, cases, {})
    begun = time.monotonic()
    with Mechanism() as draw:
        drawn = draw(asked)
    took = time.monotonic() - begun
    weighed = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    record = make_record(UUID(int=2), "opened", period, plan, drawn, {}, date(2027, 1, 4))
    yield "## A year's release over 100 000 cases"
    yield ""
    yield f"* started, drawn and made to add up in {took:.1f} s (at most 5)"
    yield f"* the process weighed {weighed:.0f} MB at most (at most 400)"
    for name in sorted(MEDIA_TYPES):
        begun = time.monotonic()
        if name in MAKERS:
            MAKERS[name](record)
        else:
            list(print_files(write_record(record), [name]))
        yield f"* {name} made in {time.monotonic() - begun:.1f} s, once; then it is read"
    if took > 5 or weighed > 400:
        _failed.append("speed")


def main() -> int:
    """Print the report; return 1 where a promise does not hold."""
    for part in (_speed, _errors, _audit):
        for line in part():
            print(line, flush=True)
        print(flush=True)
    if _failed:
        print(json.dumps({"failed": sorted(set(_failed))}), file=sys.stderr)
    return int(bool(_failed))


if __name__ == "__main__":
    sys.exit(main())
