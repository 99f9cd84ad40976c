"""Freezing months: each case is added once to counts of a fixed size, and is not needed again.

All cases of a month go in together, in one transaction that writes the row once: no two versions of
it differ by somebody. A case that is erased later changes nothing here, and one that was erased, or
whose consent to be counted was withdrawn, before the freeze is not in it.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select, update

from app.cases import NewestWord, find_newest_words
from app.models import Case, CaseValues, Deployment, StatisticsMonth, rounded
from app.statistics.calendar import FAMILIES, find_month, find_month_end, list_months
from app.statistics.categories import place_code, place_time_to_human
from app.statistics.plans import fix_plan, lock_head
from app.statistics.tables import Measure, Plan, list_cells
from app.store import Database, Db

# The joint counts that every table of a family is a sum of.
_JOINT = {
    "opened": (("region", "situation"), ("region", "language")),
    "closed": (("outcome",), ("time_to_human",)),
}
_AT_ONCE, _MARKED_AT_ONCE = 500, 5000


# -- freezing


def freeze_due_months(database: Database, now: datetime) -> list[str]:
    """Freeze every month that is over, oldest first; return which. Waits while sealed."""
    done: list[str] = []
    while True:
        with database.transaction() as db:
            month = _next(db, now) if db.keys.is_open else None
            if month is None:
                return done
            _freeze(db, month, now)
        done.append(month)


def find_first_month(db: Db) -> str:
    """Return the month in which the organisation began; nothing was counted before."""
    return find_month(db.scalars(select(Deployment.created_at)).one(), db.zone)


def list_frozen_months(db: Db) -> set[str]:
    """Return the months that are frozen."""
    return set(db.scalars(select(StatisticsMonth.month)))


def _next(db: Db, now: datetime) -> str | None:
    zone, done = db.zone, list_frozen_months(db)
    begun = list_months(find_first_month(db), find_month(now, zone))
    return next((m for m in begun if m not in done and find_month_end(m, zone) <= now), None)


def _freeze(db: Db, month: str, now: datetime) -> None:
    head = lock_head(db)  # two workers: the other finds the month frozen
    if month in list_frozen_months(db):
        return
    plan, end = fix_plan(db, head), rounded(find_month_end(month, db.zone))
    counts = {family: _Counts(plan, family) for family in FAMILIES}
    for values in _counted(db, _taken(db, end, month, "release_period")):
        counts["opened"].add(values)
    for values in _counted(db, _taken(db, end, month, "closed_period")):
        counts["closed"].add(values)
    row_id = uuid4()
    packed = {family: one.packed() for family, one in counts.items()}
    db.add(
        StatisticsMonth(
            id=row_id, month=month, **db.keys.new_row("statistics_months", row_id, packed, now)
        )
    )
    db.flush()


def _looked_at_until(end: datetime) -> dict[str, Any]:
    """Return, by the column that says so, which cases a month's freeze looks at."""
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


def _taken(db: Db, end: datetime, month: str, column: str) -> list[UUID]:
    """Give the cases that are looked at their month for good; return those that may be counted.

    What was merged is part of its main case. Exactly the rows that were found and locked are
    marked: a case that another transaction commits meanwhile is looked at with the next month.
    """
    query = select(Case.id, Case.merged_into, Case.state).where(*_looked_at_until(end)[column])
    found = db.execute(query.order_by(Case.id).with_for_update()).all()
    for start in range(0, len(found), _MARKED_AT_ONCE):
        some = [case.id for case in found[start : start + _MARKED_AT_ONCE]]
        marked = update(Case).where(Case.id.in_(some)).values({column: month})
        db.execute(marked, execution_options={"synchronize_session": False})
    return [case.id for case in found if case.merged_into is None and case.state != "erased"]


def _counted(db: Db, ids: Sequence[UUID]) -> Iterator[CaseValues]:
    """Yield the operational values of the cases that may be counted."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        withdrawn = _withdrawn(db, some)
        wanted = [case_id for case_id in some if case_id not in withdrawn]
        for case in db.scalars(select(Case).where(Case.id.in_(wanted))):
            yield db.keys.read_values(case)
        db.expunge_all()


def _withdrawn(db: Db, ids: Collection[UUID]) -> set[UUID]:
    """Return the cases whose newest word about being counted, in all they consist of, is no."""
    main = func.coalesce(Case.merged_into, Case.id)
    parts = select(Case.id, main).where(or_(Case.id.in_(ids), Case.merged_into.in_(ids)))
    main_of: dict[UUID, UUID] = {row.id: row[1] for row in db.execute(parts)}
    words: dict[UUID, NewestWord] = {}
    for case_id, word in find_newest_words(db, main_of, "statistics").items():
        known = words.get(main_of[case_id])
        if known is None or word.values.at >= known.values.at:
            words[main_of[case_id]] = word
    return {case_id for case_id, word in words.items() if not word.values.granted}


# -- counts of a fixed size


class _Counts:
    """The joint counts of one family in one month."""

    def __init__(self, plan: Plan, family: str) -> None:
        self._plan, self._joint = plan, _JOINT[family]
        self._tables = [[0] * _size(plan, dimensions) for dimensions in self._joint]

    def add(self, values: CaseValues) -> None:
        """Count one case, in one cell of each table."""
        for dimensions, table in zip(self._joint, self._tables, strict=True):
            table[_place(self._plan, dimensions, values)] += 1

    def packed(self) -> str:
        """Return the counts in a text whose length depends on the lists alone."""
        flat = [count for table in self._tables for count in table]
        return base64.b64encode(struct.pack(f">{len(flat)}I", *flat)).decode()


def _size(plan: Plan, dimensions: Iterable[str]) -> int:
    size = 1
    for dimension in dimensions:
        size *= len(plan.keys[dimension])
    return size


def _place(plan: Plan, dimensions: Iterable[str], values: CaseValues) -> int:
    at = 0
    for dimension in dimensions:
        listed = plan.keys[dimension]
        at = at * len(listed) + place_code(listed, _code(values, dimension))
    return at


def _code(values: CaseValues, dimension: str) -> str | None:
    if dimension == "time_to_human":
        return place_time_to_human(values.time_to_human)
    code: str | None = getattr(values, dimension)
    return code


def sum_months(db: Db, plan: Plan, family: str, months: Collection[str]) -> list[list[int]]:
    """Return the joint counts of several months together. Sealed."""
    sizes = [_size(plan, dimensions) for dimensions in _JOINT[family]]
    flat = [0] * sum(sizes)
    for row in db.scalars(select(StatisticsMonth).where(StatisticsMonth.month.in_(months))):
        packed = base64.b64decode(db.keys.open_row("statistics_months", row)[family])
        flat = [a + b for a, b in zip(flat, struct.unpack(f">{len(flat)}I", packed), strict=True)]
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [flat[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def forget_month(db: Db, month: str) -> None:
    """Empty a month's counts, once everything was drawn from them; that it froze stays known."""
    gone = {"op_key": None, "op_values": None, "shred_day": None}
    db.execute(update(StatisticsMonth).where(StatisticsMonth.month == month).values(gone))


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
        counts[places[_printed_cell(plan, dimensions, measure.dimensions, at)]] += count
    return counts


def _printed_cell(
    plan: Plan, dimensions: Sequence[str], wanted: Sequence[str], at: int
) -> tuple[str, ...]:
    """Return the printed cell in which the base cell at a place of the joint counts is counted."""
    named = {}
    for dimension in reversed(dimensions):
        at, place = divmod(at, len(plan.keys[dimension]))
        named[dimension] = plan.published(dimension)[plan.target(dimension)[place]]
    return tuple(named[dimension] for dimension in wanted)
