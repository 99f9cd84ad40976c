"""A request while somebody is looked for, and how the looking ends.

Whoever changes a request, its offers, its assignment or its brief locks rows in one order, so that
two deeds never cross: the case, the request, then whatever else, and the audit log at last. Rows
that name a case or a member share its row's key, so the case comes first even where only a request
changes. While a request's state is in ``SEEKING`` it has one job ``offers``: its timer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, or_, select, update

from app import audit
from app.models import (
    RUNNING,
    SEEKING,
    Assignment,
    AssignmentState,
    AssignmentValues,
    BriefWrap,
    Case,
    Conflict,
    Job,
    Offer,
    OfferState,
    Report,
    Request,
    RequestState,
    RequestValues,
    Task,
    rounded,
)
from app.requests.accompaniments import pass_lead_on
from app.requests.briefs import delete_briefs, delete_wraps
from app.requests.states import (
    mark_assignment_over,
    mark_offer_declined,
    mark_offer_withdrawn,
    mark_request_cancelled,
    mark_request_done,
    mark_request_open,
)
from app.store import FURTHEST, Db, add_jobs, new_job

REQUEST_JOB = "offers"
_DID_NOT_GO = (AssignmentState.CANCELLED, AssignmentState.NO_SHOW, AssignmentState.REVOKED)


def lock_request(db: Db, request_id: UUID) -> Request | None:
    """Return a request as it is now, and keep it so until the transaction ends."""
    db.flush()  # what is read anew must not undo what waits to be written
    share_cases(db, select(Request.case_id).where(Request.id == request_id))
    query = select(Request).where(Request.id == request_id).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def share_cases(db: Db, case_ids: Any) -> None:
    """Keep the rows of some cases from being locked by others, as rows that name them will."""
    query = select(Case.id).where(Case.id.in_(case_ids)).order_by(Case.id)
    db.execute(query.with_for_update(read=True, key_share=True))


def lock_requests(db: Db, case_ids: Collection[UUID]) -> None:
    """Lock every request of some cases, before anything is written into the audit log."""
    query = select(Request.id).where(Request.case_id.in_(case_ids)).order_by(Request.id)
    db.execute(query.with_for_update())


def list_offers(db: Db, request: Request) -> list[Offer]:
    """Return all offers of a request, which is locked."""
    db.flush()
    query = select(Offer).where(Offer.request_id == request.id).order_by(Offer.made_at, Offer.id)
    return list(db.scalars(query.execution_options(populate_existing=True)))


def find_assignment(db: Db, request: Request) -> Assignment | None:
    """Return the assignment of whoever has the request now, if anybody has."""
    db.flush()
    active = (Assignment.request_id == request.id, Assignment.state == AssignmentState.ACTIVE)
    query = select(Assignment).where(*active).execution_options(populate_existing=True)
    return db.scalar(query)


# -- the timer


def plan_timer(db: Db, request: Request, now: datetime, at: datetime) -> None:
    """Set the request's one timer; it looks again within the hour, however far ``at`` is."""
    drop_timers(db, [request.id])
    delay = min(max(at - now, timedelta(0)), FURTHEST)
    add_jobs(db, [new_job(REQUEST_JOB, request.id, now, priority=request.urgency, delay=delay)])


def drop_timers(db: Db, request_ids: Collection[UUID]) -> None:
    """Take the timers away."""
    db.execute(delete(Job).where(Job.kind == REQUEST_JOB, Job.ref.in_(request_ids)))


def hurry_requests(db: Db, request_ids: Collection[UUID], now: datetime) -> None:
    """Let other requests look again at once, but for those that somebody works at just now."""
    theirs = (Job.kind == REQUEST_JOB, Job.ref.in_(request_ids), Job.state == "queued")
    free = select(Job.id).where(*theirs).with_for_update(skip_locked=True)
    db.execute(update(Job).where(Job.id.in_(list(db.scalars(free)))).values(run_at=now))


def start_seeking(db: Db, request: Request, now: datetime, rounds: int = 0) -> None:
    """Look for somebody from the first step on; who let an older offer pass is asked again.

    ``rounds``: how often everybody was asked in vain already.
    """
    values = db.keys.read_values(request)
    values = replace(values, since=now, rounds=rounds, retry_at=None, planned=None)
    db.keys.write_values(request, values)
    mark_request_open(request)
    db.flush()
    plan_timer(db, request, now, now)


def follow_urgency(db: Db, case: Case, now: datetime) -> None:
    """Let a case's requests be as urgent as it is; who is looked for more urgently, is at once."""
    running = (Request.case_id == case.id, Request.state.in_(SEEKING))
    query = select(Request).where(*running).order_by(Request.id).with_for_update()
    for request in db.scalars(query.execution_options(populate_existing=True)).all():
        if request.urgency != case.urgency:
            set_request_urgency(db, request, case.urgency, now)
            plan_timer(db, request, now, now)


def set_request_urgency(db: Db, request: Request, urgency: int, now: datetime) -> None:
    """Give a request its case's tier; what nobody took is asked anew at once where it rose."""
    rose, request.urgency = urgency < request.urgency, urgency
    db.flush()
    if rose and db.keys.read_values(request).retry_at:
        start_seeking(db, request, now)


def follow_raised_cases(db: Db, now: datetime) -> int:
    """Let requests look again whose case became more urgent meanwhile, by whatever came in."""
    raised = select(Request.id).join(Case, Case.id == Request.case_id)
    ids = db.scalars(raised.where(Request.state.in_(SEEKING), Request.urgency > Case.urgency)).all()
    if ids:
        hurry_requests(db, ids, now)
    return len(ids)


# -- endings


def withdraw_offers(db: Db, offers: Iterable[Offer]) -> list[UUID]:
    """Take back the offers that are still pending; return the members who had them."""
    concerned = []
    for offer in offers:
        if offer.state == OfferState.PENDING:
            mark_offer_withdrawn(offer)
            concerned.append(offer.member_id)
    db.flush()
    return concerned


def end_request(
    db: Db,
    request: Request,
    state: RequestState,
    now: datetime,
    *,
    assignment_state: AssignmentState = AssignmentState.CANCELLED,
    until: datetime | None = None,
) -> list[UUID]:
    """End a request that is locked; return who had an offer or the assignment.

    The timer, the brief and its wraps go; an assignment that runs gets ``assignment_state``. With
    ``until`` its holder, and nobody else, may open the brief for so long.
    """
    concerned = withdraw_offers(db, list_offers(db, request))
    assignment = find_assignment(db, request)
    if assignment is not None:
        concerned.append(assignment.member_id)
        end_assignment(db, request, assignment, assignment_state, now, until)
    # From now on only the case tells when something happens, or happened.
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
    """Return what the machine still knows of a request that is over."""
    return RequestValues(
        kind=values.kind,
        languages=values.languages,
        region=values.region,
        skills=values.skills,
        wishes=values.wishes,
        shares=values.shares,
        minor=values.minor,
    )


def end_assignment(
    db: Db,
    request: Request,
    assignment: Assignment,
    state: AssignmentState,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """End an assignment; its brief goes, now or at ``until``, and the lead if they do not go."""
    mark_assignment_over(assignment, state)
    assignment.ended_at = rounded(now)
    if state in _DID_NOT_GO:
        pass_lead_on(db, request, assignment.member_id)
    assignment.version += 1
    if until is None:
        take_brief_back(db, assignment)
    else:
        db.keys.write_values(assignment, AssignmentValues(until=until))
    db.flush()


def take_brief_back(db: Db, assignment: Assignment) -> None:
    """End a member's access: the wrap goes, and so does what the machine knew of the assignment."""
    assignment.op_key = assignment.op_values = assignment.shred_day = None
    delete_briefs(db, [assignment.request_id])
    db.flush()


def list_open_briefs(db: Db, case_ids: Collection[UUID] | None = None) -> Sequence[Assignment]:
    """Return the assignments that have ended while their holders may still open the brief."""
    query = select(Assignment).where(
        Assignment.state != AssignmentState.ACTIVE, Assignment.op_key.is_not(None)
    )
    if case_ids is not None:
        query = query.where(Assignment.case_id.in_(case_ids))
    return db.scalars(query.order_by(Assignment.id)).all()


def reopen_request(
    db: Db, request: Request, assignment_state: AssignmentState, now: datetime
) -> None:
    """Take a request back from whoever has it and look for somebody else.

    Who gave it back is not asked again. The brief was only theirs any more: somebody of the desk
    has to write another.
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
    """Delete all that belongs to a case's requests, every row of it."""
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


# -- briefs that are missing


def ask_for_brief(db: Db, request: Request, now: datetime) -> None:
    """Have the desk write a brief: the next of them who opens the case does."""
    task_id = uuid4()
    db.execute(delete(Task).where(Task.subject_id == request.id, Task.kind == "brief"))
    db.add(
        Task(
            id=task_id,
            case_id=request.case_id,
            subject_id=request.id,
            kind="brief",
            number=0,
            state="open",
            **db.keys.new_row("tasks", task_id, {"due_at": now.isoformat()}, now),
        )
    )
    db.flush()


def finish_brief_task(db: Db, request_id: UUID, member_id: UUID | None) -> None:
    """Note that a request needs no brief any more."""
    theirs = (Task.subject_id == request_id, Task.kind == "brief", Task.state == "open")
    done = {"state": "done", "done_by": member_id, "op_key": None, "op_values": None}
    db.execute(update(Task).where(*theirs).values(**done, shred_day=None))


# -- somebody leaves


def has_any_part(db: Db, member_id: UUID) -> bool:
    """Return whether a member has an offer, an assignment or a wrap."""
    return db.scalar(select(Request.id).where(_of_member(member_id)).limit(1)) is not None


def _of_member(member_id: UUID) -> ColumnElement[bool]:
    offered = select(Offer.request_id).where(
        Offer.member_id == member_id, Offer.state == OfferState.PENDING
    )
    assigned = select(Assignment.request_id).where(
        Assignment.member_id == member_id, Assignment.state == AssignmentState.ACTIVE
    )
    sealed_to = select(BriefWrap.request_id).where(BriefWrap.member_id == member_id)
    return or_(Request.id.in_(offered), Request.id.in_(assigned), Request.id.in_(sealed_to))


def lock_requests_of_member(db: Db, member_id: UUID) -> list[Request]:
    """Lock all requests in which a member has an offer, the assignment, or a wrap."""
    which = _of_member(member_id)
    db.flush()
    share_cases(db, select(Request.case_id).where(which))
    query = select(Request).where(which).order_by(Request.id).with_for_update()
    return list(db.scalars(query.execution_options(populate_existing=True)))


def withdraw_member(db: Db, member_id: UUID, now: datetime) -> None:
    """Take back what a member was only asked for: their roles are others now."""
    for request in lock_requests_of_member(db, member_id):
        theirs = [offer for offer in list_offers(db, request) if offer.member_id == member_id]
        if withdraw_offers(db, theirs) and request.state in SEEKING:
            plan_timer(db, request, now, now)
    delete_wraps(db, member_id, pending=True)


def remove_member_from_requests(db: Db, member_id: UUID, now: datetime) -> None:
    """Take everything back from a member: offers, assignments, wraps. Others are asked instead."""
    for request in lock_requests_of_member(db, member_id):
        if request.state not in RUNNING:
            continue
        theirs = [o for o in list_offers(db, request) if o.member_id == member_id]
        pending = withdraw_offers(db, theirs)
        assignment = find_assignment(db, request)
        if assignment is not None and assignment.member_id == member_id:
            audit.record(db, "assignment.revoked", None, request.case_id, now)
            reopen_request(db, request, AssignmentState.REVOKED, now)
        elif pending:
            plan_timer(db, request, now, now)
    delete_wraps(db, member_id)
    db.execute(update(Offer).where(Offer.member_id == member_id).values(reply_lookup=None))
    late = (Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    withdraw_offers(db, db.scalars(select(Offer).where(*late)).all())
