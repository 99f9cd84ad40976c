"""Freezing months: each case is added once to counts of a fixed size, and is not needed again.

A case is counted in each family once: when it opened, when it closed, and when the first service
that was refused to its caller was recorded, whatever else was refused to them. All cases of a month
go in together, in one transaction that writes the row once: so no two versions
of the row differ by one case. To erase a case later changes nothing here. A case that was erased
before the freeze, or whose caller no longer wants to be counted, is not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from app.cases import find_words_of_trees
from app.models import Case, Deployment, StatisticsMonth, StatisticsMonthValues, rounded
from app.statistics.calendar import find_month, find_month_end, list_months
from app.statistics.categories import list_case_codes, list_denial_codes
from app.statistics.denied_cases import list_counted_denials
from app.statistics.joint_counts import JointCounts
from app.statistics.plans import fix_plan, lock_head
from app.store import Database, Db

_AT_ONCE, _MARKED_AT_ONCE = 500, 5000


def freeze_due_months(database: Database, now: datetime) -> list[str]:
    """Freeze every month that is over, oldest first; return which. Waits while sealed."""
    done: list[str] = []
    while True:
        with database.transaction() as db:
            month = _find_next(db, now) if db.keys.is_open else None
            if month is None:
                return done
            freeze_month(db, month, now)
        done.append(month)


def find_first_month(db: Db) -> str:
    """Return the month in which the organisation began; nothing was counted before."""
    return find_month(db.scalars(select(Deployment)).one().created_at, db.zone)


def list_frozen_months(db: Db) -> set[str]:
    """Return the months that are frozen. RowDamaged."""
    frozen = {row.month for row in db.scalars(select(StatisticsMonth))}
    db.require_whole("statistics_months")
    return frozen


def forget_month(db: Db, month: str) -> None:
    """Take a month's counts away, once all was drawn from them. That it froze stays known."""
    gone = {"op_key": None, "op_values": None, "shred_day": None}
    db.execute(update(StatisticsMonth).where(StatisticsMonth.month == month).values(gone))


def _find_next(db: Db, now: datetime) -> str | None:
    zone, done = db.zone, list_frozen_months(db)
    begun = list_months(find_first_month(db), find_month(now, zone))
    return next((m for m in begun if m not in done and find_month_end(m, zone) <= now), None)


def freeze_month(db: Db, month: str, now: datetime) -> None:
    """Count the cases of a month, once for good."""
    head = lock_head(db)  # two workers: the other finds the month frozen
    if month in list_frozen_months(db):
        return
    plan, end = fix_plan(db, head), rounded(find_month_end(month, db.zone))
    opened, closed = JointCounts(plan, "opened"), JointCounts(plan, "closed")
    denials = JointCounts(plan, "denials")
    for codes in _list_counted(db, _take_cases(db, end, month, "release_period")):
        opened.add(codes)
    for codes in _list_counted(db, _take_cases(db, end, month, "closed_period")):
        closed.add(codes)
    for denied in list_counted_denials(db, end, month):
        denials.add(list_denial_codes(denied))
    row_id = uuid4()
    packed = {"opened": opened.pack(), "closed": closed.pack(), "denials": denials.pack()}
    values = StatisticsMonthValues(**packed)
    columns = db.keys.new_values(StatisticsMonth, row_id, values, now, month=month)
    db.add(StatisticsMonth(id=row_id, **columns))
    db.flush()


def _take_cases(db: Db, end: datetime, month: str, column: str) -> list[UUID]:
    """Give the cases that are looked at their month for good; return those that may be counted.

    What was merged is part of its main case. Exactly the rows that were found and locked are
    marked: a case that another transaction commits meanwhile is looked at with the next month.
    """
    query = select(Case).where(*_looked_at(end)[column])
    found = db.scalars(query.order_by(Case.id).with_for_update()).all()
    for start in range(0, len(found), _MARKED_AT_ONCE):
        some = [case.id for case in found[start : start + _MARKED_AT_ONCE]]
        marked = update(Case).where(Case.id.in_(some)).values({column: month})
        db.execute(marked, execution_options={"synchronize_session": False})
    return [case.id for case in found if case.merged_into is None and case.state != "erased"]


def _looked_at(end: datetime) -> dict[str, Any]:
    """Return the conditions for the cases that the freeze looks at, by the column it marks."""
    known = Case.provisional.is_(False)
    return {
        "release_period": (Case.release_period.is_(None), Case.opened_at < end, known),
        "closed_period": (
            Case.closed_period.is_(None),
            Case.state == "closed",
            Case.closed_at < end,
            known,
        ),
    }


def _list_counted(db: Db, ids: Sequence[UUID]) -> Iterator[Mapping[str, str | None]]:
    """Yield the codes of the cases whose callers let them be counted."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        withdrawn = _find_withdrawn(db, some)
        wanted = [case_id for case_id in some if case_id not in withdrawn]
        for case in db.scalars(select(Case).where(Case.id.in_(wanted))):
            yield list_case_codes(db.keys.read_values(case))
        db.expunge_all()


def _find_withdrawn(db: Db, ids: Collection[UUID]) -> set[UUID]:
    """Return the cases whose newest word about being counted, in all they consist of, is no."""
    words = find_words_of_trees(db, ids, "statistics")
    return {case_id for case_id, word in words.items() if not word.values.granted}
