"""The tree of a case: the case itself, and the cases that were merged with it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, or_, select

from app.models import Case
from app.store import Db

# In a query: the main case of each case, which is the one it was merged into, or itself.
TREE_ROOT = func.coalesce(Case.merged_into, Case.id)


def find_tree_ids(db: Db, case_id: UUID) -> list[UUID]:
    """Return the ids of a case and of all that was merged with it."""
    case = db.scalar(select(Case).where(Case.id == case_id))
    root = (case.merged_into if case else None) or case_id
    tree = db.scalars(select(Case).where(or_(Case.id == root, Case.merged_into == root)))
    return [case.id for case in tree]


def lock_cases_of_number(db: Db, lookup: bytes) -> list[Case]:
    """Return every case of a number that is not erased yet, with all that was merged with it."""
    query = select(Case).where(Case.number_lookup == lookup, Case.state != "erased")
    found = db.scalars(query.order_by(Case.id).with_for_update()).all()
    return list({one.id: one for case in found for one in lock_tree(db, case)}.values())


def lock_tree(db: Db, case: Case) -> list[Case]:
    """Return a case with everything that was merged with it."""
    root = case.merged_into or case.id
    found: dict[UUID, Case] = {}
    waiting = [root]
    while waiting:
        rows = db.scalars(
            select(Case)
            .where(or_(Case.id.in_(waiting), Case.merged_into.in_(waiting)))
            .with_for_update()
        ).all()
        waiting = [row.id for row in rows if row.id not in found]
        found.update((row.id, row) for row in rows)
    return list(found.values())
