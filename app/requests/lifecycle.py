"""The life of a request: asking begins, goes with the urgency of the case, and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from app.models import (
    SEEKING,
    Assignment,
    AssignmentState,
    Case,
    Conflict,
    Offer,
    OfferState,
    Report,
    Request,
    RequestState,
    RequestValues,
    Task,
)
from app.requests.assignments import end_assignment, find_assignment
from app.requests.briefs import ask_for_brief, delete_briefs, finish_brief_task
from app.requests.locks import lock_requests_where
from app.requests.offers import list_offers, withdraw_offers
from app.requests.states import (
    mark_offer_declined,
    mark_offer_withdrawn,
    mark_request_cancelled,
    mark_request_done,
    mark_request_open,
)
from app.requests.timers import drop_timers, hurry_requests, plan_timer
from app.store import Db


def start_seeking(db: Db, request: Request, now: datetime, rounds: int = 0) -> None:
    """Begin asking, from the first step on. Members who let an older offer pass are asked again.

    ``rounds``: how often everybody was asked in vain before.
    """
    values = db.keys.read_values(request)
    values = replace(values, since=now, rounds=rounds, retry_at=None, planned=None)
    db.keys.write_values(request, values)
    mark_request_open(request)
    db.flush()
    plan_timer(db, request, now, now)


def follow_urgency(db: Db, case: Case, now: datetime) -> None:
    """Make the requests of a case as urgent as the case is, and let their ladders look at once."""
    for request in lock_requests_where(db, Request.case_id == case.id, Request.state.in_(SEEKING)):
        if request.urgency != case.urgency:
            set_request_urgency(db, request, case.urgency, now)
            plan_timer(db, request, now, now)


def set_request_urgency(db: Db, request: Request, urgency: int, now: datetime) -> None:
    """Give a request the tier of its case. Where it rose, everybody is asked again at once."""
    rose, request.urgency = urgency < request.urgency, urgency
    db.flush()
    if rose and db.keys.read_values(request).retry_at:
        start_seeking(db, request, now)


def follow_raised_cases(db: Db, now: datetime) -> int:
    """Let ladders look at once where a text or call made the case more urgent; return how many."""
    raised = select(Request.id).join(Case, Case.id == Request.case_id)
    ids = db.scalars(raised.where(Request.state.in_(SEEKING), Request.urgency > Case.urgency)).all()
    if ids:
        hurry_requests(db, ids, now)
    return len(ids)


# -- endings


def end_request(
    db: Db,
    request: Request,
    state: RequestState,
    now: datetime,
    *,
    assignment_state: AssignmentState = AssignmentState.CANCELLED,
    until: datetime | None = None,
) -> list[UUID]:
    """End a locked request; return the members who had a pending offer or the assignment.

    The timer, the brief and its wraps go. An active assignment gets ``assignment_state``; its
    holder may open the brief until ``until``, if that is given.
    """
    concerned = withdraw_offers(db, list_offers(db, request))
    assignment = find_assignment(db, request)
    if assignment is not None:
        concerned.append(assignment.member_id)
        end_assignment(db, request, assignment, assignment_state, now, until)
    # From now on only the case tells when the date was.
    db.keys.write_values(request, _without_times(db.keys.read_values(request)))
    if state == RequestState.DONE:
        mark_request_done(request)
    else:
        mark_request_cancelled(request)
    drop_timers(db, [request.id])
    if until is None:
        delete_briefs(db, [request.id])
    finish_brief_task(db, request.id, None)
    db.flush()
    return concerned


def _without_times(values: RequestValues) -> RequestValues:
    """Return what the machine may still know of a request that is over."""
    return RequestValues(
        kind=values.kind,
        languages=values.languages,
        region=values.region,
        skills=values.skills,
        wishes=values.wishes,
        shares=values.shares,
        minor=values.minor,
    )


def reopen_request(
    db: Db, request: Request, assignment_state: AssignmentState, now: datetime
) -> None:
    """Take a request back from its holder and look for another member.

    A holder who gave it back is not asked again. The brief was sealed to the holder alone, so the
    desk has to write another.
    """
    for offer in list_offers(db, request):
        if offer.state != OfferState.ACCEPTED:
            continue
        if assignment_state == AssignmentState.CANCELLED:
            mark_offer_declined(offer)
        else:
            mark_offer_withdrawn(offer)
    assignment = find_assignment(db, request)
    if assignment is not None:
        end_assignment(db, request, assignment, assignment_state, now)
    start_seeking(db, request, now)
    ask_for_brief(db, request, now)


def delete_requests(db: Db, case_id: UUID) -> None:
    """Delete every row of a case's requests, and the conflicts of interest with the case."""
    ids = select(Request.id).where(Request.case_id == case_id)
    request_ids = list(db.scalars(ids.with_for_update().order_by(Request.id)))
    drop_timers(db, request_ids)
    delete_briefs(db, request_ids)
    db.execute(delete(Report).where(Report.case_id == case_id))
    db.execute(delete(Assignment).where(Assignment.case_id == case_id))
    db.execute(delete(Offer).where(Offer.request_id.in_(request_ids)))
    db.execute(delete(Task).where(Task.subject_id.in_(request_ids)))
    db.execute(delete(Request).where(Request.case_id == case_id))
    db.execute(delete(Conflict).where(Conflict.case_id == case_id))
