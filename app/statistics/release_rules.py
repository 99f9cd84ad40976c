"""Whether a period may be released, and what that costs.

This depends on public facts alone: the calendar, what was released before, the budget. It never
depends on how many cases there are: a refusal for that would tell.
"""

from __future__ import annotations

from datetime import datetime

from app.errors import BadRequest, NotReleasable
from app.statistics.calendar import FAMILIES, Period, find_month_end, find_period
from app.statistics.months import find_first_month, list_frozen_months
from app.statistics.tables import Plan
from app.store import Db


def find_whole_period(family: str, name: str) -> Period:
    """Return the period of that name. BadRequest, NotReleasable."""
    if family not in FAMILIES:
        raise BadRequest(f"A family is one of: {', '.join(FAMILIES)}.")
    period = find_period(family, name)
    if period is None:
        raise NotReleasable
    return period


def is_period_over(period: Period, first: str, frozen: set[str]) -> bool:
    """Return whether all months of a period are frozen; before the first there was nothing."""
    return all(month in frozen for month in period.months if month >= first) and (
        period.months[-1] >= first
    )


def check_period(db: Db, period: Period) -> None:
    """Raise NotReleasable for a period that is not over, or that may have been drawn before."""
    if not is_period_over(period, find_first_month(db), list_frozen_months(db)):
        raise NotReleasable(
            "This period is not over, or not in the calendar. Nothing is told of part of one."
        )
    _refuse_restored(db, period)


def _refuse_restored(db: Db, period: Period) -> None:
    """Raise NotReleasable for what may have been drawn before, on a server that is no more.

    Where an archive was restored and no anchor was left, nothing knows what was released between.
    """
    restored_at = db.keys.files.read_anchor().get("restored_at")
    if not restored_at:
        return
    end = find_month_end(period.months[-1], db.zone)
    if end <= datetime.fromisoformat(str(restored_at)):
        raise NotReleasable(
            "This server was restored from an archive after the period had ended. Whether it was "
            "released before, nobody can know, so it is not released again."
        )


def sum_cost(plan: Plan, family: str, period: Period) -> int:
    """Return what a release costs each of its cases, in thousandths of ε."""
    return sum(measure.milli for measure in plan.measures(family, period.kind))
