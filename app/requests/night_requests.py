"""Requests of the machine at night: it asks for a lawyer where the desk does not look in time.

Lines like this one try to find legal help within half an hour. For a quarter of an hour we page the
desk; then we ask legal contacts whether they would stand by. They see no person and no field: the
request has no brief until the caller has agreed and the desk works on the case. Where the caller
has refused a lawyer, we ask nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.cases import TREE_ROOT, has_refused
from app.models import LIVE_STATES, Alert, Case, Request
from app.requests.new_requests import raise_without_brief
from app.requests.request_facts import RequestFacts
from app.store import Db

NIGHT_KIND = "legal"
DESK_ANSWER_TIME = timedelta(minutes=15)
_AT_A_TIME = 16


def ask_for_legal(db: Db, now: datetime) -> int:
    """Ask for legal contacts for tier 0 cases whose alert nobody answered; return how many."""
    unanswered = select(Alert.case_id).where(
        Alert.state == "open", Alert.opened_at <= now - DESK_ANSWER_TIME
    )
    urgent = (Case.urgency == 0, Case.state.in_(LIVE_STATES), Case.merged_into.is_(None))
    waiting = select(Case.id).where(*urgent, Case.id.in_(unanswered)).order_by(Case.id)
    ids = db.scalars(waiting).all()
    tried, asked = _find_tried(db, ids), 0
    for case_id in (one for one in ids if one not in tried):
        case = db.scalar(select(Case).where(*urgent, Case.id == case_id).with_for_update())
        if case is not None and _is_wanted(db, case):
            raise_without_brief(db, case, RequestFacts(NIGHT_KIND), now, consented=False)
            asked += 1
        if asked == _AT_A_TIME:
            break
    return asked


def _find_tried(db: Db, case_ids: Collection[UUID]) -> set[UUID]:
    """Return the cases for whose tree somebody has asked for a lawyer before.

    One look for all: on a raid day they are hundreds, every minute.
    """
    requests = select(TREE_ROOT, Request).join(Case, Case.id == Request.case_id)
    rows = db.execute(requests.where(TREE_ROOT.in_(case_ids)))
    return {case_id for case_id, request in rows if db.keys.read_values(request).kind == NIGHT_KIND}


def _is_wanted(db: Db, case: Case) -> bool:
    """Return whether nobody has asked for a lawyer, and the caller has not refused one."""
    return case.id not in _find_tried(db, [case.id]) and not has_refused(db, case.id, NIGHT_KIND)
