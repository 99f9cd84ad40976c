"""Asking for a lawyer at night: what the machine does where nobody of the desk looks in time.

Legal help is to be tried within half an hour of what is happening now (practice of such lines). For
a quarter of an hour the desk is paged; then somebody legal is asked whether they would stand by.
They are shown no person and no field: the request has no brief, and gets one only when the desk
opens the case and the caller has agreed. Who said no to telling a lawyer is not overruled.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app import candidates, seeking
from app.db import Db
from app.models import LIVE_STATES, Alert, Case, Request
from app.requests.agreed import is_refused
from app.requests.raising import Asked, put_without_brief

KIND = "legal"
DESK_HAS = timedelta(minutes=15)
_AT_A_TIME = 16


def ask_for_legal(db: Db, now: datetime) -> int:
    """Ask for legal contacts for tier 0 cases whose alert nobody answered; return for how many."""
    unanswered = select(Alert.case_id).where(
        Alert.state == "open", Alert.opened_at <= now - DESK_HAS
    )
    urgent = (Case.urgency == 0, Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
    query = select(Case).where(*urgent, Case.id.in_(unanswered)).order_by(Case.id)
    asked = 0
    for case in db.scalars(query.with_for_update()).all():
        if asked < _AT_A_TIME and not _is_tried(db, case):
            put_without_brief(db, case, Asked(KIND), now, consented=False)
            asked += 1
    return asked


def _is_tried(db: Db, case: Case) -> bool:
    """Return whether a lawyer was looked for before, or the caller does not want one told."""
    tree = candidates.tree_of(db, case.id)
    made = db.scalars(select(Request).where(Request.case_id.in_(tree)))
    if any(seeking.values(db, request)["kind"] == KIND for request in made):
        return True
    return is_refused(db, case.id, KIND)
