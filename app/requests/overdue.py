"""Assignments and access to briefs whose time is over end by themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.cases import add_task
from app.models import Assignment, AssignmentState, RequestState
from app.requests.assignments import list_open_briefs, lock_assignment, take_brief_back
from app.requests.departures import remove_strangers
from app.requests.lifecycle import end_request
from app.requests.member_texts import tell_members
from app.requests.offers import forget_old_codes
from app.store import Database, Db, show_each
from app.texts import MemberText


def sweep_assignments(database: Database, now: datetime) -> None:
    """End assignments and access whose time is over, and delete the codes of old offers."""
    with database.transaction() as db:
        if not db.keys.is_open:
            return
        forget_old_codes(db, now)
        remove_strangers(db, now)
        active = select(Assignment).where(Assignment.state == AssignmentState.ACTIVE)
        held = [(row,) for row in (*db.scalars(active), *list_open_briefs(db))]
        # One that somebody changed holds up no other.
        ends = show_each(db, held, lambda row: (row.id, db.keys.read_values(row).until))
    for assignment_id in [assignment_id for assignment_id, until in ends if until <= now]:
        with database.transaction() as db:
            _end_if_due(db, assignment_id, now)


def _end_if_due(db: Db, assignment_id: UUID, now: datetime) -> None:
    found = lock_assignment(db, assignment_id)
    if found is None:
        return
    assignment, request = found
    values = db.keys.find_values(assignment)
    if values is None or values.until > now:
        return
    if assignment.state != AssignmentState.ACTIVE:
        take_brief_back(db, assignment)
        return
    end_request(db, request, RequestState.DONE, now, assignment_state=AssignmentState.DONE)
    add_task(db, request.case_id, "report", assignment.id, now, now)
    tell_members(db, [assignment.member_id], MemberText.LATE_REPORT, request, now)
    audit.record(db, "assignment.ended", None, request.case_id, now)
