"""Asking for a lawyer at night: what the machine does where nobody of the desk looks in time.

Legal help is to be tried within half an hour of what is happening now (practice of such lines). For
a quarter of an hour the desk is paged; then somebody legal is asked whether they would stand by.
They are shown no person and no field: the request has no brief, and gets one only when the desk
opens the case and the caller has agreed. Who said no to telling a lawyer is not overruled.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app.cases import find_tree_ids, has_refused
from app.models import LIVE_STATES, Alert, Case, Request
from app.requests.new_requests import raise_without_brief
from app.requests.request_facts import RequestFacts
from app.store import Db

NIGHT_KIND = "legal"
DESK_ANSWER_TIME = timedelta(minutes=15)
_AT_A_TIME = 16


def ask_for_legal(db: Db, now: datetime) -> int:
    """Ask for legal contacts for tier 0 cases whose alert nobody answered; return for how many."""
    unanswered = select(Alert.case_id).where(
        Alert.state == "open", Alert.opened_at <= now - DESK_ANSWER_TIME
    )
    urgent = (Case.urgency == 0, Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
    waiting = select(Case.id).where(*urgent, Case.id.in_(unanswered)).order_by(Case.id)
    ids = db.scalars(waiting).all()
    tried, asked = _tried(db, ids), 0
    for case_id in (one for one in ids if one not in tried):
        case = db.scalar(select(Case).where(*urgent, Case.id == case_id).with_for_update())
        if case is not None and not _is_tried(db, case):
            raise_without_brief(db, case, RequestFacts(NIGHT_KIND), now, consented=False)
            asked += 1
        if asked == _AT_A_TIME:
            break
    return asked


def _tried(db: Db, ids: Collection[UUID]) -> set[UUID]:
    """Return the cases, with what was merged with them, for which a lawyer was looked for before.

    One look for all: on a raid day they are hundreds, every minute.
    """
    main = func.coalesce(Case.merged_into, Case.id)
    rows = db.execute(
        select(main, Request).join(Case, Case.id == Request.case_id).where(main.in_(ids))
    )
    return {case_id for case_id, request in rows if db.keys.read_values(request).kind == NIGHT_KIND}


def _is_tried(db: Db, case: Case) -> bool:
    """Return whether a lawyer was looked for before, or the caller does not want one told."""
    tree = find_tree_ids(db, case.id)
    made = db.scalars(select(Request).where(Request.case_id.in_(tree)))
    if any(db.keys.read_values(request).kind == NIGHT_KIND for request in made):
        return True
    return has_refused(db, case.id, NIGHT_KIND)
