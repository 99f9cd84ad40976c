"""Wishes to be erased that wait for their day: the desk sees when, and can stop them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import find_case, lock_tree, read_case_values, write_case_values
from app.errors import BadRequest
from app.models import ERASE_REQUESTED, Case, Erasure, ErasureState
from app.store import Db
from app.vault import read_whole_values

_CONFIRMED = (ErasureState.WAITING, ErasureState.SEARCHED)


@dataclass(frozen=True)
class WaitingWish:
    """A caller's wish to be erased: when it was confirmed, and when it is carried out."""

    wished_at: datetime
    due_at: datetime


def find_waiting_wish(db: Db, cases: Collection[Case]) -> WaitingWish | None:
    """Return the wish that will erase these cases of one tree first; None where there is none."""
    flagged = [values for case in cases if (values := db.keys.find_values(case))]
    if not any(ERASE_REQUESTED in values.flags for values in flagged):
        return None
    wishes = [
        WaitingWish(wish.wished_at, wish.due_at)
        for row in _find_rows(db, cases)
        if (wish := read_whole_values(db, row)) and wish.wished_at and wish.due_at
    ]
    return min(wishes, key=lambda wish: wish.due_at, default=None)


def stop_wish(db: Db, principal: Principal, case_id: UUID, now: datetime) -> Case:
    """Keep a case whose caller wished it erased: they have written since, or it was not them.

    BadRequest where no wish waits.
    """
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    tree = lock_tree(db, case)
    rows = _find_rows(db, tree)
    if not rows:
        raise BadRequest("Nobody has asked for this case to be erased.")
    for row in rows:
        db.delete(row)
    for one in tree:
        values = read_case_values(db, one)
        write_case_values(db, one, values.without_flag(ERASE_REQUESTED))
    db.flush()
    audit.record(db, "erasure.stopped", principal.member_id, case.id, now)
    return case


def _find_rows(db: Db, cases: Collection[Case]) -> list[Erasure]:
    lookups = {case.number_lookup for case in cases if case.number_lookup}
    query = select(Erasure).where(Erasure.number_lookup.in_(lookups), Erasure.state.in_(_CONFIRMED))
    return list(db.scalars(query.order_by(Erasure.id)).all())
