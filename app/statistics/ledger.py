"""The ledger: what releases spent on the cases of each month, in whole thousandths of ε.

Floats would drift. A case is in one month of a family, so a release spends its cost on every month
that it covers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.errors import BudgetSpent
from app.models import StatisticsDebit
from app.statistics.tables import CAPS, HARD_CAP
from app.store import Db


def sum_spent(db: Db, family: str) -> dict[str, int]:
    """Return what releases spent on the cases of each month, in thousandths of ε. RowDamaged."""
    spent: Counter[str] = Counter()
    for row in db.scalars(select(StatisticsDebit)):
        if row.family == family:
            spent[row.month] += row.milli
    db.require_whole("statistics_ledger")
    return dict(spent)


def check_budget(db: Db, family: str, months: Iterable[str], milli: int) -> None:
    """Raise BudgetSpent where a release of ``milli`` would tell too much of a month's cases."""
    before, others = sum_spent(db, family), sum(cap for f, cap in CAPS.items() if f != family)
    most = min(CAPS[family], HARD_CAP - others)
    if any(before.get(month, 0) + milli > most for month in months):
        raise BudgetSpent


def write_debit(db: Db, release_id: UUID, family: str, months: Iterable[str], milli: int) -> None:
    """Write down what a release costs the cases of each of its months. BudgetSpent."""
    months = list(months)
    check_budget(db, family, months, milli)
    db.add_all(
        StatisticsDebit(release_id=release_id, month=month, family=family, milli=milli)
        for month in months
    )
    db.flush()
