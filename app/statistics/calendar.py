"""Which periods there are: months, quarters and years of the organisation's calendar. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

FAMILIES = ("opened", "closed", "denials")
KINDS = ("month", "quarter", "year")
# What is published of cases that opened, of cases that closed, and of refused services.
_KINDS_OF = {"opened": KINDS, "closed": ("quarter",), "denials": ("quarter",)}
_NAME = re.compile(r"(?P<year>20\d\d|21\d\d)(-(Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Period:
    """A whole month, quarter or year: ``2026-03``, ``2026-Q1``, ``2026``."""

    name: str
    kind: str
    months: tuple[str, ...]

    @property
    def parts(self) -> tuple[Period, ...]:
        """The next smaller periods it consists of: a year's quarters, a quarter's months."""
        year = self.name[:4]
        if self.kind == "year":
            return tuple(_quarter(int(year), q) for q in range(1, 5))
        return tuple(_month(m) for m in self.months) if self.kind == "quarter" else ()


def _month(name: str) -> Period:
    return Period(name, "month", (name,))


def _quarter(year: int, quarter: int) -> Period:
    first = 3 * quarter - 2
    months = tuple(f"{year}-{month:02}" for month in range(first, first + 3))
    return Period(f"{year}-Q{quarter}", "quarter", months)


def _year(year: int) -> Period:
    return Period(str(year), "year", tuple(f"{year}-{month:02}" for month in range(1, 13)))


def find_period(family: str, name: str) -> Period | None:
    """Return the period of that name, or None where the calendar of the family has none such."""
    found = _NAME.fullmatch(name)
    if found is None or not name.isascii():
        return None
    year = int(found["year"])
    if found["quarter"]:
        one = _quarter(year, int(found["quarter"]))
    else:
        one = _month(name) if found["month"] else _year(year)
    return one if one.kind in _KINDS_OF[family] else None


def find_month(instant: datetime, zone: ZoneInfo) -> str:
    """Return the month that an instant lies in."""
    return f"{instant.astimezone(zone):%Y-%m}"


def find_month_end(month: str, zone: ZoneInfo) -> datetime:
    """Return the instant at which a month is over."""
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)


def list_months(first: str, last: str) -> Iterator[str]:
    """Yield the months from one to another, both included."""
    year, number = map(int, first.split("-"))
    while (month := f"{year}-{number:02}") <= last:
        yield month
        year, number = year + number // 12, number % 12 + 1


def list_periods(family: str, first: str, last: str) -> list[Period]:
    """Return every period of a family that holds one of the months from ``first`` to ``last``."""
    found: dict[str, Period] = {}
    for month in list_months(first, last):
        year, number = map(int, month.split("-"))
        for one in (_month(month), _quarter(year, (number + 2) // 3), _year(year)):
            if one.kind in _KINDS_OF[family]:
                found.setdefault(one.name, one)
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found.values(), key=lambda one: (order[one.kind], one.name))
