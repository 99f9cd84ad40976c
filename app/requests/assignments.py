"""Assignments: a member has a request, reads its brief for a while, and the access ends.

The member's keys open the one wrap of the brief that is left. It goes with their report; members
who went along keep it for another day. In any case it goes a day after the date, or, where there
is no date, after a time that depends on the kind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import settle_tasks
from app.errors import NotFound
from app.models import (
    Assignment,
    AssignmentState,
    AssignmentValues,
    BriefContent,
    Case,
    Request,
    RequestValues,
    rounded,
)
from app.requests.accompaniments import NO_COMPANY, Company, find_company, give_lead, pass_lead_on
from app.requests.briefs import delete_briefs, open_brief
from app.requests.interpreter_texts import TextToInterpret, list_texts_to_interpret
from app.requests.locks import lock_request
from app.requests.states import mark_assignment_over, mark_request_assigned
from app.requests.timers import drop_timers
from app.store import Db

# A member who went along may look something up for so long after the date, and after the report.
ACCESS_AFTER = timedelta(hours=24)
# An assignment without a date ends by itself after so long.
LONGEST_ASSIGNMENT = {
    "accompaniment": timedelta(days=7),
    "interpreter": timedelta(days=1),
    "legal": timedelta(days=30),
}
# The desk is to read what an interpreter answered.
INTERPRETED_TASK = "interpreted"
_DID_NOT_GO = (AssignmentState.CANCELLED, AssignmentState.NO_SHOW, AssignmentState.REVOKED)


@dataclass(frozen=True)
class OpenedBrief:
    """An assignment as its holder sees it; ``brief`` is None once access has ended.

    ``texts`` are what the desk gave an interpreter to read.
    """

    assignment: Assignment
    request: Request
    values: RequestValues = field(repr=False)
    brief: BriefContent | None = None
    company: Company = NO_COMPANY
    texts: Sequence[TextToInterpret] = field(default=(), repr=False)


def find_assignment(db: Db, request: Request) -> Assignment | None:
    """Return the active assignment of a request; None where no member has it now."""
    db.flush()
    active = (Assignment.request_id == request.id, Assignment.state == AssignmentState.ACTIVE)
    query = select(Assignment).where(*active).execution_options(populate_existing=True)
    return db.scalar(query)


def make_assignment(db: Db, request: Request, member_id: UUID, now: datetime) -> Assignment:
    """Give a request to the member who accepted it."""
    assignment_id, kept = uuid4(), _make_values(db.keys.read_values(request), now)
    parents = {"request_id": request.id, "case_id": request.case_id, "member_id": member_id}
    assignment = Assignment(
        id=assignment_id,
        state=AssignmentState.ACTIVE,
        version=1,
        accepted_at=rounded(now),
        **db.keys.new_values(Assignment, assignment_id, kept, now, **parents),
    )
    db.add(assignment)
    mark_request_assigned(request)
    drop_timers(db, [request.id])
    db.flush()
    give_lead(db, request, member_id)
    return assignment


def extend_assignment(db: Db, request: Request, assignment: Assignment) -> None:
    """Fit an assignment to the date that its request has now."""
    values = _make_values(db.keys.read_values(request), assignment.accepted_at)
    db.keys.write_values(assignment, values)


def _make_values(values: RequestValues, since: datetime) -> AssignmentValues:
    """Return the values of an assignment that a member accepted at ``since``."""
    until = find_access_end(values, since)
    return AssignmentValues(starts_at=values.starts_at, ends_at=values.ends_at, until=until)


def find_access_end(values: RequestValues, since: datetime) -> datetime:
    """Return when access ends at the latest for a member who accepted at ``since``."""
    longest = since + LONGEST_ASSIGNMENT[values.kind]
    if values.window is None:
        return longest
    after = values.window[1] + ACCESS_AFTER
    return max(after, longest) if values.kind == "legal" else after


# -- reading


def list_own_assignments(db: Db, principal: Principal) -> list[OpenedBrief]:
    """Return a member's assignments as coarse facts, the newest first."""
    principal.require(Permission.OFFERS)
    query = (
        select(Assignment, Request)
        .join(Request, Request.id == Assignment.request_id)
        .where(Assignment.member_id == principal.member_id)
        .order_by(Assignment.accepted_at.desc(), Assignment.id)
    )
    return [
        OpenedBrief(assignment, request, db.keys.read_values(request))
        for assignment, request in db.execute(query).all()
    ]


def read_brief(db: Db, principal: Principal, assignment_id: UUID, now: datetime) -> OpenedBrief:
    """Open the brief for its holder, and write that down. NotFound for anybody else."""
    principal.require(Permission.OFFERS)
    assignment, request = lock_own_assignment(db, principal, assignment_id)
    values = db.keys.read_values(request)
    if assignment.op_key is None or db.keys.read_values(assignment).until <= now:
        return OpenedBrief(assignment, request, values)
    brief = open_brief(db, principal, request.id)
    audit.record(db, "brief.read", principal.member_id, request.case_id, now)
    company = find_company(db, request, principal.member_id)
    texts = list_texts_to_interpret(db, principal, assignment)
    return OpenedBrief(assignment, request, values, brief, company, texts)


def lock_case_of_own(db: Db, principal: Principal, assignment_id: UUID) -> Case:
    """Return the case of a member's own assignment, which is locked before the rest. NotFound."""
    theirs = (Assignment.id == assignment_id, Assignment.member_id == principal.member_id)
    case_id = db.scalar(select(Assignment.case_id).where(*theirs))
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True) if case_id else None
    if case is None:
        raise NotFound
    return case


def lock_own_assignment(
    db: Db, principal: Principal, assignment_id: UUID
) -> tuple[Assignment, Request]:
    """Return a member's own assignment with its request, which is locked. NotFound."""
    found = lock_assignment(db, assignment_id)
    if found is None or found[0].member_id != principal.member_id:
        raise NotFound
    return found


def lock_assignment(db: Db, assignment_id: UUID) -> tuple[Assignment, Request] | None:
    """Return an assignment with its request, which is locked; None where it is gone."""
    this = Assignment.id == assignment_id
    request_id = db.scalar(select(Assignment.request_id).where(this))
    request = lock_request(db, request_id) if request_id else None
    query = select(Assignment).where(this).execution_options(populate_existing=True)
    assignment = db.scalar(query) if request else None
    return (assignment, request) if assignment and request else None


# -- ending


def end_assignment(
    db: Db,
    request: Request,
    assignment: Assignment,
    state: AssignmentState,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """End an assignment. Access to the brief ends now, or at ``until``.

    A member who does not go, or did not, does not lead either.
    """
    mark_assignment_over(assignment, state)
    assignment.ended_at = rounded(now)
    if state in _DID_NOT_GO:
        pass_lead_on(db, request, assignment.member_id)
    assignment.version += 1
    settle_tasks(db, request.id, (INTERPRETED_TASK,), None)
    if until is None:
        take_brief_back(db, assignment)
    else:
        db.keys.write_values(assignment, AssignmentValues(until=until))
    db.flush()


def take_brief_back(db: Db, assignment: Assignment) -> None:
    """End the access of a holder: delete the brief, and the values of the assignment."""
    assignment.op_key = assignment.op_values = assignment.shred_day = None
    delete_briefs(db, [assignment.request_id])
    db.flush()


def list_open_briefs(db: Db, case_ids: Collection[UUID] | None = None) -> Sequence[Assignment]:
    """Return the assignments that are over, but whose holders may still open the brief."""
    query = select(Assignment).where(
        Assignment.state != AssignmentState.ACTIVE, Assignment.op_key.is_not(None)
    )
    if case_ids is not None:
        query = query.where(Assignment.case_id.in_(case_ids))
    return db.scalars(query.order_by(Assignment.id)).all()
