"""A member's own assignments: the brief while it lasts, and the report."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.access import Permission
from app.api.answers import RecordOut
from app.api.deps import IdempotencyKey, VisitDep, etag, fingerprint, needs
from app.api.request_shapes import WindowOut, show_window
from app.cases import LONGEST_PLACE, DateFacts, read_instant
from app.models import BriefContent
from app.requests import (
    LONGEST_ANSWER,
    LONGEST_NOTES,
    OpenedBrief,
    ReportFacts,
    answer_text,
    file_report,
    list_own_assignments,
    read_brief,
)
from app.store import do_once

router = APIRouter(prefix="/v1/assignments", tags=["assignments"])
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Place = Annotated[str, Field(max_length=LONGEST_PLACE)]


class AssignmentItem(BaseModel):
    """What you took on: coarse facts."""

    id: UUID
    request_id: UUID
    kind: str
    state: str
    languages: list[str]
    region: str | None
    window: WindowOut | None
    accepted_at: datetime
    ended_at: datetime | None


class GivenTextOut(RecordOut):
    """A text for you to interpret. You cannot read your answer again: send another in its place."""

    id: UUID
    text: str
    is_written: bool = Field(
        description="false: words of the desk, to be said in the caller's language"
    )
    answered: bool


class TextAnswer(BaseModel):
    """What it says, or how to say it in the caller's language."""

    answer: Annotated[str, Field(min_length=1, max_length=LONGEST_ANSWER)]


class AssignmentOut(AssignmentItem):
    """With the brief: null once access has ended, and while the desk has not written one.

    Members who went along can read it for 24 hours after their report.
    """

    brief: dict[str, Any] | None = Field(
        description="kind, languages, starts_at, ends_at, needed_by; as far as the kind may see "
        "them: reference, meeting_place, together, fields"
    )
    leads: bool = Field(description="whether the others look for you at the meeting place")
    leader: str | None = Field(default=None, description="who leads, by code name")
    others: list[str] = Field(default=[], description="who else goes along, by code name")
    texts: list[GivenTextOut] = Field(default=[], description="what the desk gave you to interpret")


class AssignmentList(BaseModel):
    """Your assignments, the newest first."""

    items: list[AssignmentItem]
    next_cursor: None = None


class NextEvent(BaseModel):
    """The date that was set. It is asked for at once, like this one."""

    kind: Code = "hearing"
    starts_at: datetime = Field(description="with its offset; or local time, with `zone`")
    ends_at: datetime | None = None
    zone: Code | None = Field(default=None, description="for example America/Toronto")
    place: Place = ""
    meeting_place: Place | None = None


class NewReport(BaseModel):
    """How it went. ``cancelled``: you cannot go after all, and others are asked."""

    outcome: Code = Field(description="attended, no_show, cancelled, or another word")
    notes: Annotated[str, Field(max_length=LONGEST_NOTES)] = ""
    next_event: NextEvent | None = None


def show_coarsely(opened: OpenedBrief) -> AssignmentItem:
    """Return an assignment as coarse facts."""
    row, values = opened.assignment, opened.values
    return AssignmentItem(
        id=row.id,
        request_id=row.request_id,
        kind=values.kind,
        state=row.state,
        languages=list(values.languages),
        region=values.region,
        window=show_window(values),
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
    )


def show_assignment(opened: OpenedBrief) -> AssignmentOut:
    """Return an assignment with its brief."""
    company = opened.company
    return AssignmentOut(
        **show_coarsely(opened).model_dump(),
        brief=show_brief(opened.brief) if opened.brief else None,
        leads=company.leads,
        leader=company.leader,
        others=list(company.others),
        texts=[GivenTextOut.model_validate(one) for one in opened.texts],
    )


def show_brief(brief: BriefContent) -> dict[str, Any]:
    """Return a brief with the names that its kind may see."""
    content: dict[str, Any] = {"kind": brief.kind, "languages": list(brief.languages)}
    for name in ("starts_at", "ends_at", "needed_by"):
        at = getattr(brief, name)
        content[name] = at.isoformat() if at else None
    if brief.kind != "interpreter":
        content |= {"reference": brief.reference, "fields": dict(brief.fields)}
    if brief.kind == "accompaniment":
        content |= {"meeting_place": brief.meeting_place, "together": brief.together}
    return content


@router.get("")
def mine(visit: VisitDep) -> AssignmentList:
    """List your own assignments."""
    with visit.snapshot() as db:
        found = list_own_assignments(db, visit.principal)
        return AssignmentList(items=[show_coarsely(one) for one in found])


@router.get("/{assignment_id}")
def read(assignment_id: UUID, visit: VisitDep, response: Response) -> AssignmentOut:
    """Read the brief of what you took on. This is written into the audit log."""
    with visit.transaction() as db:
        opened = read_brief(db, visit.principal, assignment_id, visit.now)
        etag(response, opened.assignment.version)
        return show_assignment(opened)


@router.post("/{assignment_id}/report", dependencies=[needs(Permission.OFFERS)])
def report(
    assignment_id: UUID,
    body: NewReport,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> AssignmentOut:
    """Report to the desk and end the assignment. You cannot read the report again."""
    told = ReportFacts(body.outcome, body.notes, _event(body.next_event))
    with visit.transaction() as db:

        def make() -> UUID:
            return file_report(db, visit.principal, assignment_id, told, visit.now).id

        do_once(db, visit.principal, idempotency_key, fingerprint(request, body), visit.now, make)
        opened = read_brief(db, visit.principal, assignment_id, visit.now)
        etag(response, opened.assignment.version)
        return show_assignment(opened)


@router.post("/{assignment_id}/texts/{text_id}/answer", dependencies=[needs(Permission.OFFERS)])
def answer(
    assignment_id: UUID, text_id: UUID, body: TextAnswer, visit: VisitDep, response: Response
) -> AssignmentOut:
    """Answer a text that you are to interpret; the desk reads it beside the text."""
    with visit.transaction() as db:
        answer_text(db, visit.principal, assignment_id, text_id, body.answer, visit.now)
        opened = read_brief(db, visit.principal, assignment_id, visit.now)
        etag(response, opened.assignment.version)
        return show_assignment(opened)


def _event(told: NextEvent | None) -> DateFacts | None:
    if told is None:
        return None
    return DateFacts(
        told.kind,
        read_instant(told.starts_at, told.zone),
        told.place,
        told.meeting_place,
        ends_at=read_instant(told.ends_at, told.zone) if told.ends_at else None,
    )
