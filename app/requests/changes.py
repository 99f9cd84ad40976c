"""What becomes of a request: another brief, or its end, and that of its case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    SCOPE_OF_KIND,
    check_consent,
    find_case,
    find_tree_ids,
    has_agreed,
    open_case_keys,
)
from app.errors import BadRequest, NotFound
from app.models import RUNNING, AssignmentState, Case, Request, RequestState
from app.requests.brief_writer import seal_brief
from app.requests.lifecycle import (
    delete_requests,
    end_request,
    find_assignment,
    finish_brief_task,
    list_open_briefs,
    lock_request,
    share_cases,
    take_brief_back,
)
from app.requests.member_texts import CALLED_OFF_TEXT, OVER_TEXT, tell_members
from app.requests.new_requests import RequestFacts, check_request, list_shared_fields
from app.store import Db


def write_brief(
    db: Db,
    principal: Principal,
    request_id: UUID,
    now: datetime,
    share: Sequence[str] | None = None,
) -> Request:
    """Write a request's brief, or write it anew with other fields. NotFound, ConsentMissing.

    Before somebody has accepted it is sealed to all who could; afterwards to them alone.
    """
    principal.require(Permission.CASES)
    case, request = lock_request_with_case(db, principal, request_id)
    if request.state not in RUNNING:
        raise BadRequest("This request is over, so nobody would read its brief.")
    values = db.keys.read_values(request)
    check_consent(db, case, values.kind)
    if share is not None:
        asked = RequestFacts(values.kind, share=share)
        check_request(db, asked, now)
        db.keys.write_values(request, replace(values, shares=list_shared_fields(db, asked)))
    seal_brief(db, case, open_case_keys(db, principal, case), request, now)
    finish_brief_task(db, request.id, principal.member_id)
    audit.record(db, "brief.written", principal.member_id, case.id, now)
    return request


def cancel_request(db: Db, principal: Principal, request_id: UUID, now: datetime) -> Request:
    """End a request: nobody is asked any more, and who had it is told. NotFound, BadRequest."""
    principal.require(Permission.CASES)
    _, request = lock_request_with_case(db, principal, request_id)
    if request.state == RequestState.DONE:
        raise BadRequest("This request is done.")
    if request.state != RequestState.CANCELLED:
        _cancel(db, request, now)
        audit.record(db, "request.cancelled", principal.member_id, request.case_id, now)
    return request


def lock_request_with_case(db: Db, principal: Principal, request_id: UUID) -> tuple[Case, Request]:
    """Return a request with its live case, both locked, in the order in which all lock them."""
    case_id = db.scalar(select(Request.case_id).where(Request.id == request_id))
    if case_id is None:
        raise NotFound
    case = find_case(db, principal, case_id, live=True)
    request = lock_request(db, request_id)
    if request is None:
        raise NotFound
    return case, request


def _cancel(
    db: Db,
    request: Request,
    now: datetime,
    assignment_state: AssignmentState = AssignmentState.CANCELLED,
) -> None:
    going, state = find_assignment(db, request), RequestState.CANCELLED
    concerned = end_request(db, request, state, now, assignment_state=assignment_state)
    had = {going.member_id} if going else set()
    tell_members(db, had, CALLED_OFF_TEXT, request, now)
    tell_members(db, {*concerned} - had, OVER_TEXT, request, now)


def follow_consent(db: Db, case: Case, scope: str, now: datetime) -> None:
    """Take back what a consent had allowed, where the newest word on it is no.

    The briefs go with their wraps, the requests are cancelled and assignments revoked.
    """
    kinds = [kind for kind, needed in SCOPE_OF_KIND.items() if needed == scope]
    if not kinds or has_agreed(db, case.id, scope):
        return
    tree = find_tree_ids(db, case.id)
    share_cases(db, tree)
    _take_briefs_back(db, tree, kinds)
    theirs = [one for one in _running(db, tree) if db.keys.read_values(one).kind in kinds]
    for request in theirs:
        _cancel(db, request, now, AssignmentState.REVOKED)
    for request in theirs:
        audit.record(db, "request.revoked", None, request.case_id, now)


def end_requests(db: Db, case: Case, now: datetime) -> None:
    """End every request of a case that is closed."""
    _take_briefs_back(db, [case.id], SCOPE_OF_KIND)
    running = _running(db, [case.id])
    for request in running:
        _cancel(db, request, now)
    for request in running:
        audit.record(db, "request.cancelled", None, request.case_id, now)


def _take_briefs_back(db: Db, case_ids: Sequence[UUID], kinds: Collection[str]) -> None:
    """End the access of those who went along and have reported already."""
    for assignment in list_open_briefs(db, case_ids):
        request = lock_request(db, assignment.request_id)
        if request is not None and db.keys.read_values(request).kind in kinds:
            take_brief_back(db, assignment)


def forget_requests(db: Db, case: Case, now: datetime) -> None:
    """Delete every row of a case's requests; whoever expects to go is told."""
    for request in _running(db, [case.id]) if db.keys.is_open else ():
        _cancel(db, request, now)
    delete_requests(db, case.id)


def _running(db: Db, case_ids: Sequence[UUID]) -> list[Request]:
    db.flush()
    query = select(Request).where(Request.case_id.in_(case_ids), Request.state.in_(RUNNING))
    locked = query.order_by(Request.id).with_for_update()
    return list(db.scalars(locked.execution_options(populate_existing=True)))
