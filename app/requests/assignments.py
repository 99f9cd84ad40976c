"""Assignments: reading the brief, reporting what came of it, and how access ends.

Only who accepted reads the brief, while the assignment is active: their keys open the one wrap
that is left. It goes with the report, but for who went along: they look something up for another
24 hours. It goes by itself 24 hours after the event, for a request without a date when it was
taken on long enough ago.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import DateFacts, add_task, mark_date_occurred, settle_tasks, write_date, write_note
from app.crypto import CaseKeys, Purpose, open_sealed, pad_message, seal_to, unpad
from app.errors import BadRequest, NotFound
from app.models import (
    LIVE_STATES,
    Assignment,
    AssignmentState,
    Case,
    Event,
    Offer,
    Report,
    Request,
    RequestState,
    RequestValues,
)
from app.requests.accompaniments import ACCOMPANIMENT, NO_COMPANY, Company, find_company
from app.requests.answers import forget_old_codes
from app.requests.briefs import BriefContent, open_brief
from app.requests.lifecycle import (
    end_request,
    has_any_part,
    list_open_briefs,
    lock_request,
    remove_member_from_requests,
    reopen_request,
    take_brief_back,
)
from app.requests.member_texts import tell_members
from app.requests.new_requests import RequestFacts, raise_without_brief
from app.requests.states import mark_assignment_over
from app.store import Database, Db, position_after
from app.vault import find_public_key, read_roster

LONGEST_NOTES = 20_000
# Whoever cannot go after all gives the request back: others are asked.
GIVEN_BACK, NO_SHOW, ATTENDED = (
    AssignmentState.CANCELLED,
    AssignmentState.NO_SHOW,
    AssignmentState.ATTENDED,
)
# Who went along still opens the brief for so long after the report, but not past its usual end.
_AFTER_REPORT = timedelta(hours=24)
_OUTCOMES = {
    **dict.fromkeys(("cancelled", "canceled", "cannot_go", "given_back"), GIVEN_BACK),
    **dict.fromkeys(("no_show", "noshow", "absent", "did_not_come"), NO_SHOW),
    **dict.fromkeys(("attended", "present", "went", "occurred"), ATTENDED),
}
LATE_REPORT = "Desk: please report on what you took on. Sign in to do so."


@dataclass(frozen=True)
class OpenedBrief:
    """An assignment as its holder sees it; ``brief`` only while it is active and one is written."""

    assignment: Assignment
    request: Request
    values: RequestValues = field(repr=False)
    brief: BriefContent | None = None
    company: Company = NO_COMPANY


@dataclass(frozen=True)
class OpenedReport:
    """A report, opened with the keys of its case. ``next_at``: the next date that they told."""

    id: UUID
    request_id: UUID
    assignment_id: UUID
    author_id: UUID
    at: datetime
    outcome: str
    notes: str = field(repr=False)
    next_at: datetime | None = field(repr=False)


@dataclass(frozen=True)
class ReportFacts:
    """What somebody reports; ``next_event`` is the date that was set."""

    outcome: str
    notes: str = field(default="", repr=False)
    next_event: DateFacts | None = field(default=None, repr=False)


# -- reading


def list_own_assignments(
    db: Db, principal: Principal, *, active: bool = False
) -> list[OpenedBrief]:
    """Return a member's assignments as coarse facts, the newest first."""
    principal.require(Permission.OFFERS)
    query = (
        select(Assignment, Request)
        .join(Request, Request.id == Assignment.request_id)
        .where(Assignment.member_id == principal.member_id)
        .order_by(Assignment.accepted_at.desc(), Assignment.id)
    )
    if active:
        query = query.where(Assignment.state == AssignmentState.ACTIVE)
    return [
        OpenedBrief(assignment, request, db.keys.read_values(request))
        for assignment, request in db.execute(query).all()
    ]


def read_brief(db: Db, principal: Principal, assignment_id: UUID, now: datetime) -> OpenedBrief:
    """Open the brief for who accepted it, and write that down. NotFound for anybody else."""
    principal.require(Permission.OFFERS)
    assignment, request = _mine(db, principal, assignment_id)
    values = db.keys.read_values(request)
    if assignment.op_key is None or db.keys.read_values(assignment).until <= now:
        return OpenedBrief(assignment, request, values)
    brief = open_brief(db, principal, request.id)
    audit.record(db, "brief.read", principal.member_id, request.case_id, now)
    company = find_company(db, request, principal.member_id)
    return OpenedBrief(assignment, request, values, brief, company)


def _mine(db: Db, principal: Principal, assignment_id: UUID) -> tuple[Assignment, Request]:
    """Return a member's own assignment with its request, which is locked. NotFound."""
    theirs = (Assignment.id == assignment_id, Assignment.member_id == principal.member_id)
    request_id = db.scalar(select(Assignment.request_id).where(*theirs))
    request = lock_request(db, request_id) if request_id else None
    query = select(Assignment).where(*theirs).execution_options(populate_existing=True)
    assignment = db.scalar(query) if request else None
    if request is None or assignment is None:
        raise NotFound
    return assignment, request


# -- reporting


def file_report(
    db: Db, principal: Principal, assignment_id: UUID, told: ReportFacts, now: datetime
) -> Assignment:
    """Seal a report to the case and end the assignment; the next date is asked for in one step.

    Reporting again adds to the report, also the next date, which is often learnt later. NotFound,
    BadRequest.
    """
    principal.require(Permission.OFFERS)
    if len(told.notes) > LONGEST_NOTES:
        raise BadRequest("Notes have at most 20000 characters.")
    theirs = (Assignment.id == assignment_id, Assignment.member_id == principal.member_id)
    case_id = db.scalar(select(Assignment.case_id).where(*theirs))
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True) if case_id else None
    if case is None:
        raise NotFound
    assignment, request = _mine(db, principal, assignment_id)
    if assignment.state == AssignmentState.REVOKED:
        raise NotFound
    active, values = assignment.state == AssignmentState.ACTIVE, db.keys.read_values(request)
    if told.next_event is not None and case.state not in LIVE_STATES:
        raise BadRequest("The desk has closed this. Please tell them the next date.")
    state = _state(told.outcome)
    _store(db, case, assignment, told, now)
    if active:
        _finish(db, request, assignment, values.kind, state, now)
    elif _is_told_late(assignment, values) and state in (ATTENDED, NO_SHOW):
        mark_assignment_over(assignment, state)
    was_there = state == ATTENDED and assignment.state not in (GIVEN_BACK, NO_SHOW)
    if was_there and request.event_id is not None:
        mark_date_occurred(db, request.event_id, principal.member_id, now)
    if told.next_event is not None:
        _next(db, case, request, values, told.next_event, principal.member_id, now)
    settle_tasks(db, assignment.id, ("report",), principal.member_id)
    audit.record(db, "assignment.reported", principal.member_id, case.id, now)
    return assignment


def _is_told_late(assignment: Assignment, values: RequestValues) -> bool:
    """Return whether somebody who went along had not reported before it ended by itself."""
    return assignment.state == AssignmentState.DONE and values.kind == ACCOMPANIMENT


def _state(outcome: str) -> AssignmentState:
    """Return what an outcome says; a word that is none of ours says nothing about attendance."""
    word = re.sub(r"[^a-z]+", "_", outcome.strip().casefold()).strip("_")
    return _OUTCOMES.get(word, AssignmentState.DONE)


def _store(db: Db, case: Case, assignment: Assignment, told: ReportFacts, now: datetime) -> None:
    report_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    next_at = told.next_event.starts_at.isoformat() if told.next_event else None
    content = {"outcome": told.outcome, "notes": told.notes, "at": now.isoformat(), "next": next_at}
    context = db.keys.context("reports", "body", report_id, 1, case=case.id, epoch=case.epoch)
    plaintext = pad_message(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    public = find_public_key(db, case.id, case.epoch)
    db.add(
        Report(
            id=report_id,
            assignment_id=assignment.id,
            case_id=case.id,
            epoch=case.epoch,
            position=case.last_position,
            author_id=assignment.member_id,
            body=seal_to(public, Purpose.NOTE, case.epoch, context, plaintext),
        )
    )
    db.flush()


def _finish(
    db: Db,
    request: Request,
    assignment: Assignment,
    kind: str,
    state: AssignmentState,
    now: datetime,
) -> None:
    """End an assignment; who gives it back makes room for somebody else."""
    if state == GIVEN_BACK:
        reopen_request(db, request, state, now)
        return
    until = None
    if kind != ACCOMPANIMENT:
        state = AssignmentState.DONE if state == ATTENDED else state
    elif state != NO_SHOW:
        until = min(db.keys.read_values(assignment).until, now + _AFTER_REPORT)
    end_request(db, request, RequestState.DONE, now, assignment_state=state, until=until)


def _next(
    db: Db,
    case: Case,
    request: Request,
    values: RequestValues,
    wanted: DateFacts,
    reporter: UUID,
    now: datetime,
) -> None:
    """Add the next date, and ask for the same again; not twice where two went together."""
    if _is_known(db, request, wanted):
        return
    event = write_date(db, case, wanted, reporter, now, follows=request.event_id)
    asked = RequestFacts(
        values.kind,
        event.id,
        values.languages,
        values.region,
        values.skills,
        values.wishes,
        share=values.shares,
        minor=values.minor,
    )
    raise_without_brief(db, case, asked, now)


def _is_known(db: Db, request: Request, wanted: DateFacts) -> bool:
    """Return whether the date that follows this one was told before."""
    if request.event_id is None:
        return False
    followers = db.scalars(select(Event).where(Event.follows == request.event_id))
    told = (db.keys.open_row("events", event).get("starts_at") for event in followers)
    return any(at and datetime.fromisoformat(at) == wanted.starts_at for at in told)


def explain_decline(
    db: Db, principal: Principal, offer_id: UUID, reason: str, now: datetime
) -> None:
    """Seal to the case why a member declines, for the desk to read. NotFound."""
    principal.require(Permission.OFFERS)
    asked = (Offer.id == offer_id, Offer.member_id == principal.member_id)
    query = select(Request.case_id).join(Offer, Offer.request_id == Request.id).where(*asked)
    case_id = db.scalar(query)
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True) if case_id else None
    if case is None:
        raise NotFound
    write_note(db, case, principal.member_id, "declined", reason, now)
    db.flush()


# -- reading reports


def list_reports(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[OpenedReport]:
    """Return the reports in cases whose keys are in hand, in order of time."""
    rows = db.execute(
        select(Report, Assignment.request_id)
        .join(Assignment, Assignment.id == Report.assignment_id)
        .where(Report.case_id.in_(keys))
        .order_by(Report.position)
    )
    found = [_open(db, row, request_id, keys[row.case_id]) for row, request_id in rows.all()]
    return sorted(found, key=lambda one: one.at)


def _open(db: Db, row: Report, request_id: UUID, keys: Mapping[int, CaseKeys]) -> OpenedReport:
    context = db.keys.context("reports", "body", row.id, 1, case=row.case_id, epoch=row.epoch)
    pair = keys[row.epoch].pair
    content = json.loads(unpad(open_sealed(pair, Purpose.NOTE, row.epoch, context, row.body)))
    next_at = content["next"]
    return OpenedReport(
        id=row.id,
        request_id=request_id,
        assignment_id=row.assignment_id,
        author_id=row.author_id,
        at=datetime.fromisoformat(content["at"]),
        outcome=content["outcome"],
        notes=content["notes"],
        next_at=datetime.fromisoformat(next_at) if next_at else None,
    )


# -- ending by itself


def sweep_assignments(database: Database, now: datetime) -> None:
    """End assignments and access whose time is over, and take the codes out of old offers."""
    with database.transaction() as db:
        if not db.keys.is_open:
            return
        forget_old_codes(db, now)
        _forget_strangers(db, now)
        held = [*_active(db), *list_open_briefs(db)]
        due = [row.id for row in held if db.keys.read_values(row).until <= now]
    for assignment_id in due:
        with database.transaction() as db:
            _end_if_due(db, assignment_id, now)


def _forget_strangers(db: Db, now: datetime) -> None:
    """Take back what was offered to somebody at the moment at which they were removed."""
    for member_id in read_roster(db).removed:
        if has_any_part(db, member_id):
            remove_member_from_requests(db, member_id, now)


def _active(db: Db) -> Sequence[Assignment]:
    return db.scalars(select(Assignment).where(Assignment.state == AssignmentState.ACTIVE)).all()


def _end_if_due(db: Db, assignment_id: UUID, now: datetime) -> None:
    this = Assignment.id == assignment_id
    request_id = db.scalar(select(Assignment.request_id).where(this))
    request = lock_request(db, request_id) if request_id else None
    query = select(Assignment).where(this).execution_options(populate_existing=True)
    assignment = db.scalar(query) if request else None
    if request is None or assignment is None or assignment.op_key is None:
        return
    if db.keys.read_values(assignment).until > now:
        return
    if assignment.state != AssignmentState.ACTIVE:
        take_brief_back(db, assignment)
        return
    end_request(db, request, RequestState.DONE, now, assignment_state=AssignmentState.DONE)
    add_task(db, request.case_id, "report", assignment.id, now, now)
    tell_members(db, [assignment.member_id], LATE_REPORT, request, now)
    audit.record(db, "assignment.ended", None, request.case_id, now)
