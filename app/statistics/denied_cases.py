"""Which refused service a case is counted with, when a month freezes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from app.cases import find_words_of_trees
from app.models import Case, Denial, DenialValues
from app.store import Db

_AT_ONCE = 500


def list_counted_denials(db: Db, end: datetime, month: str) -> Iterator[DenialValues]:
    """Give the cases that are looked at their month for good; yield what each is counted with.

    That is the first refused service that was recorded in the case or in one merged with it, before
    the month ended. So one case more or less changes one count by one, and never again.
    """
    ids = _take_denied_cases(db, end, month)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        words = find_words_of_trees(db, some, "statistics")
        wanted = [one for one in some if one not in words or words[one].values.granted]
        yield from _find_first_denials(db, wanted, end)
        db.expunge_all()


def _take_denied_cases(db: Db, end: datetime, month: str) -> list[UUID]:
    """Mark the main cases of trees in which none was looked at; return those that may count."""
    root = func.coalesce(Case.merged_into, Case.id)
    denied = select(root).join(Denial, Denial.case_id == Case.id).where(Denial.recorded_at < end)
    known = select(root).where(Case.denial_period.is_not(None))
    query = select(Case).where(Case.id.in_(denied), Case.id.not_in(known))
    found = db.scalars(query.order_by(Case.id).with_for_update()).all()
    ids = [case.id for case in found]
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        marked = update(Case).where(Case.id.in_(some)).values(denial_period=month)
        db.execute(marked, execution_options={"synchronize_session": False})
    return [case.id for case in found if case.state != "erased"]


def _find_first_denials(db: Db, ids: Sequence[UUID], end: datetime) -> Iterator[DenialValues]:
    root = func.coalesce(Case.merged_into, Case.id)
    rows = db.execute(
        select(Denial, root)
        .join(Case, Case.id == Denial.case_id)
        .where(root.in_(ids), Denial.recorded_at < end)
        .order_by(Denial.recorded_at, Denial.position, Denial.id)
    ).all()
    counted: set[UUID] = set()
    for denial, case_id in rows:
        if case_id not in counted:
            counted.add(case_id)
            yield db.keys.read_values(denial)
