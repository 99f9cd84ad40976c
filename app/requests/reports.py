"""Reports: a holder tells the desk how it went, and which date comes next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import DateFacts, is_live, mark_date_occurred, settle_tasks, write_date
from app.crypto import CaseKeys
from app.errors import BadRequest, CaseClosed, NotFound
from app.models import (
    Assignment,
    AssignmentState,
    Case,
    Event,
    Report,
    ReportBody,
    Request,
    RequestState,
    RequestValues,
)
from app.requests.accompaniments import ACCOMPANIMENT
from app.requests.assignments import ACCESS_AFTER, lock_case_of_own, lock_own_assignment
from app.requests.lifecycle import end_request, reopen_request
from app.requests.new_requests import raise_without_brief
from app.requests.request_facts import RequestFacts
from app.requests.states import mark_assignment_over
from app.store import Db, position_after, show_rows
from app.vault import REPORT_BODY, read_field, seal_for_case

LONGEST_NOTES = 20_000
# A member who cannot go after all gives the request back, and others are asked.
GIVEN_BACK, NO_SHOW, ATTENDED = (
    AssignmentState.CANCELLED,
    AssignmentState.NO_SHOW,
    AssignmentState.ATTENDED,
)
_OUTCOMES = {
    **dict.fromkeys(("cancelled", "canceled", "cannot_go", "given_back"), GIVEN_BACK),
    **dict.fromkeys(("no_show", "noshow", "absent", "did_not_come"), NO_SHOW),
    **dict.fromkeys(("attended", "present", "went", "occurred"), ATTENDED),
}


@dataclass(frozen=True)
class ReportFacts:
    """What a holder reports. ``next_event``: the date that was set."""

    outcome: str
    notes: str = field(default="", repr=False)
    next_event: DateFacts | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OpenedReport:
    """A report, opened with the keys of its case."""

    id: UUID
    request_id: UUID
    assignment_id: UUID
    author_id: UUID
    body: ReportBody


def file_report(
    db: Db, principal: Principal, assignment_id: UUID, told: ReportFacts, now: datetime
) -> Assignment:
    """Seal a report to the case, end the assignment, and ask for people for the next date.

    A holder may report again, for example when they learn the next date later. NotFound,
    BadRequest, CaseClosed.
    """
    principal.require(Permission.OFFERS)
    if len(told.notes) > LONGEST_NOTES:
        raise BadRequest("Notes have at most 20000 characters.")
    case = lock_case_of_own(db, principal, assignment_id)
    assignment, request = lock_own_assignment(db, principal, assignment_id)
    if assignment.state == AssignmentState.REVOKED:
        raise NotFound
    active, values = assignment.state == AssignmentState.ACTIVE, db.keys.read_values(request)
    if not is_live(case):
        raise CaseClosed("The desk has closed this case. Please call them and tell how it went.")
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
    """Return whether this accompaniment ended by itself before its report."""
    return assignment.state == AssignmentState.DONE and values.kind == ACCOMPANIMENT


def _state(outcome: str) -> AssignmentState:
    """Return the state that an outcome means; an unknown word says nothing about attendance."""
    word = re.sub(r"[^a-z]+", "_", outcome.strip().casefold()).strip("_")
    return _OUTCOMES.get(word, AssignmentState.DONE)


def _store(db: Db, case: Case, assignment: Assignment, told: ReportFacts, now: datetime) -> None:
    report_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    following = told.next_event.starts_at if told.next_event else None
    body = ReportBody(outcome=told.outcome, at=now, notes=told.notes, next=following)
    db.add(
        Report(
            id=report_id,
            assignment_id=assignment.id,
            case_id=case.id,
            epoch=case.epoch,
            position=case.last_position,
            author_id=assignment.member_id,
            body=seal_for_case(
                db,
                REPORT_BODY,
                case,
                report_id,
                body,
                assignment_id=assignment.id,
                author_id=assignment.member_id,
            ),
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
    """End an assignment. A request that its holder gives back goes on to others."""
    if state == GIVEN_BACK:
        reopen_request(db, request, state, now)
        return
    until = None
    if kind != ACCOMPANIMENT:
        state = AssignmentState.DONE if state == ATTENDED else state
    elif state != NO_SHOW:
        until = min(db.keys.read_values(assignment).until, now + ACCESS_AFTER)
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
    """Add the next date and ask for the same people again; once where two holders tell of it."""
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
    """Return whether another holder told of this next date before."""
    if request.event_id is None:
        return False
    followers = db.scalars(select(Event).where(Event.follows == request.event_id))
    told = (db.keys.find_values(event) for event in followers)
    return any(values is not None and values.starts_at == wanted.starts_at for values in told)


# -- reading


def list_reports(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[OpenedReport]:
    """Return the reports of some cases, the oldest first. ``keys``: by case and epoch."""
    query = (
        select(Report, Assignment.request_id)
        .join(Assignment, Assignment.id == Report.assignment_id)
        .where(Report.case_id.in_(keys))
        .order_by(Report.position)
    )

    def opened(row: Report, request_id: UUID) -> OpenedReport:
        body = read_field(db, REPORT_BODY, row, keys[row.case_id])
        return OpenedReport(row.id, request_id, row.assignment_id, row.author_id, body)

    return sorted(show_rows(db, query, opened), key=lambda one: one.body.at)
