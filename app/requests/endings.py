"""Requests that end early: the desk cancels, the caller withdraws consent, the case ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from app import audit
from app.access import Permission, Principal
from app.cases import SCOPE_OF_KIND, find_tree_ids, has_agreed
from app.errors import BadRequest
from app.models import AssignmentState, Case, Request, RequestState
from app.requests.assignments import find_assignment, list_open_briefs, take_brief_back
from app.requests.lifecycle import delete_requests, end_request
from app.requests.locks import (
    lock_request,
    lock_request_with_case,
    lock_running_requests,
    share_cases,
)
from app.requests.member_texts import tell_members
from app.store import Db
from app.texts import MemberText


def cancel_request(db: Db, principal: Principal, request_id: UUID, now: datetime) -> Request:
    """End a request and tell the members it concerns. NotFound, CaseClosed, BadRequest."""
    principal.require(Permission.CASES)
    _, request = lock_request_with_case(db, principal, request_id)
    if request.state == RequestState.DONE:
        raise BadRequest("This request is done.")
    if request.state != RequestState.CANCELLED:
        _cancel(db, request, now)
        audit.record(db, "request.cancelled", principal.member_id, request.case_id, now)
    return request


def _cancel(
    db: Db,
    request: Request,
    now: datetime,
    assignment_state: AssignmentState = AssignmentState.CANCELLED,
) -> None:
    going, state = find_assignment(db, request), RequestState.CANCELLED
    concerned = end_request(db, request, state, now, assignment_state=assignment_state)
    had = {going.member_id} if going else set()
    tell_members(db, had, MemberText.OFFER_CALLED_OFF, request, now)
    tell_members(db, {*concerned} - had, MemberText.OFFER_OVER, request, now)


def follow_consent(db: Db, case: Case, scope: str, now: datetime) -> None:
    """Cancel the requests that a consent had allowed, where the caller's newest word is no."""
    kinds = [kind for kind, needed in SCOPE_OF_KIND.items() if needed == scope]
    if not kinds or has_agreed(db, case.id, scope):
        return
    tree = find_tree_ids(db, case.id)
    share_cases(db, tree)
    _take_briefs_back(db, tree, kinds)
    theirs = [
        one for one in lock_running_requests(db, tree) if db.keys.read_values(one).kind in kinds
    ]
    for request in theirs:
        _cancel(db, request, now, AssignmentState.REVOKED)
    for request in theirs:
        audit.record(db, "request.revoked", None, request.case_id, now)


def end_requests(db: Db, case: Case, now: datetime) -> None:
    """Cancel every request of a case that the desk closes."""
    _take_briefs_back(db, [case.id], SCOPE_OF_KIND)
    running = lock_running_requests(db, [case.id])
    for request in running:
        _cancel(db, request, now)
    for request in running:
        audit.record(db, "request.cancelled", None, request.case_id, now)


def _take_briefs_back(db: Db, case_ids: Sequence[UUID], kinds: Collection[str]) -> None:
    """End the access of members who have reported and may still open a brief."""
    for assignment in list_open_briefs(db, case_ids):
        request = lock_request(db, assignment.request_id)
        if request is not None and db.keys.read_values(request).kind in kinds:
            take_brief_back(db, assignment)


def forget_requests(db: Db, case: Case, now: datetime) -> None:
    """Delete every row of a case's requests, and tell the members who expect to go."""
    for request in lock_running_requests(db, [case.id]) if db.keys.is_open else ():
        _cancel(db, request, now)
    delete_requests(db, case.id)
